"""What a call used beside tokens, from what the gateway has of it: request, reply, upload; and what it costs nothing for.

The rules are `core.modality_units`; here they get what they read. An upload's ends are read before it is sent on, because
it is gone once the exchange has ended; everything else happens where the reply is whole.
"""

from typing import Final

import msgspec

from aigw_dev.core import audio_length, loose_json
from aigw_dev.core.binary_note import sniff
from aigw_dev.core.binary_reply import BinaryReply
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.modality_units import CATEGORIES, FREE, NOTHING, OTHER, Metered, Units, read_units
from aigw_dev.core.operations import OPERATIONS
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.spool import Upload

HEARD: Final = frozenset({"openai.audio.transcriptions", "openai.audio.translations"})
SPOKEN: Final = "openai.audio.speech"
EVENTS: Final = "text/event-stream"
PCM_HZ: Final = 24_000
"""Of speech asked for as `pcm`: OpenAI's, and those that speak as it does (API reference, audio/speech)."""
_METERED: Final = frozenset({"image", "audio", "video", "rerank"})
_FAMILIES: Final = {operation.name: operation.family for operation in OPERATIONS}
_KEPT: Final = {operation.name: operation.resource for operation in OPERATIONS}
_FREE_TO_MAKE: Final = frozenset({"file", "upload", "conversation"})
_READ: Final = ("size", "quality", "input", "documents", "response_format")
"""Fields of requests that units are read from."""


def category(operation: str) -> str:
    """The line of `stats --by category` that an operation counts in."""
    return CATEGORIES.get(operation, OTHER)


def is_metered(operation: str) -> bool:
    """Whether its calls use something beside tokens."""
    return category(operation) in _METERED


def is_look(exchange: Exchange) -> bool:
    """Whether the call only looks at a thing, or removes it: usage in its reply is another call's."""
    return _FAMILIES.get(exchange.operation) == "resource" and exchange.method in {"GET", "DELETE"}


def why_free(exchange: Exchange) -> str:
    """Why a call whose units are known costs nothing, by declaration; empty where it costs something."""
    operation, family = exchange.operation, _FAMILIES.get(exchange.operation)
    if operation in FREE:
        return "moderations cost nothing"
    if family == "count":
        return "counting tokens costs nothing"
    if exchange.units is not None or exchange.usage is not None:
        return ""
    if category(operation) == "video":
        return "a video is priced when its job is completed"
    if is_look(exchange) or (family == "resource" and _KEPT[operation] in _FREE_TO_MAKE):
        return "nothing is made by it"
    return ""


async def listen_to_upload(inbound: Inbound) -> None:
    """Find out how long an uploaded recording is, while it is there. For other calls nothing happens."""
    upload = inbound.upload
    if inbound.match.operation.name not in HEARD or not isinstance(upload, Upload) or upload.form is None:
        return
    for part in upload.form.files:
        try:
            head, tail = await upload.ends(part)
        except UpstreamError:
            return  # it cannot be sent on either, and that is what the caller is told
        inbound.recording = audio_length.measure(head, tail, part.size, content_type=part.content_type)
        return


def read(
    inbound: Inbound,
    exchange: Exchange,
    reply: bytes | None,
    *,
    is_events: bool = False,
    binary: BinaryReply | None = None,
) -> Units | None:
    """The units of a good reply; None where tokens are all that it used.

    `reply` is the whole of it, None where it was not kept; `binary` is what was heard of one that is no text.
    """
    operation = exchange.operation
    if not is_metered(operation):
        return None
    request = _request(inbound)
    if reply is None and category(operation) == "image":
        return Units(unknown=("images",))
    body = reply or b""
    usage = exchange.usage
    metered = Metered(
        request=request,
        reply=body,
        content_type=EVENTS if is_events else _content_type(body),
        usage=bytes(usage.raw) if usage is not None else b"null",
    )
    units = read_units(operation, metered)
    if operation in HEARD:
        units = _heard(units, inbound, has_tokens=usage is not None and bool(usage.input or usage.output))
    if operation == SPOKEN and units.audio_out_s is None and not is_events:
        units = _spoken(units, body, binary, request)
    return None if units == NOTHING else units


def doubts(inbound: Inbound, units: Units | None) -> tuple[str, ...]:
    """What makes the units uncertain."""
    recording = inbound.recording
    if units is None or recording is None or recording[1] or units.audio_in_s != recording[0]:
        return ()
    return ("the recording's length is estimated from its bit rate",)


def _heard(units: Units, inbound: Inbound, *, has_tokens: bool) -> Units:
    """The recording's own length, where the reply tells none."""
    if units.audio_in_s is None and inbound.recording is not None:
        units = msgspec.structs.replace(units, audio_in_s=inbound.recording[0])
    if units.audio_in_s is not None or has_tokens:
        units = msgspec.structs.replace(units, unknown=())
    return units


def _spoken(units: Units, body: bytes, binary: BinaryReply | None, request: dict[str, object]) -> Units:
    pcm_hz = PCM_HZ if request.get("response_format") == "pcm" else 0
    if binary is not None and binary.size:
        found = binary.audio_length(pcm_hz=pcm_hz)
    else:
        found = audio_length.measure(body, body, len(body), pcm_hz=pcm_hz)
    # An estimate by bit rate is told as what it is only in prices; a sum of milliseconds has no room for doubt.
    if found is None or not found[1]:
        return units
    return msgspec.structs.replace(units, audio_out_s=found[0])


def _content_type(body: bytes) -> str:
    """What a whole reply is: the adapters' and the relayed ones alike."""
    if body.lstrip()[:1] in {b"{", b"["}:
        return "application/json"
    kind = sniff(body[:64])
    return kind if kind.startswith(("audio/", "video/", "image/")) else "text/plain"


def _request(inbound: Inbound) -> dict[str, object]:
    """The fields that units are read from, of a JSON body or a form."""
    if inbound.upload is not None:
        fields = inbound.upload.fields
        return {name: fields[name] for name in _READ if name in fields}
    if inbound.read is None:
        return {}
    given = inbound.read.fields
    return {name: loose_json.load(bytes(given[name])) for name in _READ if name in given}
