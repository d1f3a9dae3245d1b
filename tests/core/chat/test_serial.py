"""Pieces in any order become blocks that never overlap."""

import json
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.events import BlockStarted, BlockStopped, ChatEvent, Delta
from aigw_dev.core.chat.serial import Serial
from aigw_dev.core.chat.vocabulary import Logprob, Opaque
from tests.chat_laws import broken_block_laws

ORIGIN: Final = "openai-chat"


def told(events: list[ChatEvent]) -> list[str]:
    """The events in a few words: `+text`, `.word`, `-`."""
    words: list[str] = []
    for event in events:
        match event:
            case BlockStarted():
                words.append(f"+{event.kind}{event.name and ' ' + event.name}")
            case Delta():
                words.append(f".{event.text}")
            case BlockStopped():
                words.append("-")
            case _:
                words.append(type(event).__name__)
    return words


def test_text_streams_live_and_ends_when_something_else_begins() -> None:
    serial = Serial(ORIGIN)
    assert told(serial.say("thinking", "hm")) == ["+thinking", ".hm"]
    assert told(serial.say("thinking", "m")) == [".m"]
    assert told(serial.say("text", "Hi")) == ["-", "+text", ".Hi"]
    assert told(serial.say("refusal", "no")) == ["-", "+refusal", ".no"]
    assert told(serial.end()) == ["-"]
    assert serial.count == 3


def test_an_empty_piece_says_nothing_but_logprobs_do() -> None:
    serial = Serial()
    assert serial.say("text", "") == []
    assert told(serial.say("text", "", (Logprob(token="a", logprob=0.0),))) == ["+text", "."]


def test_interleaved_calls_come_out_one_after_the_other() -> None:
    serial = Serial()
    assert told(serial.call(0, '{"a"', id="x", name="f")) == ["+tool_call f", '.{"a"']
    assert told(serial.call(1, '{"b"', id="y", name="g")) == []
    assert told(serial.call(0, ":1}")) == [".:1}", "-", "+tool_call g", '.{"b"']
    assert told(serial.call(1, ":2}")) == [".:2}"]
    assert told(serial.end()) == ["-"]
    assert serial.problem == ""


def test_text_between_the_pieces_of_a_call_waits_for_it() -> None:
    serial = Serial()
    serial.call(0, '{"a":', name="f")
    assert serial.say("text", "so") == []
    assert serial.say("text", "-so") == []
    assert told(serial.call(0, "1}")) == [".1}", "-", "+text", ".so", ".-so"]


def test_a_call_without_arguments_says_an_empty_object() -> None:
    serial = Serial()
    assert told(serial.call(0, "", name="f")) == ["+tool_call f"]
    assert told(serial.call(0, " ")) == []
    assert told(serial.end()) == [".{}", "-"]


def test_a_doubly_encoded_object_is_decoded_once() -> None:
    serial = Serial()
    events = serial.call(0, '"{\\"a\\"', name="f") + serial.call(0, ':1}"') + serial.end()
    assert told(events) == ["+tool_call f", '.{"a":1}', "-"]


def test_cut_off_arguments_are_completed_and_said_to_be() -> None:
    serial = Serial()
    events = serial.call(0, '{"city":"Par', name="f") + serial.end()
    assert told(events)[1:3] == ['.{"city":"Par', '."}']
    assert serial.is_truncated


def test_arguments_that_are_no_json_are_a_problem() -> None:
    for text in ("{'a': 1}", "oops"):
        serial = Serial()
        events = serial.call(0, text, name="f") + serial.end()
        assert "f" in serial.problem
        assert text in serial.problem
        assert told(events)[-1] == "-"


def test_nothing_follows_a_whole_call() -> None:
    serial = Serial()
    serial.call(0, "{}", name="f")
    assert serial.is_call_whole(0)
    serial.say("text", "x")
    assert serial.call(0, " ") == []
    assert serial.is_call_whole(0)
    assert not serial.is_call_whole(7)


def test_plain_text_of_a_custom_tool_is_not_checked() -> None:
    serial = Serial()
    events = (
        serial.call(0, "*** Begin", name="patch", is_custom=True) + serial.call(0, " Patch") + serial.end()
    )
    assert told(events) == ["+tool_call patch", ".*** Begin", ". Patch", "-"]
    assert serial.problem == ""


def test_a_signature_ends_its_thought() -> None:
    serial = Serial(ORIGIN)
    events = serial.say("thinking", "a") + serial.sign("s1") + serial.say("thinking", "b") + serial.sign("s2")
    assert told(events) == ["+thinking", ".a", ".s1", "-", "+thinking", ".b", ".s2"]
    assert [event.origin for event in events if isinstance(event, BlockStarted)] == [ORIGIN, ORIGIN]


def test_whole_blocks_stand_in_their_order() -> None:
    serial = Serial(ORIGIN, 1)
    thing = Opaque(dialect=ORIGIN, type="x", raw=msgspec.Raw(b"1"))
    events = serial.redact("data") + serial.hand_on(thing) + serial.cite('["c"]') + serial.end()
    assert told(events) == ["+redacted", "-", "+opaque", "-", "+text", '.["c"]', "-"]
    assert {event.choice for event in events if isinstance(event, BlockStarted)} == {1}


PIECES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["text", "thinking", "refusal"]), st.text(max_size=3)),
        st.tuples(st.integers(0, 3), st.just("")),
    ),
    max_size=30,
)


@given(PIECES, st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=3))
def test_whatever_the_order_nothing_is_lost_and_nothing_overlaps(
    pieces: list[tuple[str | int, str]], value: dict[str, int | str]
) -> None:
    arguments = json.dumps(value)
    rest: dict[int, str] = {}
    serial = Serial(ORIGIN)
    events: list[ChatEvent] = []
    spoken = {"text": "", "thinking": "", "refusal": ""}
    for kind, text in pieces:
        if isinstance(kind, int):
            left = rest.get(kind, arguments)
            events += serial.call(kind, left[:4], id=f"c{kind}", name="f")
            rest[kind] = left[4:]
        elif kind == "text":
            spoken[kind] += text
            events += serial.say("text", text)
        elif kind == "thinking":
            spoken[kind] += text
            events += serial.say("thinking", text)
        else:
            spoken[kind] += text
            events += serial.say("refusal", text)
    for kind, left in rest.items():
        events += serial.call(kind, left)
    events += serial.end()
    assert broken_block_laws(events) == []
    for kind, text in spoken.items():
        assert "".join(one.text for one in events if isinstance(one, Delta) and one.kind == kind) == text
    calls = [one for one in events if isinstance(one, BlockStarted) and one.kind == "tool_call"]
    assert sorted(one.id for one in calls) == sorted(f"c{kind}" for kind in rest)
    for call in calls:
        said = "".join(
            one.text
            for one in events
            if isinstance(one, Delta) and one.index == call.index and one.kind == "arguments"
        )
        assert said == arguments
