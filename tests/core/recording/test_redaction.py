import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings

from aigw_dev.core.mask import MASKED
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    Closing,
    EventRow,
    FilePart,
    Fixture,
    Frame,
    Interaction,
    Request,
    Response,
    Route,
    Synth,
    Wild,
)
from aigw_dev.core.recording.keys import key_of
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.redaction import Redactor, request_headers, response_headers
from aigw_dev.core.recording.wildcards import fits
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import FIXTURES, Beside

SECRET = 'my"very/secret value+1'
SHAPED = "sk-ant-api03-" + "a1B2c3D4" * 4


def of(request: Request, *replies: Response) -> Fixture:
    attempts = [Attempt(upstream="a/m", response=one) for one in replies]
    return Fixture(interactions=[Interaction(request=request, attempts=attempts)])


def replied(**fields: Any) -> Fixture:
    return of(Request(op="o"), Response(**fields))


def content_of(fixture: Fixture) -> bytes:
    return write_fixture(fixture, store=Beside().store)


def everywhere(secret: str) -> Fixture:
    """A fixture with a secret in every place that can hold one."""
    blob = Blob(sha256="ab" * 32)
    request = Request(
        op="o",
        path=f"/files/x?key={quote(secret)}&a=1",
        headers={"anthropic-beta": secret},
        body={"a": [f"It is {secret}."], secret: {"b": secret}},
        form={"f": secret, "g": [secret]},
        files=[FilePart(name="file", filename=f"{secret}.wav", type="audio/wav", blob=blob)],
    )
    replies = [
        Response(headers={"retry-after": secret}, body={"a": secret}),
        Response(text=f"<b>{secret}</b>"),
        Response(events=[EventRow(name="e", data={"a": [secret]}), EventRow(text=secret, id=secret)]),
        Response(raw=[(0, f"data: {secret}\n\n".encode())]),
        Response(
            ws=[Frame(side="c", data={"a": secret}), Frame(side="s", text=secret)],
            close=Closing(side="s", code=1008, reason=secret),
        ),
        Response(synth=Synth(text=secret, tool_calls=[["f", {"a": secret}]])),
    ]
    fixture = of(request, *replies)
    fixture.notes = secret
    one = fixture.interactions[0]
    one.note, one.summary, one.usage, one.route = secret, {"text": secret}, {"x": secret}, Route(asked=secret)
    one.attempts.append(
        Attempt(upstream="p", why=secret, request=Request(op="o", body=secret), error_text=secret)
    )
    return fixture


@pytest.mark.parametrize("secret", [SECRET, SHAPED])
def test_secrets_are_masked_wherever_they_stand_and_nothing_else_is_changed(secret: str) -> None:
    redactor = Redactor([SECRET])
    dirty = everywhere(secret)
    assert redactor.leftovers(content_of(dirty))
    clean = redactor.clean(dirty)
    assert redactor.leftovers(content_of(clean)) == []
    inner: list[Any] = [f"It is {MASKED}.", MASKED]
    if secret == SECRET:  # what has no shape of a key is matched by a wildcard
        inner = [Wild(pattern=r"It\ is\ (?s:.*)\."), Wild(pattern="(?s:.*)")]
    assert clean.interactions[0].request.body == {"a": [inner[0]], MASKED: {"b": inner[1]}}
    assert dirty.interactions[0].request.body["a"] == [f"It is {secret}."]  # not in place
    assert len(clean.interactions[0].attempts) == len(dirty.interactions[0].attempts)
    assert redactor.clean(clean) == clean


@settings(max_examples=60)
@given(FIXTURES)
def test_a_fixture_without_secrets_stays_as_it_is(fixture: Fixture) -> None:
    for one in fixture.interactions:
        one.request.path = ""  # URLs are masked by their own rules
        for attempt in one.attempts:
            attempt.request = "same"
    redactor = Redactor(["another-secret-value"])
    assert redactor.clean(fixture) == fixture
    assert redactor.leftovers(content_of(fixture)) == []


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(json.dumps({"a": SECRET})),
        base64.b64encode(b"x:" + SECRET.encode()).decode(),
        quote(SECRET),
        SECRET.encode().hex(),
    ],
)
def test_a_known_secret_is_found_in_any_spelling_and_never_told(spelled: str) -> None:
    found = Redactor([SECRET]).leftovers(content_of(replied(body={"a": f"xx {spelled} yy"})))
    assert len(found) == 1
    assert "a secret that this machine knows" in found[0]
    assert found[0].startswith("line ")
    assert SECRET not in found[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SHAPED, "a text shaped like a key (sk-ant-…)"),
        ("AIza" + "Sy1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6", "a text shaped like a key (AIza…)"),
        ("gsk_" + "a1B2c3D4" * 5, "a text shaped like a key (gsk_…)"),
        ("AKIAIOSFODNN7EXAMPL3", "a text shaped like a key (AKIA…)"),
        ("sk-proj-" + "a1B2c3D4" * 5, "a text shaped like a key (sk-proj-…)"),
        ("Bearer " + "a1B2c3D4" * 5, "a bearer token"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
            "a text shaped like a key (eyJ…)",
        ),
    ],
)
def test_texts_shaped_like_keys_are_found_with_their_line_and_kind(text: str, kind: str) -> None:
    content = content_of(of(Request(op="o", body={"a": 1, "b": text})))
    line = next(number for number, one in enumerate(content.split(b"\n"), 1) if text[:12].encode() in one)
    assert Redactor().leftovers(content) == [f"line {line}: {kind}"]


def test_a_secret_that_a_stream_spells_over_several_events_is_found() -> None:
    halves = [SECRET[:9], SECRET[9:]]
    rows = [EventRow(data={"choices": [{"index": 0, "delta": {"content": half}}]}) for half in halves]
    found = Redactor([SECRET]).leftovers(content_of(replied(events=rows)))
    place = "$.interactions[0].attempts[0].response, the pieces of choices[0].delta.content joined: "
    assert found == [place + "a secret that this machine knows"]
    assert Redactor([SECRET]).leftovers(content_of(replied(events=rows[:1]))) == []


def test_a_secret_over_texts_frames_pieces_and_lines_is_found() -> None:
    halves = SHAPED[:15], SHAPED[15:]
    pem = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQ\n" * 3
    redactor = Redactor()
    places = {
        "data joined": replied(events=[EventRow(text=half) for half in halves]),
        "pieces of a joined": replied(ws=[Frame(side="s", data={"a": half}) for half in halves]),
        "raw, joined": replied(raw=[(0, half.encode()) for half in halves]),
        "request.body.a[0]": of(Request(op="o", body={"a": [pem]})),
    }
    for place, fixture in places.items():
        assert [place in one for one in redactor.leftovers(content_of(fixture))] == [True], place


def test_two_sides_of_a_socket_are_not_joined() -> None:
    frames = [Frame(side="s", data={"a": SHAPED[:15]}), Frame(side="c", data={"a": SHAPED[15:]})]
    assert Redactor().leftovers(content_of(replied(ws=frames))) == []


def test_blobs_and_other_bytes_are_looked_at_too() -> None:
    redactor = Redactor([SECRET])
    assert redactor.leftovers(b"\0\xff" + SECRET.encode()) == ["line 1: a secret that this machine knows"]
    assert redactor.leftovers(b"{not a fixture") == []
    assert redactor.leftovers(b"") == []


def test_a_secret_that_goes_over_lines_of_the_bytes_is_found() -> None:
    pem = b"-----BEGIN PRIVATE KEY-----\n" + b"MIIEvQIBADANBgkqhkiG9w0BAQ\n" * 3
    assert Redactor().leftovers(pem) == ["over several lines: a text shaped like a key (-----BEGIN…)"]


def test_organisations_are_masked_in_what_a_provider_says_of_a_call_and_nowhere_else() -> None:
    named = "limit in organization org-AbCdEfGhIjKlMnOpQrSt on tokens"
    word = {"message": "use org-internationalization"}
    headers = {"x-ratelimit-reset": named}
    raw = [(0, named.encode())]
    fixture = of(
        Request(op="o", body=word),
        Response(status=429, headers=headers, body={"error": [{"message": named}, 1]}),
        Response(status=400, raw=raw),
        Response(status=500, text=named),
        Response(headers=headers, body=word),
    )
    one = Redactor().clean(fixture).interactions[0]
    replies = [attempt.response or Response() for attempt in one.attempts]
    hidden = "limit in organization org-REDACTED on tokens"
    assert one.request.body == word
    assert replies[0].body == {"error": [{"message": hidden}, 1]}
    assert replies[0].headers == {"x-ratelimit-reset": hidden}
    assert replies[1].raw == [(0, hidden.encode())]
    assert replies[2].text == hidden
    assert (replies[3].body, replies[3].headers) == (word, {"x-ratelimit-reset": hidden})


def test_where_a_known_secret_stood_in_a_request_any_value_fits() -> None:
    long = "a.b " * 400
    body = {
        "model": "m",
        "messages": [
            {"content": f"(it is {SECRET}, twice {SECRET})\nsaid"},
            {"content": f"{long}{SECRET}{long}"},
            {"content": f"only shaped: {SHAPED}"},
            {"content": f"{SECRET} \ud800"},
        ],
        "n": 1,
    }
    fixture = of(Request(op="o", body=body, form={"prompt": SECRET}))
    clean = Redactor([SECRET]).clean(fixture)
    request = read_fixture(content_of(clean)).interactions[0].request
    first, second, third, last = (one["content"] for one in request.body["messages"])
    assert third == f"only shaped: {MASKED}"
    assert last == Wild()
    assert fits(first, "(it is other, twice more\nlines)\nsaid")
    assert not fits(first, "(it is other, twice more)\nsays")
    assert fits(second, f"{long}other{long}")
    assert not fits(second, f"other{long}")
    assert fits(request.form["prompt"], "other") if request.form else False
    assert key_of(request) == ""
    assert Redactor([SECRET]).clean(clean) == clean


def test_a_text_that_was_masked_before_fits_any_value_where_that_was_a_known_secret() -> None:
    body = {"content": f"it is {MASKED}"}
    plain = Redactor().clean(of(Request(op="o", body=body))).interactions[0].request
    known = Redactor().clean(of(Request(op="o", body=body, is_masked=True))).interactions[0].request
    assert plain.body == body
    assert fits(known.body["content"], "it is mine")
    assert not known.is_masked


def test_headers_of_replies_are_kept_by_name() -> None:
    pairs = [
        (b"Content-Type", b"application/json"),
        (b"Set-Cookie", b"a=b"),
        (b"OpenAI-Organization", b"me"),
        (b"X-RateLimit-Limit-Requests", b"1"),
        (b"anthropic-ratelimit-tokens-reset", b"2"),
        (b"X-Request-Id", b"req_real"),
        (b"content-type", b"text/plain"),
    ]
    kept = response_headers(pairs)
    assert kept == {
        "x-ratelimit-limit-requests": "1",
        "anthropic-ratelimit-tokens-reset": "2",
        "x-request-id": "req_fx0001",
        "content-type": "text/plain",
    }
    assert list(kept)[-1] == "content-type"
    assert response_headers([("Retry-After", "2"), ("date", "today")]) == {"retry-after": "2"}


def test_headers_of_requests_are_those_of_the_key() -> None:
    pairs = [("Authorization", "Bearer x"), ("Anthropic-Version", "2023-06-01"), ("user-agent", "y")]
    assert request_headers(pairs) == {"anthropic-version": "2023-06-01"}


def test_request_ids_are_numbered_over_the_fixture() -> None:
    reply = Response(headers=response_headers([("x-request-id", "a"), ("request-id", "a")]))
    clean = Redactor().clean(of(Request(op="o"), reply, Response(), Response(headers={"request-id": "real"})))
    headers = [one.response.headers for one in clean.interactions[0].attempts if one.response]
    assert headers == [
        {"x-request-id": "req_fx0001", "request-id": "req_fx0001"},
        {},
        {"request-id": "req_fx0003"},
    ]


def test_its_repr_tells_nothing() -> None:
    assert repr(Redactor([SECRET])) == "<Redactor>"
