"""A recorded WebSocket as text: who said what, in order."""

from typing import Any

from aigw_dev.cli.fixture_messages import message_lines
from aigw_dev.cli.fixture_text import fixture_lines
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    Closing,
    Fixture,
    Frame,
    Interaction,
    Request,
    Response,
)

MEDIA = "UklGRiQAAABXQVZF" * 20


def s(**data: Any) -> Frame:
    return Frame(side="s", data=data)


def lines(*frames: Frame, is_plain: bool = False, **more: Any) -> list[tuple[str, str]]:
    return list(message_lines(Response(status=101, ws=list(frames), **more), is_plain=is_plain))


def test_each_message_stands_with_its_speaker_and_the_close_at_the_end() -> None:
    created = s(type="session.created", event_id="event_123", session={"id": "sess_abc123", "model": "m"})
    found = lines(
        created,
        Frame(side="c", data={"type": "response.create"}),
        Frame(side="s", text="no JSON"),
        Frame(side="s", blob=Blob(sha256="ab" * 32, bytes=9)),
        Frame(side="c", data=[1, {"a": 2}]),
        close=Closing(side="s", code=4001, reason="enough"),
    )
    assert found == [
        ("provider", 'session.created {"session":{"id":"sess_abc123","model":"m"}}'),
        ("caller", "response.create"),
        ("provider", "no JSON"),
        ("provider", "<9 bytes>"),
        ("caller", '[1,{"a":2}]'),
        ("closed", "by the provider, 4001 enough"),
    ]
    assert lines(created, is_plain=True) == [("provider", 'session.created {"session":{"model":"m"}}')]


def test_runs_of_pieces_are_joined() -> None:
    found = lines(
        *(s(type="response.output_text.delta", delta=one, item_id="i") for one in ("Hel", "lo")),
        *(s(type="response.output_audio.delta", delta=MEDIA) for _ in range(3)),
        s(type="response.done"),
        Frame(side="c", data={"type": "append", "audio": Blob(sha256="ab" * 32, form="base64", bytes=3)}),
    )
    assert found == [
        ("provider", 'response.output_text.delta "Hello"'),
        ("provider", "response.output_audio.delta <3 pieces of media>"),
        ("provider", "response.done"),
        ("caller", "append <1 piece of media>"),
    ]


def test_media_and_long_messages_are_cut() -> None:
    blob = Blob(sha256="ab" * 32, type="image/png", form="data-url", bytes=3)
    found = lines(s(a=MEDIA, b=blob), s(text="x " * 900), *(s(n=one) for one in range(600)))
    assert found[0] == ("provider", '{"a":"<320 characters of base64>","b":"<image/png 3 bytes>"}')
    assert len(found[1][1]) == 400
    assert found[-1] == ("…", "102 more messages; --raw shows all")


def test_a_fixture_shows_its_socket() -> None:
    response = Response(status=101, ws=[s(type="hello"), Frame(side="c", text="hi\x1b[2J")])
    one = Interaction(
        request=Request(op="openai.realtime", method="GET", path="?model=m"),
        attempts=[Attempt(upstream="openai/m", response=response)],
    )
    assert fixture_lines(Fixture(interactions=[one]), numbers=[0], is_plain=True) == [
        "-- [0] openai.realtime openai/m",
        "path      GET ?model=m",
        "try 1     openai/m  101",
        "provider  hello",
        "caller    hi\\x1b[2J",
    ]
