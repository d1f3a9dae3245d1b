"""Real Responses traffic from the vectors, and what the tests of this folder share."""

import functools
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import yaml
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Started,
)
from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest, ReplyContext, Tool
from aigw_dev.core.dialects import responses
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

SEED: Final = "0123456789abcdef01234567"
BROKEN_FILES: Final = {"parallel-tool-call-wrapper.1.chunks.txt": "its first and last line are no valid JSON"}
TWO_ANSWERS: Final = {
    "openai-shell-container.1.chunks.txt": "its deltas and its final response say different things"
}
_CASSETTES: Final = (
    "pydantic-ai/models/cassettes/test_openai_responses",
    "pydantic-ai/models/cassettes/test_deepseek_responses",
    "simonw-llm/tests/cassettes/test_openai_responses",
)
_PAYLOADS: Final = (
    "vercel-ai/openai/src/responses",
    "vercel-ai/xai/src/responses",
    "vercel-ai/open-responses/src/responses",
)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One reply, with its request where it was kept."""

    id: str
    status: int
    is_stream: bool
    body: bytes
    request: bytes | None = None


@functools.cache
def recordings(vectors: Path) -> tuple[Recording, ...]:
    """Every recording, always in the same order."""
    found = [*_cassettes(vectors), *_payloads(vectors), *_gateway(vectors)]
    assert len(found) > 150
    return tuple(found)


def streams(vectors: Path) -> list[Recording]:
    """Those that are streams and answered."""
    return [one for one in recordings(vectors) if one.is_stream and one.status == 200]


def replies(vectors: Path) -> list[Recording]:
    """Those that are whole Response objects."""
    return [
        one
        for one in recordings(vectors)
        if not one.is_stream and one.status == 200 and b'"output"' in one.body
    ]


def requests(vectors: Path) -> list[bytes]:
    """Every request, each once."""
    own = [one.request for one in recordings(vectors) if one.request]
    asked = [
        file.read_bytes() for file in sorted((vectors / "agentgateway/requests/responses").glob("*.json"))
    ]
    return list(dict.fromkeys([*own, *asked]))


def _cassettes(vectors: Path) -> Iterator[Recording]:
    for folder in _CASSETTES:
        for file in sorted((vectors / folder).glob("*.yaml")):
            document = cast("dict[str, Any]", yaml.load(file.read_bytes(), yaml.CSafeLoader))
            for number, one in enumerate(document["interactions"]):
                request, response = one["request"], one["response"]
                if not str(request["uri"]).partition("?")[0].endswith("/responses"):
                    continue
                if request["method"] != "POST":
                    continue
                body = _bytes(response.get("parsed_body") or response["body"])
                sent = request.get("parsed_body") or request.get("body")
                yield Recording(
                    id=f"{file.stem}#{number}",
                    status=response["status"]["code"],
                    is_stream=body.lstrip()[:1] not in {b"{", b"["},
                    body=body,
                    request=_bytes(sent) if sent else None,
                )


def _bytes(kept: Any) -> bytes:
    if isinstance(kept, dict) and set(cast("dict[str, Any]", kept)) == {"string"}:
        kept = cast("dict[str, Any]", kept)["string"]
    if isinstance(kept, bytes):
        return gzip.decompress(kept) if kept.startswith(b"\x1f\x8b") else kept
    return kept.encode() if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False).encode()


def _payloads(vectors: Path) -> Iterator[Recording]:
    for folder in _PAYLOADS:
        for file in sorted((vectors / folder).iterdir()):
            if file.name in BROKEN_FILES:
                continue
            content = file.read_bytes()
            is_stream = file.suffix == ".txt"
            if is_stream:
                lines = [line for line in content.split(b"\n") if line.strip()]
                content = b"".join(sse.encode(line, event=json.loads(line)["type"]) for line in lines)
            status = 400 if b'"error"' in content[:20] else 200
            yield Recording(id=file.name, status=status, is_stream=is_stream, body=content)


def _gateway(vectors: Path) -> Iterator[Recording]:
    for file in sorted((vectors / "agentgateway/response/responses").glob("*.json")):
        content = file.read_bytes()
        yield Recording(
            id=f"agentgateway/{file.name}", status=200, is_stream=content[:1] != b"{", body=content
        )


# --- what the tests share


def body_of(wire: object) -> RequestBody:
    """A request body."""
    body = read_body(wire if isinstance(wire, bytes) else json.dumps(wire).encode())
    assert isinstance(body, RequestBody)
    return body


def read(wire: object) -> ChatRequest:
    """A request, read; it must be well-formed."""
    request = responses.read_chat(body_of(wire))
    assert isinstance(request, ChatRequest), request
    return request


def context(*, tools: tuple[Tool, ...] = (), fields: dict[str, Any] | None = None) -> ReplyContext:
    """The context of a reply to a caller of this dialect."""
    asked = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in (fields or {}).items()}
    request = ChatRequest(dialect="openai-responses", model="asked-for", messages=(), tools=tools)
    return ReplyContext(request=request, id_seed=SEED, created=1_700_000_000, input_estimate=7, fields=asked)


def ledger() -> Ledger:
    """A ledger of a translation from chat."""
    return Ledger("openai-responses", "openai-chat")


def decoded(body: bytes, cuts: Sequence[int] = ()) -> list[ChatEvent]:
    """The neutral events of a stream, fed in pieces that end at `cuts`."""
    framer, decoder = responses.framer(), responses.stream_decoder()
    events: list[ChatEvent] = []
    start = 0
    for end in [*cuts, len(body)]:
        for event in framer.feed(body[start:end]):
            events += decoder.feed(event)
        start = end
    for event in framer.close():
        events += decoder.feed(event)
    return events + decoder.close()


def encoded(events: Iterable[ChatEvent], of: ReplyContext | None = None, into: Ledger | None = None) -> bytes:
    """A caller's stream."""
    encoder = responses.stream_encoder(of or context(), into or ledger())
    return b"".join(encoder.encode(event) for event in events)


def frames(stream: bytes) -> list[dict[str, Any]]:
    """The data of every event of a stream; each `event:` line must name its type."""
    framer = sse.Decoder()
    found: list[dict[str, Any]] = []
    for event in framer.feed(stream) + framer.close():
        if not event.is_comment:
            wire = cast("dict[str, Any]", json.loads(event.data))
            assert event.event == wire["type"]
            found.append(wire)
    return found


_EVENT: Final[TypeAdapter[Any]] = TypeAdapter(ResponseStreamEvent)


def is_valid_event(wire: object) -> bool:
    """Whether the SDK's types take an event."""
    try:
        _EVENT.validate_json(json.dumps(wire))
    except ValidationError:
        return False
    return True


def meaning(reply: ChatReply) -> object:
    """What a reply says, without the ids of its items."""
    [choice] = reply.choices
    parts = [_without_ids(part) for part in choice.parts]
    return parts, choice.stop, choice.logprobs, _counts(reply.usage)


def said(events: Iterable[ChatEvent]) -> list[object]:
    """What a stream says, without the ids of its items: blocks with their joined texts, the end, the usage."""
    told: list[object] = []
    for event in events:
        match event:
            case BlockStarted():
                told.append([_without_ids(event), dict[str, Any]()])
            case Delta():
                texts = cast("list[Any]", told[-1])[1]
                if event.kind == "citations":
                    cited = [one.get("url", one) for one in json.loads(event.text)]
                    texts["citations"] = [*texts.get("citations", []), *cited]
                else:
                    texts[event.kind] = texts.get(event.kind, "") + event.text
                texts["logprobs"] = (*texts.get("logprobs", ()), *(event.logprobs or ()))
            case Finished():
                told.append(event.reason)
            case Counted():
                told.append(_counts(event.usage))
            case Failed():
                told.append(("failed", event.message))
            case _:
                pass
    return told


def _without_ids(part: Any) -> object:
    wire: dict[str, Any] = {
        name: getattr(part, name) for name in part.__struct_fields__ if name not in {"item_id", "index"}
    }
    if type(part).__name__ == "Thinking":
        del wire["id"]
    return type(part).__name__, {
        name: bytes(value) if isinstance(value, msgspec.Raw) else value for name, value in wire.items()
    }


def _counts(usage: Any) -> object:
    if usage is None:
        return None
    return usage.input, usage.output, usage.cached_input, usage.reasoning


def obeys_the_laws(events: Sequence[ChatEvent]) -> None:
    """The laws of `core.chat.events`."""
    assert isinstance(events[0], Started)
    assert sum(isinstance(event, Started) for event in events) == 1
    assert isinstance(events[-1], Ended | Failed)
    assert sum(isinstance(event, Ended | Failed) for event in events) == 1
    index, is_open, kind, arguments = -1, False, "", ""
    is_finished = is_counted = False
    for event in events:
        match event:
            case BlockStarted():
                assert not is_open
                assert not is_finished
                index += 1
                assert event.index == index
                is_open, arguments = True, ""
                kind = "custom" if event.is_custom else event.kind
            case Delta():
                assert is_open
                assert event.index == index
                arguments += event.text if event.kind == "arguments" else ""
            case BlockStopped():
                assert is_open
                assert event.index == index
                is_open = False
                if kind == "tool_call":
                    json.loads(arguments)
            case Finished():
                assert not is_open
                assert not is_finished
                is_finished = True
            case Counted():
                assert is_finished
                assert not is_counted
                is_counted = True
            case Ended():
                assert is_finished
            case _:
                pass
    assert not is_open
