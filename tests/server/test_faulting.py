"""Faults at the provider's edge: what retries, fallback and recordings see of them; and who may ask for one."""

from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.fixture_files.library import Library
from aigw_dev.server.call import Call, Reply
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.fault_board import FaultBoard
from aigw_dev.server.faulting import behind_faults, call_faults
from tests.scripted import ScriptedUpstream, json_reply, sse_reply
from tests.server.house import house
from tests.server.testbench.stage import answer, lay, said, staged

pytestmark = pytest.mark.anyio
ROUTE = """version: 1
routes:
  r: {models: [r], flow: {send: openai/a, retry: {attempts: 2, backoff_ms: 1}, fallback: [work/b]}}
providers:
  openai: {}
  work: {kind: anthropic}
"""


async def attempts(stage: Any) -> list[tuple[str, int | None, str]]:
    """Upstream, status and error of each attempt of the newest call."""
    calls = (await stage.admin("/tests/t"))["calls"]
    return [(one["upstream"], one["status"], one["error"]) for one in calls[-1]["attempts"]]


@pytest.mark.parametrize(
    "spec",
    [
        "http.429@provider:openai;times=2;retry_after_ms=1",
        "http.429@route:r/openai/a;times=2;retry_after_ms=1",
        "http.429@node:openai/a;times=2;retry_after_ms=1",
        "http.429@provider:openai/a;times=2;retry_after_ms=1",
    ],
)
async def test_an_attempt_that_is_struck_is_tried_again_and_the_recording_answers(
    tmp_path: Path, spec: str
) -> None:
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "faults": [spec]})
        await stage.admin("/tests/t/stubs", "POST", json={"text": "Paris."})
        reply = await stage.chat(model="r")
        assert said(reply) == "Paris."
        assert reply.headers["x-aigw-fault"] == "http.429"
        struck = ("openai/a", 429, "upstream_status")
        assert await attempts(stage) == [struck, struck, ("openai/a", 200, "")]


async def test_what_keeps_being_struck_falls_back(tmp_path: Path) -> None:
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "faults": ["net.refused@provider:openai"]})
        await stage.admin("/tests/t/stubs", "POST", json={"text": "Oslo."})
        assert said(await stage.chat(model="r")) == "Oslo."
        refused = ("openai/a", None, "connect_failed")
        assert await attempts(stage) == [refused, refused, refused, ("work/b", 200, "")]


async def test_a_fault_elsewhere_strikes_nothing(tmp_path: Path) -> None:
    elsewhere = [
        "http.500@provider:groq",
        "http.500@route:other",
        "http.500@node:x",
        "http.500@provider:openai/z",
    ]
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "faults": elsewhere})
        await stage.admin(
            "/tests", "POST", json={"test": "other", "faults": ["http.500", "http.500@provider:openai"]}
        )
        await stage.admin("/tests/t/stubs", "POST", json={"text": "Oslo."})
        reply = await stage.chat(model="r")
        assert said(reply) == "Oslo."
        assert "x-aigw-fault" not in reply.headers
        assert (await stage.chat("other", model="r")).status_code == 500


async def test_a_recorded_stream_cut_before_its_first_word_falls_back(tmp_path: Path) -> None:
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        await stage.admin(
            "/tests", "POST", json={"test": "t", "faults": ["stream.cut.dirty@provider:openai;after=0"]}
        )
        await stage.admin("/tests/t/stubs", "POST", json={"text": "Oslo.", "times": None})
        reply = await stage.chat(model="r", stream=True)
        assert "Oslo" in reply.text
        assert [one[2] for one in await attempts(stage)] == ["upstream_reset"] * 3 + [""]


async def test_what_is_struck_takes_nothing_from_the_recording(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer("Paris."))
    async with staged(tmp_path, "replay") as stage:
        await stage.admin(
            "/tests",
            "POST",
            json={"test": "t", "faults": ["http.500;times=1", "net.empty@provider:openai;times=1"]},
        )
        assert [(await stage.chat()).status_code for _ in range(3)] == [500, 502, 200]
        assert (await stage.admin("/tests/t"))["unused"] == []


@pytest.mark.parametrize("edge", ["", "@provider:up"])
async def test_what_is_recorded_is_the_providers_own_reply(tmp_path: Path, edge: str) -> None:
    events: list[dict[str, Any]] = [
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
         "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
        for word in ("one ", "two ", "three")
    ]  # fmt: skip
    with ScriptedUpstream(sse_reply(*events)) as upstream:
        config = f'version: 1\nproviders:\n  up: {{kind: openai-compatible, base_url: "{upstream.url}/v1"}}\n'
        async with staged(tmp_path, "record", config=config) as stage:
            fault = f"stream.cut.clean{edge};after=1"
            await stage.admin("/tests", "POST", json={"test": "t", "faults": [fault]})
            reply = await stage.chat(model="up/m", stream=True)
            assert "one" in reply.text
            assert "two" not in reply.text
            await stage.admin("/tests/t/end", "POST", json={"passed": True})
    (attempt,) = Library(tmp_path / "fx").read("t").interactions[0].attempts
    assert attempt.response is not None
    assert attempt.response.end == "eof"
    assert len(attempt.response.events or []) == 4


async def test_it_works_without_any_recording_and_outlives_a_new_config(tmp_path: Path) -> None:
    config = "version: 1\nroutes:\n  r: {models: [r], flow: {send: mock/echo}}\n"
    async with house(tmp_path, config) as one:
        one.gateway.faults.add("http.503@provider:mock;times=2;message=busy")
        assert (await one.chat("r")).json()["error"]["message"] == "busy"
        (tmp_path / "aigw-dev.yaml").write_text(config.replace("mock/echo", "mock/think"), "utf-8")
        await one.gateway.reread()
        assert (await one.chat("r")).status_code == 503
        reply = await one.chat("r")
        assert (reply.status_code, reply.headers["x-aigw-upstream"]) == (200, "mock/think")


async def test_an_adapter_is_struck_once_for_an_attempt(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        one.gateway.faults.add("http.429@provider:mock;times=1")
        body = {"model": "mock/embed", "input": "x"}
        first = await one.http.post("/v1/embeddings", json=body, headers=one.token())
        second = await one.http.post("/v1/embeddings", json=body, headers=one.token())
        assert (first.status_code, second.status_code) == (429, 200)


# the header


async def test_a_header_strikes_its_own_request_only_and_stays_here(tmp_path: Path) -> None:
    with ScriptedUpstream([json_reply({"choices": []})]) as upstream:
        config = f'version: 1\nproviders:\n  up: {{kind: openai-compatible, base_url: "{upstream.url}/v1"}}\n'
        async with house(tmp_path, config) as one:
            asked = {**one.token(), "x-aigw-fault": "slow.headers;delay_ms=1"}
            assert (await one.chat("up/m", headers=asked)).headers["x-aigw-fault"] == "slow.headers"
            assert "x-aigw-fault" not in (await one.chat("up/m")).headers
        assert upstream.requests[0].header(b"x-aigw-fault") == b""


async def test_a_header_that_names_no_fault_is_told_what_is_meant(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.chat("mock/echo", headers={**one.token(), "x-aigw-fault": "http.492"})
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (400, "fault_unknown")
        assert "did you mean `http.4" in error["message"]


async def test_a_header_is_for_known_callers(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.chat("mock/echo", headers={"x-aigw-fault": "http.500"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "gateway_token_required")


class Here:
    """A gateway as far as faults ask."""

    def __init__(self, host: str) -> None:
        self.faults = FaultBoard()
        self.host = host


async def _unsent(_: Any) -> None:
    raise AssertionError("nothing is sent")


@pytest.mark.parametrize(
    ("host", "kind", "test", "counts"),
    [
        ("127.0.0.1", "token", "", True),
        ("::1", "run", "", True),
        ("127.0.0.1", "none", "t", True),
        ("0.0.0.0", "token", "", False),  # noqa: S104  -- that it is not bound to this machine only
        ("192.168.1.2", "admin", "t", False),
    ],
)
def test_a_header_counts_on_this_machine_only(host: str, kind: Any, test: str, counts: bool) -> None:
    found = call_faults(b"http.500", Here(host), Downstream(_unsent), identity=Identity(kind=kind), test=test)
    assert (found is not None) == counts
    assert not isinstance(found, Refusal)


# what it costs


def test_where_nothing_is_in_force_a_call_goes_straight_through() -> None:
    async def never() -> Reply:
        raise AssertionError("not awaited")

    given = never()
    through = behind_faults(lambda _: given)
    assert through(Call(method="GET", url="http://x", headers=[])) is given
    given.close()
