"""What a provider said on a WebSocket, put together: texts, transcripts of speech and tool calls of all its answers.

By the message alone, as `dialects.realtime` listens: OpenAI Realtime, Responses over WebSocket, Gemini Live.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Assembled, ToolCall

_PIECES: Final = frozenset(
    {
        "response.output_text.delta",
        "response.text.delta",
        "response.output_audio_transcript.delta",
        "response.audio_transcript.delta",
    }
)
_ENDS: Final = frozenset({"response.done", "response.completed", "response.incomplete", "response.failed"})
_ITEM: Final = "response.output_item.done"
_CALL: Final = "function_call"


class SocketReader:
    """Listens to one provider. It never raises, whatever a message holds."""

    def __init__(self) -> None:
        """Nothing has been said."""
        self._answers: list[str] = []
        self._pieces: list[str] = []
        self._calls: list[ToolCall] = []

    def hear(self, message: Any) -> None:
        """The next message: decoded JSON, or anything else, which is passed over."""
        event = loose_json.mapping(message)
        kind = loose_json.text(event.get("type"))
        if kind in _PIECES:
            self._pieces.append(loose_json.text(event.get("delta")))
        elif kind == _ITEM:
            self._call(loose_json.mapping(event.get("item")))
        elif kind in _ENDS:
            self._end()
        for name, part in _LIVE.items():
            if name in event:
                part(self, loose_json.mapping(event.get(name)))

    def assembled(self) -> Assembled:
        """Everything so far; answers one below the other."""
        texts = [*self._answers, "".join(self._pieces)]
        return Assembled(text="\n".join(filter(None, texts)), tool_calls=list(self._calls))

    def server_content(self, content: dict[str, object]) -> None:
        """Gemini Live's turn."""
        turn = loose_json.mapping(content.get("modelTurn"))
        for one in loose_json.items(turn.get("parts")):
            part = loose_json.mapping(one)
            if not part.get("thought"):
                self._pieces.append(loose_json.text(part.get("text")))
        spoken = loose_json.mapping(content.get("outputTranscription"))
        self._pieces.append(loose_json.text(spoken.get("text")))
        if content.get("turnComplete"):
            self._end()

    def tool_call(self, content: dict[str, object]) -> None:
        """Gemini Live's calls."""
        for one in loose_json.items(content.get("functionCalls")):
            call = loose_json.mapping(one)
            arguments = json.dumps(loose_json.mapping(call.get("args")), ensure_ascii=False)
            self._calls.append(
                ToolCall(
                    id=loose_json.text(call.get("id")),
                    name=loose_json.text(call.get("name")),
                    arguments=arguments,
                )
            )

    def _call(self, item: dict[str, object]) -> None:
        if item.get("type") == _CALL:
            self._calls.append(
                ToolCall(
                    id=loose_json.text(item.get("call_id")),
                    name=loose_json.text(item.get("name")),
                    arguments=loose_json.text(item.get("arguments")),
                )
            )

    def _end(self) -> None:
        self._answers.append("".join(self._pieces))
        self._pieces.clear()


_LIVE: Final[dict[str, Callable[[SocketReader, dict[str, object]], None]]] = {
    "serverContent": SocketReader.server_content,
    "toolCall": SocketReader.tool_call,
}
