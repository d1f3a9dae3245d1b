"""Images of DashScope by each of its four ways, in OpenAI's shape. Answers as in Model Studio's API references."""

import base64
from typing import Any

import pytest
from openai.types import ImagesResponse

from aigw_dev.core.providers.dashscope_images import edits, generations
from tests.core.providers.run_adapter import answer, asked, run

BEGUN = answer({"output": {"task_status": "PENDING", "task_id": "t-1"}})
PNG = b"\x89PNG\r\n\x1a\nrest"
JOB_DONE = {
    "request_id": "r",
    "output": {
        "task_id": "t-1",
        "task_status": "SUCCEEDED",
        "results": [
            {"orig_prompt": "a cat", "actual_prompt": "a big cat", "url": "https://oss/a.png"},
            {"code": "InternalError.Timeout", "message": "slow"},
        ],
        "task_metrics": {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1},
    },
    "usage": {"image_count": 1},
}
AT_ONCE = {
    "output": {
        "choices": [
            {
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": [{"image": "https://oss/b.png", "type": "image"}, {"text": "."}],
                },
            }
        ],
        "finished": True,
    },
    "usage": {"image_count": 1, "width": 1328, "height": 1328},
    "request_id": "r",
}
OPERATION = "openai.images.generations"


def test_older_models_are_jobs() -> None:
    body = {
        "model": "m",
        "prompt": "a cat",
        "n": 2,
        "size": "1024x1024",
        "negative_prompt": "dogs",
        "seed": 7,
        "watermark": False,
        "prompt_extend": True,
        "quality": "hd",
        "style": "vivid",
        "user": "me",
    }
    ran = run(generations, asked(OPERATION, "wan2.2-t2i-flash", body), [BEGUN, answer(JOB_DONE)])
    assert ran.asks[0].path == "/services/aigc/text2image/image-synthesis"
    assert ran.sent() == {
        "model": "wan2.2-t2i-flash",
        "input": {"prompt": "a cat", "negative_prompt": "dogs"},
        "parameters": {"n": 2, "size": "1024*1024", "seed": 7, "prompt_extend": True, "watermark": False},
    }
    assert ran.reply["data"] == [{"url": "https://oss/a.png", "revised_prompt": "a big cat"}]
    assert ran.reply["created"] == 1_760_000_000
    assert ran.fates("dropped") == {"quality", "style", "user", "data"}
    assert ran.given.usage is not None
    assert bytes(ran.given.usage.raw) == b'{"image_count":1}'
    ImagesResponse.model_validate(ran.reply)


@pytest.mark.parametrize(
    "model", ["qwen-image", "qwen-image-2.0-pro", "wan2.6-t2i", "wan2.7-image", "z-image-turbo"]
)
def test_newer_models_answer_at_once(model: str) -> None:
    ran = run(
        generations, asked(OPERATION, model, {"prompt": "p", "negative_prompt": "x"}), [answer(AT_ONCE)]
    )
    assert ran.asks[0].path == "/services/aigc/multimodal-generation/generation"
    assert ran.asks[0].headers == (("content-type", "application/json"),)
    assert ran.sent()["input"] == {
        "messages": [{"role": "user", "content": [{"text": "p"}]}],
        "negative_prompt": "x",
    }
    assert ran.reply["data"] == [{"url": "https://oss/b.png"}]
    assert ran.reply["size"] == "1328x1328"


def test_a_size_that_the_usage_spells_is_told() -> None:
    said = AT_ONCE | {"usage": {"image_count": 1, "size": "1280*1280"}}
    assert (
        run(generations, asked(OPERATION, "wan2.6-t2i", {"prompt": "p"}), [answer(said)]).reply["size"]
        == "1280x1280"
    )
    bare = AT_ONCE | {"usage": {}}
    assert (
        "size" not in run(generations, asked(OPERATION, "wan2.6-t2i", {"prompt": "p"}), [answer(bare)]).reply
    )


def test_base64_is_fetched_without_a_key() -> None:
    body = {"prompt": "p", "response_format": "b64_json"}
    ran = run(generations, asked(OPERATION, "qwen-image", body), [answer(AT_ONCE), answer(PNG)])
    assert ran.fetches == ["https://oss/b.png"]
    assert ran.reply["data"] == [{"b64_json": base64.b64encode(PNG).decode()}]
    gone = run(generations, asked(OPERATION, "qwen-image", body), [answer(AT_ONCE), answer(b"", 403)])
    assert gone.refusal.code == "upstream_protocol"


def test_an_edit_sends_its_pictures() -> None:
    fields = {"prompt": "a hat", "n": "1", "size": "auto", "stream": "true"}
    wanted = asked("openai.images.edits", "qwen-image-edit-plus", fields=fields, files={"image": PNG})
    ran = run(edits, wanted, [answer(AT_ONCE)])
    picture, text = ran.sent()["input"]["messages"][0]["content"]
    assert picture["image"].startswith("data:image/png;base64,")
    assert text == {"text": "a hat"}
    assert ran.sent()["parameters"] == {"n": 1}
    assert ran.fates("dropped") == {"stream"}


def test_wan_edits_are_jobs_of_image2image() -> None:
    body = {"prompt": "p", "image": ["https://x/1.png", "https://x/2.png"]}
    ran = run(edits, asked("e", "wan2.5-i2i-preview", body), [BEGUN, answer(JOB_DONE)])
    assert ran.asks[0].path == "/services/aigc/image2image/image-synthesis"
    assert ran.sent()["input"] == {"prompt": "p", "images": ["https://x/1.png", "https://x/2.png"]}


@pytest.mark.parametrize(
    ("mask", "function"),
    [({}, "description_edit"), ({"mask": "https://x/m.png"}, "description_edit_with_mask")],
)
def test_wanx_edits_name_a_function(mask: dict[str, str], function: str) -> None:
    body = {"prompt": "p", "image": "https://x/1.png"} | mask
    ran = run(edits, asked("e", "wanx2.1-imageedit", body), [BEGUN, answer(JOB_DONE)])
    masked = {"mask_image_url": "https://x/m.png"} if mask else {}
    assert (
        ran.sent()["input"]
        == {"prompt": "p", "function": function, "base_image_url": "https://x/1.png"} | masked
    )


@pytest.mark.parametrize(
    ("model", "body", "param"),
    [
        ("qwen-image", {}, "prompt"),
        ("qwen-image", {"prompt": "p", "n": 0}, "n"),
        ("qwen-image", {"prompt": "p", "size": "big"}, "size"),
        ("qwen-image", {"prompt": "p", "response_format": "png"}, "response_format"),
        ("qwen-image", {"prompt": "p", "seed": -1}, "seed"),
        ("qwen-image", {"prompt": "p", "watermark": 3}, "watermark"),
        ("qwen-image", {"prompt": "p", "mask": "https://x/m.png"}, "mask"),
    ],
)
def test_a_malformed_request_asks_nothing(model: str, body: dict[str, Any], param: str) -> None:
    assert run(generations, asked(OPERATION, model, body)).refusal.param == param


def test_edits_that_cannot_be_made_ask_nothing() -> None:
    assert run(edits, asked("e", "qwen-image-edit", {"prompt": "p"})).refusal.param == "image"
    from_text = asked("e", "wan2.2-t2i-plus", {"prompt": "p", "image": "https://x/1.png"})
    assert run(edits, from_text).refusal.param == "model"
    two = asked("e", "wanx2.1-imageedit", {"prompt": "p", "image": ["https://x/1.png", "https://x/2.png"]})
    assert run(edits, two).refusal.param == "image"
    upload = asked("e", "wanx2.1-imageedit", fields={"prompt": "p"}, files={"image": PNG, "mask": PNG})
    assert run(edits, upload).refusal.param == "mask"


def test_a_native_style_crosses() -> None:
    body = {"prompt": "p", "style": "<anime>", "ref_mode": "repaint"}
    ran = run(generations, asked(OPERATION, "wanx-v1", body), [BEGUN, answer(JOB_DONE)])
    assert ran.sent()["parameters"] == {"style": "<anime>", "ref_mode": "repaint"}


def test_images_that_all_failed_are_an_error_and_none_at_all_is_unusable() -> None:
    all_failed = {
        "output": {"task_status": "SUCCEEDED", "results": [{"code": "DataInspectionFailed", "message": "no"}]}
    }
    wanted = asked(OPERATION, "wan2.2-t2i-flash", {"prompt": "p"})
    failed = run(generations, wanted, [BEGUN, answer(all_failed)])
    assert (failed.given.status, failed.reply["error"]["code"]) == (400, "DataInspectionFailed")
    none = {"output": {"task_status": "SUCCEEDED"}}
    wanted = asked(OPERATION, "wan2.2-t2i-flash", {"prompt": "p"})
    assert run(generations, wanted, [BEGUN, answer(none)]).refusal.code == "upstream_protocol"


def test_dashscopes_own_error_goes_on() -> None:
    said = {"code": "InvalidParameter", "message": "size"}
    assert (
        run(generations, asked(OPERATION, "qwen-image", {"prompt": "p"}), [answer(said, 400)]).reply == said
    )
    assert run(generations, asked(OPERATION, "wanx-v1", {"prompt": "p"}), [answer(said, 400)]).reply == said
