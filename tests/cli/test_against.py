"""Fixtures' requests sent to another address: what is told of the answers, what the exit code says, where the key goes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.cli.against import replay_against
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.fixture_gateway import AgainstOptions
from aigw_dev.core.recording.fixture import Attempt, EventRow, Fixture, Interaction, Request, Response, Wild
from aigw_dev.fixture_files.library import Library
from tests.scripted import ScriptedUpstream, json_reply, reply, sse_reply

KEY = "sk-proj-a1B2c3D4e5F6g7H8i9J0"
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
}
LIMITED: dict[str, Any] = {
    "error": {"type": "requests", "code": "rate_limit_exceeded", "message": "slow down"}
}
JSON = {"content-type": "application/json"}


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as made:
        yield made


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(home_option=tmp_path / "home", environ={"THEIR_KEY": KEY}, is_json=True)


def request(**more: Any) -> Request:
    return Request(op="openai.chat.completions", body={"model": "m", "messages": [], **more})


def write(root: Path, name: str, *pairs: tuple[Request, Response]) -> None:
    held = [
        Interaction(request=asked, attempts=[Attempt(upstream="openai/m", response=answered)])
        for asked, answered in pairs
    ]
    Library(root).write(name, Fixture(interactions=held, recorded_at="2026-11-20T00:00:00Z"))


def run(
    context: Context,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    url: str,
    *,
    key: str = "",
    only: str = "",
) -> tuple[int, list[dict[str, Any]]]:
    code = replay_against(context, root, AgainstOptions(against=url, key=key, only=only))
    return code, json.loads(capsys.readouterr().out)["interactions"]


def whole(**more: Any) -> Response:
    return Response(body={**ANSWER, **more}, headers=JSON)


def test_the_same_answers_are_exit_0_and_other_texts_are_the_same(
    context: Context, tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Response(
        events=[EventRow(data={"object": "chunk", "choices": []}), EventRow(text="[DONE]")],
        headers={"content-type": "text/event-stream"},
    )
    write(tmp_path / "fx", "a", (request(), whole(id="other")), (request(stream=True), stream))
    upstream.enqueue([json_reply(ANSWER)], sse_reply({"object": "chunk", "choices": []}))
    code, rows = run(context, tmp_path / "fx", capsys, upstream.url)
    assert code == 0
    assert [(one["verdict"], one["recorded"], one["live"]) for one in rows] == [("same", 200, 200)] * 2
    assert [one.target for one in upstream.requests] == ["/v1/chat/completions"] * 2
    assert upstream.requests[1].json() == {"model": "m", "messages": [], "stream": True}
    assert upstream.requests[0].header(b"authorization") == b""


def test_what_differs_is_exit_1_with_each_difference(
    context: Context, tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = Response(status=429, body=LIMITED, headers={**JSON, "retry-after": "1"})
    write(tmp_path / "fx", "a", (request(), whole(usage={"total_tokens": 3})), (request(n=2), limited))
    other = {"error": {"type": "requests", "code": "quota", "message": "slow down"}}
    upstream.enqueue([json_reply(ANSWER)], [json_reply(other, status=429)])
    code, rows = run(context, tmp_path / "fx", capsys, upstream.url)
    assert code == 1
    changes = [[(one["kind"], one["path"]) for one in row["changes"]] for row in rows]
    assert changes == [[("gone", "usage")], [("gone", "headers.retry-after"), ("changed", "error.code")]]


def test_a_person_sees_a_table_and_what_differs(
    context: Context, tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    wild = Request(op="openai.chat.completions", body={"model": "m", "messages": Wild()})
    write(tmp_path / "fx", "a", (request(), whole(usage={"total_tokens": 3})), (wild, whole()))
    upstream.enqueue([json_reply(ANSWER)])
    plain = Context(home_option=context.home_option, environ={})
    assert replay_against(plain, tmp_path / "fx", AgainstOptions(against=upstream.url)) == 1
    told = capsys.readouterr()
    assert "1 differ" in told.out
    assert "- usage  object" in told.out
    assert "skipped: its request has wildcards" in told.out
    assert "1 differs, 1 skipped" in told.err


def test_the_key_goes_to_that_address_only_and_is_never_printed(
    context: Context, tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "fx", "a", (request(), whole()))
    with ScriptedUpstream() as elsewhere:
        moved = reply(status=307, headers=[("Location", f"{elsewhere.url}/v1/chat/completions")])
        upstream.enqueue([moved])
        code, rows = run(context, tmp_path / "fx", capsys, upstream.url, key="env:THEIR_KEY")
        assert (code, rows[0]["live"]) == (1, 307)
        assert elsewhere.requests == []
    assert upstream.requests[0].header(b"authorization") == f"Bearer {KEY}".encode()
    write(tmp_path / "fx", "a", (request(), Response(status=400, body=LIMITED, headers=JSON)))
    upstream.enqueue([json_reply({"error": {"type": KEY, KEY: 1}}, status=400)])
    code = replay_against(context, tmp_path / "fx", AgainstOptions(against=upstream.url, key="env:THEIR_KEY"))
    told = capsys.readouterr()
    assert code == 1
    assert "(the key)" in told.out
    assert KEY not in told.out + told.err


def test_a_gateways_own_token_may_be_named(
    tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "fx", "a", (request(), whole()))
    upstream.enqueue([json_reply(ANSWER)])
    own = Context(
        home_option=tmp_path / "home", environ={"AIGW_DEV_TOKEN": "aigwdev-abcdefghijklmnop"}, is_json=True
    )
    assert run(own, tmp_path / "fx", capsys, upstream.url, key="env:AIGW_DEV_TOKEN")[0] == 0
    assert upstream.requests[0].header(b"authorization") == b"Bearer aigwdev-abcdefghijklmnop"


@pytest.mark.parametrize(
    ("url", "key", "word"),
    [
        ("ftp://h", "", "https://"),
        ("http://user:pw@h", "", "user name"),
        ("http://api.example.com", "env:THEIR_KEY", "plain http"),
        ("http://127.0.0.1:9", "env:NO_SUCH", "NO_SUCH is not set"),
        ("http://127.0.0.1:9", "no-such-key", "no key named no-such-key"),
        ("http://127.0.0.1:9", KEY, "a key's name has"),
    ],
)
def test_an_address_or_key_that_cannot_be_used_is_refused_before_anything_is_sent(
    context: Context, tmp_path: Path, url: str, key: str, word: str
) -> None:
    write(tmp_path / "fx", "a", (request(), whole()))
    with pytest.raises(CommandError, match=word) as caught:
        replay_against(context, tmp_path / "fx", AgainstOptions(against=url, key=key))
    assert KEY not in str(caught.value)
    assert "pw@" not in str(caught.value)


def test_only_some_fixtures_are_sent(
    context: Context, tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "fx", "chat/a", (request(), whole()))
    write(tmp_path / "fx", "other/b", (request(), whole()))
    upstream.enqueue([json_reply(ANSWER)])
    code, rows = run(context, tmp_path / "fx", capsys, upstream.url, only="chat/*")
    assert (code, [one["fixture"] for one in rows]) == (0, ["chat/a"])
    with pytest.raises(CommandError, match="--only x"):
        run(context, tmp_path / "fx", capsys, upstream.url, only="x*")


def test_where_nobody_answers_it_is_exit_3(
    context: Context, tmp_path: Path, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "fx", "a", (request(), whole()))
    code, rows = run(context, tmp_path / "fx", capsys, "http://127.0.0.1:9")
    assert (code, rows[0]["verdict"]) == (3, "failed")
    assert "ConnectError" in rows[0]["why"]
    (tmp_path / "fx/b.aigw.json").write_text("{", "utf-8")
    upstream.enqueue([json_reply(ANSWER)])
    code, rows = run(context, tmp_path / "fx", capsys, upstream.url)
    assert (code, [one["verdict"] for one in rows]) == (1, ["same", "failed"])


def test_where_nothing_can_be_sent_nothing_has_held(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wild = Request(op="openai.chat.completions", body={"model": Wild()})
    write(tmp_path / "fx", "a", (wild, whole()))
    assert run(context, tmp_path / "fx", capsys, "http://127.0.0.1:9")[0] == 1
    with pytest.raises(CommandError, match="no such folder"):
        run(context, tmp_path / "none", capsys, "http://127.0.0.1:9")
