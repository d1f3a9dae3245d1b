"""One recorded request with its reply as an interaction."""

import gzip
from typing import Any

import msgspec
import pytest

from aigw_dev.core.recording.fixture import Frame, Interaction, Request
from aigw_dev.core.recording.importing.http_pair import Content, Made, Pair, interaction_of
from aigw_dev.core.recording.importing.imported import Skip
from tests.core.forms import BOUNDARY, field, file, form
from tests.core.recording.importing.recorded import ANSWER, ASKED, CHAT_URL, STREAM, Shelf, attempt_of

AZURE = "https://mine.openai.azure.com/openai/deployments/small/chat/completions?api-version=1"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent?key=SECRET"
RAW_PREDICT = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-x:rawPredict"


def made(pair: Pair) -> Interaction:
    found = interaction_of(pair, store=Shelf().store)
    assert isinstance(found, Made), found
    return found.interaction


def chat(url: str, body: Any = ASKED, **more: Any) -> Pair:
    return Pair(
        where="x", method="post", url=url, sent=Content(value=body), got=Content(value=ANSWER), **more
    )


def test_a_call_to_the_dialects_home_is_asked_with_the_bare_model() -> None:
    interaction = made(chat(CHAT_URL))
    assert interaction.request == Request(op="openai.chat.completions", body=ASKED)
    attempt, response = attempt_of(interaction)
    assert (attempt.upstream, attempt.request) == ("openai/gpt-4o-mini", "same")
    assert response.body == ANSWER


def test_a_call_elsewhere_is_asked_with_the_providers_name_before_the_model_and_said_so() -> None:
    found = interaction_of(chat("https://api.groq.com/openai/v1/chat/completions"), store=Shelf().store)
    assert isinstance(found, Made)
    assert found.interaction.request.body == ASKED | {"model": "groq/gpt-4o-mini"}
    assert list(found.interaction.request.body) == list(ASKED)
    assert found.interaction.attempts[0].upstream == "groq/gpt-4o-mini"
    assert found.notes == ["ask for groq/gpt-4o-mini where gpt-4o-mini was asked for"]
    assert ASKED["model"] == "gpt-4o-mini"


def test_a_model_in_the_path_stays_there() -> None:
    interaction = made(chat(GEMINI, {"contents": []}))
    assert (interaction.request.path, interaction.request.body) == (
        "models/gemini-2.5-flash",
        {"contents": []},
    )
    assert interaction.attempts[0].upstream == "gemini/gemini-2.5-flash"
    interaction = made(chat(AZURE, {"messages": [], "model": "small"}))
    assert interaction.request.path == "models/azure-openai/small"
    assert interaction.request.body == {"messages": [], "model": "azure-openai/small"}
    assert interaction.attempts[0].upstream == "azure-openai/small"


def test_anthropic_on_vertex_is_asked_as_anthropic_and_sent_as_it_was() -> None:
    body: dict[str, Any] = {"anthropic_version": "vertex-2023-10-16", "messages": [], "max_tokens": 1}
    interaction = made(chat(RAW_PREDICT, body))
    assert interaction.request.body == {"messages": [], "max_tokens": 1, "model": "vertex/anthropic/claude-x"}
    assert interaction.request.op == "anthropic.messages"
    attempt, _ = attempt_of(interaction)
    assert attempt.upstream == "vertex/anthropic/claude-x"
    assert isinstance(attempt.request, Request)
    assert attempt.request.body == body


def test_what_is_passed_through_keeps_the_providers_names() -> None:
    interaction = made(chat("https://api.cohere.com/v2/chat", {"model": "command-a"}))
    assert (interaction.request.op, interaction.request.path) == ("raw", "/v2/chat")
    assert interaction.request.body == {"model": "command-a"}
    assert interaction.attempts[0].upstream == "cohere"


def test_of_headers_only_the_allowed_remain() -> None:
    pair = chat(
        "https://api.anthropic.com/v1/messages",
        request_headers=[("x-api-key", "SECRET"), ("anthropic-version", "2023-06-01"), ("cookie", "SECRET")],
        headers=[
            ("content-type", "application/json"),
            ("openai-organization", "SECRET"),
            ("set-cookie", "SECRET"),
            ("x-ratelimit-remaining-requests", "9"),
        ],
    )
    interaction = made(pair)
    assert interaction.request.headers == {"anthropic-version": "2023-06-01"}
    _, response = attempt_of(interaction)
    assert response.headers == {"content-type": "application/json", "x-ratelimit-remaining-requests": "9"}
    assert b"SECRET" not in msgspec.json.encode(interaction)


def test_a_forms_model_is_renamed_too() -> None:
    shelf = Shelf()
    body = form(field("model", b"whisper-large-v3"), file("file", b"RIFF"))
    pair = Pair(
        where="x",
        method="POST",
        url="https://api.groq.com/openai/v1/audio/transcriptions",
        request_headers=[("content-type", f"multipart/form-data; boundary={BOUNDARY.decode()}")],
        sent=Content(raw=body),
        got=Content(raw=b'{"text": "hi"}'),
    )
    found = interaction_of(pair, store=shelf.store)
    assert isinstance(found, Made)
    request = found.interaction.request
    assert request.form == {"model": "groq/whisper-large-v3"}
    assert [shelf.read(part.blob) for part in request.files] == [b"RIFF"]
    assert found.interaction.attempts[0].upstream == "groq/whisper-large-v3"


def test_a_form_whose_fields_the_source_read_is_taken_where_there_is_no_body() -> None:
    pair = Pair(
        where="x",
        method="POST",
        url="https://api.openai.com/v1/audio/transcriptions",
        sent=Content(form={"model": "whisper-1"}),
        got=Content(value={"text": "hi"}),
    )
    interaction = made(pair)
    assert (interaction.request.form, interaction.request.body) == ({"model": "whisper-1"}, msgspec.UNSET)
    assert interaction.attempts[0].upstream == "openai/whisper-1"


def streamed(text: str, **more: Any) -> Pair:
    headers = [("content-type", "text/event-stream")]
    return Pair(
        where="interactions[4]", method="POST", url=CHAT_URL, sent=Content(value=ASKED), headers=headers,
        got=Content(raw=text.encode()), **more,
    )  # fmt: skip


def test_a_stream_is_its_events_with_the_time_of_its_head() -> None:
    _, response = attempt_of(made(streamed(STREAM, head_ms=480, total_ms=900)))
    assert response.events is not None
    assert len(response.events) == 3
    assert (response.dt_ms, response.end) == ([480, 0, 0], "eof")


def test_a_stream_that_never_said_it_was_over_is_cut_and_said_so() -> None:
    found = interaction_of(streamed(STREAM.replace("data: [DONE]\n\n", "")), store=Shelf().store)
    assert isinstance(found, Made)
    _, response = attempt_of(found.interaction)
    assert response.end == "cut"
    assert found.notes == ["interactions[4]: the stream ends before it was over"]


def test_a_whole_reply_has_one_time() -> None:
    assert attempt_of(made(chat(CHAT_URL, head_ms=300)))[1].dt_ms == [300]
    assert attempt_of(made(chat(CHAT_URL, head_ms=300, total_ms=431)))[1].dt_ms == [431]
    assert attempt_of(made(chat(CHAT_URL)))[1].dt_ms == [0]


def test_a_socket_is_its_messages() -> None:
    frames = [Frame(side="s", data={"type": "session.created"})]
    pair = Pair(
        where="x",
        method="GET",
        url="wss://api.openai.com/v1/realtime?model=gpt-realtime",
        status=101,
        frames=frames,
    )
    interaction = made(pair)
    assert (interaction.request.op, interaction.attempts[0].upstream) == (
        "openai.realtime",
        "openai/gpt-realtime",
    )
    assert attempt_of(interaction)[1].ws == frames


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (chat(CHAT_URL, {"messages": []}), "its request names no model"),
        (chat(CHAT_URL, None), "its request names no model"),
        (chat("https://example.com/token"), "no provider's address, and no path of a model call"),
        (Pair(where="x", method="GET", url="wss://api.openai.com/v1/realtime?model=m"), "a WebSocket without its messages"),
        (
            Pair(where="x", method="POST", url=CHAT_URL, sent=Content(value=ASKED), headers=[("content-encoding", "br")],
                 got=Content(raw=b"\x8b\xff")),
            "its body is compressed with br, which is not read here; record it uncompressed",
        ),
        (
            Pair(where="x", method="POST", url=CHAT_URL, request_headers=[("content-encoding", "zstd")],
                 sent=Content(raw=b"\x28\xb5\x2f\xfd")),
            "its body is compressed with zstd, which is not read here; record it uncompressed",
        ),
        (
            Pair(where="x", method="POST", url="https://api.openai.com/v1/files",
                 request_headers=[("content-type", "multipart/form-data; boundary=b")], sent=Content(raw=b"omitted")),
            "its form is not in the recording: a request without its fields matches nothing",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_an_interaction_says_why(pair: Pair, reason: str) -> None:
    assert interaction_of(pair, store=Shelf().store) == Skip(reason)


def test_an_error_and_an_empty_reply_are_kept_as_they_were() -> None:
    pair = msgspec.structs.replace(
        chat(CHAT_URL), status=429, got=Content(value={"error": {"message": "slow"}})
    )
    _, response = attempt_of(made(pair))
    assert (response.status, response.body) == (429, {"error": {"message": "slow"}})
    pair = msgspec.structs.replace(chat(CHAT_URL), status=204, got=Content(value=None))
    assert attempt_of(made(pair))[1].body is msgspec.UNSET
    pair = msgspec.structs.replace(chat(CHAT_URL), status=204, got=Content())
    assert attempt_of(made(pair))[1].body is msgspec.UNSET


def test_a_packed_stream_that_breaks_off_is_cut() -> None:
    whole = gzip.compress(STREAM.encode())
    pair = streamed("", request_headers=[])
    pair = msgspec.structs.replace(
        pair, headers=[*pair.headers, ("content-encoding", "gzip")], got=Content(raw=whole[:-8])
    )
    _, response = attempt_of(made(pair))
    assert response.end == "cut"
    assert len(response.events or []) == 3
