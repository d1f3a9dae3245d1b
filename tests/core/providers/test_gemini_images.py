"""Images by Gemini's models and by Imagen in OpenAI's shape. Answers as in Google's documents."""

import base64
from typing import Any

import pytest
from google.genai.types import GenerateContentConfig
from openai.types import ImagesResponse

from aigw_dev.core.providers.gemini_images import edits, generations
from tests.core.providers.run_adapter import answer, asked, run

OPERATION = "openai.images.generations"
PNG = b"\x89PNG\r\n\x1a\nrest"
PNG_TEXT = base64.b64encode(PNG).decode()
MADE = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "Here it is."},
                    {"thought": True, "inlineData": {"mimeType": "image/png", "data": "ZHJhZnQ="}},
                    {"inlineData": {"mimeType": "image/png", "data": PNG_TEXT}, "thoughtSignature": "x"},
                ],
            },
            "finishReason": "STOP",
        }
    ],
    "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 1290, "totalTokenCount": 1295},
}


def test_an_image_is_generated_content() -> None:
    body = {"prompt": "a cat", "size": "1792x1024", "quality": "hd"}
    ran = run(generations, asked(OPERATION, "gemini-3-pro-image", body), [answer(MADE)])
    assert ran.asks[0].path == "/models/gemini-3-pro-image:generateContent"
    assert ran.sent() == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"},
        },
    }
    assert ran.reply == {
        "created": 1_760_000_000,
        "data": [{"b64_json": PNG_TEXT}],
        "output_format": "png",
        "usage": {"input_tokens": 5, "output_tokens": 1290, "total_tokens": 1295},
    }
    assert (ran.fates("approximated"), ran.fates("dropped")) == ({"size"}, {"quality"})
    GenerateContentConfig.model_validate(ran.sent()["generationConfig"])
    ImagesResponse.model_validate({key: value for key, value in ran.reply.items() if key != "usage"})


def test_a_model_of_one_resolution_gets_a_ratio_only() -> None:
    body = {"prompt": "p", "size": "1024x1024"}
    ran = run(generations, asked(OPERATION, "gemini-2.5-flash-image", body), [answer(MADE)])
    assert ran.sent()["generationConfig"]["imageConfig"] == {"aspectRatio": "1:1"}
    plain = run(generations, asked(OPERATION, "gemini-2.5-flash-image", {"prompt": "p"}), [answer(MADE)])
    assert "imageConfig" not in plain.sent()["generationConfig"]
    own = {"prompt": "p", "aspect_ratio": "21:9", "image_size": "2K"}
    native = run(generations, asked(OPERATION, "gemini-3-pro-image", own), [answer(MADE)])
    assert native.sent()["generationConfig"]["imageConfig"] == {"aspectRatio": "21:9", "imageSize": "2K"}


def test_several_images_are_several_calls_and_their_counts_add_up() -> None:
    body = {"prompt": "p", "n": 2, "response_format": "url", "output_format": "jpeg"}
    ran = run(generations, asked(OPERATION, "gemini-3-pro-image", body), [answer(MADE), answer(MADE)])
    assert len(ran.reply["data"]) == 2
    assert ran.given.usage is not None
    assert ran.given.usage.output == 2580
    assert ran.fates("approximated") == {"response_format"}
    assert ran.fates("dropped") == {"output_format"}


def test_a_later_failure_leaves_what_was_made() -> None:
    body = {"prompt": "p", "n": 3}
    ran = run(generations, asked(OPERATION, "gemini-3-pro-image", body), [answer(MADE), answer({}, 429)])
    assert len(ran.reply["data"]) == 1
    assert [(one.side, one.field) for one in ran.ledger.entries] == [("reply", "n")]
    first = run(generations, asked(OPERATION, "gemini-3-pro-image", body), [answer({"error": {}}, 429)])
    assert first.given.status == 429


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "safety", "the model made no image: SAFETY"),
        ({"candidates": [{"finishReason": "NO_IMAGE", "finishMessage": "sorry"}]}, "no_image", "sorry"),
        (
            {"candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": "I cannot."}]}}]},
            "stop",
            "I cannot.",
        ),
    ],
)
def test_a_refused_image_is_an_error_with_its_reason(said: object, code: str, message: str) -> None:
    ran = run(generations, asked(OPERATION, "gemini-3-pro-image", {"prompt": "p"}), [answer(said)])
    assert (ran.given.status, ran.given.is_error) == (400, True)
    assert (ran.reply["error"]["code"], ran.reply["error"]["message"]) == (code, message)


def test_an_answer_without_image_or_reason_is_unusable() -> None:
    ran = run(generations, asked(OPERATION, "gemini-3-pro-image", {"prompt": "p"}), [answer({})])
    assert ran.refusal.code == "upstream_protocol"


def test_an_edit_sends_its_pictures_inside() -> None:
    wanted = asked("e", "gemini-3-pro-image", fields={"prompt": "a hat"}, files={"image": PNG})
    ran = run(edits, wanted, [answer(MADE)])
    assert ran.sent()["contents"][0]["parts"] == [
        {"text": "a hat"},
        {"inlineData": {"mimeType": "image/png", "data": PNG_TEXT}},
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": "p"}, "image"),
        ({"prompt": "p", "image": "https://x/1.png"}, "image"),
        ({"prompt": "p", "image": "data:image/png;base64," + PNG_TEXT, "mask": "x"}, "mask"),
        ({"image": "data:image/png;base64," + PNG_TEXT}, "prompt"),
    ],
)
def test_malformed_edits_ask_nothing(body: dict[str, Any], param: str) -> None:
    assert run(edits, asked("e", "gemini-3-pro-image", body)).refusal.param == param


def test_imagen_predicts() -> None:
    body = {
        "prompt": "a cat",
        "n": 2,
        "size": "2048x2048",
        "output_format": "jpeg",
        "person_generation": "dont_allow",
        "user": "me",
    }
    said = {
        "predictions": [
            {"mimeType": "image/jpeg", "bytesBase64Encoded": PNG_TEXT},
            {"raiFilteredReason": "no"},
        ]
    }
    ran = run(generations, asked(OPERATION, "imagen-4.0-generate-001", body), [answer(said)])
    assert ran.asks[0].path == "/models/imagen-4.0-generate-001:predict"
    assert ran.sent() == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {
            "sampleCount": 2,
            "includeRaiReason": True,
            "aspectRatio": "1:1",
            "sampleImageSize": "2K",
            "personGeneration": "dont_allow",
            "outputOptions": {"mimeType": "image/jpeg"},
        },
    }
    assert ran.reply["data"] == [{"b64_json": PNG_TEXT}]
    assert ran.reply["output_format"] == "jpeg"
    assert ran.fates("dropped") == {"user"}


def test_an_odd_type_of_picture_is_not_told_as_a_format() -> None:
    said = {"predictions": [{"bytesBase64Encoded": PNG_TEXT}]}
    ran = run(
        generations, asked(OPERATION, "imagen-3.0", {"prompt": "p", "output_format": "webp"}), [answer(said)]
    )
    assert "output_format" not in ran.reply
    assert ran.fates("dropped") == {"output_format"}


def test_images_that_were_all_filtered_are_an_error() -> None:
    said = {"predictions": [{"raiFilteredReason": "unsafe"}]}
    ran = run(generations, asked(OPERATION, "imagen-4.0", {"prompt": "p"}), [answer(said)])
    assert (ran.given.status, ran.reply["error"]["message"]) == (400, "unsafe")
    empty = run(generations, asked(OPERATION, "imagen-4.0", {"prompt": "p"}), [answer({})])
    assert empty.reply["error"]["message"] == "every image was filtered"
    assert (
        run(generations, asked(OPERATION, "imagen-4.0", {"prompt": "p"}), [answer({}, 404)]).given.status
        == 404
    )


@pytest.mark.parametrize(
    ("body", "param"),
    [({}, "prompt"), ({"prompt": "p", "size": "big"}, "size"), ({"prompt": "p", "n": 99}, "n")],
)
def test_malformed_requests_ask_nothing(body: dict[str, Any], param: str) -> None:
    for model in ("imagen-4.0", "gemini-3-pro-image"):
        assert run(generations, asked(OPERATION, model, body)).refusal.param == param


def test_imagen_edits_nothing() -> None:
    assert run(edits, asked("e", "imagen-4.0", {"prompt": "p"})).refusal.param == "model"
