"""Speech and transcription of DashScope: OpenAI's audio/speech and audio/transcriptions.

Source: Alibaba Cloud Model Studio, "Speech synthesis (Qwen-TTS)" (March 2026), "Qwen-ASR API reference" (January 2026),
"Paraformer recorded speech recognition"; CosyVoice over HTTP as in its Python SDK of July 2026.
- qwen-tts answers with a link to a WAV file, CosyVoice to a file of the format asked for.
- qwen3-asr-flash takes the sound in the request (10 MB of base64); Paraformer, Fun-ASR, SenseVoice and filetrans take a link
  only and are jobs, so an upload cannot go to them: the caller sends `file_url`.
"""

from collections.abc import Generator
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers import dashscope_task
from aigw_dev.core.providers.adapter import Adapter, Answer, Ask, Asked, Given, Step
from aigw_dev.core.providers.answers import Read, dig, encode, fetch, number, read, unusable, usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.media import AUDIO_TYPES, data_url, media_type, unbase64, upload
from aigw_dev.core.providers.transcript import FORMATS, Segment, Transcript, transcribed
from aigw_dev.core.providers.voices import voice

_GENERATION: Final = "/services/aigc/multimodal-generation/generation"
_SYNTHESIS: Final = "/services/audio/tts/SpeechSynthesizer"
_TRANSCRIPTION: Final = "/services/audio/asr/transcription"
_COSYVOICE: Final = ("cosyvoice", "sambert")
_COSYVOICE_FORMATS: Final = ("wav", "mp3", "pcm", "opus")
_BY_LINK: Final = ("paraformer", "fun-asr", "sensevoice", "filetrans")
_MAX_AUDIO_BYTES: Final = 128 * 1024 * 1024
_MAX_INLINE_BYTES: Final = 7_500_000
"""10 MB in base64."""
_MILLI: Final = 1000


def speech(asked: Asked) -> Adapter:
    """OpenAI's audio/speech: the sound as bytes."""
    fields = AskedFields(asked)
    text = fields.text("input", is_needed=True)
    wanted = fields.choice("response_format", tuple(AUDIO_TYPES), "mp3")
    is_cosyvoice = asked.model.lower().startswith(_COSYVOICE)
    named = voice(asked, fields, "longxiaochun_v2" if is_cosyvoice else "Cherry")
    given: dict[str, object] = {"text": text, "voice": named}
    if is_cosyvoice:
        kind = wanted if wanted in _COSYVOICE_FORMATS else "wav"
        given |= {"format": kind} | _rate(fields)
    else:
        kind = "wav"
        for name in ("language_type", "instructions"):
            value = fields.text(name)
            given |= {name: value} if value else {}
    if fields.refusal is not None:
        return fields.refusal
    if kind != wanted:
        asked.ledger.approximated("response_format", f"{kind}: this model makes no {wanted}")
    fields.settle("DashScope's speech models have no such field")
    path = _SYNTHESIS if is_cosyvoice else _GENERATION
    answer = yield from read(Ask(path=path, body=encode({"model": asked.model, "input": given})))
    if not isinstance(answer, Read):
        return answer
    sound = yield from _sound(answer.value)
    if isinstance(sound, Refusal):
        return sound
    found = media_type(sound)
    content_type = found if found.startswith("audio/") else AUDIO_TYPES[kind]
    return Given(status=200, body=sound, content_type=content_type, usage=usage(answer.value.get("usage")))


def _rate(fields: AskedFields) -> dict[str, object]:
    speed = fields.number("speed", 0.25, 4.0)
    sample_rate = fields.count("sample_rate", 8_000, 48_000)
    found: dict[str, object] = {"rate": speed} if speed is not None else {}
    return found | ({"sample_rate": sample_rate} if sample_rate is not None else {})


def _sound(answer: dict[str, object]) -> Generator[Step, Answer | None, bytes | Refusal]:
    """The sound, from the answer itself or from its link."""
    audio = loose_json.mapping(dig(answer, ("output", "audio")))
    inline = unbase64(audio.get("data"))
    if inline is not None:
        return inline
    link = loose_json.text(audio.get("url"))
    if not link:
        return unusable("the speech", "there is neither `output.audio.url` nor `output.audio.data`")
    return (yield from fetch(link, limit_bytes=_MAX_AUDIO_BYTES))


def transcriptions(asked: Asked) -> Adapter:
    """OpenAI's audio/transcriptions."""
    is_by_link = any(part in asked.model.lower() for part in _BY_LINK)
    return (yield from (_transcribed_by_link(asked) if is_by_link else _transcribed_inline(asked)))


def _transcribed_inline(asked: Asked) -> Adapter:
    fields = AskedFields(asked)
    link = fields.text("file_url")
    sound = b"" if link else upload(asked, "file")
    if isinstance(sound, Refusal):
        return sound
    wanted = fields.choice("response_format", FORMATS, "json")
    prompt, language = fields.text("prompt"), fields.text("language")
    itn = fields.flag("enable_itn")
    if wanted in {"srt", "vtt"}:
        fields.refuse(
            "response_format", f"cannot be {wanted}: {asked.model} tells no times; ask a filetrans model"
        )
    if len(sound) > _MAX_INLINE_BYTES:
        fields.refuse("file", f"is {len(sound)} bytes; {asked.model} takes at most {_MAX_INLINE_BYTES}")
    is_stream = fields.flag("stream") or False
    if fields.refusal is not None:
        return fields.refusal
    fields.settle("Qwen-ASR has no such field")
    options = {"language": language or None, "enable_itn": itn}
    user: dict[str, object] = {"role": "user", "content": [{"audio": link or data_url(sound)}]}
    system: dict[str, object] = {"role": "system", "content": [{"text": prompt}]}
    body: dict[str, object] = {
        "model": asked.model,
        "input": {"messages": [system, user] if prompt else [user]},
        "parameters": {"asr_options": {name: value for name, value in options.items() if value is not None}},
    }
    answer = yield from read(Ask(path=_GENERATION, body=encode(body)))
    if not isinstance(answer, Read):
        return answer
    message = dig(answer.value, ("output", "choices", 0, "message"))
    if not loose_json.is_object(message):
        return unusable("the transcription", "there is no message in `output.choices`")
    wire = loose_json.mapping(answer.value.get("usage"))
    parts = [
        loose_json.text(loose_json.mapping(one).get("text"))
        for one in loose_json.items(message.get("content"))
    ]
    transcript = Transcript(
        text="".join(parts),
        language=loose_json.text(dig(message, ("annotations", 0, "language"))) or language,
        seconds=number(wire.get("seconds")),
    )
    return transcribed(asked, transcript, response_format=wanted, is_stream=is_stream, usage=usage(wire))


def _transcribed_by_link(asked: Asked) -> Adapter:
    fields = AskedFields(asked)
    link = fields.text("file_url")
    if not link.startswith(("https://", "http://")):
        fields.refuse(
            "file_url", f"is missing: {asked.model} reads a public link only, an upload cannot be sent to it"
        )
    wanted = fields.choice("response_format", FORMATS, "json")
    language = fields.text("language")
    is_stream = fields.flag("stream") or False
    if fields.refusal is not None:
        return fields.refusal
    fields.settle("DashScope's file transcription has no such field")
    is_single = "filetrans" in asked.model.lower()
    parameters: dict[str, object] = {}
    if language:
        parameters = {"language": language} if is_single else {"language_hints": [language]}
    given: dict[str, object] = {"file_url": link} if is_single else {"file_urls": [link]}
    body: dict[str, object] = {"model": asked.model, "input": given, "parameters": parameters}
    task = yield from dashscope_task.begin(_TRANSCRIPTION, body)
    if not isinstance(task, str):
        return task
    done = yield from dashscope_task.wait(task)
    if not isinstance(done, Read):
        return done
    output = loose_json.mapping(done.value.get("output"))
    result = loose_json.mapping(output.get("result") or dig(output, ("results", 0)))
    where = loose_json.text(result.get("transcription_url"))
    if not where:
        fault = (loose_json.text(result.get("code")), loose_json.text(result.get("message")))
        return (
            dashscope_task.told(*fault)
            if any(fault)
            else unusable("the transcription", "there is no link to it")
        )
    found = yield from fetch(where, limit_bytes=_MAX_AUDIO_BYTES)
    if isinstance(found, Refusal):
        return found
    wire = loose_json.mapping(done.value.get("usage"))
    transcript = _transcript(loose_json.load(found), language, wire)
    return transcribed(asked, transcript, response_format=wanted, is_stream=is_stream, usage=usage(wire))


def _transcript(written: object, language: str, wire: dict[str, object]) -> Transcript:
    """What stands in the file that a job leaves: a transcript per channel with its sentences."""
    texts: list[str] = []
    segments: list[Segment] = []
    for channel in loose_json.items(loose_json.mapping(written).get("transcripts")):
        row = loose_json.mapping(channel)
        texts.append(loose_json.text(row.get("text")))
        for one in loose_json.items(row.get("sentences")):
            sentence = loose_json.mapping(one)
            begin, end = number(sentence.get("begin_time")), number(sentence.get("end_time"))
            if begin is not None and end is not None:
                text = loose_json.text(sentence.get("text"))
                segments.append(Segment(start_s=begin / _MILLI, end_s=end / _MILLI, text=text))
    millis = number(dig(written, ("properties", "original_duration_in_milliseconds")))
    seconds = number(wire.get("duration")) or number(wire.get("seconds"))
    if seconds is None and millis is not None:
        seconds = millis / _MILLI
    return Transcript(text="\n".join(texts), language=language, seconds=seconds, segments=segments)
