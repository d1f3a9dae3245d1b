"""Every Gemini recording: read, cut at every byte, written back without a change of meaning."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.events import ChatEvent, Ended
from aigw_dev.core.chat.heard import Heard, summary
from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest, Reasoning, ReplyContext
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini import recordings
from tests.core.dialects.gemini.sdk import check_reply, check_request
from tests.core.dialects.gemini.stream_events import check_laws

pytestmark = pytest.mark.vectors

G = "gemini-generate-content"
CONTEXT = ReplyContext(
    request=ChatRequest(dialect=G, model="m", messages=(), reasoning=Reasoning(summary="auto")),
    id_seed="0123456789abcdef01234567",
    created=1,
)
_UNKNOWN_TO_THE_SDK = {"passthrough-fields.json"}
"""Made-up fields, which its types forbid."""


def read_request(raw: bytes) -> ChatRequest:
    body = read_body(raw)
    assert isinstance(body, RequestBody)
    read = gemini.read_chat(body, path_model="m")
    assert isinstance(read, ChatRequest), read
    return read


def events_of(body: bytes, step: int, *, is_array: bool) -> list[ChatEvent]:
    framer, decoder = gemini.ArrayFramer() if is_array else gemini.framer(), gemini.stream_decoder()
    events: list[ChatEvent] = []
    for start in range(0, len(body), step):
        for one in framer.feed(body[start : start + step]):
            events += decoder.feed(one)
    for one in framer.close():
        events += decoder.feed(one)
    return events + decoder.close()


def meaning(request: ChatRequest) -> Any:
    """What a request says, without how its schemas and thinking are spelled."""
    said: Any = json.loads(msgspec.json.encode(request))
    for tool in said["tools"]:
        tool["parameters"] = None
    if said["format"]:
        said["format"]["schema"] = None
    said["extras"] = {key: value for key, value in said["extras"].items() if "[" not in key}
    for message in said["messages"]:
        message["parts"] = [
            part for part in message["parts"] if part != {"text": "", "cache": None, "citations": None}
        ]
    return said


def test_requests_are_read_and_written_back(vectors: Path) -> None:
    names = 0
    for name, raw in recordings.requests(vectors):
        names += 1
        read = read_request(raw)
        ledger = Ledger(G, G)
        out = gemini.write_chat(read, model="m", traits=Traits(has_thinking_level=True), ledger=ledger)
        assert isinstance(out, Outgoing), name
        if name not in _UNKNOWN_TO_THE_SDK:
            check_request(out.body)
            again = read_request(out.body)
            assert meaning(again) == meaning(read), name
        lost = {one.field for one in ledger.entries if "someNew" not in one.field}
        assert lost <= {"tools[0].functionDeclarations[0].behavior"}, (name, lost)
    assert names >= 60


def test_replies_are_read_and_written_back(vectors: Path) -> None:
    names = 0
    for name, raw in recordings.replies(vectors):
        names += 1
        reply = gemini.read_chat_reply(raw)
        assert isinstance(reply, ChatReply), name
        assert all(choice.stop is not None for choice in reply.choices), name
        heard = gemini.reply_summary(raw)
        assert heard.usage == reply.usage or (heard.usage and reply.usage and bytes(heard.usage.raw) == bytes(reply.usage.raw)), name  # fmt: skip
        said = summary(reply).assembled
        assert said.text.replace("\n\n", "") == heard.assembled.text.replace("\n\n", ""), name
        assert [call.arguments for call in said.tool_calls] == [
            call.arguments for call in heard.assembled.tool_calls
        ]
        out = gemini.write_reply(reply, CONTEXT, Ledger())
        check_reply(out)
        again = gemini.read_chat_reply(out)
        assert isinstance(again, ChatReply), name
        assert summary(again).assembled.text == said.text, name
        assert summary(again).assembled.tool_calls == said.tool_calls, name
        assert [one.stop for one in again.choices] == [one.stop for one in reply.choices], name
    assert names >= 45


def test_streams_are_read_wherever_they_break_and_written_back(vectors: Path) -> None:
    names = 0
    for name, raw, is_array in recordings.streams(vectors):
        names += 1
        events = events_of(raw, len(raw), is_array=is_array)
        check_laws(events)
        assert isinstance(events[-1], Ended), name
        shown = msgspec.json.encode(events)
        for step in (1, 7, 1000):
            assert msgspec.json.encode(events_of(raw, step, is_array=is_array)) == shown, (name, step)
        if len(raw) < 2500:
            for cut in range(1, len(raw)):
                framer = gemini.ArrayFramer() if is_array else gemini.framer()
                decoder = gemini.stream_decoder()
                pieces = [*framer.feed(raw[:cut]), *framer.feed(raw[cut:]), *framer.close()]
                found = [event for one in pieces for event in decoder.feed(one)] + decoder.close()
                assert msgspec.json.encode(found) == shown, (name, cut)
        heard = Heard()
        for event in events:
            heard.take(event)
        reader = gemini.stream_reader()
        framer = gemini.ArrayFramer() if is_array else gemini.framer()
        for one in [*framer.feed(raw), *framer.close()]:
            reader.feed(one)
        assert heard.assembled().text.replace("\n\n", "") == reader.assembled().text.replace("\n\n", ""), name
        assert [one.arguments for one in heard.assembled().tool_calls] == [
            one.arguments for one in reader.assembled().tool_calls
        ], name
        assert reader.bad_events == 0, name
        for other in (False, True):
            encoder = gemini.stream_encoder(CONTEXT, Ledger(), is_array=other)
            out = b"".join(encoder.encode(event) for event in events)
            again = Heard()
            for event in events_of(out, 4096, is_array=other):
                again.take(event)
            assert again.assembled().text.replace("\n\n", "") == heard.assembled().text.replace("\n\n", ""), (
                name
            )
            assert again.assembled().tool_calls == heard.assembled().tool_calls, name
            framer = gemini.ArrayFramer() if other else gemini.framer()
            for one in [*framer.feed(out), *framer.close()]:
                check_reply(one.data)
    assert names >= 25


def test_counting_and_embedding_replies(vectors: Path) -> None:
    kinds: set[str] = set()
    for one in recordings.cassettes(vectors):
        if one.method == "countTokens":
            kinds.add(one.method)
            assert gemini.read_count_reply(one.reply), one.name
            body = read_body(one.request)
            assert isinstance(body, RequestBody)
            assert isinstance(gemini.read_count(body, path_model="m"), ChatRequest), one.name
        elif one.method == "batchEmbedContents":
            from aigw_dev.core.dialects.gemini import embed

            kinds.add(one.method)
            assert isinstance(embed.read_gemini_reply(one.reply), embed.EmbedReply), one.name
            body = read_body(one.request)
            assert isinstance(body, RequestBody)
            assert isinstance(embed.read_gemini(body), embed.EmbedRequest), one.name
    assert kinds == {"countTokens", "batchEmbedContents"}


def test_the_recorded_error_tells_its_wait(vectors: Path) -> None:
    raw = (vectors / "vercel-ai/google/src/google-429-retry-info.json").read_bytes()
    assert gemini.is_error_body(raw)
    assert gemini.retry_delay_s(raw) == 34.4
    assert gemini.read_error(429, raw).code == "RESOURCE_EXHAUSTED"
