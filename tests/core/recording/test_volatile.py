import difflib
import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.events import EVENT_STREAM, rows_of
from aigw_dev.core.recording.fixture import Attempt, EventRow, Fixture, Interaction, Request, Response
from aigw_dev.core.recording.volatile import Common, is_volatile, is_volatile_header, merged_order
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import JSON, Beside

# How streams of these providers begin their made-up words; written down apart from the table under test.
_MADE_UP = re.compile(
    r'"(?:chatcmpl|resp|msg|call|toolu|srvtoolu|fc|rs|ws|gen|req|fp|cntr|ci|mcp|mcpr)[-_](?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{6,}"'
    r'|(?<="signature":)"[^"]{20,}"|(?<="encrypted_content":)"[^"]{20,}"|(?<="thoughtSignature": )"[^"]{20,}"'
    r'|(?<="responseId":)"[^"]+"|(?<="obfuscation":)"[^"]*"'
)
_TIMES = re.compile(r'(?<="created":)\d{10}|(?<="created_at":)\d{10}')


def again(text: str) -> str:
    """The same stream as a provider would send it another day."""
    text = _TIMES.sub(lambda found: str(int(found[0]) + 4711), text)

    def other(found: re.Match[str]) -> str:
        word = found[0][1:-1]
        head = re.match(r"[a-z]+[-_]", word)
        begin = head[0] if head else ""
        return f'"{begin}{hashlib.sha256(word.encode()).hexdigest()[: max(9, len(word) - len(begin))]}"'

    return _MADE_UP.sub(other, text)


def lines(payloads: list[str], second: int) -> list[str]:
    stream = "".join(f"data: {payload}\n\n" for payload in payloads).encode()
    parts = rows_of([(second * 0.3, stream)], EVENT_STREAM)
    response = Response(events=parts.events, dt_ms=parts.dt_ms)
    attempts = [Attempt(upstream="a/b", response=response)]
    fixture = Fixture(
        recorded_at=f"2026-08-21T10:15:{second:02}Z",
        interactions=[Interaction(request=Request(op="o"), attempts=attempts)],
    )
    return write_fixture(fixture, store=Beside().store).decode().splitlines()


@pytest.mark.vectors
@pytest.mark.parametrize(
    "provider", ["openai", "anthropic", "google", "groq", "deepseek", "xai", "alibaba", "mistral"]
)
def test_real_streams_recorded_again_change_three_lines_at_most(vectors: Path, provider: str) -> None:
    found = sorted((vectors / "vercel-ai" / provider).rglob("*.chunks.txt"))
    assert found
    for path in found:
        payloads = [
            line for line in path.read_text("utf-8").split("\n") if lossless(line) is not msgspec.UNSET
        ]
        assert payloads
        before, after = lines(payloads, 1), lines([again(payload) for payload in payloads], 2)
        changed = [
            line
            for line in difflib.unified_diff(before, after, n=0, lineterm="")
            if re.match(r"-(?!--)", line)
        ]
        assert len(before) == len(after), path.name
        assert len(changed) <= 3, (path.name, [line[:160] for line in changed])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "chatcmpl-fx0001"),
        ("id", "call_abcd"),
        ("tool_call_id", "D681PevKs"),
        ("id", "DkEQBxUYC"),
        ("toolUseId", "tooluse_8fa0c1"),
        ("id", "9b2f7c1e-4d54-4c0e-8d3f-3a5de2ba27c1"),
        ("created", 1787307300),
        ("total_time", 0.25),
        ("signature", "x"),
    ],
)
def test_what_providers_make_up_is_volatile(name: str, value: object) -> None:
    assert is_volatile(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "0"),
        ("id", ""),
        ("id", 3),
        ("model_id", "gpt-4o-2024-08-06"),
        ("model", "chatcmpl-fx0001"),
        ("created", None),
        ("created", True),
        ("index", 1787307300),
        ("content", "call_abcd1234"),
    ],
)
def test_what_says_something_stays_where_it_is(name: str, value: object) -> None:
    assert not is_volatile(name, value)


def test_headers_that_count_and_measure_are_volatile_limits_are_not() -> None:
    names = ["openai-processing-ms", "x-ratelimit-reset-tokens", "anthropic-ratelimit-tokens-remaining"]
    assert all(map(is_volatile_header, names))
    assert not any(map(is_volatile_header, ["x-ratelimit-limit-tokens", "retry-after", "content-type"]))


def test_fields_of_every_event_are_hoisted_and_content_is_not() -> None:
    events: list[dict[str, Any]] = [
        {"id": "chatcmpl-abc123", "object": "chunk", "n": number, "choices": []} for number in (1, 2)
    ]
    common = Common(Response(events=[EventRow(data=data) for data in events]))
    assert common.written() == {"id": "chatcmpl-abc123", "object": "chunk"}
    assert common.own(events[0]) == {"n": 1, "choices": []}


def test_a_single_event_keeps_its_content_where_it_is() -> None:
    common = Common(Response(events=[EventRow(data={"id": "chatcmpl-abc123", "text": "hi"})]))
    assert common.written() == {"id": "chatcmpl-abc123"}


def test_the_order_of_fields_is_told_where_the_shared_ones_do_not_come_first() -> None:
    events: list[dict[str, Any]] = [{"a": [], "id": "x"}, {"b": [], "id": "x"}]
    assert Common(Response(events=[EventRow(data=data) for data in events])).written() == {
        "id": "x",
        "~order": ["b", "a", "id"],
    }


def test_nothing_is_hoisted_where_no_order_fits_every_event() -> None:
    events: list[dict[str, Any]] = [{"a": [], "id": "x"}, {"id": "x", "a": []}]
    assert Common(Response(events=[EventRow(data=data) for data in events])).written() == {}
    assert merged_order([["a", "b"], ["b", "a"]]) is None


def test_equal_numbers_of_two_fields_are_no_link_equal_texts_are() -> None:
    common = Common(Response())
    assert common.shorten("created_at", 5) == {"~v": 0}
    assert common.shorten("completed_at", 5) == {"~v": 1}
    assert common.shorten("created_at", 5) == {"~v": 0}
    assert common.shorten("id", "msg_abc123") == {"~v": 2}
    assert common.shorten("parent", "msg_abc123") == {"~v": 2}
    assert common.shorten("text", "hello") is None
    assert common.links() == {"msg_abc123": "2"}


@given(JSON)
def test_the_test_for_volatile_values_takes_anything(value: Any) -> None:
    assert is_volatile("id", value) in {True, False}
