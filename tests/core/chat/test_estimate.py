"""Estimates follow what the model reads, in whatever dialect it was said."""

import msgspec

from aigw_dev.core import tokens
from aigw_dev.core.chat.estimate import input_tokens, rough_tokens
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

AROUND = tokens.TOKENS_PER_MESSAGE + tokens.TOKENS_PER_REPLY


def of(*parts: Part, **more: object) -> int:
    request = ChatRequest(dialect="x", model="m", messages=(Message(role="user", parts=parts),))
    return input_tokens(msgspec.structs.replace(request, **more)) - AROUND


def test_an_estimate_is_the_text_that_the_model_reads() -> None:
    words = tokens.estimate("some words here")
    assert of(Text(text="some words here")) == words
    assert of(ToolResult(call_id="c", parts=(Text(text="some words here"),))) == words
    assert of(Document(source=Media(), text="some words here")) == words
    assert of(Audio(source=Media(data="AAAA" * 1000), transcript="some words here")) == words
    assert of(ToolCall(id="c", name="look", arguments="{}")) == 2
    assert of(Image(source=Media(data="AAAA" * 1000))) == tokens.TOKENS_PER_IMAGE
    assert of(Image(source=Media(url="http://x"), detail="low")) == tokens.TOKENS_PER_SMALL_IMAGE
    assert of(Opaque(dialect="x", type="y", raw=msgspec.Raw(b'"some words here"'))) >= words


def test_tools_and_schemas_count() -> None:
    schema = msgspec.Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}')
    assert of(tools=(Tool(name="look", description="looks around", parameters=schema),)) > 5
    assert of(format=OutputFormat(kind="schema", schema=schema)) > 5
    assert input_tokens(ChatRequest(dialect="x", model="m", messages=())) == 0


def test_the_first_figure_is_a_quarter_of_the_bytes() -> None:
    assert rough_tokens(b"x" * 100) == 25
