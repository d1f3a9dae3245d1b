"""mock/image: pictures for prompts, edits and variations."""

import base64
import struct
from typing import Any

import pytest

from aigw_dev.core import tokens
from tests.core.forms import field, file
from tests.core.mock.asking import events, fault, loaded, post, upload

PATH = "/v1/images/generations"
EDITS = "/v1/images/edits"


def size_of(text: str) -> tuple[int, int]:
    picture = base64.b64decode(text)
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack_from(">II", picture, 16)
    return width, height


@pytest.mark.parametrize(
    ("size", "made"),
    [
        (None, (1024, 1024)),
        ("auto", (1024, 1024)),
        ("256x256", (256, 256)),
        ("1536x1024", (1536, 1024)),
        ("100x20", (100, 20)),
    ],
)
def test_the_size_is_that_asked_for(size: str | None, made: tuple[int, int]) -> None:
    reply = loaded(post(PATH, prompt="a cat", size=size))
    assert size_of(reply["data"][0]["b64_json"]) == made
    assert reply["size"] == f"{made[0]}x{made[1]}"


def test_pictures_of_one_call_differ_and_those_of_the_same_call_do_not() -> None:
    first = loaded(post(PATH, prompt="a cat", n=3, size="64x64"))
    pictures = [one["b64_json"] for one in first["data"]]
    assert len({*pictures}) == 3
    assert first == loaded(post(PATH, prompt="a cat", n=3, size="64x64"))
    assert loaded(post(PATH, prompt="a dog", size="64x64"))["data"][0]["b64_json"] not in pictures


def test_a_link_holds_the_picture_itself() -> None:
    [row] = loaded(post(PATH, prompt="a cat", response_format="url", size="64x64"))["data"]
    assert list(row) == ["url"]
    assert size_of(row["url"].removeprefix("data:image/png;base64,")) == (64, 64)


def test_what_was_asked_is_told() -> None:
    reply = loaded(post(PATH, prompt="a cat", quality="hd", background="transparent", size="64x64"))
    told = {name: reply[name] for name in ("quality", "background", "output_format", "created")}
    assert told == {
        "quality": "high",
        "background": "transparent",
        "output_format": "png",
        "created": 1_790_000_000,
    }
    assert b"tRNS" in base64.b64decode(reply["data"][0]["b64_json"])


def test_usage_counts_the_prompt_and_every_tile_made() -> None:
    usage = loaded(post(PATH, prompt="a green cat", n=2, size="128x65"))["usage"]
    assert usage == {
        "input_tokens": 3,
        "input_tokens_details": {"text_tokens": 3, "image_tokens": 0},
        "output_tokens": 8,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": 8},
        "total_tokens": 11,
    }


def test_a_stream_shows_stages_and_ends_with_the_whole() -> None:
    seen = events(post(PATH, prompt="a cat", stream=True, partial_images=3, size="64x64"))
    assert [event.get("partial_image_index") for event in seen] == [0, 1, 2, None]
    assert len({event["b64_json"] for event in seen}) == 4
    whole = loaded(post(PATH, prompt="a cat", size="64x64"))
    last = seen[-1]
    assert (last["type"], last["b64_json"]) == (
        "image_generation.completed",
        whole["data"][0]["b64_json"],
    )
    assert (last["usage"], last["created_at"]) == (whole["usage"], whole["created"])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "prompt"),
    ({"prompt": " "}, "prompt"),
    ({"prompt": "x", "n": 11}, "n"),
    ({"prompt": "x", "n": 2, "stream": True}, "n"),
    ({"prompt": "x", "size": "big"}, "size"),
    ({"prompt": "x", "size": "4096x64"}, "size"),
    ({"prompt": "x", "output_format": "webp"}, "output_format"),
    ({"prompt": "x", "response_format": "file"}, "response_format"),
    ({"prompt": "x", "quality": "best"}, "quality"),
    ({"prompt": "x", "stream": True, "partial_images": 4}, "partial_images"),
]


@pytest.mark.parametrize(("body", "param"), WRONG)
def test_any_other_request_is_an_error(body: dict[str, Any], param: str) -> None:
    assert fault(post(PATH, **body)) == (400, param)


def test_an_edit_depends_on_the_pictures_sent() -> None:
    prompt, size = field("prompt", b"bluer"), field("size", b"64x64")
    first = loaded(upload(EDITS, prompt, size, file("image[]", b"one"), file("image[]", b"two")))
    other = loaded(upload(EDITS, prompt, size, file("image[]", b"one"), file("image[]", b"2")))
    masked = loaded(upload(EDITS, prompt, size, file("image", b"one"), file("mask", b"two")))
    assert len({one["data"][0]["b64_json"] for one in (first, other, masked)}) == 3
    assert first["usage"]["input_tokens_details"]["image_tokens"] == 2 * tokens.TOKENS_PER_IMAGE


def test_an_edit_also_comes_as_json() -> None:
    link = {"image_url": "data:image/png;base64,AAAA"}
    reply = loaded(post(EDITS, prompt="bluer", images=[link, link], size="64x64"))
    assert reply["usage"]["input_tokens_details"]["image_tokens"] == 2 * tokens.TOKENS_PER_IMAGE
    [only] = events(post(EDITS, prompt="bluer", image="https://example.com/a.png", stream=True))
    assert only["type"] == "image_edit.completed"


def test_an_edit_wants_a_picture_and_not_only_a_mask() -> None:
    assert fault(upload(EDITS, field("prompt", b"x"), file("mask", b"m"))) == (400, "image")


def test_a_variation_needs_no_prompt() -> None:
    reply = loaded(upload("/v1/images/variations", file("image", b"one"), field("n", b"2")))
    assert len(reply["data"]) == 2
