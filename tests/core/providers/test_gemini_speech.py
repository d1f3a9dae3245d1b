"""Speech by Gemini's models in OpenAI's shape. Answers as in Google's documents."""

import base64
from typing import Any

import pytest
from google.genai.types import GenerateContentConfig

from aigw_dev.core.providers.gemini_speech import speech
from aigw_dev.core.providers.media import wav, wav_seconds
from tests.core.providers.run_adapter import answer, asked, run

MODEL = "gemini-2.5-flash-preview-tts"
SAMPLES = bytes(48_000)


def said(kind: str = "audio/L16;codec=pcm;rate=24000", *parts: bytes) -> dict[str, Any]:
    sounds = parts or (SAMPLES,)
    content = [{"inlineData": {"mimeType": kind, "data": base64.b64encode(one).decode()}} for one in sounds]
    return {
        "candidates": [{"content": {"parts": [{"text": "spoken:"}, *content]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 25},
    }


def spoken(body: dict[str, Any], *answers: Any) -> Any:
    return run(speech, asked("openai.audio.speech", MODEL, body), [answer(one) for one in answers])


def test_samples_become_a_wav_and_the_ledger_says_so() -> None:
    ran = spoken({"input": "hi", "voice": "Puck", "instructions": "Say cheerfully", "speed": 2}, said())
    assert ran.asks[0].path == f"/models/{MODEL}:generateContent"
    assert ran.sent() == {
        "contents": [{"role": "user", "parts": [{"text": "Say cheerfully: hi"}]}],
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}},
        },
    }
    GenerateContentConfig.model_validate(ran.sent()["generationConfig"])
    assert (ran.given.content_type, ran.given.body) == ("audio/wav", wav(SAMPLES, 24_000))
    assert wav_seconds(ran.given.body) == 1.0
    assert ran.fates("approximated") == {"response_format", "instructions"}
    assert ran.fates("dropped") == {"speed"}
    assert (ran.given.usage.input, ran.given.usage.output) == (3, 25)


def test_pcm_is_the_bare_samples_of_all_parts() -> None:
    ran = spoken({"input": "hi", "response_format": "pcm"}, said("audio/L16;rate=16000", b"ab", b"cd"))
    assert (ran.given.content_type, ran.given.body) == ("audio/pcm", b"abcd")
    assert not ran.fates("approximated")


def test_the_rate_is_the_one_that_is_told() -> None:
    ran = spoken(
        {"input": "hi", "response_format": "wav", "language_code": "de"}, said("audio/L16;rate=16000")
    )
    assert ran.given.body == wav(SAMPLES, 16_000)
    assert ran.sent()["generationConfig"]["speechConfig"]["languageCode"] == "de"
    assert spoken({"input": "hi", "response_format": "wav"}, said("audio/L16")).given.body == wav(
        SAMPLES, 24_000
    )


def test_sound_that_is_a_file_already_goes_on_as_it_is() -> None:
    ran = spoken({"input": "hi", "response_format": "wav"}, said("audio/mp3;x=1", b"ID3"))
    assert (ran.given.content_type, ran.given.body) == ("audio/mp3", b"ID3")


def test_no_sound_is_an_error_with_its_reason_or_unusable() -> None:
    blocked = spoken({"input": "hi"}, {"promptFeedback": {"blockReason": "SAFETY"}})
    assert (blocked.given.status, blocked.reply["error"]["code"]) == (400, "safety")
    other = spoken({"input": "hi"}, {"candidates": [{"finishReason": "OTHER"}]})
    assert other.given.is_error
    assert (
        spoken({"input": "hi"}, {"candidates": [{"finishReason": "STOP"}]}).refusal.code
        == "upstream_protocol"
    )
    assert spoken({"input": "hi"}, {}).refusal.code == "upstream_protocol"
    own = run(speech, asked("openai.audio.speech", MODEL, {"input": "hi"}), [answer({"error": {}}, 429)])
    assert own.given.status == 429


@pytest.mark.parametrize(
    ("body", "param"), [({}, "input"), ({"input": "a", "response_format": "ogg"}, "response_format")]
)
def test_malformed_speech_asks_nothing(body: dict[str, Any], param: str) -> None:
    assert spoken(body).refusal.param == param
