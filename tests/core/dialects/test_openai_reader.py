"""What a reply says: hand-written cases of every provider's way, every recording, and anything at all."""

import json
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.openai_reader import StreamReader, output_text, reply_summary, reply_usage
from aigw_dev.core.exchange import Assembled, ToolCall, Usage
from aigw_dev.core.streams.sse import Decoder, Event
from tests.vectors_openai import Recording, recordings, streams

CASES: Final = Path(__file__).resolve().parents[3] / "fixtures" / "dialects" / "openai-chat"
EMPTY: Final[dict[str, Any]] = {"text": "", "reasoning": "", "refusal": "", "tool_calls": [], "finish": "", "response_model": "", "usage": None}  # fmt: skip


def names(suffix: str) -> list[str]:
    return sorted(file.name.removesuffix(suffix) for file in CASES.glob(f"*{suffix}"))


def expected(name: str, **defaults: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((CASES / f"{name}.expect.json").read_text("utf-8"))
    del said["about"]
    return EMPTY | defaults | said


def shown(assembled: Assembled, model: str, usage: Usage | None) -> dict[str, Any]:
    calls = [[call.id, call.name, call.arguments] for call in assembled.tool_calls]
    return msgspec.structs.asdict(assembled) | {
        "tool_calls": calls,
        "response_model": model,
        "usage": None if usage is None else counted(usage),
    }


def counted(usage: Usage) -> dict[str, int]:
    """The figures that are not zero; input and output always."""
    figures = msgspec.structs.asdict(usage)
    del figures["raw"]
    return {key: value for key, value in figures.items() if value or key in {"input", "output"}}


def listened(body: bytes, step: int = 1 << 20) -> StreamReader:
    decoder, reader = Decoder(), StreamReader()
    for start in range(0, len(body), step):
        for event in decoder.feed(body[start : start + step]):
            reader.feed(event)
    for event in decoder.close():
        reader.feed(event)
    return reader


def heard(reader: StreamReader) -> dict[str, Any]:
    error = None
    if reader.error is not None:
        error = {key: value for key, value in msgspec.structs.asdict(reader.error).items() if value}
    return shown(reader.assembled(), reader.response_model, reader.usage) | {
        "finish": reader.finish,
        "is_done": reader.is_done,
        "has_data": reader.has_data,
        "bad_events": reader.bad_events,
        "error": error,
    }


@pytest.mark.parametrize("name", names(".sse"))
def test_a_stream_says_what_its_case_expects_at_every_cut(name: str) -> None:
    wanted = expected(name, is_done=False, has_data=True, bad_events=0, error=None)
    if wanted["usage"] is not None:
        wanted["usage"] = {"input": 0, "output": 0} | wanted["usage"]
    body = (CASES / f"{name}.sse").read_bytes()
    for step in (1, 2, 3, 7, 64, len(body)):
        assert heard(listened(body, step)) == wanted


@pytest.mark.parametrize("name", names(".reply.json"))
def test_a_reply_says_what_its_case_expects(name: str) -> None:
    wanted = expected(name)
    if wanted["usage"] is not None:
        wanted["usage"] = {"input": 0, "output": 0} | wanted["usage"]
    body = (CASES / f"{name}.reply.json").read_bytes()
    summary = reply_summary(body)
    assert shown(summary.assembled, summary.response_model, summary.usage) == wanted
    assert summary.finish == wanted["finish"]
    assert reply_usage(body) == summary.usage


def test_every_case_has_both_halves() -> None:
    assert sorted(names(".sse") + names(".reply.json")) == names(".expect.json")


def feed(reader: StreamReader, *payloads: Any) -> None:
    for payload in payloads:
        reader.feed(Event(data=payload if isinstance(payload, bytes) else json.dumps(payload).encode()))


def test_comments_and_empty_events_are_no_data() -> None:
    reader = StreamReader()
    reader.feed(Event(data=b"OPENROUTER PROCESSING", is_comment=True))
    reader.feed(Event(data=b""))
    assert not reader.has_data
    feed(reader, {"choices": []})
    assert reader.has_data


def test_done_alone_is_data() -> None:
    reader = StreamReader()
    feed(reader, b"[DONE]")
    assert (reader.has_data, reader.is_done, reader.bad_events) == (True, True, 0)


def test_a_named_error_event_needs_no_error_field() -> None:
    reader = StreamReader()
    reader.feed(Event(data=b'{"message":"overloaded","code":529}', event="error"))
    assert reader.error is not None
    assert (reader.error.message, reader.error.code, reader.error.status) == ("overloaded", "529", 529)


def test_the_first_error_stays() -> None:
    reader = StreamReader()
    feed(reader, {"error": {"message": "first"}}, {"error": {"message": "second"}})
    assert reader.error is not None
    assert reader.error.message == "first"


def test_the_first_event_that_cannot_be_read_is_noted() -> None:
    reader = StreamReader()
    feed(reader, {"choices": []})
    assert reader.note == ""
    feed(reader, b"<html>\xff" + b"x" * 500, b"second")
    assert reader.bad_events == 2
    assert reader.note.startswith("an event holds no JSON object: <html>\ufffdx")
    assert len(reader.note) < 200


def test_usage_is_what_was_said_last() -> None:
    reader = StreamReader()
    for written in (1, 2, 3):
        feed(reader, {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": written}})
    feed(reader, {"choices": [], "usage": None})
    assert reader.usage is not None
    assert reader.usage.output == 3


def test_the_providers_own_usage_is_kept_as_sent() -> None:
    reader = StreamReader()
    sent = b'{"prompt_tokens": 5, "cost":1.50e-5,"x":12345678901234567890}'
    feed(reader, b'{"choices":[],"usage":' + sent + b"}")
    assert reader.usage is not None
    assert bytes(reader.usage.raw) == sent


def test_all_that_was_written_can_be_counted() -> None:
    reader = StreamReader()
    feed(
        reader,
        {
            "choices": [
                {"index": 0, "delta": {"content": "aa", "reasoning": "bb"}},
                {"index": 1, "delta": {"refusal": "cc"}},
            ]
        },
        {
            "choices": [
                {"index": 1, "delta": {"tool_calls": [{"function": {"name": "dd", "arguments": "ee"}}]}}
            ]
        },
    )
    assert sorted(reader.output_text()) == sorted("aabbccddee")
    assert sorted(output_text(reader.assembled())) == sorted("aabbccddee")


def test_a_deep_nest_of_thoughts_is_no_crash() -> None:
    nest = b'{"thinking":[' * 3000 + b"]}" * 3000
    reader = StreamReader()
    feed(reader, b'{"choices":[{"delta":{"content":[' + nest + b"]}}]}")
    assert reader.bad_events == 1


_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS: Final = st.sampled_from(
    ["choices", "delta", "message", "content", "tool_calls", "function", "arguments", "usage", "error", "model", "index",
     "x_groq", "prompt_tokens", "thinking", "text", "finish_reason", "custom", "audio", "reasoning", "id", "name"]
)  # fmt: skip
_LIKELY: Final = st.recursive(
    _JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=4),
    max_leaves=20,
)


@given(_LIKELY | st.dictionaries(_FIELDS, _LIKELY, max_size=5), st.sampled_from(["", "error", "other"]))
def test_no_json_can_break_the_reader(wire: Any, name: str) -> None:
    text = json.dumps(wire).encode()
    reader = StreamReader()
    reader.feed(Event(data=text, event=name))
    msgspec.json.encode(heard(reader))  # fit to be stored
    msgspec.json.encode(reply_summary(text))


@given(st.binary(max_size=60))
def test_no_bytes_can_break_the_reader(data: bytes) -> None:
    reader = StreamReader()
    reader.feed(Event(data=data))
    msgspec.json.encode(heard(reader))
    msgspec.json.encode(reply_summary(data))


class Oracle:
    """A recording read in the most obvious way, for the usual shapes: only what every provider agrees on."""

    def __init__(self, recording: Recording) -> None:
        self.text = ""
        self.finish = ""
        self.usage: dict[str, Any] | None = None
        self.model = ""
        self.error: Any = None
        for document in recording.documents():
            self.model = self.model or document.get("model") or ""
            self.error = self.error or document.get("error")
            groq = cast("dict[str, Any]", document.get("x_groq") or {})
            self.usage = document.get("usage") or groq.get("usage") or self.usage
            choices: list[dict[str, Any]] = document.get("choices") or []
            for choice in choices:
                spoken = cast(
                    "dict[str, Any]", choice.get("delta" if recording.is_stream else "message") or {}
                )
                content: Any = spoken.get("content") or choice.get("text") or ""
                if isinstance(content, list):
                    content = "".join(part.get("text", "") for part in cast("list[dict[str, Any]]", content))
                audio = cast("dict[str, Any]", spoken.get("audio") or {})
                self.text += content or audio.get("transcript") or ""
                self.finish = choice.get("finish_reason") or self.finish


@pytest.mark.vectors
def test_recorded_streams_say_what_the_recording_says(vectors: Path) -> None:
    heard_of: set[str] = set()
    for recording in streams(vectors):
        reader, oracle = listened(recording.body), Oracle(recording)
        heard_of.add(recording.provider)
        assert reader.bad_events == 0, recording.id
        assert reader.assembled().text == oracle.text, recording.id
        assert (reader.finish, reader.response_model) == (oracle.finish, oracle.model), recording.id
        assert (reader.error is not None) == bool(oracle.error), recording.id
        check_usage(recording, reader.usage, oracle)
        assert heard(listened(recording.body, 97)) == heard(reader), recording.id
    assert {
        "api.openai.com",
        "api.deepseek.com",
        "api.groq.com",
        "alibaba",
        "mistral",
        "moonshotai",
        "perplexity",
        "xai",
    } <= heard_of
    assert {"azure", "deepseek", "groq", "openai", "myorg-myaccount.snowflakecomputing.com"} <= heard_of


@pytest.mark.vectors
def test_recorded_replies_say_what_the_recording_says(vectors: Path) -> None:
    read = 0
    for recording in recordings(vectors):
        if recording.is_stream or recording.status != 200:
            continue
        summary, oracle = reply_summary(recording.body), Oracle(recording)
        choices: list[Any] = recording.documents()[0].get("choices") or []
        if len(choices) <= 1:
            assert summary.assembled.text == oracle.text, recording.id
            assert summary.finish == oracle.finish, recording.id
        assert summary.response_model == oracle.model, recording.id
        check_usage(recording, summary.usage, oracle)
        read += 1
    assert read > 100


def check_usage(recording: Recording, usage: Usage | None, oracle: Oracle) -> None:
    """Usage as the provider's own object says it; the total is the sum, wherever reasoning was put."""
    if not oracle.usage:
        assert usage is None, recording.id
        return
    assert usage is not None, recording.id
    sent = oracle.usage
    # One gateway's test reply has a total below its parts.
    total = max(sent.get("total_tokens", 0), sent.get("prompt_tokens", 0) + sent.get("completion_tokens", 0))
    assert usage.input == sent.get("prompt_tokens", total), recording.id
    assert usage.input + usage.output == total, recording.id
    details = cast("dict[str, Any]", sent.get("completion_tokens_details") or {})
    assert usage.reasoning >= (details.get("reasoning_tokens") or 0), recording.id
    cached = cast("dict[str, Any]", sent.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    assert usage.cached_input == max(
        cached, sent.get("prompt_cache_hit_tokens", 0), sent.get("cached_tokens", 0)
    ), recording.id
    assert json.loads(bytes(usage.raw)) == sent, recording.id


@pytest.mark.vectors
@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("vercel-ai/xai/src/xai-text.chunks.txt", {"input": 12, "output": 291, "cached_input": 11, "reasoning": 290, "reported_nanousd": 146625}),
        ("vercel-ai/groq/src/groq-reasoning.chunks.txt", {"input": 17, "output": 1107, "reasoning": 963}),
        ("vercel-ai/deepseek/src/chat/deepseek-tool-call.chunks.txt", {"input": 339, "output": 83, "cached_input": 320, "reasoning": 39}),
        ("vercel-ai/mistral/src/mistral-incremental-tool-call.chunks.txt", {"input": 171, "output": 14, "cached_input": 128}),
        ("vercel-ai/moonshotai/src/moonshotai-stream.chunks.txt", {"input": 9, "output": 12, "reasoning": 7}),
        ("vercel-ai/alibaba/src/alibaba-reasoning.chunks.txt", {"input": 24, "output": 1355, "reasoning": 1084}),
        ("vercel-ai/perplexity/src/perplexity-text.chunks.txt", {"input": 11, "output": 434}),
        ("vercel-ai/azure/src/azure-deepseek-reasoning.1.chunks.txt", {"input": 19, "output": 1720}),
        ("vercel-ai/openai/src/chat/azure-model-router.1.chunks.txt", {"input": 15, "output": 78, "reasoning": 64}),
        ("simonw-llm/test_tools_streaming/test_tools_streaming_variant_c#0", {"input": 56, "output": 12, "reported_nanousd": 59520}),
        ("pydantic-ai/test_groq/test_groq_model_web_search_tool_stream#0", {"input": 5003, "output": 359}),
    ],
)  # fmt: skip
def test_each_providers_way_of_counting_is_understood(
    vectors: Path, name: str, figures: dict[str, int]
) -> None:
    [recording] = [one for one in streams(vectors) if one.id == name]
    usage = listened(recording.body).usage
    assert usage is not None
    assert counted(usage) == figures


@pytest.mark.vectors
@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("vercel-ai/alibaba/src/alibaba-tool-call.chunks.txt", [("weather", '{"location": "San Francisco"}')]),
        ("vercel-ai/mistral/src/mistral-incremental-tool-call.chunks.txt", [("webSearchTool", '{"query": "current Berlin weather"}')]),
        ("vercel-ai/openai-compatible/src/chat/anthropic-fallback-tool-call.sse", [("read_file", '{"path": "a.txt"}')]),
        ("simonw-llm/test_tools/test_tool_use_basic#0", [("multiply", '{"a":1231,"b":2331}')]),
    ],
)  # fmt: skip
def test_tool_calls_are_put_together(vectors: Path, name: str, calls: list[tuple[str, str]]) -> None:
    [recording] = [one for one in streams(vectors) if one.id == name]
    made: list[ToolCall] = listened(recording.body).assembled().tool_calls
    assert [(call.name, call.arguments) for call in made] == calls
    assert all(call.id for call in made)
