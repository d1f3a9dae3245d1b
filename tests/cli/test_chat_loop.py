"""A conversation at the prompt: what leaves it, what is not part of it (the rest runs in tests/e2e/test_chat.py)."""

import builtins
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from aigw_dev.calling import Caller
from aigw_dev.cli.chat_loop import talk
from aigw_dev.cli.chat_turn import Asked
from aigw_dev.core.panel import PanelSettings
from tests.scripted import ScriptedUpstream, json_reply, sse_reply


class NoGateway:
    """A gateway that knows nothing of exchanges."""

    url = token = ""
    is_temporary = True

    def issue(self, name: str, metadata: object) -> dict[str, Any]:
        return {}

    def revoke(self, identifier: str) -> None:
        pass

    def exchange(self, identifier: str) -> dict[str, Any] | None:
        return None

    def entries(self, query: str) -> list[dict[str, Any]]:
        return []


@pytest.fixture
def upstream() -> Generator[ScriptedUpstream]:
    """What answers."""
    with ScriptedUpstream() as made:
        yield made


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str | type[BaseException]) -> None:
    """What the person types; an exception stands for ctrl-C or ctrl-D."""
    rest: Iterator[str | type[BaseException]] = iter(lines)

    def answer(_: object = "") -> str:
        line = next(rest)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr(builtins, "input", answer)


def go(upstream: ScriptedUpstream) -> int:
    asked = Asked(model="m", settings=PanelSettings(), params={}, metadata={}, has_limits=True)
    caller = Caller(upstream.url, "t")
    try:
        return talk(asked, NoGateway(), caller)
    finally:
        caller.close()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["/exit"], 0),
        (["/QUIT"], 0),
        ([EOFError], 0),
        ([KeyboardInterrupt, KeyboardInterrupt], 130),
        ([KeyboardInterrupt, "/help", KeyboardInterrupt, "", "/exit"], 0),
    ],
)
def test_leaving(
    lines: list[str | type[BaseException]],
    code: int,
    upstream: ScriptedUpstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed(monkeypatch, *lines)
    assert go(upstream) == code
    assert upstream.requests == []


def test_a_turn_that_failed_is_not_part_of_the_conversation(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.enqueue([json_reply({"error": {"message": "no luck"}}, status=500)])
    upstream.enqueue(sse_reply({"choices": [{"index": 0, "delta": {"content": "fine"}}]}))
    typed(monkeypatch, "one", "two", "/exit")
    assert go(upstream) == 0
    assert [[one["content"] for one in each.json()["messages"]] for each in upstream.requests] == [
        ["one"],
        ["two"],
    ]
    told = capsys.readouterr()
    assert "no luck" in told.err
    assert "fine" in told.out
