"""Speech and transcription of DashScope. Answers as in Model Studio's API references."""

import base64
import json
from typing import Any

import pytest

from aigw_dev.core.modality_units import Metered, read_units
from aigw_dev.core.providers.dashscope_audio import speech, transcriptions
from aigw_dev.core.providers.media import wav
from tests.core.providers.run_adapter import answer, asked, run

SOUND = wav(bytes(48_000), 24_000)
SPOKEN = {
    "output": {
        "finish_reason": "stop",
        "audio": {"data": "", "url": "http://oss/a.wav?x=1", "expires_at": 1},
    },
    "usage": {"input_tokens": 0, "output_tokens": 0, "characters": 195},
    "request_id": "r",
}
HEARD = {
    "output": {
        "choices": [
            {
                "finish_reason": "stop",
                "message": {
                    "annotations": [{"language": "zh", "type": "audio_info", "emotion": "neutral"}],
                    "content": [{"text": "Welcome."}],
                    "role": "assistant",
                },
            }
        ]
    },
    "usage": {
        "input_tokens_details": {"text_tokens": 0},
        "output_tokens_details": {"text_tokens": 6},
        "seconds": 1,
    },
}
SPEECH = "openai.audio.speech"
TRANSCRIPTIONS = "openai.audio.transcriptions"


def test_qwen_tts_answers_with_a_wav_and_the_ledger_says_so() -> None:
    body = {
        "input": "hi",
        "voice": "Ethan",
        "language_type": "English",
        "speed": 1.5,
        "instructions": "softly",
    }
    ran = run(speech, asked(SPEECH, "qwen3-tts-flash", body), [answer(SPOKEN), answer(SOUND)])
    assert ran.asks[0].path == "/services/aigc/multimodal-generation/generation"
    assert ran.sent() == {
        "model": "qwen3-tts-flash",
        "input": {"text": "hi", "voice": "Ethan", "language_type": "English", "instructions": "softly"},
    }
    assert ran.fetches == ["https://oss/a.wav?x=1"]
    assert (ran.given.content_type, ran.given.body) == ("audio/wav", SOUND)
    assert ran.fates("approximated") == {"response_format"}
    assert ran.fates("dropped") == {"speed"}
    assert ran.given.usage is not None
    metered = Metered(request=body, reply=SOUND, content_type="audio/wav", usage=bytes(ran.given.usage.raw))
    assert (read_units(SPEECH, metered).characters, read_units(SPEECH, metered).audio_out_s) == (195, 1.0)


def test_cosyvoice_makes_the_format_that_is_asked_for() -> None:
    body = {
        "input": "hi",
        "voice": "longanyang",
        "response_format": "mp3",
        "speed": 1.5,
        "sample_rate": 24000,
    }
    ran = run(speech, asked(SPEECH, "cosyvoice-v3-flash", body), [answer(SPOKEN), answer(b"ID3...")])
    assert ran.asks[0].path == "/services/audio/tts/SpeechSynthesizer"
    assert ran.sent()["input"] == {
        "text": "hi",
        "voice": "longanyang",
        "format": "mp3",
        "rate": 1.5,
        "sample_rate": 24000,
    }
    assert ran.given.content_type == "audio/mpeg"
    assert not ran.fates("approximated")
    flac = run(
        speech,
        asked(SPEECH, "cosyvoice-v2", {"input": "hi", "response_format": "flac"}),
        [answer(SPOKEN), answer(b"??")],
    )
    assert flac.sent()["input"]["format"] == "wav"
    assert flac.given.content_type == "audio/wav"
    assert flac.fates("approximated") == {"response_format"}


def test_sound_inside_the_answer_needs_no_fetch() -> None:
    said = {"output": {"audio": {"data": base64.b64encode(SOUND).decode()}}}
    ran = run(speech, asked(SPEECH, "qwen-tts", {"input": "hi"}), [answer(said)])
    assert (ran.fetches, ran.given.body) == ([], SOUND)


def test_speech_that_cannot_be_had_is_told() -> None:
    def spoken(*answers: Any) -> Any:
        return run(speech, asked(SPEECH, "qwen-tts", {"input": "hi"}), answers)

    assert spoken(answer({"code": "x"}, 400)).given.is_error
    assert spoken(answer({"output": {}})).refusal.code == "upstream_protocol"
    assert spoken(answer(SPOKEN), answer(b"", 404)).refusal.code == "upstream_protocol"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": "a", "response_format": "ogg"}, "response_format"),
        ({"input": "a", "voice": 1}, "voice"),
    ],
)
def test_malformed_speech_asks_nothing(body: dict[str, Any], param: str) -> None:
    assert run(speech, asked(SPEECH, "qwen-tts", body)).refusal.param == param


def test_an_upload_goes_inside_the_request() -> None:
    fields = {"prompt": "names", "language": "en", "response_format": "verbose_json", "temperature": "0"}
    wanted = asked(TRANSCRIPTIONS, "qwen3-asr-flash", fields=fields, files={"file": SOUND})
    ran = run(transcriptions, wanted, [answer(HEARD)])
    system, user = ran.sent()["input"]["messages"]
    assert system == {"role": "system", "content": [{"text": "names"}]}
    assert user["content"][0]["audio"] == "data:audio/wav;base64," + base64.b64encode(SOUND).decode()
    assert ran.sent()["parameters"] == {"asr_options": {"language": "en"}}
    assert ran.reply == {
        "task": "transcribe",
        "language": "zh",
        "text": "Welcome.",
        "duration": 1.0,
        "segments": [],
        "usage": {"type": "duration", "seconds": 1.0},
    }
    assert ran.fates("dropped") == {"temperature"}
    assert ran.given.usage is not None
    assert json.loads(bytes(ran.given.usage.raw))["seconds"] == 1


def test_a_link_goes_as_a_link() -> None:
    body = {"file_url": "https://x/a.mp3", "enable_itn": True}
    ran = run(transcriptions, asked(TRANSCRIPTIONS, "qwen3-asr-flash", body), [answer(HEARD)])
    assert ran.sent()["input"]["messages"] == [{"role": "user", "content": [{"audio": "https://x/a.mp3"}]}]
    assert ran.reply["text"] == "Welcome."


@pytest.mark.parametrize(
    ("fields", "files", "param"),
    [
        ({}, {}, "file"),
        ({"response_format": "srt"}, {"file": b"a"}, "response_format"),
        ({"response_format": "docx"}, {"file": b"a"}, "response_format"),
        ({}, {"file": bytes(8_000_000)}, "file"),
    ],
)
def test_what_this_model_cannot_hear_is_refused(
    fields: dict[str, str], files: dict[str, bytes], param: str
) -> None:
    wanted = asked(TRANSCRIPTIONS, "qwen3-asr-flash", fields=fields, files=files)
    assert run(transcriptions, wanted).refusal.param == param


def test_an_answer_without_a_message_is_unusable() -> None:
    wanted = asked(TRANSCRIPTIONS, "qwen3-asr-flash", fields={}, files={"file": b"a"})
    assert run(transcriptions, wanted, [answer({"output": {}})]).refusal.code == "upstream_protocol"
    wanted = asked(TRANSCRIPTIONS, "qwen3-asr-flash", fields={}, files={"file": b"a"})
    assert run(transcriptions, wanted, [answer({"code": "x"}, 401)]).given.status == 401


BEGUN = answer({"output": {"task_status": "PENDING", "task_id": "t"}})
WRITTEN = {
    "file_url": "https://x/a.wav",
    "properties": {"original_duration_in_milliseconds": 4726},
    "transcripts": [
        {
            "channel_id": 0,
            "text": "Hello. World.",
            "sentences": [
                {"begin_time": 0, "end_time": 1250, "text": "Hello."},
                {"begin_time": 1250, "end_time": 4000, "text": "World."},
                {"text": "no times"},
            ],
        }
    ],
}


def test_file_models_are_jobs_with_times() -> None:
    done = {"output": {"task_status": "SUCCEEDED", "results": [{"transcription_url": "https://oss/t.json"}]}}
    body = {"file_url": "https://x/a.wav", "language": "en", "response_format": "srt"}
    ran = run(
        transcriptions, asked(TRANSCRIPTIONS, "paraformer-v2", body), [BEGUN, answer(done), answer(WRITTEN)]
    )
    assert ran.asks[0].path == "/services/audio/asr/transcription"
    assert ran.sent()["input"] == {"file_urls": ["https://x/a.wav"]}
    assert ran.sent()["parameters"] == {"language_hints": ["en"]}
    assert ran.given.body.decode().startswith("1\n00:00:00,000 --> 00:00:01,250\nHello.\n")


def test_filetrans_has_one_file_and_one_result() -> None:
    done = {
        "output": {"task_status": "SUCCEEDED", "result": {"transcription_url": "https://oss/t.json"}},
        "usage": {"seconds": 3},
    }
    body = {"file_url": "https://x/a.wav", "language": "en"}
    ran = run(
        transcriptions,
        asked(TRANSCRIPTIONS, "qwen3-asr-flash-filetrans", body),
        [BEGUN, answer(done), answer(WRITTEN)],
    )
    assert ran.sent()["input"] == {"file_url": "https://x/a.wav"}
    assert ran.sent()["parameters"] == {"language": "en"}
    assert ran.reply == {"text": "Hello. World.", "usage": {"type": "duration", "seconds": 3.0}}
    bare = asked(TRANSCRIPTIONS, "fun-asr", {"file_url": "https://x/a.wav"})
    told = run(transcriptions, bare, [BEGUN, answer({"output": done["output"]}), answer(WRITTEN)])
    assert told.reply["usage"]["seconds"] == 4.726


def test_an_upload_cannot_go_to_a_file_model() -> None:
    wanted = asked(TRANSCRIPTIONS, "paraformer-v2", fields={}, files={"file": b"a"})
    assert run(transcriptions, wanted).refusal.param == "file_url"


def test_a_file_that_could_not_be_heard_is_told() -> None:
    def heard(*answers: Any) -> Any:
        return run(transcriptions, asked(TRANSCRIPTIONS, "fun-asr", {"file_url": "https://x/a.wav"}), answers)

    failed = {
        "output": {
            "task_status": "SUCCEEDED",
            "results": [{"code": "InvalidFile.DownloadFailed", "message": "no"}],
        }
    }
    assert heard(BEGUN, answer(failed)).given.status == 400
    assert heard(BEGUN, answer({"output": {"task_status": "SUCCEEDED"}})).refusal.code == "upstream_protocol"
    assert heard(BEGUN, answer({"output": {"task_status": "FAILED", "code": "X"}})).given.is_error
    assert heard(answer({"code": "x"}, 400)).given.is_error
    linked = {
        "output": {"task_status": "SUCCEEDED", "results": [{"transcription_url": "https://oss/t.json"}]}
    }
    assert heard(BEGUN, answer(linked), answer(b"", 404)).refusal.code == "upstream_protocol"
