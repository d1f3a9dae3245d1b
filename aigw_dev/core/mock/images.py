"""`mock/image`: pictures made from the prompt, one or several, whole or with the stages before them.

What it makes are PNGs. Tokens are counted in a way of its own that can be checked by hand: one for each 64x64 pixels
made, those of the prompt, and `tokens.TOKENS_PER_IMAGE` for each picture sent.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.mock import pictures
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reply import MockReply, answered, named_events, refused
from aigw_dev.core.picture_size import read_size, write_size

MAX_PICTURES: Final = 10
MAX_STAGES: Final = 3
"""The most `partial_images`."""
LONGEST_SIDE: Final = 2048
_TILE: Final = 64
"""Side, in pixels, of what costs one token."""
_USUAL: Final = (1024, 1024)
_QUALITIES: Final = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
    "auto": "low",
    "standard": "medium",
    "hd": "high",
}
"""As asked for, and as told."""
_EVENTS: Final = {"openai.images.generations": "image_generation"}
_EDIT: Final = "image_edit"
_VARIATIONS: Final = "openai.images.variations"
_GENERATIONS: Final = "openai.images.generations"


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made."""

    seed: str
    width: int
    height: int
    count: int
    quality: str
    is_transparent: bool
    is_link: bool
    input_text_tokens: int
    input_pictures: int

    def picture(self, index: int, rows: int = pictures.TILES) -> bytes:
        return pictures.png(
            f"{self.seed} {index}", self.width, self.height, rows=rows, is_transparent=self.is_transparent
        )

    def told(self) -> dict[str, object]:
        return {
            "background": "transparent" if self.is_transparent else "opaque",
            "output_format": "png",
            "quality": self.quality,
            "size": write_size((self.width, self.height)),
        }

    def usage(self) -> dict[str, object]:
        """As OpenAI's gpt-image models count."""
        made = -(-self.width // _TILE) * -(-self.height // _TILE) * self.count
        shown = self.input_pictures * tokens.TOKENS_PER_IMAGE
        read = self.input_text_tokens + shown
        return {
            "input_tokens": read,
            "input_tokens_details": {"text_tokens": self.input_text_tokens, "image_tokens": shown},
            "output_tokens": made,
            "output_tokens_details": {"text_tokens": 0, "image_tokens": made},
            "total_tokens": read + made,
        }


def answer(media: AskedMedia) -> MockReply:
    """Pictures for a prompt; for an edit or a variation also from the pictures that were sent."""
    fields = media.fields
    stages = fields.count("partial_images", 0, MAX_STAGES) or 0
    order = _order(media)
    if media.is_stream and order.count > 1:
        fields.refuse("n", "must be 1 where `stream` is true")
    if fields.refusal is not None:
        return refused(fields.refusal)
    created = media.asked.created
    if media.is_stream:
        return named_events(_stages(media, order, stages))
    rows: list[dict[str, object]] = []
    for index in range(order.count):
        text = base64.b64encode(order.picture(index)).decode()
        rows.append({"url": f"data:image/png;base64,{text}"} if order.is_link else {"b64_json": text})
    return answered({"created": created, **order.told(), "data": rows, "usage": order.usage()})


def _order(media: AskedMedia) -> _Order:
    """The request; what is wrong with it stands in `media.fields.refusal`."""
    fields, operation = media.fields, media.asked.operation
    prompt = fields.text("prompt", is_needed=operation != _VARIATIONS)
    sent = [] if operation == _GENERATIONS else _sent(media)
    width, height = _size(media)
    quality = fields.choice("quality", _QUALITIES, "auto")
    background = fields.choice("background", ("auto", "opaque", "transparent"), "auto")
    response_format = fields.choice("response_format", ("b64_json", "url"), "b64_json")
    fields.choice("output_format", ("png",), "png")
    return _Order(
        seed=hashlib.sha256(msgspec.json.encode([operation, prompt, *sent])).hexdigest(),
        width=width,
        height=height,
        count=fields.count("n", 1, MAX_PICTURES) or 1,
        quality=_QUALITIES[quality],
        is_transparent=background == "transparent",
        is_link=response_format == "url",
        input_text_tokens=tokens.estimate(prompt),
        input_pictures=len(sent),
    )


def _sent(media: AskedMedia) -> list[str]:
    """What stands for each picture that came: the hash of a file or of a link."""
    found: list[str] = []
    for name in ("image", "images"):
        found += _named(media, name)
    if not found:
        media.fields.refuse("image", "is missing: send the picture to change")
    return found + [f"mask {one}" for one in _named(media, "mask")]


def _named(media: AskedMedia, name: str) -> list[str]:
    """What came under one name."""
    value = media.fields.value(name)
    listed = loose_json.items(value) or ([value] if value else [])
    links = [hashlib.sha256(msgspec.json.encode(one)).hexdigest() for one in listed]
    return [part.sha256 for part in media.uploads(name)] + links


def _size(media: AskedMedia) -> tuple[int, int]:
    text = media.fields.text("size")
    if text in {"", "auto"}:
        return _USUAL
    size = read_size(text)
    if size is None or max(size) > LONGEST_SIDE:
        media.fields.refuse(
            "size", f"must be auto or WIDTHxHEIGHT, neither of them more than {LONGEST_SIDE} pixels"
        )
        return _USUAL
    return size


def _stages(media: AskedMedia, order: _Order, stages: int) -> Iterator[dict[str, object]]:
    """The picture row by row, then whole."""
    name = _EVENTS.get(media.asked.operation, _EDIT)
    told = {"created_at": media.asked.created, **order.told()}
    for stage in range(stages):
        drawn = order.picture(0, pictures.TILES * (stage + 1) // (stages + 1))
        text = base64.b64encode(drawn).decode()
        yield {"type": f"{name}.partial_image", "b64_json": text, **told, "partial_image_index": stage}
    whole = base64.b64encode(order.picture(0)).decode()
    yield {"type": f"{name}.completed", "b64_json": whole, **told, "usage": order.usage()}
