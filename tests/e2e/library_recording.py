"""Records the library of examples: `python -m tests.e2e.library_recording` writes `fixtures/library` anew.

The calls are those of the SDKs (see `test_fixture_library.py`), sent by plain HTTP; each file gets what a reader needs
beside the recording: a note, and that it answers as often as it is asked.
"""

import io
import shutil
import tempfile
import wave
from pathlib import Path
from typing import Any, Final

import httpx

from aigw_dev.core.recording.keys import key_of
from aigw_dev.fixture_files.library import Library
from tests.conftest import REPOSITORY
from tests.e2e.conftest import GatewayProcess
from tests.e2e.library_upstream import Vendors
from tests.e2e.replaying import recording
from tests.scripted import ScriptedUpstream

LIBRARY: Final = REPOSITORY / "fixtures" / "library"
PARAMETERS: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER: Final[dict[str, Any]] = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather for a city", "parameters": PARAMETERS},
}
CLAUDE_WEATHER: Final[dict[str, Any]] = {
    "name": "get_weather",
    "description": "Weather for a city",
    "input_schema": PARAMETERS,
}
TERSE: Final = {"role": "system", "content": "You are terse.\nAnswer with one word."}
STREAMED: Final[dict[str, Any]] = {"stream": True, "stream_options": {"include_usage": True}}
NOTES: Final = {
    "anthropic_thinking": "An Anthropic stream that thinks before it answers.",
    "anthropic_tool_stream": "An Anthropic stream that calls a tool.",
    "chat": "Whole chat replies: with and without a system message.",
    "chat_stream": "Streamed chat replies with usage in the last chunk.",
    "embeddings": "Vectors as floats and as base64; they lie in _blobs.",
    "errors": "Errors that the provider answered with: 404, 400, 500.",
    "fallback": "A rate limit at the first target of the route `smart`, an answer from the second; needs aigw-dev.yaml beside it.",
    "gemini": "A whole and a streamed Gemini reply.",
    "responses_stream": "A stream of OpenAI's Responses API.",
    "speech": "A binary reply.",
    "tool_loop": "A tool is called, its result answered; the second request extends the first.",
    "tool_loop_stream": "The same streamed: the tool's arguments come in pieces.",
    "transcription": "A form with an audio file, 0.05 s of WAV.",
    "truncated_stream": "The provider broke the connection off after four events.",
}
"""Every file that is recorded; `hand_written` is not."""
_CHAT: Final = "/openai/v1/chat/completions"
_MESSAGES: Final = "/anthropic/v1/messages"
_VERSION_RULE: Final = "headers.anthropic-version"


def wav() -> bytes:
    """0.05 s of a tone."""
    held = io.BytesIO()
    with wave.open(held, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(bytes(128 + step % 8 * 4 for step in range(400)))
    return held.getvalue()


def user(text: str) -> list[dict[str, Any]]:
    """A conversation of one line."""
    return [{"role": "user", "content": text}]


def answered(call: str) -> list[dict[str, Any]]:
    """What an app appends once it has run the tool."""
    function = {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
    asked = {"id": call, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": call, "content": '{"temp_c": 4}'},
    ]


def calls() -> list[tuple[str, str, dict[str, Any]]]:
    """File, path and arguments of httpx of every call but those of tools."""
    mini: dict[str, Any] = {"model": "gpt-4o-mini"}
    claude: dict[str, Any] = {"model": "claude-haiku-4-5", "stream": True}
    vectors: dict[str, Any] = {
        "model": "text-embedding-3-small",
        "input": ["red", "green"],
        "dimensions": 256,
    }
    thinks = {"type": "enabled", "budget_tokens": 1024}
    flash = "/gemini/v1beta/models/gemini-2.5-flash"
    france, form = user("Capital of France?"), {"model": "whisper-1", "language": "en"}

    def asks(text: str) -> dict[str, Any]:
        return {"json": {"contents": [{"parts": [{"text": text}], "role": "user"}]}}

    return [
        ("chat", _CHAT, {"json": {**mini, "messages": france}}),
        ("chat", _CHAT, {"json": {**mini, "messages": [TERSE, *france], "temperature": 0}}),
        ("chat_stream", _CHAT, {"json": {**mini, "messages": france, **STREAMED}}),
        ("chat_stream", _CHAT, {"json": {**mini, "messages": user("Tell me a story."), **STREAMED}}),
        (
            "anthropic_thinking",
            _MESSAGES,
            {
                "json": {
                    **claude,
                    "max_tokens": 2048,
                    "thinking": thinks,
                    "messages": user("What is 17 times 3?"),
                }
            },
        ),
        (
            "anthropic_tool_stream",
            _MESSAGES,
            {
                "json": {
                    **claude,
                    "max_tokens": 200,
                    "tools": [CLAUDE_WEATHER],
                    "messages": user("Weather in Oslo?"),
                }
            },
        ),
        (
            "responses_stream",
            "/openai/v1/responses",
            {"json": {**mini, "input": "What is two plus two?", "stream": True}},
        ),
        ("gemini", f"{flash}:generateContent", asks("Capital of Italy?")),
        ("gemini", f"{flash}:streamGenerateContent?alt=sse", asks("Count to three.")),
        ("embeddings", "/openai/v1/embeddings", {"json": {**vectors, "encoding_format": "float"}}),
        ("embeddings", "/openai/v1/embeddings", {"json": {**vectors, "encoding_format": "base64"}}),
        (
            "transcription",
            "/openai/v1/audio/transcriptions",
            {"files": {"file": ("morning.wav", wav(), "audio/wav")}, "data": form},
        ),
        (
            "speech",
            "/openai/v1/audio/speech",
            {"json": {"model": "tts-1", "voice": "alloy", "input": "Good morning."}},
        ),
        ("fallback", _CHAT, {"json": {"model": "smart", "max_tokens": 16, "messages": user("ping")}}),
        ("truncated_stream", _CHAT, {"json": {**mini, "messages": user("Recite the alphabet."), "stream": True}}),
        ("errors", _CHAT, {"json": {"model": "gpt-5-imaginary", "messages": user("Are you there?")}}),
        ("errors", _CHAT, {"json": {**mini, "temperature": 7, "messages": user("Be wild.")}}),
        ("errors", _CHAT, {"json": {**mini, "messages": user("Are you busy?")}}),
    ]  # fmt: skip


def record(folder: Path) -> Path:
    """Record everything into a folder below `folder`, which holds config and state; the folder of fixtures."""
    with ScriptedUpstream(Vendors()) as upstream, recording(folder, _config(upstream.url)) as gateway:
        gateway.admin("/tests", "POST", json={"test": "fallback", "mode": "record", "keep_failures": True})
        for name, path, more in calls():
            _ask(gateway, name, path, more)
        for name, style in (("tool_loop", {}), ("tool_loop_stream", STREAMED)):
            body = {"model": "gpt-4o-mini", "messages": user("Weather in Oslo?"), "tools": [WEATHER], **style}
            first = _ask(gateway, name, _CHAT, {"json": body}).text
            call = "call_" + first.partition('"call_')[2].partition('"')[0]
            _ask(
                gateway,
                name,
                _CHAT,
                {"json": {**body, "messages": [*user("Weather in Oslo?"), *answered(call)]}},
            )
    _finish(folder / "fx")
    return folder / "fx"


def _config(url: str) -> str:
    """The library's own config, at the scripted upstream and with its key."""
    text = (LIBRARY / "aigw-dev.yaml").read_text("utf-8")
    for kind, base in (("openai", f"{url}/v1"), ("anthropic", url), ("gemini", url)):
        text = text.replace(f"{{kind: {kind},", f'{{kind: {kind}, base_url: "{base}",')
        text = text.replace(f"env:{kind.upper()}_API_KEY", "env:UP_KEY")
    return text


def _ask(gateway: GatewayProcess, name: str, path: str, more: dict[str, Any]) -> httpx.Response:
    key = gateway.token
    headers = {"authorization": f"Bearer {key}"}
    if path == _MESSAGES:
        headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    elif path.startswith("/gemini"):
        headers = {"x-goog-api-key": key}
    return httpx.post(f"{gateway.url}/t/{name}{path}", headers=headers, timeout=30, **more)


def _finish(folder: Path) -> None:
    library = Library(folder)
    for name in library.names():
        fixture = library.read(name)
        fixture.notes = NOTES[name]
        if name.startswith("anthropic"):
            fixture.ignore = (_VERSION_RULE,)  # it is new with releases of the SDK
        for each in fixture.interactions:
            each.repeat = "last"
            each.key = key_of(each.request, ignore=fixture.ignore)
        library.write(name, fixture)


def main() -> None:
    """Replace what is recorded in the library."""
    with tempfile.TemporaryDirectory() as scratch:
        made = record(Path(scratch))
        for old in [*(LIBRARY / f"{name}.aigw.json" for name in NOTES), *(LIBRARY / "_blobs").iterdir()]:
            old.unlink()
        shutil.copytree(made, LIBRARY, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
