import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from aigw_dev.core.recording.events import EVENT_STREAM, rows_of
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    Closing,
    EventRow,
    Fixture,
    FixtureError,
    Frame,
    Interaction,
    Request,
    Response,
)
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.redaction import Redactor
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import FIXTURES, RECORDINGS, Beside, Recording


def written(fixture: Fixture) -> str:
    return write_fixture(fixture, store=Beside().store).decode()


def of(request: Any = None, *attempts: Attempt) -> Fixture:
    body = {"model": "m"} if request is None else request
    return Fixture(interactions=[Interaction(request=Request(op="o", body=body), attempts=list(attempts))])


def replied(**fields: Any) -> Fixture:
    return of(None, Attempt(upstream="a/m", response=Response(**fields)))


@settings(max_examples=300)
@given(FIXTURES)
def test_what_was_written_reads_back_as_it_was_and_is_written_alike_again(fixture: Fixture) -> None:
    beside = Beside()
    content = write_fixture(fixture, store=beside.store)
    back = read_fixture(content, blob=beside.fetch)
    assert back == fixture
    assert repr(back) == repr(fixture)  # also the order of keys, and 1 is not 1.0
    assert write_fixture(back, store=beside.store) == content
    assert write_fixture(read_fixture(content), store=beside.store) == content


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_fresh_recording_of_the_same_answer_changes_three_lines_a_reply_at_most(name: str) -> None:
    before, after = (written(getattr(Recording(number), name)()).splitlines() for number in (1, 2))
    changed = [line[2:].strip() for line in difflib.ndiff(before, after) if line.startswith("- ")]
    added = [line for line in difflib.ndiff(before, after) if line.startswith("+ ")]
    replies = 2 if name == "chat_stream" else 1
    assert len(changed) == len(added) <= 1 + 2 * replies
    assert {line.partition(":")[0] for line in changed} <= {'"recorded_at"', '"dt_ms"', '"common"'}
    assert len(before) == len(after)


def test_a_reply_is_held_in_one_way_only() -> None:
    with pytest.raises(FixtureError, match="holds body and text, only one"):
        written(replied(body=1, text="x"))


def test_a_vector_in_every_event_lies_beside_and_is_not_hoisted() -> None:
    blob = Blob(sha256="ab" * 32, type="application/json", bytes=3, form="json", preview=(1.5,), count=70)
    rows = [EventRow(data={"v": blob, "n": number}) for number in (1, 2)]
    fixture = replied(events=rows)
    assert read_fixture(written(fixture).encode()) == fixture


def test_fields_stand_in_a_fixed_order_and_empty_ones_are_left_out() -> None:
    assert written(Fixture(interactions=[])) == '{\n  "aigw_fixture": 1,\n  "interactions": []\n}\n'
    reply = Response(
        headers={"content-type": "a"}, dt_ms=[5], events=[EventRow(text="[DONE]")], dialect="openai-chat"
    )
    text = written(
        of({"b": 1, "a": 2}, Attempt(upstream="a/m", kind="k", why="w", response=reply, error_text="x\ny"))
    )
    order = [
        "request",
        "op",
        "body",
        "b",
        "a",
        "attempts",
        "upstream",
        "kind",
        "why",
        "request",
        "response",
        "status",
    ]
    order += ["headers", "content-type", "dt_ms", "events", "end", "dialect", "error_text", "~lines"]
    found = [line.split('"')[1] for line in text.splitlines() if '":' in line]
    assert found == ["aigw_fixture", "interactions", *order]


def test_how_a_stream_ended_is_always_said_and_of_other_replies_only_if_badly() -> None:
    assert '"end": "eof"' in written(replied(events=[]))
    assert '"end": "eof"' in written(replied(raw=[]))
    assert '"end"' not in written(replied(body=1))
    assert '"end": "reset"' in written(replied(body=1, end="reset"))


def test_times_of_frames_stand_apart_from_what_they_say() -> None:
    frames = [Frame(side="c", dt_ms=7, data={"a": 1}), Frame(side="s", dt_ms=9, text="hi")]
    text = written(replied(ws=frames, dt_ms=[3]))
    assert '"dt_ms": [3, 7, 9],' in text
    assert '["c", {"a": 1}],' in text
    assert '["s", "hi"]' in text


def test_how_a_socket_was_closed_and_what_of_it_was_bytes_is_written() -> None:
    frames = [Frame(side="s", data={"a": 1}, is_binary=True), Frame(side="s", data={"a": 2})]
    text = written(replied(ws=frames, close=Closing(side="s", code=4001, reason="enough")))
    assert '["s", {"a": 1}, {"binary": true}],' in text
    assert '["s", {"a": 2}]\n' in text
    assert '"close": ["s", 4001, "enough"]' in text
    assert '"close": ["c", 1000]' in written(replied(ws=[], close=Closing(side="c", code=1000)))
    assert '"close"' not in written(replied(ws=[]))


def test_texts_of_a_stream_stay_on_their_row() -> None:
    text = written(replied(events=[EventRow(name="n", text="a\nb", id="7"), EventRow(data={"x": "a\nb"})]))
    assert '["n", "a\\nb", {"id": "7"}],' in text
    assert '[null, {"x": "a\\nb"}]' in text


def test_a_scalar_as_data_is_text() -> None:
    assert '["5"]' in written(replied(events=[EventRow(data=5)]))
    assert '["s", "null"]' in written(replied(ws=[Frame(side="s", data=None)]))


@pytest.mark.vectors
def test_real_streams_come_back_event_for_event_and_hold_nothing_shaped_like_a_key(vectors: Path) -> None:
    found = sorted((vectors / "vercel-ai").rglob("*.chunks.txt"))
    assert found
    redactor = Redactor()
    for path in found:
        payloads = [line for line in path.read_text("utf-8").split("\n") if line.strip()]
        stream = "".join(f"data: {payload}\n\n" for payload in payloads).encode()
        fixture = replied(events=rows_of([(0.0, stream)], EVENT_STREAM).events)
        beside = Beside()
        content = write_fixture(fixture, store=beside.store)
        assert repr(read_fixture(content, blob=beside.fetch)) == repr(fixture), path.name
        assert redactor.leftovers(content) == [], path.name


@pytest.mark.parametrize("is_deep", [True, False])
def test_what_cannot_be_written_is_said_with_its_place(is_deep: bool) -> None:
    value: Any = float("inf")
    for _ in range(100_000 if is_deep else 0):
        value = [value]
    fixture = Fixture(interactions=[Interaction(request=Request(op="o", body={"a": value}), attempts=[])])
    with pytest.raises(FixtureError, match="written") as raised:
        write_fixture(fixture, store=Beside().store)
    assert raised.value.where == "$.interactions[0]"
