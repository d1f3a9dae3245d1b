"""What the messages of a realtime WebSocket tell: usage, the model, errors. Sans-IO, and only a listener.

Three forms, told apart by the message alone:
- OpenAI Realtime (and what speaks it): `response.done` has the usage of one answer, so they are summed;
  `session.created` names the model; `error` events name what went wrong; a transcription's own usage stands apart,
  because another model did it.
- OpenAI Responses over WebSocket: `response.completed`, `response.incomplete` and `response.failed` with `response.usage`.
- Gemini Live: `usageMetadata` beside a turn's end, summed; the caller's `setup` names the model.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Usage

_SIGNS: Final = (
    b'"response.done"',
    b'"response.completed"',
    b'"response.incomplete"',
    b'"response.failed"',
    b'"session.created"',
    b'"transcription_session.created"',
    b'input_audio_transcription.completed"',
    b'"error"',
    b"usageMetadata",
    b"usage_metadata",
)
"""A server's message without any of these tells nothing and is not parsed: nearly all of them are pieces of audio."""
_ENDS: Final = frozenset({"response.done", "response.completed", "response.incomplete", "response.failed"})
_CREATED: Final = frozenset({"session.created", "transcription_session.created"})
_TRANSCRIBED: Final = "conversation.item.input_audio_transcription.completed"
_SETUP_BYTES: Final = 1024 * 1024
"""A caller's first message is looked at up to this size."""
_UNITS: Final[tuple[str, ...]] = ("input", "output", "cached", "reasoning", "audio_input", "audio_output")

_OPENAI: Final = {
    "input": ("input_tokens",),
    "output": ("output_tokens",),
    "cached": ("input_token_details", "cached_tokens"),
    "reasoning": ("output_token_details", "reasoning_tokens"),
    "audio_input": ("input_token_details", "audio_tokens"),
    "audio_output": ("output_token_details", "audio_tokens"),
}
_RESPONSES: Final = {
    "cached": ("input_tokens_details", "cached_tokens"),
    "reasoning": ("output_tokens_details", "reasoning_tokens"),
    "audio_input": ("input_tokens_details", "audio_tokens"),
    "audio_output": ("output_tokens_details", "audio_tokens"),
}


class RealtimeObserver:
    """Listens to one socket. Feed it whole messages; it never raises, whatever they hold."""

    def __init__(self) -> None:
        """One for each socket."""
        self.model = ""
        """The model as the provider (or the caller's setup) names it; empty while nobody has."""
        self.answers = 0
        """How many answers the provider has ended."""
        self.error_code = ""
        self.error_text = ""
        """The last `error` event."""
        self._sums: dict[str, int] = dict.fromkeys(_UNITS, 0)
        self._apart: dict[str, int] = dict.fromkeys(_UNITS, 0)
        """What transcriptions used."""
        self._has_usage = self._has_apart = False
        self._is_set_up = False

    def server(self, message: bytes) -> None:
        """A message of the provider."""
        if not any(sign in message for sign in _SIGNS):
            return
        event = loose_json.mapping(loose_json.load(message))
        kind = loose_json.text(event.get("type"))
        if kind in _ENDS:
            self._end(loose_json.mapping(event.get("response")))
        elif kind in _CREATED:
            self.model = loose_json.text(loose_json.mapping(event.get("session")).get("model")) or self.model
        elif kind == _TRANSCRIBED:
            self._has_apart |= _add(self._apart, _openai_counts(loose_json.mapping(event.get("usage"))))
        elif kind == "error" or (not kind and "error" in event):
            self._fail(loose_json.mapping(event.get("error")))
        else:
            self._gemini(event)

    def client(self, message: bytes) -> None:
        """A message of the caller: only a first one, which may set the session up, is read."""
        if self._is_set_up or len(message) > _SETUP_BYTES:
            return
        self._is_set_up = True
        if b'"setup"' in message:
            setup = loose_json.mapping(loose_json.mapping(loose_json.load(message)).get("setup"))
            self.model = self.model or loose_json.text(setup.get("model"))

    @property
    def usage(self) -> Usage | None:
        """All answers together; None where the provider counted nothing.

        Transcriptions count only where nothing else did: beside answers they are another model's.
        """
        if not self._has_usage and not self._has_apart:
            return None
        sums = self._sums if self._has_usage else self._apart
        return Usage(
            input=max(sums["input"], sums["cached"]),
            output=max(sums["output"], sums["reasoning"]),
            cached_input=sums["cached"],
            reasoning=sums["reasoning"],
            raw=msgspec.Raw(msgspec.json.encode(self._summed(sums))),
        )

    def _summed(self, sums: dict[str, int]) -> dict[str, object]:
        """The sum in the form of one usage object, as prices read it."""
        raw: dict[str, object] = {
            "input_tokens": sums["input"],
            "output_tokens": sums["output"],
            "total_tokens": sums["input"] + sums["output"],
            "input_tokens_details": {"cached_tokens": sums["cached"], "audio_tokens": sums["audio_input"]},
            "output_tokens_details": {
                "reasoning_tokens": sums["reasoning"],
                "audio_tokens": sums["audio_output"],
            },
            "answers": self.answers,
        }
        if self._has_usage and self._has_apart:
            raw["transcription"] = {
                "input_tokens": self._apart["input"],
                "output_tokens": self._apart["output"],
            }
        return raw

    def _end(self, response: dict[str, object]) -> None:
        self.answers += 1
        self.model = self.model or loose_json.text(response.get("model"))
        self._has_usage |= _add(self._sums, _openai_counts(loose_json.mapping(response.get("usage"))))
        details = loose_json.mapping(response.get("status_details"))
        error = loose_json.mapping(details.get("error")) or loose_json.mapping(response.get("error"))
        if error:
            self._fail(error)

    def _fail(self, error: dict[str, object]) -> None:
        self.error_code = loose_json.text(error.get("code")) or loose_json.text(error.get("type")) or "error"
        self.error_text = loose_json.text(error.get("message"))

    def _gemini(self, event: dict[str, object]) -> None:
        wire = loose_json.mapping(event.get("usageMetadata")) or loose_json.mapping(
            event.get("usage_metadata")
        )
        if wire and _add(self._sums, _gemini_counts(wire)):
            self._has_usage = True
            self.answers += 1


def _add(sums: dict[str, int], counts: dict[str, int] | None) -> bool:
    """Whether there was something to add."""
    for unit, count in (counts or {}).items():
        sums[unit] += count
    return counts is not None


def _openai_counts(usage: dict[str, object]) -> dict[str, int] | None:
    if not any(name in usage for name in ("input_tokens", "output_tokens", "total_tokens")):
        return None
    counts = {unit: _at(usage, path) for unit, path in _OPENAI.items()}
    for unit, path in _RESPONSES.items():
        counts[unit] = counts[unit] or _at(usage, path)
    return counts


def _at(usage: dict[str, object], path: tuple[str, ...]) -> int:
    value: object = usage
    for step in path:
        value = loose_json.mapping(value).get(step)
    return loose_json.count(value) or 0


def _gemini_counts(wire: dict[str, object]) -> dict[str, int] | None:
    """Gemini leaves thoughts and tool prompts out of their wholes (seen in recordings)."""

    def read(name: str) -> int:
        snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
        return loose_json.count(wire.get(name)) or loose_json.count(wire.get(snake)) or 0

    thoughts = read("thoughtsTokenCount")
    answered = read("responseTokenCount") or read("candidatesTokenCount")
    asked = read("promptTokenCount") + read("toolUsePromptTokenCount")
    if not (asked or answered or thoughts):
        return None
    return {
        "input": asked,
        "output": answered + thoughts,
        "cached": read("cachedContentTokenCount"),
        "reasoning": thoughts,
        "audio_input": _audio(wire, "promptTokensDetails"),
        "audio_output": _audio(wire, "responseTokensDetails") or _audio(wire, "candidatesTokensDetails"),
    }


def _audio(wire: dict[str, object], name: str) -> int:
    rows = [loose_json.mapping(row) for row in loose_json.items(wire.get(name))]
    return sum(loose_json.count(row.get("tokenCount")) or 0 for row in rows if row.get("modality") == "AUDIO")
