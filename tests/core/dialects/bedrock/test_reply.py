import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import NULL, ChatReply, Image, Opaque, Part, Text, Thinking, ToolCall
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.dialects.protocol import ReplyError


def body(*content: object, **fields: object) -> bytes:
    usage = {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}
    reply: dict[str, object] = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "end_turn", "usage": usage}  # fmt: skip
    return json.dumps(reply | fields).encode()


def read(raw: bytes) -> ChatReply:
    reply = bedrock.read_chat_reply(raw)
    assert isinstance(reply, ChatReply)
    return reply


def parts(*content: object) -> tuple[Part, ...]:
    return read(body(*content)).choices[0].parts


def test_text_calls_and_thinking_stand_in_their_order() -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}}
    call = {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}}
    assert parts(thought, {"text": "so"}, call, {"text": ""}) == (
        Thinking(text="hm", signature="sig", origin="bedrock-converse"),
        Text(text="so"),
        ToolCall(id="t1", name="f", arguments='{"a": 1}'),
    )


def test_arguments_keep_number_spellings_and_key_order() -> None:
    raw = b'{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"f","input":{"b":1.0,"a":1e2}}}]}}}'
    (call,) = read(raw).choices[0].parts
    assert isinstance(call, ToolCall)
    assert call.arguments == '{"b":1.0,"a":1e2}'


def test_thinking_without_a_signature_belongs_to_nobody_and_redacted_keeps_its_data() -> None:
    assert parts(
        {"reasoningContent": {"reasoningText": {"text": "hm"}}},
        {"reasoningContent": {"redactedContent": "QQ=="}},
    ) == (
        Thinking(text="hm"),
        Thinking(signature="QQ==", is_redacted=True, origin="bedrock-converse"),
    )
    assert parts({"reasoningContent": {}}) == ()


def test_cited_text_keeps_its_citations() -> None:
    cited: Any = {
        "citationsContent": {"content": [{"text": "a"}, {"text": "b"}], "citations": [{"title": "t"}]}
    }
    (part,) = parts(cited)
    assert isinstance(part, Text)
    assert part.text == "ab"
    assert json.loads(bytes(part.citations)) == [{"title": "t"}]
    assert parts({"citationsContent": {"content": [{"text": "a"}], "citations": []}}) == (
        Text(text="a", citations=NULL),
    )


def test_a_picture_comes_as_bytes_and_one_elsewhere_stays_opaque() -> None:
    (picture,) = parts({"image": {"format": "png", "source": {"bytes": "iVBO"}}})
    assert isinstance(picture, Image)
    assert (picture.source.data, picture.source.media_type) == ("iVBO", "image/png")
    (elsewhere,) = parts({"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b/k"}}}})
    assert isinstance(elsewhere, Opaque)


def test_the_providers_own_tools_and_new_blocks_are_opaque() -> None:
    run: dict[str, Any] = {
        "toolUseId": "t",
        "name": "nova_code_interpreter",
        "input": {},
        "type": "server_tool_use",
    }
    served, result, new = parts(
        {"toolUse": run}, {"toolResult": {"toolUseId": "t", "content": []}}, {"newThing": 1}
    )
    assert [part.type for part in (served, result, new) if isinstance(part, Opaque)] == [
        "toolUse",
        "toolResult",
        "newThing",
    ]
    assert isinstance(new, Opaque)
    assert bytes(new.raw) == b"1"


def test_a_type_beside_the_block_is_no_block() -> None:
    assert parts({"type": "text", "text": "x"}) == (Text(text="x"),)
    assert parts({"type": "text"}) == ()


def test_a_null_beside_the_block_is_no_block() -> None:
    assert parts({"text": None, "toolUse": None}, {}) == ()


def test_what_is_beside_the_message_is_kept() -> None:
    extra = {"stop_sequence": "END"}
    reply = read(
        body({"text": "x"}, stopReason="stop_sequence", additionalModelResponseFields=extra, serviceTier={"type": "flex"}, metrics={"latencyMs": 1})
    )  # fmt: skip
    (choice,) = reply.choices
    assert (choice.stop, choice.stop_raw, choice.stop_sequence) == ("stop_sequence", "stop_sequence", "END")
    assert json.loads(bytes(choice.stop_details)) == extra
    assert reply.service_tier == "flex"
    assert set(reply.extras) == {"metrics", "additionalModelResponseFields"}
    assert reply.usage is not None
    assert (reply.usage.input, reply.usage.output) == (3, 4)


def test_a_stop_that_was_not_said_is_not_made_up() -> None:
    assert read(b'{"output":{"message":{"content":[]}}}').choices[0].stop is None


def test_an_error_with_status_200_is_an_error() -> None:
    assert bedrock.read_chat_reply(b'{"message":"too many"}') == ReplyError(message="too many")
    for raw in (b"", b"[]", b"{}", b"<html>"):
        said = bedrock.read_chat_reply(raw)
        assert isinstance(said, ReplyError)
        assert said.message
        assert said.code == "upstream_protocol"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["output", "message", "content", "text", "toolUse", "input", "reasoningContent", "reasoningText",
                             "image", "source", "bytes", "usage", "stopReason", "citationsContent", "citations"]),
            inner, max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_no_json_breaks_the_reading(value: object) -> None:
    reply = bedrock.read_chat_reply(json.dumps(value).encode())
    if isinstance(reply, ChatReply):
        msgspec.json.encode(reply)
        for part in reply.choices[0].parts:
            if isinstance(part, ToolCall):
                assert isinstance(json.loads(part.arguments), dict)


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    bedrock.read_chat_reply(raw)
    bedrock.read_chat_reply(b'{"output":{"message":{"content":[{"text":"' + raw + b'"}]}}}')
