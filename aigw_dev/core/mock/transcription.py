"""`mock/transcribe`: what it hears is the name, the size and the hash of the file; its length where the bytes tell it.

Where they do not tell it, sentences are given times of 0.36 s a word and no length is told: none is invented.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from aigw_dev.core import tokens
from aigw_dev.core.audio_length import measure
from aigw_dev.core.errors import Refusal
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reply import MockReply, answered, named_events, refused, words
from aigw_dev.core.multipart import Part
from aigw_dev.core.providers.transcript import FORMATS, Segment, Transcript, transcribed

WORD_S: Final = 0.36
_LANGUAGE: Final = "english"
_HASH_CHARS: Final = 12
_NAME_CHARS: Final = 100


def answer(media: AskedMedia) -> MockReply:
    """The transcript in the format asked for; a stream brings it word by word."""
    fields = media.fields
    response_format = fields.choice("response_format", FORMATS, "json")
    files = media.uploads("file")
    if not files:
        fields.refuse("file", "is missing: upload the recording as a file of this name")
    elif not files[0].size:
        fields.refuse("file", "is empty")
    if fields.refusal is not None:
        return refused(fields.refusal)
    seconds = _seconds(media, files[0])
    sentences = _sentences(files[0], seconds)
    text = " ".join(sentences)
    if media.is_stream:
        return named_events(_events(text, _tokens(media, text)))
    if response_format == "json":
        usage = _tokens(media, text) if seconds is None else {"type": "duration", "seconds": seconds}
        return answered({"text": text, "usage": usage})
    transcript = Transcript(
        text=text, language=_LANGUAGE, seconds=seconds, segments=_segments(sentences, seconds)
    )
    given = transcribed(media.asked, transcript, response_format=response_format)
    assert not isinstance(given, Refusal)  # noqa: S101  -- refused are texts without times
    return MockReply(status=200, content_type=given.content_type, chunks=(given.body,))


def _seconds(media: AskedMedia, file: Part) -> float | None:
    """How long the recording is; an estimate counts as not told."""
    head, tail = media.form.ends(file) if media.form is not None else (b"", b"")
    found = measure(head, tail, file.size, content_type=file.content_type)
    return round(found[0], 3) if found is not None and found[1] else None


def _sentences(file: Part, seconds: float | None) -> list[str]:
    name = (file.filename or "").encode("utf-8", "replace").decode()[:_NAME_CHARS] or "a file without a name"
    length = "of unknown length" if seconds is None else f"of {seconds:g} seconds"
    return [
        f"This is what mock heard in {name}.",
        f"It is a recording {length} in {file.size} bytes.",
        f"Its hash begins with {file.sha256[:_HASH_CHARS]}.",
    ]


def _segments(sentences: list[str], seconds: float | None) -> list[Segment]:
    """Each sentence gets its share of the time by its words."""
    counts = [len(words(sentence)) for sentence in sentences]
    per_word = WORD_S if seconds is None else seconds / sum(counts)
    ends = [round(count * per_word, 3) for count in accumulate(counts)]
    starts = [0.0, *ends]
    return [
        Segment(start_s=start, end_s=end, text=sentence)
        for start, end, sentence in zip(starts, ends, sentences, strict=False)
    ]


def _tokens(media: AskedMedia, text: str) -> dict[str, object]:
    read, written = media.text_tokens("prompt"), tokens.estimate(text)
    return {
        "type": "tokens",
        "input_tokens": read,
        "input_token_details": {"text_tokens": read, "audio_tokens": 0},
        "output_tokens": written,
        "total_tokens": read + written,
    }


def _events(text: str, usage: dict[str, object]) -> Iterator[dict[str, object]]:
    for word in words(text):
        yield {"type": "transcript.text.delta", "delta": word}
    yield {"type": "transcript.text.done", "text": text, "usage": usage}
