"""The facts of wire formats that implementers get wrong: each has a test, here or where `ELSEWHERE` says.

Numbers are those of the reference page "Wire formats: what real traffic looks like" (read 2026-11-20).
"""

import ast
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from aigw_dev.core.chat.events import (
    BlockStarted,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Ping,
    Started,
)
from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest, Text, Thinking, ToolCall
from aigw_dev.core.dialects.codec import Outgoing
from aigw_dev.core.errors import Refusal
from tests import golden, translations
from tests.chat_laws import broken_laws
from tests.sdk_types import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES, frames

_CHAT_TESTS: Final = "tests/core/dialects/test_openai_chat"
ELSEWHERE: Final[dict[int, tuple[str, ...]]] = {
    1: ("tests/core/dialects/anthropic/test_request_read.py::test_the_new_version_refuses_what_it_refuses_even_at_defaults", "tests/e2e/test_anthropic_sdk.py::test_a_version_goes_to_anthropic_as_it_came"),
    2: ("tests/e2e/test_anthropic_sdk.py::test_a_bearer_token_is_as_good_as_an_api_key", "tests/server/test_spending.py::test_the_token_counts_in_any_dialects_header"),
    10: ("tests/core/dialects/anthropic/test_wire.py::test_padding_does_not_matter",),
    13: ("tests/core/dialects/anthropic/test_request_read.py::test_counting_needs_no_limit",),
    14: (f"{_CHAT_TESTS}_write.py::test_a_stream_asks_for_its_usage_where_that_is_understood", f"{_CHAT_TESTS}.py::test_only_the_extra_usage_chunk_is_hidden"),
    22: (f"{_CHAT_TESTS}_decode.py::test_a_delta_counts_where_a_message_stands_beside_it",),
    25: ("tests/core/mock/test_embeddings.py::test_base64_holds_the_same_numbers", "tests/core/dialects/gemini/test_embed.py::test_floats_where_nobody_asked_for_base64"),
    26: ("tests/core/dialects/gemini/test_recordings.py::test_the_recorded_error_tells_its_wait", "tests/e2e/test_openai_sdk.py::test_every_error_is_its_exception_with_text_id_and_retry_after"),
    34: ("tests/server/test_things.py::test_a_conversation_goes_on_by_its_previous_response_also_after_a_restart", "tests/server/test_things.py::test_an_unknown_previous_response_is_told_as_openai_tells_it"),
    43: ("tests/core/mock/test_serve.py::test_the_sdk_follows_a_video_to_its_end",),
    44: ("tests/server/test_adapted.py::test_rerank_is_asked_in_coheres_form",),
    45: (f"{_CHAT_TESTS}_decode.py::test_the_legacy_form_counts_only_where_it_is_alone",),
}  # fmt: skip
"""Fact -> tests that show it elsewhere (also or only)."""
NOT_OURS: Final = {
    3: "an argument that the SDK no longer has: nothing for a gateway to do",
    39: "a guess about Ollama's own API, which is not spoken: its /v1 is OpenAI's chat",
    40: "MCP",
    41: "MCP",
    42: "A2A",
}
FACTS: Final = range(1, 46)


def events(dialect: str, *rows: Any, end: str = "\n") -> list[ChatEvent]:
    """What a provider's stream says; strings stand as they are."""
    if dialect == BEDROCK:
        stream = golden.given_stream({"streams": {BEDROCK: list(rows)}}, BEDROCK)
    else:
        stream = b"".join(golden.frame(dialect, row, end) for row in rows)
    found = translations.events_in(dialect, stream)
    assert broken_laws(found) == []
    assert translations.events_in(dialect, stream, 1) == found
    return found


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
    } | more


USAGE: Final = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
DONE: Final = "data: [DONE]"


def text(found: list[ChatEvent]) -> str:
    return "".join(event.text for event in found if isinstance(event, Delta) and event.kind == "text")


def counted(found: list[ChatEvent]) -> list[tuple[int, int]]:
    return [(event.usage.input, event.usage.output) for event in found if isinstance(event, Counted)]


def arguments(found: list[ChatEvent]) -> str:
    return "".join(event.text for event in found if isinstance(event, Delta) and event.kind == "arguments")


def reasons(found: list[ChatEvent]) -> list[str]:
    return [event.reason for event in found if isinstance(event, Finished)]


def written(caller: str, found: list[ChatEvent]) -> bytes:
    return translations.write_stream(caller, found, translations.context(caller, is_stream=True))[0]


def reply(dialect: str, wire: dict[str, Any]) -> ChatReply:
    found = translations.read_reply(dialect, json.dumps(wire).encode())
    assert isinstance(found, ChatReply), found
    return found


def sent(target: str, source: str, wire: dict[str, Any]) -> dict[str, Any]:
    """A caller's request as a provider of another dialect gets it."""
    request = translations.read_request(source, wire)
    assert isinstance(request, ChatRequest), request
    outgoing, _ = translations.write_request(target, request)
    assert isinstance(outgoing, Outgoing), outgoing
    return json.loads(outgoing.body)


SAID: Final = events(
    CHAT, chunk({"role": "assistant", "content": "Hi"}), chunk({}, "stop"), chunk(usage=USAGE), DONE
)
START: Final[dict[str, Any]] = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 1, "output_tokens": 1}}}  # fmt: skip
HI: Final = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
]
STOP: Final = {"type": "message_stop"}


def end(reason: str = "end_turn", **more: Any) -> dict[str, Any]:
    usage = {
        "input_tokens": 5,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 1,
        "output_tokens": 4,
    }
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None} | more,
        "usage": usage,
    }


def test_01_sampling_goes_to_anthropic_under_the_old_version() -> None:
    request = translations.read_request(
        CHAT, {"model": "m", "messages": [{"role": "user", "content": "x"}], "temperature": 0.5}
    )
    assert isinstance(request, ChatRequest)
    outgoing, _ = translations.write_request(ANTHROPIC, request)
    assert isinstance(outgoing, Outgoing)
    assert dict(outgoing.headers)["anthropic-version"] == "2023-06-01"
    assert json.loads(outgoing.body)["temperature"] == 0.5


def test_04_05_every_event_for_an_anthropic_caller_is_named_and_none_is_done() -> None:
    stream = written(ANTHROPIC, SAID)
    for one in stream.decode().removesuffix("\n\n").split("\n\n"):
        assert re.match(r"event: \w+\ndata: \{", one)
    assert b"[DONE]" not in stream


def test_05_a_failure_is_an_error_event_for_an_anthropic_caller() -> None:
    stream = written(ANTHROPIC, [*SAID[:3], Failed(message="no", status=529)])
    name, data = list(frames(stream))[-1]
    assert name == "error"
    assert data["error"] == {"type": "overloaded_error", "message": "no"}


def test_06_a_ping_may_stand_anywhere_or_nowhere() -> None:
    ping = {"type": "ping"}
    found = events(ANTHROPIC, START, ping, HI[0], ping, HI[1], HI[2], end(), STOP)
    assert [event for event in found if not isinstance(event, Ping)] == events(
        ANTHROPIC, START, *HI, end(), STOP
    )


def test_07_08_usage_of_an_anthropic_stream_is_cumulative_and_leaves_cached_tokens_out() -> None:
    assert counted(events(ANTHROPIC, START, *HI, end(), STOP)) == [(9, 4)]


def test_09_a_call_without_arguments_is_an_empty_object() -> None:
    begin: dict[str, Any] = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
    }
    blank = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": ""},
    }
    for deltas in ([], [blank]):
        assert arguments(events(ANTHROPIC, START, begin, *deltas, HI[2], end("tool_use"), STOP)) == "{}"


@pytest.mark.parametrize(
    ("word", "reason"),
    [("pause_turn", "pause"), ("refusal", "refusal"), ("model_context_window_exceeded", "context_window")],
)
def test_11_anthropics_newer_reasons_are_known(word: str, reason: str) -> None:
    details = {"type": "refusal", "category": None, "explanation": None} if word == "refusal" else None
    assert reasons(events(ANTHROPIC, START, *HI, end(word, stop_details=details), STOP)) == [reason]


@pytest.mark.parametrize(("status", "kind"), [(413, "request_too_large"), (529, "overloaded_error")])
def test_11_anthropics_own_statuses_are_read(status: int, kind: str) -> None:
    from aigw_dev.core.dialects import anthropic

    body = {"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req_1"}
    found = anthropic.read_error(status, json.dumps(body).encode())
    assert (found.status, found.code, found.message) == (status, kind, "no")
    assert anthropic.REQUEST_ID_HEADER == "request-id"


def test_12_signatures_come_last_and_interleaved_calls_become_blocks() -> None:
    rows = [chunk({"tool_calls": [{"index": at, "id": f"t{at}", "type": "function", "function": {"name": "f", "arguments": ""}}]}) for at in (0, 1)]  # fmt: skip
    rows += [chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}) for piece in ('{"a":', "1}") for at in (1, 0)]  # fmt: skip
    calls = written(ANTHROPIC, events(CHAT, *rows, chunk({}, "tool_calls"), DONE))
    kinds = [(name, data.get("index")) for name, data in frames(calls) if name.startswith("content_block")]
    assert [index for _, index in kinds] == sorted(index for _, index in kinds)
    thought = [Started(), BlockStarted(index=0, kind="thinking", origin=ANTHROPIC), Delta(index=0, kind="thinking", text="Hm"), Delta(index=0, kind="signature", text="cw==")]  # fmt: skip
    deltas = [data["delta"]["type"] for name, data in frames(written(ANTHROPIC, [*thought, *_rest()])) if name == "content_block_delta"]  # fmt: skip
    assert deltas == ["thinking_delta", "signature_delta"]


def _rest() -> list[ChatEvent]:
    from aigw_dev.core.chat.events import BlockStopped

    return [BlockStopped(index=0), Finished(reason="stop"), Ended()]


def test_13_claude_codes_fields_are_read() -> None:
    case = golden.load("claude-code")
    assert isinstance(golden.neutral_request(ANTHROPIC, case["requests"][ANTHROPIC]), ChatRequest)


def test_14_15_usage_is_found_wherever_it_stands() -> None:
    for tail in (
        [chunk({}, "stop"), chunk(usage=USAGE), DONE],
        [chunk({}, "stop", usage=USAGE), DONE],
        [chunk({}, "stop", x_groq={"usage": USAGE}), DONE],
    ):
        assert counted(events(CHAT, chunk({"content": "Hi"}), *tail)) == [(9, 4)]
    assert counted(events(CHAT, chunk({"content": "Hi"}), chunk({}, "stop"), DONE)) == []


def test_14_a_chat_caller_gets_usage_last_and_alone() -> None:
    found = [data for _, data in frames(written(CHAT, SAID))]
    assert found[-1] == "[DONE]"
    assert found[-2]["choices"] == []
    assert found[-2]["usage"]["total_tokens"] == 13
    assert all(one.get("usage") is None for one in found[:-2])


def test_16_17_azures_first_chunk_names_nothing_and_obfuscation_is_no_content() -> None:
    first: dict[str, Any] = {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [],
        "prompt_filter_results": [],
    }
    found = events(
        CHAT, first, chunk({"role": "assistant", "content": "Hi"}, obfuscation="x7"), chunk({}, "stop"), DONE
    )
    assert found[0] == Started(id="c", model="m", created=1)
    assert text(found) == "Hi"


@pytest.mark.parametrize("goes_on", [{}, {"id": ""}, {"id": None}])
def test_18_a_call_goes_on_without_its_id_or_comes_whole(goes_on: dict[str, Any]) -> None:
    begin = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a"'}}
    more = {"index": 0, "function": {"arguments": ":1}"}} | goes_on
    found = events(
        CHAT, chunk({"tool_calls": [begin]}), chunk({"tool_calls": [more]}), chunk({}, "tool_calls"), DONE
    )
    assert arguments(found) == '{"a":1}'
    whole = begin | {"function": {"name": "f", "arguments": '{"a":1}'}}
    assert (
        arguments(events(CHAT, chunk({"tool_calls": [whole]}, "tool_calls", usage=USAGE), DONE)) == '{"a":1}'
    )


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Hm"},
        {"reasoning": "Hm"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
    ],
)
def test_19_reasoning_is_found_in_each_of_its_places(delta: dict[str, Any]) -> None:
    found = events(CHAT, chunk(delta), chunk({"content": "Hi"}), chunk({}, "stop"), DONE)
    assert [event.text for event in found if isinstance(event, Delta)] == ["Hm", "Hi"]


def test_20_comments_and_a_second_finish_do_no_harm() -> None:
    found = events(CHAT, ": OPENROUTER PROCESSING", chunk({"content": "Hi"}), ": OPENROUTER PROCESSING", chunk({}, "stop"), chunk({"content": ""}, "length", usage=USAGE), DONE)  # fmt: skip
    assert reasons(found) == ["length"]
    assert counted(found) == [(9, 4)]


@pytest.mark.parametrize("tail", [[], [DONE]])
def test_21_an_error_inside_a_stream_fails_it(tail: list[str]) -> None:
    broken = {"error": {"message": "no", "type": "invalid_request_error", "status_code": 400}}
    assert isinstance(events(CHAT, chunk({"content": "Hi"}), broken, *tail)[-1], Failed)
    stream = written(CHAT, [*SAID[:3], Failed(message="no")])
    assert b'"finish_reason":"stop"' not in stream
    assert [data for _, data in frames(stream) if data != "[DONE]"][-1]["error"]["message"] == "no"


def test_22_the_end_of_the_body_is_the_end_also_with_crlf() -> None:
    found = events(CHAT, chunk({"role": "assistant", "content": "Hi"}), chunk({"role": "assistant", "content": ""}, "stop", usage=USAGE), end="\r\n")  # fmt: skip
    assert isinstance(found[-1], Ended)
    assert isinstance(events(CHAT, chunk({"content": "Hi"}))[-1], Failed)


@pytest.mark.parametrize(
    ("dialect", "body", "words"),
    [
        (CHAT, {"detail": "Invalid API Key"}, "Invalid API Key"),
        (CHAT, {"code": "invalid-argument", "error": "Incorrect API key"}, "Incorrect API key"),
        (CHAT, {"id": "x", "message": "cohere says no"}, "cohere says no"),
        (BEDROCK, {"message": "bedrock says no"}, "bedrock says no"),
        (CHAT, {"error": {"code": "401", "message": "azure says no"}}, "azure says no"),
        (CHAT, {"error": {"code": 402, "message": "openrouter says no"}}, "openrouter says no"),
        (CHAT, {"error": "ollama says no"}, "ollama says no"),
        (GEMINI, {"error": {"code": 400, "message": "API key not valid", "status": "INVALID_ARGUMENT"}}, "API key not valid"),
    ],
)  # fmt: skip
def test_23_24_errors_of_every_shape_keep_their_words(dialect: str, body: dict[str, Any], words: str) -> None:
    from aigw_dev.core.dialects.codec import provider_codec

    found = provider_codec(dialect).read_error(400, json.dumps(body).encode())
    assert words in found.message
    assert found.status == 400


def test_27_line_separators_do_not_tear_events_and_go_out_escaped() -> None:
    odd = "a\u2028b\u2029c\x85d"
    found = events(CHAT, chunk({"content": odd}), chunk({}, "stop"), DONE)
    assert text(found) == odd
    for caller in (CHAT, RESPONSES, ANTHROPIC, GEMINI):
        stream = written(caller, found).decode()
        assert not set("\u2028\u2029\x85") & set(stream)
        assert "\\u2028" in stream


def test_28_a_line_may_begin_its_data_without_a_space() -> None:
    rows = [
        "data:" + json.dumps(row, ensure_ascii=False)
        for row in (chunk({"content": "\U0001f351é"}), chunk({}, "stop"))
    ]
    assert text(events(CHAT, *rows, "data:[DONE]", end="\r\n")) == "\U0001f351é"


def test_29_done_ends_a_chat_stream_once() -> None:
    stream = written(CHAT, SAID)
    assert stream.count(b"[DONE]") == 1
    assert stream.endswith(b"data: [DONE]\n\n")


def test_30_big_integers_stay_and_what_is_no_number_is_refused() -> None:
    big = '{"id":12345678901234567890}'
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": big}}
    history = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "t", "content": "y"}]  # fmt: skip
    asked = {"model": "m", "messages": history}
    for target in (RESPONSES, ANTHROPIC, GEMINI, BEDROCK):
        assert "12345678901234567890" in json.dumps(sent(target, CHAT, asked))
    from aigw_dev.core.dialects.request_body import read_body

    assert isinstance(read_body(b'{"model":"m","n":' + b"9" * 5000 + b"}"), Refusal)
    assert isinstance(read_body(b'{"model":"\\ud800"}'), Refusal)


def test_31_a_responses_caller_gets_named_numbered_events_and_no_done() -> None:
    found = list(frames(written(RESPONSES, SAID)))
    assert [data["sequence_number"] for _, data in found] == list(range(len(found)))
    assert all(name == data["type"] for name, data in found)


def _response(**fields: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}  # fmt: skip
    return {
        "id": "0a1b",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "m",
        "output": [item],
    } | fields


def test_31_32_responses_without_event_names_with_done_and_bare_ids_are_read() -> None:
    rows = [{"type": "response.created", "response": _response(status="in_progress", output=[])}, {"type": "response.completed", "response": _response()}]  # fmt: skip
    found = events(RESPONSES, *[f"data: {json.dumps(row)}" for row in rows], DONE)
    assert text(found) == "Hi"
    assert isinstance(found[-1], Ended)


def test_33_incomplete_and_failed_are_ends_of_their_own() -> None:
    cut = _response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert reasons(events(RESPONSES, {"type": "response.incomplete", "response": cut})) == ["length"]
    failed = _response(status="failed", output=[], error={"code": "server_error", "message": "no"})
    for row in (
        {"type": "response.failed", "response": failed},
        {"type": "error", "code": "server_error", "message": "no"},
    ):
        assert isinstance(events(RESPONSES, row)[-1], Failed)
    limited = [*SAID[:-3], Finished(reason="length"), *SAID[-2:]]
    assert list(frames(written(RESPONSES, limited)))[-1][0] == "response.incomplete"


def _candidate(*parts: dict[str, Any], finish: str = "", **usage: int) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})], "usageMetadata": usage}


def test_35_geminis_usage_is_the_last_and_thoughts_are_output() -> None:
    found = events(
        GEMINI,
        _candidate({"text": "H"}, promptTokenCount=9, totalTokenCount=9),
        _candidate({"text": "i"}, finish="STOP", promptTokenCount=9, candidatesTokenCount=4, thoughtsTokenCount=6, totalTokenCount=19),
        end="\r\n",
    )  # fmt: skip
    assert counted(found) == [(9, 10)]
    assert isinstance(found[-1], Ended)


def test_36_geminis_calls_get_ids_and_end_in_calls_and_keep_their_signature() -> None:
    part = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    found = reply(GEMINI, _candidate(part, part, finish="STOP", promptTokenCount=1))
    calls = [one for one in found.choices[0].parts if isinstance(one, ToolCall)]
    assert len({call.id for call in calls} - {""}) == 2
    assert found.choices[0].stop == "tool_calls"
    assert calls[0].signature == "c2ln"


def test_36_arguments_in_pieces_are_one_object() -> None:
    piece = {
        "functionCall": {
            "name": "f",
            "partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}],
            "willContinue": True,
        }
    }
    found = events(GEMINI, _candidate(piece), _candidate({"functionCall": {}}, finish="STOP"))
    assert json.loads(arguments(found)) == {"a": "x"}


def test_37_a_result_for_gemini_names_its_function_and_both_spellings_are_read() -> None:
    call = {"id": "t", "type": "function", "function": {"name": "weigh", "arguments": "{}"}}
    history = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "t", "content": "y"}]  # fmt: skip
    wire = sent(GEMINI, CHAT, {"model": "m", "messages": history})
    assert wire["contents"][-1]["parts"][0]["functionResponse"]["name"] == "weigh"
    turn = [{"role": "user", "parts": [{"text": "x"}]}]
    snake = {
        "contents": turn,
        "generation_config": {"max_output_tokens": 5},
        "system_instruction": {"parts": [{"text": "s"}]},
    }
    camel = {
        "contents": turn,
        "generationConfig": {"maxOutputTokens": 5},
        "systemInstruction": {"parts": [{"text": "s"}]},
    }
    one, other = translations.read_request(GEMINI, snake), translations.read_request(GEMINI, camel)
    assert isinstance(one, ChatRequest)
    assert isinstance(other, ChatRequest)
    assert (one.max_tokens, one.messages) == (other.max_tokens, other.messages) == (5, one.messages)


def test_37_a_stream_without_alt_sse_is_an_array() -> None:
    body = json.dumps([_candidate({"text": "H"}), _candidate({"text": "i"}, finish="STOP")]).encode()
    assert text(translations.events_in(GEMINI, body, 1, is_array=True)) == "Hi"


def test_38_bedrocks_usage_follows_the_stop_and_exceptions_fail_a_stream() -> None:
    start = {"messageStart": {"role": "assistant"}}
    begin = {
        "contentBlockStart": {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}}
    }
    pieces = [
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": one}}}}
        for one in ('{"a"', ":1}")
    ]
    rest = [{"contentBlockStop": {"contentBlockIndex": 0}}, {"messageStop": {"stopReason": "tool_use"}}, {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}, "metrics": {"latencyMs": 1}}}]  # fmt: skip
    found = events(BEDROCK, start, begin, *pieces, *rest)
    assert arguments(found) == '{"a":1}'
    assert counted(found) == [(9, 4)]
    failed = events(BEDROCK, start, {"exception:throttlingException": {"message": "slow down"}})[-1]
    assert isinstance(failed, Failed)
    assert "slow down" in failed.message


def test_45_a_legacy_function_call_beside_tool_calls_counts_once() -> None:
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [call],
        "function_call": {"name": "f", "arguments": "{}"},
    }
    found = reply(CHAT, {"id": "c", "object": "chat.completion", "created": 1, "model": "asked", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})  # fmt: skip
    assert [part.id for part in found.choices[0].parts if isinstance(part, ToolCall)] == ["t"]
    assert not any(isinstance(part, Text | Thinking) for part in found.choices[0].parts)


def test_every_fact_has_its_test(repository: Path) -> None:
    own = {int(number) for name in globals() if (match := re.match(r"test_((?:\d\d_)+)", name)) for number in match[1].split("_") if number}  # fmt: skip
    assert own | set(ELSEWHERE) | set(NOT_OURS) == set(FACTS)
    for place in (one for places in ELSEWHERE.values() for one in places):
        file, _, name = place.partition("::")
        tree = ast.parse((repository / file).read_text("utf-8"))
        tests = {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in tests, place
