"""Images of Amazon Bedrock: OpenAI's images over `POST /model/{id}/invoke`, for Nova Canvas and Titan, and for Stability.

Source: AWS, "Inference request parameters and response fields for foundation models" (Amazon Nova Canvas, Titan Image
Generator, Stability AI), November 2026. Nova and Titan make several images a call, Stability one; all answer base64.
"""

import fnmatch
from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.picture_size import nearest_ratio, read_size, write_size
from aigw_dev.core.providers.adapter import Adapter, Asked, Given
from aigw_dev.core.providers.answers import Read, encode, failed, given_json, read
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.bedrock_path import invoke
from aigw_dev.core.providers.media import content_of, pictures

_MAX_IMAGES: Final = 5
_MAX_SEED: Final = 4_294_967_295
_MAX_SOURCES: Final = 5
_FORMATS: Final = ("url", "b64_json")
_QUALITIES: Final = {
    "standard": "standard",
    "low": "standard",
    "medium": "standard",
    "auto": "standard",
} | dict.fromkeys(("premium", "hd", "high"), "premium")
_RATIOS: Final = ("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
_TYPES: Final = ("png", "jpeg")
_BLOCKED: Final = 400


class _Wanted(msgspec.Struct, kw_only=True):
    prompt: str
    negative: str = ""
    count: int = 1
    size: tuple[int, int] | None = None
    quality: str = ""
    seed: int | None = None
    guidance: float | None = None
    output: str = ""
    sources: list[str] = []
    """Base64; empty for a new image."""


class _Family(msgspec.Struct, frozen=True, kw_only=True):
    pattern: str
    write: Callable[[_Wanted], dict[str, object]]
    is_one_a_call: bool = False
    can_edit: bool = False


def _canvas(wanted: _Wanted) -> dict[str, object]:
    config: dict[str, object] = {"numberOfImages": wanted.count}
    if wanted.size is not None:
        config |= {"width": wanted.size[0], "height": wanted.size[1]}
    config |= {"quality": wanted.quality} if wanted.quality else {}
    config |= {"seed": wanted.seed} if wanted.seed is not None else {}
    config |= {"cfgScale": wanted.guidance} if wanted.guidance is not None else {}
    words: dict[str, object] = {"text": wanted.prompt}
    words |= {"negativeText": wanted.negative} if wanted.negative else {}
    if wanted.sources:
        parameters: dict[str, object] = {"images": wanted.sources, **words}
        return {
            "taskType": "IMAGE_VARIATION",
            "imageVariationParams": parameters,
            "imageGenerationConfig": config,
        }
    return {"taskType": "TEXT_IMAGE", "textToImageParams": words, "imageGenerationConfig": config}


def _stability(wanted: _Wanted) -> dict[str, object]:
    body: dict[str, object] = {"prompt": wanted.prompt}
    body |= {"negative_prompt": wanted.negative} if wanted.negative else {}
    body |= {"aspect_ratio": nearest_ratio(wanted.size, _RATIOS)[0]} if wanted.size is not None else {}
    body |= {"seed": wanted.seed} if wanted.seed is not None else {}
    return body | ({"output_format": wanted.output} if wanted.output else {})


_FAMILIES: Final = (
    _Family(pattern="*amazon.nova-canvas*", write=_canvas, can_edit=True),
    _Family(pattern="*amazon.titan-image*", write=_canvas, can_edit=True),
    _Family(pattern="*stability.*", write=_stability, is_one_a_call=True),
)


def generations(asked: Asked) -> Adapter:
    """OpenAI's images/generations."""
    return (yield from _images(asked, is_edit=False))


def edits(asked: Asked) -> Adapter:
    """OpenAI's images/edits as a variation of the pictures by the prompt; a mask is not taken."""
    return (yield from _images(asked, is_edit=True))


def _images(asked: Asked, *, is_edit: bool) -> Adapter:
    family = next((one for one in _FAMILIES if fnmatch.fnmatchcase(asked.model.lower(), one.pattern)), None)
    if family is None or (is_edit and not family.can_edit):
        what = "edits images" if is_edit else "makes images"
        return Refusal(
            code="operation_not_supported",
            message=f"{asked.model} is no model of Bedrock's that is known here and {what}: Nova Canvas, Titan Image"
            + ("" if is_edit else ", Stability"),
            param="model",
        )
    fields = AskedFields(asked)
    wanted = _wanted(asked, fields, family, is_edit=is_edit)
    if fields.refusal is not None:
        return fields.refusal
    fields.settle(f"{asked.model} has no such field")
    made: list[str] = []
    while len(made) < wanted.count:
        answer = yield from read(invoke(asked.model, encode(family.write(wanted))))
        if not isinstance(answer, Read):
            if not made:
                return answer
            break
        found = [
            text for one in loose_json.items(answer.value.get("images")) if (text := loose_json.text(one))
        ]
        if not found and not made:
            return _blocked(answer.value)
        made += found
        if not found or not family.is_one_a_call:
            break
        wanted.seed = wanted.seed + 1 if wanted.seed is not None else None  # or every image would be the same
    return _reply(asked, wanted, made, has_size=not family.is_one_a_call)


def _wanted(asked: Asked, fields: AskedFields, family: _Family, *, is_edit: bool) -> _Wanted:
    sources = pictures(asked, fields, limit=_MAX_SOURCES, with_links=False) if is_edit else []
    if asked.files.get("mask") or fields.has("mask"):
        fields.refuse("mask", "is not taken: Bedrock's masks are black and white, OpenAI's are transparent")
    wanted = _Wanted(
        prompt=fields.text("prompt", is_needed=True),
        negative=fields.text("negative_prompt"),
        count=fields.count("n", 1, _MAX_IMAGES) or 1,
        seed=fields.count("seed", 0, _MAX_SEED),
        sources=[content_of(source)[1] for source in sources],
    )
    size = fields.text("size")
    if size and size != "auto":
        wanted.size = read_size(size)
        if wanted.size is None:
            fields.refuse("size", "must be WIDTHxHEIGHT or auto")
    if fields.choice("response_format", _FORMATS, "b64_json") == "url":
        asked.ledger.approximated("response_format", "b64_json: Bedrock gives no links")
    if family.is_one_a_call:
        wanted.output = fields.choice("output_format", _TYPES, "")
        if wanted.size is not None:
            asked.ledger.approximated("size", f"ratio {nearest_ratio(wanted.size, _RATIOS)[0]}")
        return wanted
    quality = fields.text("quality")
    wanted.quality = _QUALITIES.get(quality, "")
    if quality and quality != wanted.quality:
        asked.ledger.approximated("quality", wanted.quality or "the model's own")
    wanted.guidance = fields.number("cfg_scale", 1.1, 10.0)
    return wanted


def _blocked(answer: dict[str, object]) -> Given:
    """Why there is no image: `error` of Nova and Titan, `finish_reasons` of Stability."""
    reasons = [loose_json.text(one) for one in loose_json.items(answer.get("finish_reasons"))]
    said = loose_json.text(answer.get("error")) or " ".join(filter(None, reasons))
    return failed(_BLOCKED, "image_filtered", said or "the model made no image")


def _reply(asked: Asked, wanted: _Wanted, made: list[str], *, has_size: bool) -> Given:
    if len(made) < wanted.count:
        asked.ledger.side = "reply"
        asked.ledger.approximated("n", f"{len(made)} images: others were not made")
    told: dict[str, object] = {
        "created": asked.created,
        "data": [{"b64_json": one} for one in made[: wanted.count]],
    }
    if has_size and wanted.size is not None:
        told["size"] = write_size(wanted.size)
    if wanted.output:
        told["output_format"] = wanted.output
    return given_json(told)
