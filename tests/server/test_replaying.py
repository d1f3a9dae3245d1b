"""What of a record is sent again, and how a replay ends before its reply does."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.server import replaying
from aigw_dev.store.records import Record
from tests.scripted import Hold, ScriptedUpstream
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of
from tests.store.making import exchange

pytestmark = pytest.mark.anyio
BODY = b'{"model":"mock/echo","temperature":1.0,"messages":[{"role":"user","content":"hi"}]}'


def recorded(state: str = "ended", **fields: Any) -> Record:
    """A record of the log."""
    known: dict[str, Any] = {"request_body": BODY, "original_model": "mock/echo"}
    return Record(seq=1, state=state, outcome="ok", cost_status=None, exchange=exchange(**(known | fields)))


def planned(one: House, record: Record, **more: Any) -> replaying.Plan:
    found = replaying.plan(record, one.gateway.snapshot, **more)
    assert isinstance(found, replaying.Plan), found
    return found


async def test_the_bytes_of_the_body_are_sent_as_they_were_but_for_what_is_edited(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        assert planned(one, recorded()).body == BODY
        edited = planned(one, recorded(), model="mock/think", edits={"top_p": 0.5})
        assert edited.body == BODY.replace(b"mock/echo", b"mock/think")[:-1] + b',"top_p":0.5}'
        assert edited.model == "mock/think"


async def test_headers_that_make_a_call_unique_stay_behind(tmp_path: Path) -> None:
    headers = [
        ("idempotency-key", "k1"), ("traceparent", "00-1"), ("x-ai-route-metadata", "a=b"), ("anthropic-version", "v1"),
        ("x-stainless-retry-count", "1"), ("content-length", "9"), ("x-aigw-request-id", "r"),
    ]  # fmt: skip
    async with house(tmp_path) as one:
        sent = dict(planned(one, recorded(request_headers=headers, session="s1")).headers)
        assert set(sent) == {
            b"host",
            b"content-type",
            b"x-ai-route-metadata",
            b"anthropic-version",
            b"x-session-id",
        }


async def test_azures_deployment_and_geminis_path_take_another_model(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        azure = recorded(path="/openai/deployments/gpt/chat/completions?api-version=1&api-key=%5Bmasked%5D")
        moved = planned(one, azure, model="mock/echo")
        assert moved.path == "/openai/deployments/gpt/chat/completions"
        assert moved.query == b"api-version=1"
        assert b'"mock/echo"' in moved.body
        gemini = recorded(path="/v1beta/models/gemini-pro:generateContent", request_body=b'{"contents":[]}')
        moved = planned(one, gemini, model="mock/echo")
        assert moved.match.path_model == "mock/echo"
        assert moved.body == b'{"contents":[]}'


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (recorded(state="open"), "wait for its end"),
        (recorded(path="/v1/nothing"), "not served"),
        (recorded(method="GET", path="/v1/realtime"), "WebSocket"),
        (recorded(method="GET", path="/v1/files"), "things at a provider"),
        (recorded(request_body=None), "logging.record_request"),
        (recorded(request_body=b'[{"name":"file"}]'), "upload"),
        (recorded(request_body=b'{"model":"m","x":"<64 KB image/png, sha256 ' + b"a" * 64 + b'>"}'), "image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_sent_again_says_why(tmp_path: Path, record: Record, said: str) -> None:
    async with house(tmp_path) as one:
        found = replaying.plan(record, one.gateway.snapshot)
        assert isinstance(found, Refusal)
        assert (found.code, said in found.message) == ("replay_impossible", True)


async def test_a_body_that_is_edited_into_nonsense_or_too_large_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, "version: 1\ngateway: {limits: {json_mb: 1}}\n") as one:
        found = replaying.plan(recorded(), one.gateway.snapshot, edits={"x": "y" * (1 << 20)})
        assert isinstance(found, Refusal)
        assert found.code == "body_too_large"
        found = replaying.plan(recorded(request_body=b"{broken"), one.gateway.snapshot, edits={"x": 1})
        assert isinstance(found, Refusal)
        assert found.code == "invalid_json"


async def test_the_consumer_and_the_metadata_of_its_run_count_again(tmp_path: Path) -> None:
    text = "version: 1\nroutes:\n  r: {flow: {if: metadata.a == 'b', then: {send: mock/echo}, else: {send: mock/think}}}\n"
    async with house(tmp_path, text) as one:
        await one.gateway.issue_run("r1", metadata={"a": "b"})
        record = recorded(run="r1", consumer="alice", request_body=BODY.replace(b"mock/echo", b"dynamic/r"))
        found = await replaying.send(planned(one, record), one.gateway)
        facts = {each.name: each.after for each in found.comparison.fields}
        assert (found.status, facts["request_model"]) == (200, "echo")


class Kept:
    """A recorder that remembers what it was given."""

    def __init__(self) -> None:
        self.ended: list[Exchange] = []
        self.is_put = asyncio.Event()

    def open(self, exchange: Exchange) -> None:
        pass

    def put(self, exchange: Exchange, finish: Any = None) -> None:
        self.ended.append(exchange)
        self.is_put.set()
        if finish is not None:
            finish(exchange)


class Elsewhere:
    """The gateway with another recorder."""

    def __init__(self, one: House) -> None:
        self.snapshot, self.things, self.report = one.gateway.snapshot, one.gateway.things, one.gateway.report
        self.recorder = Kept()


@pytest.mark.parametrize("how", ["time is up", "caller leaves"])
async def test_a_replay_that_is_ended_ends_the_upstream_call(
    tmp_path: Path, scripted: ScriptedUpstream, how: str
) -> None:
    scripted.enqueue([Hold("never")])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        there = Elsewhere(one)
        ready = planned(one, recorded(request_body=BODY.replace(b"mock/echo", b"up/m")))
        limit_s = 0.3 if how == "time is up" else 60
        task = asyncio.create_task(replaying.send(ready, there, limit_s=limit_s))
        await scripted.until(lambda: scripted.requests)
        if how == "time is up":
            found = await task
            assert found.outcome == "cancelled"
        else:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await scripted.until(lambda: scripted.open_connections == 0)
        async with asyncio.timeout(10):
            await there.recorder.is_put.wait()
        (ended,) = there.recorder.ended
        assert (ended.replay_of, "cancelled" in ended.marks) == (ready.record.exchange.id, True)


async def test_a_log_that_is_not_written_does_not_hold_a_replay_up(tmp_path: Path) -> None:
    class Lost(Kept):
        def put(self, exchange: Exchange, finish: Any = None) -> None:
            self.ended.append(exchange)

    async with house(tmp_path) as one:
        there = Elsewhere(one)
        there.recorder = Lost()
        found = await replaying.send(planned(one, recorded()), there, writer_s=0.05)
        assert found.status == 200
        assert msgspec.to_builtins(found)
