"""A fixture as text: what was asked, the way it took, what came; plain text says nothing that a new recording changes."""

from typing import Any

import pytest

from aigw_dev.cli.fixture_text import fixture_lines
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    EventRow,
    Fixture,
    Frame,
    Interaction,
    Request,
    Response,
    Route,
)
from tests.fixture_files.examples import chat

CHAT = "openai.chat.completions"
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "look", "parameters": {"properties": {"city": {}}}}}
]


def shown(one: Interaction, *, is_plain: bool = False) -> list[str]:
    return fixture_lines(Fixture(interactions=[one]), numbers=[0], is_plain=is_plain)


def made(response: Response | None = None, **fields: Any) -> Interaction:
    body: dict[str, Any] = {
        "model": "smart",
        "messages": [{"role": "user", "content": "one\ntwo"}],
        "tools": TOOLS,
        "n": 1,
    }
    attempts = [Attempt(upstream="openai/m", response=response or Response())]
    given: dict[str, Any] = {"request": Request(op=CHAT, body=body), "attempts": attempts}
    return Interaction(**(given | fields))


def test_a_conversation_reads_from_top_to_bottom() -> None:
    lines = fixture_lines(chat(test="tests/test_a.py::test_x"), numbers=[0], is_plain=True)
    assert lines == [
        "test      tests/test_a.py::test_x",
        "",
        "-- [0] openai.chat.completions gpt-4o-mini",
        "user      Capital of France?",
        "try 1     openai/gpt-4o-mini  200",
        "answer    Paris.",
    ]


def test_texts_of_several_lines_stand_below_their_label() -> None:
    lines = shown(made(), is_plain=True)
    assert lines[1:6] == ["with      n=1", "tools     look(city)", "user", "          one", "          two"]


def test_route_attempts_and_end_are_said() -> None:
    failed = Attempt(upstream="openai/m", error="connect_failed", error_text="refused")
    cut = Attempt(
        upstream="a/b", why="fallback", response=Response(end="cut", events=[EventRow(text="[DONE]")])
    )
    one = made(
        attempts=[failed, cut], route=Route(asked="smart", rule="r", chosen="a/b"), note="why", repeat="last"
    )
    text = "\n".join(shown(one))
    for part in (
        "smart -> (r) -> a/b", "try 1     openai/m  connect_failed: refused", "try 2     a/b  200 cut  fallback", "note      why",
        "repeat    last",
    ):  # fmt: skip
        assert part in text


def test_times_costs_and_keys_are_left_out_of_plain_text() -> None:
    response = Response(dt_ms=[400, 10, 20], events=[EventRow(text="[DONE]")] * 3)
    one = made(response, key="k1:abc", usage={"input_tokens": 3, "cost_usd": "0.1"})
    whole, plain = "\n".join(shown(one)), "\n".join(shown(one, is_plain=True))
    assert "400 ms to the first of 3, 430 ms in all  ▄█" in whole
    assert "cost_usd 0.1" in whole
    assert "k1:abc" in whole
    assert not any(word in plain for word in ("400", "cost", "k1:"))


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (Response(status=429, body={"error": {"message": "slow down"}}), '{"error":{"message":"slow down"}}'),
        (Response(blob=Blob(sha256="a" * 64, type="audio/mpeg", bytes=9)), "<audio/mpeg 9 bytes>"),
        (Response(status=502, text="bad gateway"), "bad gateway"),
        (Response(ws=[Frame(side="c", text="x")]), "caller    x"),
        (Response(raw=[(1, b"ab"), (2, b"c")]), "3 bytes in 2 pieces"),
        (Response(events=[EventRow(text="x")]), "1 events"),
        (Response(status=500, body={"x": "y" * 5000}), "…"),
    ],
)  # fmt: skip
def test_a_reply_without_a_summary_is_shown_as_it_is(response: Response, text: str) -> None:
    assert text in "\n".join(shown(made(response)))


def test_a_summary_says_what_came() -> None:
    summary = {
        "text": "hi",
        "refusal": "no",
        "tool_calls": ["look({})"],
        "finish": "stop",
        "vectors": 2,
        "dims": 8,
    }
    lines = shown(made(summary=summary), is_plain=True)
    assert lines[-4:] == [
        "answer    hi",
        "refusal   no",
        "calls     look({})",
        "ended     finish stop, vectors 2, dims 8",
    ]


def test_tool_calls_of_the_history_are_said() -> None:
    messages = [
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "4 C"},
    ]
    one = Interaction(request=Request(op=CHAT, path="/x", body={"messages": messages}), attempts=[])
    text = "\n".join(shown(one))
    assert "tool call look({})" in text
    assert "tool result" in text
    assert "path      POST /x" in text


def test_nothing_steers_the_terminal_and_no_key_is_shown() -> None:
    one = made(summary={"text": "a\x1b[31mb sk-" + "A1b2C3d4" * 6, "reasoning": "x" * 30_000})
    text = "\n".join(shown(one))
    assert "\x1b" not in text
    assert "A1b2C3d4A1b2C3d4" not in text
    assert "10000 more characters" in text
