"""Small forms that requests and replies of the OpenAI dialect share: data URLs, audio formats, Google's signatures."""

import base64
import re
import urllib.parse
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import Audio, Document, Image, Media

_DATA_URL: Final = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),", re.IGNORECASE)
_AUDIO_TYPES: Final = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "webm": "audio/webm",
    "pcm16": "audio/pcm",
}
_AUDIO_FORMATS: Final = {media_type: name for name, media_type in _AUDIO_TYPES.items()} | {
    "audio/mp3": "mp3",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
}
_DEFAULT_TYPES: Final = {Image: "image/png", Document: "application/pdf", Audio: "audio/wav"}


def data_url(url: str) -> Media:
    """Where a picture or file is: a data URL is taken apart, every other URL is kept."""
    match = _DATA_URL.match(url)
    if match is None:
        return Media(url=url)
    rest = url[match.end() :]
    if not match[2].lower().endswith(";base64"):
        rest = base64.b64encode(urllib.parse.unquote_to_bytes(rest)).decode()
    return Media(data=rest, media_type=match[1].lower())


def url_of(part: Image | Document) -> str:
    """The address that the dialect wants: the URL itself, or a data URL made of the data; empty where there is neither."""
    media = part.source
    if not media.data:
        return media.url
    return f"data:{media.media_type or _DEFAULT_TYPES[type(part)]};base64,{media.data}"


def audio_type(name: str) -> str:
    """The media type of an audio format; empty where it is not known."""
    return _AUDIO_TYPES.get(name.lower(), "")


def audio_format(part: Audio) -> str:
    """The dialect's word for a sound's format; `wav` where nobody said."""
    return part.format or _AUDIO_FORMATS.get(part.source.media_type.lower(), "wav")


def google_signature(call: dict[str, object]) -> str:
    """The thought signature that Google's compatible endpoint puts beside a tool call; also in LiteLLM's place for it."""
    if "extra_content" not in call and "provider_specific_fields" not in call:
        return ""
    google = loose_json.mapping(loose_json.mapping(call.get("extra_content")).get("google"))
    if signature := loose_json.text(google.get("thought_signature")):
        return signature
    fields = loose_json.mapping(call.get("provider_specific_fields"))
    return loose_json.text(fields.get("thought_signature"))
