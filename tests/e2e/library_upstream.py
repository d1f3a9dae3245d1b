"""The upstream that the library of examples was recorded from: it answers as the vendors do, from nothing but the request.

Ids are made up from a counter, so that a recording anew differs in its times only.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Sequence
from typing import Any, Final

from tests.scripted import (
    LAST_CHUNK,
    Headers,
    Request,
    Reset,
    Script,
    Send,
    Wait,
    chunk,
    json_reply,
    reply,
    stream_head,
)

STORY: Final = (
    "Once ",
    "upon ",
    "a time, ",
    "a gateway ",
    "stood ",
    "between ",
    "an app ",
    "and ",
    "the sea.",
)
FRANCE: Final = ("Par", "is", " is", " the", " capital", " of", " France", ".")
SPEECH: Final = b"ID3\x04" + bytes(6) + bytes(step * 37 % 256 for step in range(600))
_LIMIT: Final = (
    "Rate limit reached for gpt-4o-mini in organization org-example on requests per min (RPM): Limit 3, Used 3, Requested 1."
    " Please try again in 20s."
)
_REFUSALS: Final[dict[str, tuple[int, str, str, str | None, str | None]]] = {
    # what was said: status, message, type, param, code
    "ping": (429, _LIMIT, "requests", None, "rate_limit_exceeded"),
    "Are you there?": (
        404,
        "The model `gpt-5-imaginary` does not exist or you do not have access to it.",
        "invalid_request_error",
        None,
        "model_not_found",
    ),
    "Be wild.": (
        400,
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 7 instead.",
        "invalid_request_error",
        "temperature",
        "decimal_above_max_value",
    ),
    "Are you busy?": (
        500,
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        None,
        None,
    ),
}
_EVENT_STREAM: Final = ("Content-Type", "text/event-stream; charset=utf-8")


class Vendors:
    """OpenAI, Anthropic and Gemini at one address."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, request: Request) -> Script:
        path = request.target.partition("?")[0]
        operation = path.rpartition("/")[2]
        if operation == "transcriptions":
            said = {"text": "Good morning.", "usage": {"type": "duration", "seconds": 1}}
            return [Wait(0.04), json_reply(said, headers=self._headers(33))]
        if operation == "speech":
            headers = (("Content-Type", "audio/mpeg"), *self._headers(40))
            return [Wait(0.04), reply(SPEECH, status=200, headers=headers)]
        body: dict[str, Any] = json.loads(request.body)
        if ":" in operation:
            return self._gemini(*operation.split(":"))
        return {
            "embeddings": self._embeddings,
            "responses": self._responses,
            "messages": self._claude,
            "completions": self._chat,
        }[operation](body)

    def _id(self, prefix: str, digits: int) -> str:
        self._count += 1
        return prefix + hashlib.sha256(f"{prefix}{self._count}".encode()).hexdigest()[:digits]

    def _headers(self, took_ms: int) -> Headers:
        return (
            ("openai-processing-ms", str(took_ms)),
            ("x-request-id", self._id("req_", 24)),
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-remaining-requests", "9999"),
        )

    # OpenAI

    def _chat(self, body: dict[str, Any]) -> Script:
        last = body["messages"][-1]
        if refusal := _REFUSALS.get(str(last["content"])):
            return self._refused(*refusal)
        text, calls, usage = ("Paris.",), (), (12, 2)
        if last["role"] == "tool":
            text, usage = ("It is ", "4 °C", " in Oslo."), (78, 9)
        elif body.get("tools"):
            text, calls, usage = (), ('{"', "city", '":"Os', 'lo"}'), (51, 14)
        elif last["content"] == "Recite the alphabet.":
            text = ("A ", "B ", "C ", "D ", "E ")
        elif last["content"] == "Tell me a story.":
            text, usage = STORY, (12, 11)
        elif body.get("stream"):
            text, usage = FRANCE, (14, 8)
        elif len(body["messages"]) > 1:
            usage = (24, 2)
        if body.get("stream"):
            return self._chat_stream(body, text, calls, usage)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(text) or None,
            "refusal": None,
            "annotations": [],
        }
        if calls:
            message["tool_calls"] = [self._call("".join(calls))]
        finish = "tool_calls" if calls else "stop"
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        whole = {**self._chat_head(body, "chat.completion"), "choices": [choice], "usage": _usage(*usage)}
        return [Wait(0.05), json_reply(whole, headers=self._headers(48))]

    def _chat_head(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        return {
            "id": self._id("chatcmpl-", 24),
            "object": kind,
            "created": 1_795_168_800 + self._count,
            "model": f"{body['model']}-2024-07-18",
            "service_tier": "default",
            "system_fingerprint": self._id("fp_", 10),
        }

    def _call(self, arguments: str) -> dict[str, Any]:
        function = {"name": "get_weather", "arguments": arguments}
        return {"id": self._id("call_", 24), "type": "function", "function": function}

    def _chat_stream(
        self, body: dict[str, Any], text: Sequence[str], calls: Sequence[str], usage: tuple[int, int]
    ) -> Script:
        head = self._chat_head(body, "chat.completion.chunk")
        wants_usage = body.get("stream_options") == {"include_usage": True}
        tail = {"usage": None} if wants_usage else {}
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
        if calls:
            start = {"index": 0, **self._call("")}
            deltas = [{"role": "assistant", "content": None, "tool_calls": [start]}]
            deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in calls]
        deltas += [{"content": piece} for piece in text]
        finishes = [*([None] * len(deltas)), "tool_calls" if calls else "stop"]
        rows: list[Any] = []
        for delta, finish in zip([*deltas, {}], finishes, strict=True):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            rows.append({**head, "choices": [choice], **tail, "obfuscation": self._id("", 6)})
        if text and text[0] == "A ":
            return [*_paced([_sse(row) for row in rows[:4]], self._headers(55))[:-1], Wait(0.01), Reset()]
        if wants_usage:
            rows.append({**head, "choices": [], "usage": _usage(*usage), "obfuscation": self._id("", 4)})
        return _paced([_sse(row) for row in [*rows, "[DONE]"]], self._headers(55))

    def _refused(self, status: int, message: str, kind: str, param: str | None, code: str | None) -> Script:
        error = {"message": message, "type": kind, "param": param, "code": code}
        limits = (("retry-after", "20"),) if status == 429 else ()
        return [
            Wait(0.03),
            json_reply({"error": error}, status=status, headers=(*limits, *self._headers(9)[:3])),
        ]

    def _responses(self, body: dict[str, Any]) -> Script:
        ident = self._id("msg_", 40)
        base = _response(self._id("resp_", 40), body["model"])
        pieces = ("Two ", "plus two ", "is ", "four.")
        part: dict[str, Any] = {
            "type": "output_text",
            "text": "".join(pieces),
            "annotations": [],
            "logprobs": [],
        }
        item: dict[str, Any] = {"id": ident, "type": "message", "status": "in_progress", "role": "assistant"}
        item["content"] = []
        done = {**item, "status": "completed", "content": [part]}
        at = {"item_id": ident, "output_index": 0, "content_index": 0}
        usage = {
            "input_tokens": 18,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 27,
        }
        rows: list[tuple[str, dict[str, Any]]] = [
            ("response.created", {"response": base}),
            ("response.in_progress", {"response": base}),
            ("response.output_item.added", {"output_index": 0, "item": item}),
            ("response.content_part.added", {**at, "part": {**part, "text": ""}}),
            *(("response.output_text.delta", {**at, "delta": piece, "logprobs": []}) for piece in pieces),
            ("response.output_text.done", {**at, "text": part["text"], "logprobs": []}),
            ("response.content_part.done", {**at, "part": part}),
            ("response.output_item.done", {"output_index": 0, "item": done}),
            (
                "response.completed",
                {"response": {**base, "status": "completed", "output": [done], "usage": usage}},
            ),
        ]
        events = [
            _sse({"type": name, "sequence_number": number, **row}, name)
            for number, (name, row) in enumerate(rows)
        ]
        return _paced(events, self._headers(61))

    def _embeddings(self, body: dict[str, Any]) -> Script:
        rows: list[dict[str, Any]] = []
        for index, text in enumerate(body["input"]):
            vector = [_number(f"{text}{place}") for place in range(body["dimensions"])]
            packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
            shown = packed if body["encoding_format"] == "base64" else vector
            rows.append({"object": "embedding", "index": index, "embedding": shown})
        usage = {"prompt_tokens": 2 * len(rows), "total_tokens": 2 * len(rows)}
        whole = {"object": "list", "data": rows, "model": body["model"], "usage": usage}
        return [Wait(0.03), json_reply(whole, headers=self._headers(20))]

    # Anthropic

    def _claude(self, body: dict[str, Any]) -> Script:
        blocks, stop, usage = [("text", ("pong",))], "end_turn", (12, 6)
        if body.get("thinking"):
            thought, answer = ("17 times 3 ", "is 51, ", "and 51 ", "is odd."), ("17 × 3 ", "= 51.")
            blocks, usage = [("thinking", thought), ("text", answer)], (42, 61)
        elif body.get("tools"):
            blocks = [("text", ("I will look.",)), ("tool_use", ("", '{"city": ', '"Oslo"}'))]
            stop, usage = "tool_use", (377, 65)
        headers = (
            ("request-id", self._id("req_011C", 20)),
            ("anthropic-ratelimit-requests-limit", "4000"),
            ("anthropic-ratelimit-requests-remaining", "3999"),
        )
        message = _message(self._id("msg_01", 22), body["model"], usage[0])
        if not body.get("stream"):
            content = [{"type": "text", "text": "".join(blocks[0][1])}]
            spent = {**message["usage"], "output_tokens": usage[1]}
            return [
                Wait(0.05),
                json_reply(
                    {**message, "content": content, "stop_reason": stop, "usage": spent}, headers=headers
                ),
            ]
        rows: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
        for index, (kind, pieces) in enumerate(blocks):
            rows += self._block(index, kind, pieces)
        delta = {"stop_reason": stop, "stop_sequence": None}
        rows += [
            {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage[1]}},
            {"type": "message_stop"},
        ]
        return _paced([_sse(row, row["type"]) for row in rows], headers)

    def _block(self, index: int, kind: str, pieces: Sequence[str]) -> list[dict[str, Any]]:
        """The events of one block."""
        ident = self._id("toolu_01", 22)
        starts: dict[str, dict[str, Any]] = {
            "text": {"type": "text", "text": ""},
            "thinking": {"type": "thinking", "thinking": "", "signature": ""},
            "tool_use": {"type": "tool_use", "id": ident, "name": "get_weather", "input": {}},
        }
        delta, field = {
            "text": ("text_delta", "text"),
            "thinking": ("thinking_delta", "thinking"),
            "tool_use": ("input_json_delta", "partial_json"),
        }[kind]
        deltas = [{"type": delta, field: piece} for piece in pieces]
        if kind == "thinking":
            signature = base64.b64encode(hashlib.sha512(b"thought").digest()).decode()
            deltas.append({"type": "signature_delta", "signature": signature})
        return [
            {"type": "content_block_start", "index": index, "content_block": starts[kind]},
            *([{"type": "ping"}] if index == 0 else []),
            *({"type": "content_block_delta", "index": index, "delta": one} for one in deltas),
            {"type": "content_block_stop", "index": index},
        ]

    # Gemini

    def _gemini(self, model: str, method: str) -> Script:
        ident = self._id("", 22)

        def piece(text: str, prompt: int, said: int, *, is_last: bool) -> dict[str, Any]:
            candidate: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}}
            if is_last:
                candidate["finishReason"] = "STOP"
            usage = {
                "promptTokenCount": prompt,
                "candidatesTokenCount": said,
                "totalTokenCount": prompt + said,
            }
            return {
                "candidates": [{**candidate, "index": 0}],
                "usageMetadata": usage,
                "modelVersion": model,
                "responseId": ident,
            }

        if method == "generateContent":
            return [Wait(0.05), json_reply(piece("Rome.", 9, 5, is_last=True))]
        pieces = [
            piece(text, 8, at + 1, is_last=at == 2) for at, text in enumerate(("One ", "two ", "three."))
        ]
        return _paced([_sse(one) for one in pieces], ())


def _paced(events: Sequence[bytes], headers: Headers) -> list[Any]:
    """A streamed reply, its events as far apart as a model's tokens."""
    steps: list[Any] = [Wait(0.06), Send(stream_head(headers=(_EVENT_STREAM, *headers)))]
    for at, one in enumerate(events):
        steps += [Send(chunk(one))] if at == 0 else [Wait(0.012), Send(chunk(one))]
    return [*steps, Send(LAST_CHUNK)]


def _sse(data: Any, name: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode() if name else f"data: {text}\n\n".encode()


def _response(ident: str, model: str) -> dict[str, Any]:
    """A response of OpenAI's before there is anything in it."""
    return {
        "id": ident,
        "object": "response",
        "created_at": 1_795_168_900,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": f"{model}-2024-07-18",
        "output": [],
        "parallel_tool_calls": True,
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
        "metadata": {},
    }


def _message(ident: str, model: str, tokens: int) -> dict[str, Any]:
    """A message of Anthropic's before there is anything in it."""
    usage = {
        "input_tokens": tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 1,
        "service_tier": "standard",
    }
    return {
        "id": ident,
        "type": "message",
        "role": "assistant",
        "model": f"{model}-20251001",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _number(seed: str) -> float:
    """A small number made from a text."""
    share = int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16) / 2**32
    return round((share - 0.5) / 10, 8)


def _usage(prompt: int, said: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
