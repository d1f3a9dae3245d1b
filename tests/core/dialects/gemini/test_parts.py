"""Media and thoughts as parts, with their signatures."""

import base64

from aigw_dev.core.chat import signatures
from aigw_dev.core.chat.vocabulary import (
    Audio,
    Document,
    Image,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tests.core.dialects.gemini.gemini_requests import G, parts


def test_signatures_on_every_kind_of_part() -> None:  # bug class 5
    def wrapped(origin: str) -> str:
        return base64.urlsafe_b64encode(signatures.wrap(origin, "S?~>", G).encode()).decode().rstrip("=")

    read = parts(
        {"text": "hm", "thought": True, "thoughtSignature": "U0lH"},
        {"text": "hm", "thought": True},
        {"text": "words", "thoughtSignature": "U0lI"},
        {"text": "", "thoughtSignature": "U0lJ"},
        {"thought_signature": "U0lK"},
        {"functionCall": {"id": "c", "name": "f"}, "thoughtSignature": "U0lL"},
        {"text": "hm", "thought": True, "thoughtSignature": wrapped("anthropic-messages")},
        {"text": "", "thoughtSignature": wrapped("openai-responses")},
        {"functionCall": {"id": "d", "name": "f"}, "thoughtSignature": wrapped("openai-chat")},
        {"text": "", "thought": True, "thoughtSignature": "YWlndzE6!"},
    )
    assert read == (
        Thinking(text="hm", signature="U0lH", origin=G),
        Thinking(text="hm"),
        Text(text="words"),
        Thinking(signature="U0lI", origin=G),
        Thinking(signature="U0lJ", origin=G),
        Thinking(signature="U0lK", origin=G),
        ToolCall(id="c", name="f", signature="U0lL"),
        Thinking(text="hm", signature="S?~>", origin="anthropic-messages"),
        Thinking(signature="S?~>", origin="openai-responses", is_redacted=True),
        ToolCall(id="d", name="f"),
        Thinking(signature="YWlndzE6!", origin=G),
    )


def test_media() -> None:
    read = parts(
        {"inlineData": {"mimeType": "image/png", "data": "-_8"}},
        {"inline_data": {"mime_type": "audio/wav", "data": "AAAA"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "AAAA", "displayName": "n"}},
        {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}, "videoMetadata": {"fps": 1}},
        {"inlineData": {"mimeType": "image/png"}},
        {"fileData": {"fileUri": "https://x.test/a.png"}},
        {"fileData": {"fileUri": "gs://b/c.txt"}},
        {"fileData": {"fileUri": "https://g.test/v1beta/files/abc", "mimeType": "image/png"}},
        {"fileData": {"fileUri": "https://youtu.be/x"}},
        {"fileData": {"fileUri": "http://[bad"}},
        {"executableCode": {"code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK"}},
    )
    kinds = [type(one).__name__ for one in read]
    assert kinds == [
        "Image", "Audio", "Document", "Opaque", "Opaque", "Image", "Document", "Image", "Opaque", "Opaque", "Opaque", "Opaque",
    ]  # fmt: skip
    assert isinstance(read[0], Image)
    assert (read[0].source.data, read[0].source.media_type) == ("+/8=", "image/png")
    assert isinstance(read[1], Audio)
    assert isinstance(read[2], Document)
    assert read[2].name == "n"
    assert isinstance(read[7], Image)
    assert (read[7].source.file_id, read[7].source.url) == ("https://g.test/v1beta/files/abc", "")
    assert [one.type for one in read if isinstance(one, Opaque)] == [
        "inlineData", "inlineData", "fileData", "fileData", "executableCode", "codeExecutionResult",
    ]  # fmt: skip


def test_pictures_in_responses() -> None:
    (result,) = parts(
        {
            "functionResponse": {
                "name": "f",
                "response": {"a": 1},
                "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}],
            }
        },
        role="user",
    )
    assert isinstance(result, ToolResult)
    assert isinstance(result.parts[1], Image)
