"""Images of DashScope: OpenAI's images/generations and images/edits over four native ways, by family of models.

Source: Alibaba Cloud Model Studio, API references "Wan text-to-image V2" (October 2026), "Qwen text-to-image" (February
2026), "Qwen image editing" and "Wan general image editing"; the paths as in its Python SDK of July 2026.
- text2image/image-synthesis: a job, `input.prompt`, `output.results[].url` (wanx, wan 2.0 to 2.5, flux)
- image2image/image-synthesis: a job for edits (wan2.5-i2i with `images`, wanx2.1-imageedit with `function`)
- multimodal-generation/generation: at once, `input.messages`, `output.choices[].message.content[].image`
  (wan2.6 and later, qwen-image, qwen-image-edit, z-image)
"""

import base64
import fnmatch
import re
from collections.abc import Generator
from typing import Final, Literal

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.picture_size import read_size, write_size
from aigw_dev.core.providers import dashscope_task
from aigw_dev.core.providers.adapter import Adapter, Answer, Ask, Asked, Given, Step
from aigw_dev.core.providers.answers import Read, dig, encode, fetch, given_json, read, unusable, usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.media import picture, pictures

Way = Literal["text2image", "image2image", "imageedit", "messages"]
_WAYS: Final[tuple[tuple[str, Way], ...]] = (
    # pattern of the model's name; the first that fits decides
    ("*imageedit*", "imageedit"),
    ("wan2.5-i2i*", "image2image"),
    ("wan2.[0-5]*", "text2image"),
    ("wanx*", "text2image"),
    ("flux*", "text2image"),
    ("stable-diffusion*", "text2image"),
    ("*", "messages"),
)
_PATHS: Final[dict[Way, str]] = {
    "text2image": "/services/aigc/text2image/image-synthesis",
    "image2image": "/services/aigc/image2image/image-synthesis",
    "imageedit": "/services/aigc/image2image/image-synthesis",
    "messages": "/services/aigc/multimodal-generation/generation",
}
_MAX_IMAGES: Final = 10
_MAX_SOURCES: Final = 9
_MAX_SEED: Final = 2_147_483_647
_FORMATS: Final = ("url", "b64_json")
_MAX_IMAGE_BYTES: Final = 32 * 1024 * 1024
_FLAGS: Final = ("prompt_extend", "watermark", "enable_interleave")
_TEXTS: Final = ("style", "ref_mode")
_NATIVE_STYLE: Final = re.compile(r"<\w+>")


def generations(asked: Asked) -> Adapter:
    """OpenAI's images/generations."""
    return (yield from _images(asked, is_edit=False))


def edits(asked: Asked) -> Adapter:
    """OpenAI's images/edits: a prompt with one or more pictures, and a mask where the model takes one."""
    return (yield from _images(asked, is_edit=True))


def _images(asked: Asked, *, is_edit: bool) -> Adapter:
    way = _way(asked.model)
    fields = AskedFields(asked)
    prompt = fields.text("prompt", is_needed=True)
    wanted_format = fields.choice("response_format", _FORMATS, "url")
    sources = pictures(asked, fields, limit=_MAX_SOURCES) if is_edit else []
    parameters = _parameters(asked, fields)
    given = _input(asked, fields, way=way, prompt=prompt, sources=sources)
    if fields.flag("stream"):
        asked.ledger.dropped("stream", "DashScope's images come whole")
    if is_edit and way == "text2image":
        fields.refuse(
            "model", f"{asked.model} makes images from text only; ask qwen-image-edit or wan2.5-i2i"
        )
    if fields.refusal is not None:
        return fields.refusal
    fields.settle("DashScope's image models have no such field")
    body: dict[str, object] = {"model": asked.model, "input": given, "parameters": parameters}
    answer = yield from _made(way, body)
    if not isinstance(answer, Read):
        return answer
    links, fault = _links(answer.value)
    if not links:
        return dashscope_task.told(*fault) if any(fault) else unusable("the images", "there is no image")
    if fault != ("", ""):
        asked.ledger.side = "reply"
        asked.ledger.dropped("data", f"some of the images failed: {' '.join(fault)}"[:200])
    return (yield from _reply(asked, answer.value, links, wanted_format=wanted_format))


def _way(model: str) -> Way:
    return next(way for pattern, way in _WAYS if fnmatch.fnmatchcase(model.lower(), pattern))


def _parameters(asked: Asked, fields: AskedFields) -> dict[str, object]:
    """What stands under `parameters` for every way."""
    found: dict[str, object] = {}
    count = fields.count("n", 1, _MAX_IMAGES)
    if count is not None:
        found["n"] = count
    size = fields.text("size")
    if size and size != "auto":
        pixels = read_size(size)
        if pixels is None:
            fields.refuse("size", "must be WIDTHxHEIGHT or auto")
        else:
            found["size"] = f"{pixels[0]}*{pixels[1]}"
    seed = fields.count("seed", 0, _MAX_SEED)
    if seed is not None:
        found["seed"] = seed
    for name in _FLAGS:
        flag = fields.flag(name)
        if flag is not None:
            found[name] = flag
    for name in _TEXTS:
        text = fields.text(name)
        if _NATIVE_STYLE.fullmatch(text) or (text and name != "style"):
            found[name] = text
        elif text:  # OpenAI's vivid and natural are nothing here
            asked.ledger.dropped(name, "DashScope's styles are written <name>")
    return found


def _input(
    asked: Asked, fields: AskedFields, *, way: Way, prompt: str, sources: list[str]
) -> dict[str, object]:
    """What stands under `input`."""
    negative = fields.text("negative_prompt")
    mask = _mask(asked, fields, way)
    if way == "messages":
        content: list[dict[str, object]] = [*({"image": one} for one in sources), {"text": prompt}]
        found: dict[str, object] = {"messages": [{"role": "user", "content": content}]}
        return found | ({"negative_prompt": negative} if negative else {})
    found = {"prompt": prompt}
    if negative:
        found["negative_prompt"] = negative
    if way == "image2image":
        return found | {"images": sources}
    if way == "imageedit":
        function = fields.text("function") or ("description_edit_with_mask" if mask else "description_edit")
        if len(sources) > 1:
            fields.refuse("image", f"holds {len(sources)} pictures; {asked.model} takes one")
        found |= {"function": function, "base_image_url": next(iter(sources), "")}
        return found | ({"mask_image_url": mask} if mask else {})
    return found


def _mask(asked: Asked, fields: AskedFields, way: Way) -> str:
    content = asked.files.get("mask")
    if not content and not fields.has("mask"):
        return ""
    if way != "imageedit":
        fields.refuse("mask", f"is not taken by {asked.model}; wanx2.1-imageedit takes one")
        return ""
    # OpenAI's mask is transparent where the edit goes, DashScope's is white there: only its own kind can be sent.
    if content:
        fields.refuse(
            "mask",
            "must be sent as JSON, a picture that is white where the edit goes: DashScope reads no alpha",
        )
        return ""
    return picture(fields, "mask", fields.value("mask"))


def _made(way: Way, body: dict[str, object]) -> Generator[Step, Answer | None, Read | Given | Refusal]:
    if way == "messages":
        return (yield from read(Ask(path=_PATHS[way], body=encode(body))))
    task = yield from dashscope_task.begin(_PATHS[way], body)
    if not isinstance(task, str):
        return task
    return (yield from dashscope_task.wait(task))


def _links(answer: dict[str, object]) -> tuple[list[tuple[str, str]], tuple[str, str]]:
    """Links with the prompt that was really used, and the code and message of an image that failed."""
    links: list[tuple[str, str]] = []
    fault = ("", "")
    for one in loose_json.items(dig(answer, ("output", "results"))):
        row = loose_json.mapping(one)
        link = loose_json.text(row.get("url"))
        if link:
            links.append((link, loose_json.text(row.get("actual_prompt"))))
        else:
            fault = (loose_json.text(row.get("code")), loose_json.text(row.get("message")))
    for choice in loose_json.items(dig(answer, ("output", "choices"))):
        for part in loose_json.items(dig(choice, ("message", "content"))):
            link = loose_json.text(loose_json.mapping(part).get("image"))
            if link:
                links.append((link, ""))
    return links[:_MAX_IMAGES], fault


def _reply(
    asked: Asked, answer: dict[str, object], links: list[tuple[str, str]], *, wanted_format: str
) -> Adapter:
    made: list[dict[str, object]] = []
    for link, prompt in links:
        image: dict[str, object] = {"url": link}
        if wanted_format == "b64_json":
            content = yield from fetch(link, limit_bytes=_MAX_IMAGE_BYTES)
            if isinstance(content, Refusal):
                return content
            image = {"b64_json": base64.b64encode(content).decode()}
        made.append(image | ({"revised_prompt": prompt} if prompt else {}))
    told: dict[str, object] = {"created": asked.created, "data": made}
    wire = loose_json.mapping(answer.get("usage"))
    size = _size(wire)
    return given_json(told | ({"size": size} if size else {}), usage=usage(wire))


def _size(wire: dict[str, object]) -> str:
    """The size that the usage tells, as OpenAI writes it."""
    pixels = read_size(loose_json.text(wire.get("size")))
    if pixels is not None:
        return write_size(pixels)
    width, height = loose_json.count(wire.get("width")), loose_json.count(wire.get("height"))
    return f"{width}x{height}" if width and height else ""
