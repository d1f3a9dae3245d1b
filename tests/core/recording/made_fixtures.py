"""Fixtures for the tests of the format: made up by hypothesis, and recordings of four dialects that can be recorded anew."""

import hashlib
from typing import Any

import msgspec
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    Closing,
    End,
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


class Beside:
    """A folder of blobs, in memory."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def store(self, content: bytes, media_type: str) -> Blob:
        sha256 = hashlib.sha256(content).hexdigest()
        self.held[sha256] = content
        return Blob(sha256=sha256, type=media_type, bytes=len(content))

    def fetch(self, blob: Blob) -> bytes:
        return self.held[blob.sha256]


_NAMES = st.one_of(
    st.sampled_from(
        [
            "id",
            "created",
            "signature",
            "call_id",
            "messages",
            "input",
            "model",
            "~v",
            "~lit",
            "~lines",
            "~extends",
        ]
    ),
    st.text(max_size=4),
)
_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "a\nb",
            "\n",
            "call_abc123",
            "msg_0123456789",
            "\u202e\u200b\x1b\x7f\ud800",
            "~v",
            "A" * 300,
            "QUJD" * 90,
        ]
    ),
)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _TEXTS
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(_NAMES, inner, max_size=4),
        st.just([*map(float, range(70)), 2**70, -0.0]),
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(_NAMES, JSON, max_size=4)
_PATTERNS = _TEXTS.map(
    lambda text: "".join(char if char.isalnum() and char.isascii() else "." for char in text)
)
"""Regexes that are some."""
_WITH_WILDS = st.one_of(JSON, st.builds(Wild, pattern=st.one_of(st.none(), _PATTERNS)))
_BODIES = st.one_of(OBJECTS, st.dictionaries(_NAMES, _WITH_WILDS, max_size=4), JSON)
_VALUES = _TEXTS.map(lambda text: text.translate(dict.fromkeys(map(ord, "\r\n\0"))))
"""What a header can hold."""
_HEADERS = st.dictionaries(st.sampled_from(["content-type", "retry-after"]), _VALUES, max_size=2)
_BLOBS = st.builds(
    Blob, sha256=st.just("ab" * 32), type=st.sampled_from(["", "audio/mpeg"]), bytes=st.integers(0, 99)
)
_WAITS = st.integers(0, 9999)


def _part(name: str, kind: str) -> FilePart:
    return FilePart(name=name, filename="a.wav", type=kind, blob=Blob(sha256="cd" * 32, type=kind, bytes=3))


_FILES = st.builds(_part, _TEXTS, st.sampled_from(["", "audio/wav"]))
REQUESTS = st.one_of(
    st.builds(Request, op=_TEXTS, headers=_HEADERS, body=_BODIES),
    st.builds(Request, op=_TEXTS, method=st.just("GET"), path=_TEXTS),
    st.builds(Request, op=_TEXTS, form=OBJECTS, files=st.lists(_FILES, max_size=2)),
    st.builds(Request, op=_TEXTS, blob=_BLOBS),
)
_ROWS = st.one_of(
    st.builds(
        EventRow,
        name=st.one_of(st.none(), _TEXTS),
        data=st.one_of(OBJECTS, st.lists(JSON, max_size=2)),
        id=_TEXTS,
    ),
    st.builds(EventRow, name=st.one_of(st.none(), _TEXTS), text=_TEXTS, id=st.sampled_from(["", "7"])),
)
_FRAMES = st.one_of(
    st.builds(
        Frame,
        side=st.sampled_from(["c", "s"]),
        dt_ms=_WAITS,
        data=st.one_of(OBJECTS, st.lists(JSON, max_size=2), st.just({"binary": True})),
        is_binary=st.booleans(),
    ),
    st.builds(Frame, side=st.sampled_from(["c", "s"]), dt_ms=_WAITS, text=_TEXTS),
    st.builds(Frame, side=st.sampled_from(["c", "s"]), dt_ms=_WAITS, blob=_BLOBS),
)
_CLOSINGS = st.builds(Closing, side=st.sampled_from(["c", "s"]), code=st.integers(1000, 4999), reason=_TEXTS)
_SYNTHS = st.builds(
    Synth, text=_TEXTS, tool_calls=st.lists(JSON, max_size=2), chunks=st.one_of(st.none(), _WAITS)
)
_WAYS: tuple[st.SearchStrategy[dict[str, Any]], ...] = (
    st.fixed_dictionaries({"body": st.one_of(OBJECTS, JSON), "dt_ms": st.lists(_WAITS, max_size=1)}),
    st.fixed_dictionaries({"text": _TEXTS}),
    st.fixed_dictionaries({"blob": _BLOBS}),
    st.fixed_dictionaries({"events": st.lists(_ROWS, max_size=4), "dt_ms": st.lists(_WAITS, max_size=4)}),
    st.fixed_dictionaries({"raw": st.lists(st.tuples(_WAITS, st.binary(max_size=9)), max_size=3)}),
    st.fixed_dictionaries(
        {
            "ws": st.lists(_FRAMES, max_size=4),
            "dt_ms": st.lists(_WAITS, max_size=1),
            "close": st.one_of(st.none(), _CLOSINGS),
        }
    ),
    st.fixed_dictionaries({"synth": _SYNTHS}),
    st.just({}),
)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    fields = draw(st.one_of(*_WAYS))
    ends: list[End] = ["eof", "cut", "reset", "client_abort"]
    end = draw(st.sampled_from(ends))
    return Response(
        status=draw(st.sampled_from([200, 429])),
        headers={**draw(_HEADERS), "x-ratelimit-remaining-tokens": "7"},
        end=end,
        dialect=draw(st.sampled_from(["", "openai-chat"])),
        **fields,
    )


ATTEMPTS = st.builds(
    Attempt,
    upstream=_TEXTS.map("a/{}".format),
    kind=_TEXTS,
    why=_TEXTS,
    request=st.one_of(st.just("same"), REQUESTS),
    response=st.one_of(st.none(), responses()),
    error=_TEXTS,
    error_text=_TEXTS,
)
INTERACTIONS = st.builds(
    Interaction,
    request=REQUESTS,
    attempts=st.lists(ATTEMPTS, max_size=2),
    key=_TEXTS,
    route=st.one_of(st.none(), st.builds(Route, asked=_TEXTS)),
    usage=st.one_of(st.none(), OBJECTS),
    summary=st.one_of(st.none(), OBJECTS),
    repeat=st.sampled_from(["", "last", "cycle"]),
    note=_TEXTS,
)
FIXTURES = st.builds(
    Fixture,
    interactions=st.lists(INTERACTIONS, max_size=3),
    test=_TEXTS,
    recorded_at=_TEXTS,
    notes=_TEXTS,
    ignore=st.lists(_TEXTS, max_size=2).map(tuple),
)


class Recording:
    """The same four answers, recorded the `number`th time: only what providers make up anew differs."""

    def __init__(self, number: int) -> None:
        self.number = number

    def made_up(self, prefix: str, which: int = 0) -> str:
        return prefix + hashlib.sha256(f"{self.number} {prefix} {which}".encode()).hexdigest()[:20]

    @property
    def created(self) -> int:
        return 1787307300 + 977 * self.number

    def fixture(self, request: dict[str, Any], op: str, response: Response, *more: Interaction) -> Fixture:
        response.headers = {
            "content-type": "application/json" if response.events is None else "text/event-stream",
            "openai-processing-ms": str(300 + self.number),
            "x-ratelimit-limit-requests": "5000",
            "x-ratelimit-remaining-requests": str(4000 + self.number),
            "x-ratelimit-reset-requests": f"{self.number + 1}ms",
        }
        response.dt_ms = [400 + self.number + at for at in range(len(response.events or [0]))]
        attempts = [Attempt(upstream="any/model", response=response)]
        return Fixture(
            test="tests/test_a.py::test_it",
            recorded_at=f"2026-08-{10 + self.number:02}T10:15:00Z",
            interactions=[Interaction(request=Request(op=op, body=request), attempts=attempts), *more],
        )

    def chat(self) -> Fixture:
        body = {
            "id": self.made_up("chatcmpl-"),
            "object": "chat.completion",
            "created": self.created,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}
            ],
            "system_fingerprint": self.made_up("fp_"),
        }
        return self.fixture(
            {"model": "gpt-4o-mini", "messages": []}, "openai.chat.completions", Response(body=body)
        )

    def chat_stream(self) -> Fixture:
        """Two turns: the second sends the first one's tool call back."""
        call = self.made_up("call_")
        first = [
            {
                "role": "assistant",
                "tool_calls": [{"index": 0, "id": call, "function": {"name": "f", "arguments": ""}}],
            },
            {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        ]
        ask: list[dict[str, Any]] = [{"role": "user", "content": "Weather\nin Oslo?"}]
        calls = [{"id": call, "type": "function", "function": {"name": "f", "arguments": "{}"}}]
        told: list[dict[str, Any]] = [
            {"role": "assistant", "tool_calls": calls},
            {"role": "tool", "tool_call_id": call, "content": "4 °C"},
        ]
        second = self.fixture(
            {"model": "gpt-4o-mini", "messages": ask + told},
            "openai.chat.completions",
            Response(events=self._chunks([{"content": "4"}])),
        )
        return self.fixture(
            {"model": "gpt-4o-mini", "messages": ask},
            "openai.chat.completions",
            Response(events=self._chunks(first)),
            *second.interactions,
        )

    def _chunks(self, deltas: list[dict[str, Any]]) -> list[EventRow]:
        choices: list[dict[str, Any]] = [
            {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
        ]
        choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        name = self.made_up("chatcmpl-", len(deltas))
        head = {
            "id": name,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": "gpt-4o-mini",
        }
        rows = [EventRow(data={**head, "choices": [choice]}) for choice in choices]
        return [*rows, EventRow(text="[DONE]")]

    def responses_stream(self) -> Fixture:
        reply, item, call = self.made_up("resp_"), self.made_up("msg_"), self.made_up("call_")
        secret = self.made_up("gAAAA", 1)
        reasoning = {"id": self.made_up("rs_"), "type": "reasoning", "encrypted_content": secret}
        function = {
            "id": self.made_up("fc_"),
            "type": "function_call",
            "call_id": call,
            "name": "f",
            "arguments": "{}",
        }
        whole = {"id": reply, "object": "response", "created_at": self.created, "status": "in_progress"}
        done = {
            **whole,
            "status": "completed",
            "completed_at": self.created + self.number % 2,
            "output": [reasoning, function],
        }
        events = [
            {"type": "response.created", "sequence_number": 0, "response": whole},
            {"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": reasoning},
            {"type": "response.output_text.delta", "sequence_number": 2, "item_id": item, "delta": "Hi"},
            {"type": "response.output_item.done", "sequence_number": 3, "output_index": 1, "item": function},
            {"type": "response.completed", "sequence_number": 4, "response": done},
        ]
        rows = [EventRow(name=str(data["type"]), data=data) for data in events]
        later = {
            "model": "gpt-5",
            "previous_response_id": reply,
            "input": [{"type": "function_call_output", "call_id": call, "output": "4"}, reasoning],
        }
        again = Interaction(request=Request(op="openai.responses", body=later), attempts=[])
        return self.fixture(
            {"model": "gpt-5", "input": "hi"}, "openai.responses", Response(events=rows), again
        )

    def messages(self) -> Fixture:
        body = {
            "id": self.made_up("msg_"),
            "type": "message",
            "content": self._thought(),
            "stop_reason": "tool_use",
        }
        return self.fixture({"model": "claude", "messages": []}, "anthropic.messages", Response(body=body))

    def _thought(self) -> list[dict[str, Any]]:
        return [
            {"type": "thinking", "thinking": "Hm", "signature": self.made_up("EqQB") * 20},
            {"type": "tool_use", "id": self.made_up("toolu_01"), "name": "f", "input": {}},
        ]

    def messages_stream(self) -> Fixture:
        thought, use = self._thought()
        head: dict[str, Any] = {
            "id": self.made_up("msg_"),
            "type": "message",
            "role": "assistant",
            "content": [],
        }
        signature = {"type": "signature_delta", "signature": thought["signature"]}
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": head},
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "thinking", "signature": ""},
            },
            {"type": "content_block_delta", "index": 0, "delta": signature},
            {"type": "content_block_start", "index": 1, "content_block": use},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
            {"type": "message_stop"},
        ]
        rows = [EventRow(name=str(data["type"]), data=data) for data in events]
        history = [{"role": "assistant", "content": [thought, use]}]
        later = Request(op="anthropic.messages", body={"model": "claude", "messages": history})
        again = Interaction(request=later, attempts=[])
        return self.fixture(
            {"model": "claude", "messages": []}, "anthropic.messages", Response(events=rows), again
        )

    def gemini(self) -> Fixture:
        return self.fixture(
            {"contents": []}, "gemini.generate_content", Response(body=self._candidate("Hi", "STOP"))
        )

    def gemini_stream(self) -> Fixture:
        rows = [EventRow(data=self._candidate("H", "")), EventRow(data=self._candidate("i", "STOP"))]
        return self.fixture({"contents": []}, "gemini.stream_generate_content", Response(events=rows))

    def _candidate(self, text: str, finish: str) -> dict[str, Any]:
        part = {"text": text, "thoughtSignature": self.made_up("CiQB" + text)}
        candidate: dict[str, Any] = {"content": {"parts": [part], "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        usage = {"promptTokenCount": 4}
        return {
            "candidates": [candidate],
            "usageMetadata": usage,
            "modelVersion": "gemini-3-flash",
            "createTime": f"2026-08-21T10:15:{self.number:02}Z",
            "responseId": self.made_up("")[:18],
        }


RECORDINGS = (
    "chat",
    "chat_stream",
    "responses_stream",
    "messages",
    "messages_stream",
    "gemini",
    "gemini_stream",
)


def plain(fixture: Fixture) -> Any:
    """A fixture as builtins, to compare order and types by its repr."""
    return msgspec.to_builtins(fixture) if not fixture.interactions else repr(fixture)
