"""`logs replay` prints what a replay is like beside what was, and says why one cannot be."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.cli import logs_replay
from aigw_dev.core.compare import compare
from aigw_dev.core.exchange import Assembled, Exchange, ToolCall
from tests.cli.logged import STEERING, Logged
from tests.cli.machine import Machine
from tests.store.making import exchange, request

Capture = pytest.CaptureFixture[str]


@pytest.mark.timeout(120)
def test_a_call_is_sent_again_and_compared(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\ngateway: {name: again}\n")
    assert machine.run("up", "--detach", "--port", "0").code == 0
    try:
        assert machine.run("chat", "mock/echo", "hello there").code == 0
        shown = machine.run("logs", "replay", "last", "--model", "mock/echo", "-m", "mock/think")
        assert shown.code == 0, shown.err
        header, logged, same, other = shown.out.splitlines()[:4]
        assert header.split()[:3] == ["ID", "ASKED", "SENT"]
        assert "as logged" in logged
        assert " same " in same
        assert " mock/think " in other
        (tmp_path / "edit.json").write_text(
            '{"messages": [{"role": "user", "content": "hello you"}]}', "utf-8"
        )
        (tmp_path / "first.json").write_text(
            '{"messages": [{"role": "user", "content": "hello me"}]}', "utf-8"
        )
        answer = machine.run("logs", "replay", "-3", "--edit", f"@{tmp_path / 'edit.json'}", "--json").json
        (replay,) = answer["replays"]
        assert "% alike" in machine.run("logs", "replay", "last", "--edit", f"@{tmp_path / 'first.json'}").out
        assert replay["comparison"]["text"]["hunks"][-1]["text"].strip() == "you"
        assert machine.run("logs", "replay", "zzzz").code == 2
    finally:
        machine.run("down")


def test_without_a_gateway_nothing_can_be_sent(tmp_path: Path, capsys: Capture) -> None:
    assert Logged(tmp_path, [exchange()]).run("logs", "replay", "last") == 2
    assert "`aigw-dev up` starts it." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("edit", "said"),
    [("{", "no JSON object"), ("[1]", "no JSON object"), ("@nowhere.json", "cannot be read")],
)
def test_an_edit_that_is_none_says_how_to_write_one(
    tmp_path: Path, capsys: Capture, edit: str, said: str
) -> None:
    assert Logged(tmp_path, [exchange()]).run("logs", "replay", "last", "--edit", edit) == 2
    assert said in capsys.readouterr().err


def answer(before: Exchange, after: Exchange, **fields: Any) -> dict[str, Any]:
    """What the gateway would answer."""
    comparison = msgspec.to_builtins(compare(before, after))
    replay = {"id": after.id, "model": "m", "error": "", "error_text": "", "comparison": comparison} | fields
    return {"of": before.id, "replays": [replay], "warnings": ["a note"]}


def shown(told: dict[str, Any], capsys: Capture) -> str:
    logs_replay.show(told)
    return capsys.readouterr().out


def test_differences_are_lines_and_steer_no_terminal(
    capsys: Capture,
) -> None:
    calls = [ToolCall(name="get", arguments='{"a": 1}'), ToolCall(name="old", arguments="{}")]
    more = [ToolCall(name="get", arguments='{"a": 2}'), ToolCall(name="new", arguments="{}")]
    before = exchange(assembled=Assembled(text="one two", tool_calls=calls))
    after = exchange(
        assembled=Assembled(text=f"one {STEERING}three", tool_calls=more), request_body=request("other"),
    )  # fmt: skip
    out = shown(answer(before, after), capsys)
    assert "- two" in out
    assert "\x1b" not in out
    assert "- get: a: 1" in out
    assert "+ get: a: 2" in out
    assert "- tool call old" in out
    assert "+ tool call new" in out
    assert '+ request messages[1].content: "other"' in out


def test_a_long_difference_is_cut_and_an_error_stands_first(
    capsys: Capture,
) -> None:
    before = exchange(assembled=Assembled(text="x\n" * 90))
    after = exchange(assembled=None, response_body=b"{}", status=500, usage=None, provider="")
    told = answer(before, after, error="upstream_status", error_text="it broke")
    out = shown(told, capsys)
    assert "upstream_status: it broke" in out
    assert "- response choices" in out
    told = answer(before, exchange(assembled=Assembled(text="y\n" * 90)))
    assert len(shown(told, capsys).splitlines()) < 50
