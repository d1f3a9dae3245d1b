"""Tool calls that are wrong, and refusals."""

import json

import msgspec
import pytest

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.steps import Headers
from aigw_dev.core.recording.fixture import Synth
from aigw_dev.core.streams import event_stream
from tests.core.recording.faults.playing import (
    CALL,
    CALLERS,
    TEXT,
    WHOLE,
    Played,
    answered,
    play,
    rewriter,
    stream,
    streamed,
    whole,
)

TWO = Synth(tool_calls=[["get_weather", {"city": "Oslo"}], ["get_time", {"zone": "CET"}]])


def _calls(dialect: str, played: Played, *, is_stream: bool) -> list[tuple[str, str]]:
    """Names and arguments' text of all calls, as their pieces join."""
    found: dict[str, list[str]] = {}
    documents = played.payloads if is_stream else [played.document]
    for document in documents:
        match dialect:
            case "openai-chat":
                for choice in document["choices"]:
                    said = choice["delta" if is_stream else "message"]
                    for number, call in enumerate(said.get("tool_calls") or ()):
                        call_of = found.setdefault(str(call.get("index", number)), ["", ""])
                        call_of[0] += call["function"].get("name") or ""
                        call_of[1] += call["function"]["arguments"]
            case "openai-responses":
                for item in document.get("output", ()) if not is_stream else ():
                    found[item["id"]] = [item["name"], item["arguments"]]
                if document.get("type") == "response.output_item.added" and document["item"].get("name"):
                    found[str(document["output_index"])] = [document["item"]["name"], ""]
                if document.get("type") == "response.function_call_arguments.delta":
                    found[str(document["output_index"])][1] += document["delta"]
            case _:
                if document.get("type") == "content_block_start" and "name" in document["content_block"]:
                    found[str(document["index"])] = [document["content_block"]["name"], ""]
                if document.get("type") == "content_block_delta" and "partial_json" in document["delta"]:
                    found[str(document["index"])][1] += document["delta"]["partial_json"]
    return [(name, arguments) for name, arguments in found.values()]


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, ANTHROPIC])
def test_streamed_arguments_are_the_first_half_of_each_call(dialect: str) -> None:
    calls = _calls(dialect, streamed("body.tool_bad_json", dialect, TWO), is_stream=True)
    assert [name for name, _ in calls] == ["get_weather", "get_time"]
    assert [text for _, text in calls] == ['{"city"', '{"zone"']
    replaced = _calls(dialect, streamed("body.tool_bad_json", dialect, TEXT), is_stream=True)
    assert replaced == [("get_weather", '{"city": "Os')]
    own = streamed('body.tool_bad_json;text="{{"', dialect, CALL)
    assert _calls(dialect, own, is_stream=True) == [("get_weather", "{{")]


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES])
def test_whole_arguments_are_torn_too(dialect: str) -> None:
    for synth in (CALL, TEXT):
        ((name, text),) = _calls(dialect, answered("body.tool_bad_json", dialect, synth), is_stream=False)
        assert name == "get_weather"
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)


def test_all_events_of_a_response_tell_the_same_arguments() -> None:
    played = streamed("body.tool_bad_json", RESPONSES, CALL)
    texts = {row["arguments"] for row in played.payloads if "arguments" in row}
    texts |= {
        row["item"]["arguments"] for row in played.payloads if row["type"] == "response.output_item.done"
    }
    texts |= {item["arguments"] for item in played.payloads[-1]["response"]["output"]}
    assert texts == {text for _, text in _calls(RESPONSES, played, is_stream=True)}


def test_where_arguments_are_an_object_it_is_torn_as_the_provider_does() -> None:
    for synth in (CALL, TEXT):
        messages = answered("body.tool_bad_json", ANTHROPIC, synth).document
        assert messages["stop_reason"] == "max_tokens"
        assert messages["content"][0]["input"] == {}
        assert (
            streamed("body.tool_bad_json", ANTHROPIC, synth).payloads[-2]["delta"]["stop_reason"]
            == "max_tokens"
        )
        candidate = answered("body.tool_bad_json", GEMINI, synth).document["candidates"][0]
        assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
        assert "content" not in candidate
        rows = streamed("body.tool_bad_json", GEMINI, synth).payloads
        assert rows[-1]["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"
        assert "functionCall" not in json.dumps(rows)


@pytest.mark.parametrize("dialect", CALLERS)
@pytest.mark.parametrize("synth", [CALL, TEXT], ids=["call", "text"])
def test_an_unknown_tool_is_called(dialect: str, synth: Synth) -> None:
    for played in (
        streamed("body.tool_unknown", dialect, synth),
        answered("body.tool_unknown", dialect, synth),
    ):
        assert b'"no_such_tool"' in played.body
        assert b"get_weather" not in played.body
    assert b'"rm_rf"' in answered("body.tool_unknown;text=rm_rf", dialect, synth).body


@pytest.mark.parametrize("dialect", CALLERS)
@pytest.mark.parametrize("synth", [CALL, TEXT], ids=["call", "text"])
def test_arguments_are_not_what_the_tool_takes(dialect: str, synth: Synth) -> None:
    for played in (
        streamed("body.tool_wrong_schema", dialect, synth),
        answered("body.tool_wrong_schema", dialect, synth),
    ):
        assert b"unexpected" in played.body
        assert b"celsius" not in played.body


@pytest.mark.parametrize("dialect", [one for one in CALLERS if one != GEMINI])
@pytest.mark.parametrize("synth", [CALL, TEXT], ids=["call", "text"])
def test_wrong_arguments_are_good_json_that_comes_in_pieces(dialect: str, synth: Synth) -> None:
    calls = _calls(dialect, streamed("body.tool_wrong_schema", dialect, synth), is_stream=True)
    assert calls == [("get_weather", '{"unexpected": true}')]


@pytest.mark.parametrize("synth", [CALL, TEXT], ids=["call", "text"])
def test_wrong_arguments_of_anthropic_are_an_object(synth: Synth) -> None:
    played = answered("body.tool_wrong_schema", ANTHROPIC, synth)
    assert played.document["content"][0]["input"] == {"unexpected": True}


@pytest.mark.parametrize("dialect", CALLERS)
def test_the_model_declines(dialect: str) -> None:
    for played in (
        streamed("body.refusal;message=No", dialect),
        answered("body.refusal;message=No", dialect),
    ):
        assert b'"No"' in played.body
        assert b"Oslo" not in played.body
        assert b'"m-1"' in played.body
    message = answered("body.refusal", CHAT).document["choices"][0]["message"]
    assert message["content"] is None
    assert message["refusal"].startswith("I'm sorry")
    assert answered("body.refusal", ANTHROPIC).document["stop_reason"] == "refusal"


def test_bedrock_has_no_call_to_build_but_its_own_are_changed() -> None:
    framer = event_stream.Framer()
    events = framer.feed(streamed("body.tool_bad_json", BEDROCK, CALL).body)
    rows = [msgspec.json.decode(event.data) for event in events]
    assert "".join(row["delta"]["toolUse"]["input"] for row in rows if "delta" in row) == '{"city"'
    assert rows[-2] == {"stopReason": "max_tokens"}
    assert answered("body.tool_unknown", BEDROCK, CALL).has_acted
    for played, same in (
        (streamed("body.tool_unknown", BEDROCK), stream(BEDROCK)),
        (answered("body.tool_unknown", BEDROCK), whole(BEDROCK)),
    ):
        assert (played.body, played.has_acted) == (same, False)


def test_what_is_no_reply_passes() -> None:
    odd: Headers = [(b"content-type", b"text/event-stream")]
    for body, headers, is_stream in (
        (b"", WHOLE, False),
        (b"[1]", WHOLE, False),
        (b"data: x\n\n", odd, True),
    ):
        played = play(rewriter("body.refusal", CHAT, is_stream=is_stream), body, headers)
        assert (played.body, played.has_acted) == (body, False)
