"""Messages of a WebSocket: what a fixture keeps of them, and when a caller's message is the recorded one."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from aigw_dev.core.recording.fixture import Attempt, Blob, Fixture, Frame, Interaction, Request, Response
from aigw_dev.core.recording.frames import Script, frame_of, message_of
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import OBJECTS, Beside

AUDIO = base64.b64encode(bytes(range(256)) * 2).decode()


def stored(content: bytes, media_type: str) -> Blob:
    return Blob(sha256=hashlib.sha256(content).hexdigest(), type=media_type, bytes=len(content))


def kept(payload: bytes, *, is_text: bool = True, is_exact: bool = False) -> Frame:
    return frame_of("c", payload, is_text=is_text, dt_ms=3, store=stored, is_exact=is_exact)


def script(*frames: Frame, ignore: tuple[str, ...] = ()) -> Script:
    return Script(frames, op="openai.realtime", rules=compile_rules(ignore))


def c(**data: Any) -> Frame:
    return Frame(side="c", data=data)


def s(**data: Any) -> Frame:
    return Frame(side="s", data=data)


def paths(made: Script, **sent: Any) -> list[str] | None:
    """Where a message differs from the recorded one."""
    fields = made.hear(json.dumps(sent).encode(), is_text=True)
    return None if fields is None else [one.path for one in fields]


@pytest.mark.parametrize(
    ("payload", "is_text", "frame"),
    [
        (b'{"a": 1}', True, Frame(side="c", dt_ms=3, data={"a": 1})),
        (b' [1, "x"]', True, Frame(side="c", dt_ms=3, data=[1, "x"])),
        (b'{"a": 1}', False, Frame(side="c", dt_ms=3, data={"a": 1}, is_binary=True)),
        (b"hello", True, Frame(side="c", dt_ms=3, text="hello")),
        (b"5", True, Frame(side="c", dt_ms=3, text="5")),
        (b'{"a": 1, "a": 2}', True, Frame(side="c", dt_ms=3, text='{"a": 1, "a": 2}')),
        (b"{", False, Frame(side="c", dt_ms=3, blob=stored(b"{", "application/octet-stream"))),
        (b"", True, Frame(side="c", dt_ms=3, text="")),
    ],
)
def test_json_is_kept_as_data_other_text_as_it_is_and_bytes_aside(
    payload: bytes, is_text: bool, frame: Frame
) -> None:
    assert kept(payload, is_text=is_text) == frame


def test_the_provider_s_random_padding_is_left_out_and_the_caller_s_words_are_not() -> None:
    payload = b'{"delta": "a", "obfuscation": "xyz"}'
    made = frame_of("s", payload, is_text=True, dt_ms=0, store=stored, is_exact=False)
    assert made.data == {"delta": "a"}
    assert kept(payload).data == {"delta": "a", "obfuscation": "xyz"}
    assert kept(b'{"obfuscation": 1}').data == {"obfuscation": 1}


def test_exactly_kept_json_is_a_text_with_its_blanks() -> None:
    assert kept(b'{"a":  1}', is_exact=True).text == '{"a":  1}'
    assert kept(b'{"a":  1}', is_exact=True, is_text=False).blob is not None


@given(OBJECTS)
def test_a_message_of_json_says_the_same_again(value: dict[str, Any]) -> None:
    payload = json.dumps(value).encode()
    again = message_of(kept(payload), read_blob=lambda _: b"", inline=lambda one: one)
    assert json.loads(again) == value


def test_text_and_bytes_are_said_again_as_they_were() -> None:
    def said(frame: Frame) -> bytes:
        return message_of(frame, read_blob=lambda blob: blob.sha256.encode(), inline=lambda one: one)

    assert said(Frame(side="s", text="h\u00e4")) == "h\u00e4".encode()
    assert said(Frame(side="s")) == b""
    assert said(Frame(side="s", blob=Blob(sha256="ab"))) == b"ab"


def test_key_order_numbers_and_the_message_s_own_id_do_not_count() -> None:
    made = script(c(type="x", event_id="e1", temperature=1.0, deep={"b": 2, "a": 1}))
    assert paths(made, deep={"a": 1, "b": 2}, temperature=1, type="x", event_id="other") == []
    assert made.heard == 1


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"type": "x", "text": "b"}, ["text"]),
        ({"type": "x"}, ["text"]),
        ({"type": "x", "text": "a", "more": 1}, ["more"]),
        ({"type": "x", "text": "a", "deep": {"event_id": "counts here"}}, ["deep"]),
    ],
)
def test_what_differs_is_named_and_the_recorded_message_stays_expected(
    sent: dict[str, Any], where: list[str]
) -> None:
    made = script(c(type="x", text="a"))
    assert paths(made, **sent) == where
    assert made.heard == 0
    assert paths(made, type="x", text="a") == []


def test_one_message_too_many_differs_from_nothing() -> None:
    made = script(s(type="hello"), c(type="x"), s(type="bye"))
    assert len(made) == 1
    assert paths(made, type="x") == []
    assert paths(made, type="x") is None


def test_ids_that_the_caller_makes_up_count_by_their_links() -> None:
    recorded = (
        c(item={"id": "a1", "type": "message"}),
        c(previous_item_id="a1", item={"id": "a2"}),
        c(type="delete", item_id="a1"),
    )
    made = script(*recorded)
    assert paths(made, item={"id": "b1", "type": "message"}) == []
    assert paths(made, previous_item_id="b1", item={"id": "b2"}) == []
    assert paths(made, type="delete", item_id="b2") == ["item_id"], "a wrong link is a difference"
    assert paths(made, type="delete", item_id="b1") == []


def test_ids_that_the_provider_gave_count_as_they_are() -> None:
    made = script(s(response={"id": "resp_1"}), c(type="cancel", response_id="resp_1"))
    assert paths(made, type="cancel", response_id="resp_2") == ["response_id"]
    assert paths(made, type="cancel", response_id="resp_1") == []


def test_an_id_that_says_what_is_meant_counts() -> None:
    made = script(c(session={"voice": {"id": "marin"}, "metadata": {"call_id": "1"}}))
    assert paths(made, session={"voice": {"id": "other"}, "metadata": {"call_id": "1"}}) == [
        "session.voice.id"
    ]


def test_ids_within_a_responses_input_count_by_their_links_too() -> None:
    made = script(c(type="response.create", input=[{"type": "function_call_output", "call_id": "c1"}]))
    assert (
        paths(made, type="response.create", input=[{"type": "function_call_output", "call_id": "c2"}]) == []
    )


def test_the_provider_repeats_the_ids_that_the_caller_uses_now() -> None:
    echo = {"type": "created", "item": {"id": "a1", "text": "a1 stays"}, "all": ["a1", "given", 1]}
    made = script(c(item={"id": "a1"}), s(**echo))
    assert made.retold(echo) is echo
    assert paths(made, item={"id": "b1"}) == []
    assert made.retold(echo) == {
        "type": "created",
        "item": {"id": "b1", "text": "a1 stays"},
        "all": ["b1", "given", 1],
    }


def test_media_counts_by_its_bytes_wherever_they_lie() -> None:
    content = base64.b64decode(AUDIO)
    blob = Blob(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), form="base64")
    made = script(
        c(type="append", audio=blob), Frame(side="c", blob=stored(content, "application/octet-stream"))
    )
    assert paths(made, type="append", audio=AUDIO.replace("A", "B", 1)) == ["audio"]
    assert paths(made, type="append", audio=AUDIO) == []
    assert made.hear(content + b"x", is_text=False) != []
    assert made.hear(content, is_text=False) == []


def test_texts_that_are_no_json_count_as_they_are_and_json_kept_as_text_as_json() -> None:
    made = script(Frame(side="c", text="hello"), Frame(side="c", text='{"a": 1}'))
    assert made.hear(b"hello ", is_text=True) != []
    assert made.hear(b"hello", is_text=True) == []
    assert made.hear(b'{"a":1}', is_text=True) == []


def test_ignore_rules_are_in_force_for_each_message() -> None:
    made = script(c(type="x", at="12:00", text="on 2026-01-01"), ignore=("at", r"$.text~\d{4}-\d\d-\d\d"))
    assert paths(made, type="x", at="13:00", text="on 2027-02-03") == []


@pytest.mark.vectors
def test_real_conversations_come_back_from_a_file_and_fit_when_they_are_had_again(vectors: Path) -> None:
    found = sent = 0
    for path in sorted((vectors / "pydantic-ai/realtime/cassettes").rglob("*.yaml")):
        recorded: Any = yaml.safe_load(path.read_text("utf-8"))
        messages = [one for one in recorded["interactions"] if one.get("kind") == "message"]
        if not messages:
            continue
        found += 1
        beside = Beside()
        sides = ["c" if one["direction"] == "sent" else "s" for one in messages]
        payloads = [json.dumps(one["data"]).encode() for one in messages]
        frames = [
            frame_of(side, payload, is_text=True, dt_ms=1, store=beside.store, is_exact=False)
            for side, payload in zip(sides, payloads, strict=True)
        ]
        request = Request(op="openai.realtime", method="GET", path="?model=m")
        attempt = Attempt(upstream="openai/m", response=Response(status=101, ws=frames))
        fixture = Fixture(interactions=[Interaction(request=request, attempts=[attempt])])
        content = write_fixture(fixture, store=beside.store)
        again = read_fixture(content, blob=beside.fetch).interactions[0].attempts[0].response
        assert again is not None
        assert again.ws == frames
        made = Script(again.ws or [], op=request.op, rules=compile_rules(()))
        for side, payload in zip(sides, payloads, strict=True):
            if side == "c":
                sent += 1
                assert made.hear(payload, is_text=True) == []
    assert found
    assert sent
