"""Images of the Gemini API: OpenAI's images/generations and images/edits by Gemini's image models and by Imagen.

Source: ai.google.dev/gemini-api/docs, "Image generation" and "Imagen", read in November 2026.
- gemini-*-image: `:generateContent` with `responseModalities`; one image an answer, so `n` images are `n` calls.
- imagen-*: `:predict` {instances: [{prompt}], parameters: {sampleCount, aspectRatio, sampleImageSize}}; makes, never edits.
Both answer with base64 only.
"""

from collections.abc import Generator
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.picture_size import image_tier, nearest_ratio, read_size
from aigw_dev.core.providers.adapter import Adapter, Answer, Ask, Asked, Given, Step
from aigw_dev.core.providers.answers import Read, dig, encode, failed, given_json, path_of, read, unusable
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.gemini_usage import add_usage, gemini_usage
from aigw_dev.core.providers.media import content_of, pictures

_IMAGEN: Final = "imagen"
_GEMINI_RATIOS: Final = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_IMAGEN_RATIOS: Final = ("1:1", "3:4", "4:3", "9:16", "16:9")
_WITHOUT_TIERS: Final = ("gemini-2", "imagen-3")
"""Models of one resolution."""
_MAX_IMAGES: Final = 10
_MAX_SOURCES: Final = 16
_FORMATS: Final = ("url", "b64_json")
_TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_WHY_DROPPED: Final = "Gemini's image models have no such field"
_BLOCKED: Final = 400


class _Image(msgspec.Struct, frozen=True):
    media_type: str
    text: str
    """Base64."""


class _Shape(msgspec.Struct, frozen=True):
    ratio: str = ""
    tier: str = ""


def generations(asked: Asked) -> Adapter:
    """OpenAI's images/generations."""
    if asked.model.lower().startswith(_IMAGEN):
        return (yield from _imagen(asked))
    return (yield from _gemini(asked, is_edit=False))


def edits(asked: Asked) -> Adapter:
    """OpenAI's images/edits; a mask is not taken."""
    if asked.model.lower().startswith(_IMAGEN):
        return Refusal(
            code="invalid_request",
            message=f"`model` {asked.model} makes images and edits none; ask a gemini image model",
            param="model",
        )
    return (yield from _gemini(asked, is_edit=True))


def _gemini(asked: Asked, *, is_edit: bool) -> Adapter:
    fields = AskedFields(asked)
    prompt = fields.text("prompt", is_needed=True)
    sources = pictures(asked, fields, limit=_MAX_SOURCES, with_links=False) if is_edit else []
    if asked.files.get("mask") or fields.has("mask"):
        fields.refuse("mask", "is not taken: say in the prompt what to change")
    count = fields.count("n", 1, _MAX_IMAGES) or 1
    shape = _shape(asked, fields, _GEMINI_RATIOS)
    _format(asked, fields)
    if fields.refusal is not None:
        return fields.refusal
    fields.settle(_WHY_DROPPED)
    parts: list[dict[str, object]] = [{"text": prompt}]
    for source in sources:
        kind, text = content_of(source)
        parts.append({"inlineData": {"mimeType": kind, "data": text}})
    named = {"aspectRatio": shape.ratio, "imageSize": shape.tier}
    config: dict[str, object] = {"responseModalities": ["TEXT", "IMAGE"]}
    if any(named.values()):
        config["imageConfig"] = {name: value for name, value in named.items() if value}
    body = encode({"contents": [{"role": "user", "parts": parts}], "generationConfig": config})
    ask = Ask(path=f"/models/{path_of(asked.model)}:generateContent", body=body)
    return (yield from _repeated(asked, ask, count))


def _repeated(asked: Asked, ask: Ask, count: int) -> Adapter:
    """The same request until there are enough images; a failure after the first leaves those that were made."""
    made: list[_Image] = []
    wire: dict[str, object] = {}
    while len(made) < count:
        found = yield from _once(ask)
        if not isinstance(found, Read):
            if not made:
                return found
            asked.ledger.side = "reply"
            asked.ledger.approximated("n", f"{len(made)} images: a later one failed")
            break
        made += _inline(found.value)
        wire = add_usage(wire, loose_json.mapping(found.value.get("usageMetadata")))
    return _reply(asked, made[:count], gemini_usage(wire))


def _once(ask: Ask) -> Generator[Step, Answer | None, Read | Given | Refusal]:
    """One answer that holds an image."""
    answer = yield from read(ask)
    if not isinstance(answer, Read) or _inline(answer.value):
        return answer
    reason = loose_json.text(dig(answer.value, ("promptFeedback", "blockReason"))) or loose_json.text(
        dig(answer.value, ("candidates", 0, "finishReason"))
    )
    said = loose_json.text(dig(answer.value, ("candidates", 0, "finishMessage"))) or _said(answer.value)
    if not reason:
        return unusable("the image", "there is neither an image nor a reason why not")
    return failed(_BLOCKED, reason.lower(), said or f"the model made no image: {reason}")


def _parts(answer: dict[str, object]) -> list[dict[str, object]]:
    content = dig(answer, ("candidates", 0, "content", "parts"))
    return [loose_json.mapping(one) for one in loose_json.items(content)]


def _inline(answer: dict[str, object]) -> list[_Image]:
    """The images of an answer; drafts of a thinking model (`thought`) are not among them."""
    found: list[_Image] = []
    for part in _parts(answer):
        blob = loose_json.mapping(part.get("inlineData"))
        text, kind = loose_json.text(blob.get("data")), loose_json.text(blob.get("mimeType"))
        if text and part.get("thought") is not True:
            found.append(_Image(kind, text))
    return found


def _said(answer: dict[str, object]) -> str:
    return " ".join(loose_json.text(part.get("text")) for part in _parts(answer)).strip()


def _imagen(asked: Asked) -> Adapter:
    fields = AskedFields(asked)
    prompt = fields.text("prompt", is_needed=True)
    count = fields.count("n", 1, _MAX_IMAGES) or 1
    shape = _shape(asked, fields, _IMAGEN_RATIOS)
    parameters: dict[str, object] = {"sampleCount": count, "includeRaiReason": True}
    parameters |= {"aspectRatio": shape.ratio} if shape.ratio else {}
    parameters |= {"sampleImageSize": shape.tier} if shape.tier else {}
    person = fields.text("person_generation")
    parameters |= {"personGeneration": person} if person else {}
    kind = _format(asked, fields, is_chosen=True)
    parameters |= {"outputOptions": {"mimeType": kind}} if kind else {}
    if fields.refusal is not None:
        return fields.refusal
    fields.settle("Imagen has no such field")
    body = encode({"instances": [{"prompt": prompt}], "parameters": parameters})
    answer = yield from read(Ask(path=f"/models/{path_of(asked.model)}:predict", body=body))
    if not isinstance(answer, Read):
        return answer
    rows = [loose_json.mapping(one) for one in loose_json.items(answer.value.get("predictions"))]
    made = [
        _Image(loose_json.text(row.get("mimeType")), text)
        for row in rows
        if (text := loose_json.text(row.get("bytesBase64Encoded")))
    ]
    if not made:
        reasons = [loose_json.text(row.get("raiFilteredReason")) for row in rows]
        return failed(
            _BLOCKED, "image_filtered", " ".join(filter(None, reasons)) or "every image was filtered"
        )
    return _reply(asked, made, None)


def _shape(asked: Asked, fields: AskedFields, ratios: tuple[str, ...]) -> _Shape:
    """Ratio and resolution, from Google's own words or from OpenAI's `size`."""
    ratio, tier = fields.text("aspect_ratio"), fields.text("image_size")
    size = fields.text("size")
    if not size or size == "auto":
        return _Shape(ratio, tier)
    pixels = read_size(size)
    if pixels is None:
        fields.refuse("size", "must be WIDTHxHEIGHT or auto")
        return _Shape()
    near, _ = nearest_ratio(pixels, ratios)
    has_tiers = not asked.model.lower().startswith(_WITHOUT_TIERS)
    shape = _Shape(ratio or near, tier or (image_tier(size) if has_tiers else ""))
    asked.ledger.approximated("size", f"ratio {shape.ratio}" + (f", {shape.tier}" if shape.tier else ""))
    return shape


def _format(asked: Asked, fields: AskedFields, *, is_chosen: bool = False) -> str:
    """Type of the picture where the model lets one choose; base64 is all that comes, whatever was asked for."""
    if fields.choice("response_format", _FORMATS, "b64_json") == "url":
        asked.ledger.approximated("response_format", "b64_json: Google gives no links")
    name = fields.choice("output_format", tuple(_TYPES), "")
    if name and (not is_chosen or name == "webp"):
        asked.ledger.dropped("output_format", "the model chooses the format itself")
        return ""
    return _TYPES.get(name, "")


def _reply(asked: Asked, made: list[_Image], usage: Usage | None) -> Given:
    told: dict[str, object] = {
        "created": asked.created,
        "data": [{"b64_json": one.text} for one in made],
    }
    kind = made[0].media_type.removeprefix("image/")
    if kind in _TYPES:
        told["output_format"] = kind
    if usage is not None and usage.input + usage.output:
        told["usage"] = {
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
        }
    return given_json(told, usage=usage)
