"""Images of Bedrock's models in OpenAI's shape. Answers as in AWS's documents."""

import base64
from typing import Any

import pytest
from openai.types import ImagesResponse

from aigw_dev.core.providers.bedrock_images import edits, generations
from tests.core.providers.run_adapter import answer, asked, run

CANVAS = "amazon.nova-canvas-v1:0"
STABILITY = "stability.stable-image-core-v1:1"
PNG = b"\x89PNG\r\n\x1a\nrest"


def made(model: str, body: dict[str, Any], *answers: Any) -> Any:
    return run(generations, asked("openai.images.generations", model, body), [answer(one) for one in answers])


def test_canvas_makes_several_at_once() -> None:
    body = {
        "prompt": "a cat",
        "n": 2,
        "size": "1024x1024",
        "quality": "hd",
        "negative_prompt": "dogs",
        "seed": 7,
        "cfg_scale": 6.5,
        "user": "me",
    }
    ran = made(CANVAS, body, {"images": ["QQ==", "Qg=="], "error": None})
    assert ran.asks[0].path == "/model/amazon.nova-canvas-v1%3A0/invoke"
    assert ran.sent() == {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "a cat", "negativeText": "dogs"},
        "imageGenerationConfig": {
            "numberOfImages": 2,
            "width": 1024,
            "height": 1024,
            "quality": "premium",
            "seed": 7,
            "cfgScale": 6.5,
        },
    }
    assert ran.reply == {
        "created": 1_760_000_000,
        "data": [{"b64_json": "QQ=="}, {"b64_json": "Qg=="}],
        "size": "1024x1024",
    }
    assert (ran.fates("approximated"), ran.fates("dropped")) == ({"quality"}, {"user"})
    ImagesResponse.model_validate(ran.reply)


def test_stability_makes_one_a_call_each_with_its_own_seed() -> None:
    body = {
        "prompt": "p",
        "n": 2,
        "size": "1792x1024",
        "seed": 7,
        "output_format": "jpeg",
        "response_format": "url",
    }
    one = {"seeds": [7], "finish_reasons": [None], "images": ["QQ=="]}
    ran = made(STABILITY, body, one, one)
    assert ran.sent() == {"prompt": "p", "aspect_ratio": "16:9", "seed": 7, "output_format": "jpeg"}
    assert ran.sent(1)["seed"] == 8
    assert len(ran.reply["data"]) == 2
    assert ran.fates("approximated") == {"size", "response_format"}
    assert ran.reply["output_format"] == "jpeg"
    assert "size" not in ran.reply


def test_a_later_failure_leaves_what_was_made() -> None:
    one = {"finish_reasons": [None], "images": ["QQ=="]}
    ran = made(STABILITY, {"prompt": "p", "n": 3}, one, {"finish_reasons": ["Filter reason: prompt"]})
    assert len(ran.reply["data"]) == 1
    assert [(entry.side, entry.field) for entry in ran.ledger.entries] == [("reply", "n")]
    wanted = asked("openai.images.generations", STABILITY, {"prompt": "p", "n": 2})
    assert len(run(generations, wanted, [answer(one), answer({}, 429)]).reply["data"]) == 1


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"error": "blocked by filters"}, "blocked by filters"),
        ({"finish_reasons": ["Filter reason: prompt"]}, "Filter reason: prompt"),
        ({}, "the model made no image"),
    ],
)
def test_a_blocked_image_is_an_error(said: object, message: str) -> None:
    ran = made(CANVAS, {"prompt": "p"}, said)
    assert (ran.given.status, ran.reply["error"]["message"]) == (400, message)


def test_an_edit_is_a_variation() -> None:
    wanted = asked("openai.images.edits", CANVAS, fields={"prompt": "a hat"}, files={"image": PNG})
    ran = run(edits, wanted, [answer({"images": ["QQ=="]})])
    assert ran.sent()["taskType"] == "IMAGE_VARIATION"
    assert ran.sent()["imageVariationParams"] == {"images": [base64.b64encode(PNG).decode()], "text": "a hat"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "p", "size": "big"}, "size"),
        ({"prompt": "p", "n": 6}, "n"),
        ({"prompt": "p", "mask": "x"}, "mask"),
    ],
)
def test_a_malformed_request_asks_nothing(body: dict[str, Any], param: str) -> None:
    for model in (CANVAS, STABILITY):
        assert made(model, body).refusal.param == param


def test_models_that_cannot_are_named() -> None:
    assert made("meta.llama3", {"prompt": "p"}).refusal.code == "operation_not_supported"
    wanted = asked("openai.images.edits", STABILITY, {"prompt": "p"})
    assert run(edits, wanted).refusal.code == "operation_not_supported"
    upload = asked("openai.images.edits", CANVAS, fields={"prompt": "p"}, files={"image": PNG, "mask": PNG})
    assert run(edits, upload).refusal.param == "mask"


def test_an_unknown_quality_is_the_models_own() -> None:
    ran = made(CANVAS, {"prompt": "p", "quality": "best"}, {"images": ["QQ=="]})
    assert "quality" not in ran.sent()["imageGenerationConfig"]
    assert ran.fates("approximated") == {"quality"}


def test_aws_own_error_goes_on() -> None:
    wanted = asked("openai.images.generations", CANVAS, {"prompt": "p"})
    assert run(generations, wanted, [answer({"message": "x"}, 400)]).given.is_error
