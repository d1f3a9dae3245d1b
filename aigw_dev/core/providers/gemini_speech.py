"""Speech of the Gemini API: OpenAI's audio/speech by the models that answer with sound.

Source: ai.google.dev/gemini-api/docs, "Speech generation", read in November 2026: `:generateContent` with
`responseModalities: [AUDIO]`; the sound comes as raw samples, `audio/L16;codec=pcm;rate=24000`, little-endian, one channel.
"""

import re
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Given
from aigw_dev.core.providers.answers import Read, dig, encode, failed, path_of, read, unusable
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.gemini_usage import gemini_usage
from aigw_dev.core.providers.media import AUDIO_TYPES, unbase64, wav
from aigw_dev.core.providers.voices import voice

_RATE: Final = re.compile(r"rate=(\d{4,6})")
_USUAL_RATE: Final = 24_000
_USUAL_VOICE: Final = "Kore"
_RAW: Final = ("audio/l16", "audio/pcm")
_BLOCKED: Final = 400


def speech(asked: Asked) -> Adapter:
    """The sound as WAV, or as bare samples for `pcm`; what else is asked for is approximated by WAV."""
    fields = AskedFields(asked)
    text = fields.text("input", is_needed=True)
    wanted = fields.choice("response_format", tuple(AUDIO_TYPES), "mp3")
    named = voice(asked, fields, _USUAL_VOICE)
    how, language = fields.text("instructions"), fields.text("language_code")
    if fields.refusal is not None:
        return fields.refusal
    if wanted not in {"wav", "pcm"}:
        asked.ledger.approximated("response_format", f"wav: Gemini makes no {wanted}")
    if how:
        asked.ledger.approximated("instructions", "stands before the text, which is how Gemini is told")
    fields.settle("Gemini's speech has no such field")
    config: dict[str, object] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": named}}}
    config |= {"languageCode": language} if language else {}
    body = encode(
        {
            "contents": [{"role": "user", "parts": [{"text": f"{how}: {text}" if how else text}]}],
            "generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": config},
        }
    )
    answer = yield from read(Ask(path=f"/models/{path_of(asked.model)}:generateContent", body=body))
    if not isinstance(answer, Read):
        return answer
    usage = gemini_usage(loose_json.mapping(answer.value.get("usageMetadata")))
    kind, sound = _sound(answer.value)
    if not sound:
        reason = loose_json.text(dig(answer.value, ("promptFeedback", "blockReason"))) or loose_json.text(
            dig(answer.value, ("candidates", 0, "finishReason"))
        )
        if reason and reason != "STOP":
            return failed(_BLOCKED, reason.lower(), f"the model made no sound: {reason}")
        return unusable("the speech", "there is no sound in it")
    if not kind.startswith(_RAW):
        return Given(status=200, body=sound, content_type=kind.partition(";")[0] or "audio/wav", usage=usage)
    if wanted == "pcm":
        return Given(status=200, body=sound, content_type=AUDIO_TYPES["pcm"], usage=usage)
    match = _RATE.search(kind)
    rate = int(match[1]) if match else _USUAL_RATE
    return Given(status=200, body=wav(sound, rate), content_type=AUDIO_TYPES["wav"], usage=usage)


def _sound(answer: dict[str, object]) -> tuple[str, bytes]:
    """The type, in lower case, and the bytes of all parts that are sound."""
    kind, sound = "", b""
    for one in loose_json.items(dig(answer, ("candidates", 0, "content", "parts"))):
        blob = loose_json.mapping(loose_json.mapping(one).get("inlineData"))
        found = unbase64(blob.get("data"))
        if found is not None:
            kind = kind or loose_json.text(blob.get("mimeType")).lower()
            sound += found
    return kind, sound
