"""Every adapter, whatever is asked of it and whatever it is answered: bounded, never an exception, nothing half-sent."""

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.providers import adapter
from aigw_dev.core.providers.adapter import Answer, Ask, Fetch, Given, Start
from aigw_dev.core.providers.answers import LONGEST_WAIT_S
from aigw_dev.core.providers.video_job import Job, job_id
from tests.core.providers.run_adapter import Ran, answer, asked, endless

MODELS: Final = {
    "cohere": ("rerank-v3.5",),
    "voyage": ("rerank-2.5",),
    "tei": ("m",),
    "deepinfra": ("Qwen/Qwen3-Reranker-4B",),
    "dashscope": (
        "wan2.2-t2i-flash",
        "wan2.5-i2i-preview",
        "wanx2.1-imageedit",
        "qwen-image",
        "wan2.5-t2v-preview",
        "wan2.7-i2v",
        "qwen3-tts-flash",
        "cosyvoice-v2",
        "qwen3-asr-flash",
        "paraformer-v2",
        "qwen3-vl-rerank",
    ),
    "gemini_native": ("gemini-3-pro-image", "imagen-4.0", "veo-3.1", "gemini-2.5-flash-preview-tts"),
    "bedrock_models": (
        "amazon.titan-embed-text-v2:0",
        "cohere.embed-v4:0",
        "amazon.nova-canvas-v1:0",
        "stability.x",
    ),
}
"""Modules with a table, and models that take each of its ways."""
NAMES: Final = (
    "prompt", "input", "query", "documents", "image", "images", "mask", "n", "size", "seconds", "seed", "voice", "stream",
    "response_format", "input_reference", "file_url", "top_n", "dimensions", "style", "negative_prompt", "output", "results",
    "output_format", "task_id", "task_status", "choices", "message", "content", "usage", "candidates", "parts", "inlineData",
    "data", "name", "done", "response", "error", "predictions", "embedding", "embeddings", "url", "video_url", "results",
    "index", "relevance_score", "meta", "tokens", "audio", "transcription_url", "generateVideoResponse", "video", "uri",
)  # fmt: skip
TEXT: Final = st.sampled_from(
    ["", "p", "1024x1024", "SUCCEEDED", "https://x/y", "t-1", "QQ==", "models/a/operations/b"]
)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2000) | st.floats() | TEXT | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
BODIES: Final = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6)


def said_of(value: object, status: int) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status=status, body=body)


SAID: Final = st.builds(
    said_of, JSON | st.binary(max_size=20), st.sampled_from([200, 200, 200, 201, 302, 400, 429, 500])
)
STARTS: Final = [
    (module, operation)
    for module in MODELS
    for operation in sorted(__import__(f"aigw_dev.core.providers.{module}", fromlist=["x"]).ADAPTERS)
]


def start_of(module: str, operation: str) -> Start:
    found = adapter.find(module, operation)
    assert found is not None
    return found


def check(ran: Ran) -> None:
    assert ran.waited_s <= LONGEST_WAIT_S + 0.001
    for step in ran.steps:
        if isinstance(step, Ask):
            assert step.path.startswith("/")
            assert step.path.isascii()
            assert "/../" not in step.path
            assert step.body == b"" or json.loads(step.body) is not None
        elif isinstance(step, Fetch):
            assert not step.url.startswith("http://")
    if isinstance(ran.end, Refusal):
        assert ran.end.code in CODES
        assert ran.end.message
    else:
        assert isinstance(ran.end, Given)
        assert ran.end.is_error or ran.end.status == 200
        if ran.end.content_type == "application/json" and not ran.end.is_error:
            json.loads(ran.end.body)


def test_an_adapter_is_found_by_module_and_operation() -> None:
    assert adapter.find("cohere", "rerank") is not None
    assert adapter.find("cohere", "openai.videos.create") is None


@pytest.mark.parametrize(("module", "operation"), STARTS)
def test_every_entry_serves_an_operation_that_exists(module: str, operation: str) -> None:
    assert operation in {one.name for one in OPERATIONS}


@settings(max_examples=60, deadline=None)
@given(
    where=st.sampled_from(STARTS),
    body=BODIES,
    said=st.lists(SAID, max_size=4),
    then=SAID,
    pick=st.integers(0, 99),
)
def test_nothing_that_is_asked_or_answered_makes_one_raise(
    where: tuple[str, str], body: dict[str, Any], said: list[Answer], then: Answer, pick: int
) -> None:
    module, operation = where
    models = MODELS[module]
    names = ("t-1", "models/veo/operations/x", "", "../x", "video_x")
    ids = (*names, *(job_id(Job(name)) for name in names))
    wanted = asked(
        operation,
        models[pick % len(models)],
        json.loads(json.dumps(body).replace("NaN", "0").replace("-Infinity", "0").replace("Infinity", "0")),
        files={"file": b"RIFF", "image": b"\x89PNG"} if pick % 2 else {},
        resource_id=ids[pick % len(ids)],
        method="DELETE" if pick % 7 == 0 else "GET",
    )
    check(endless(start_of(module, operation), wanted, said, then))


GOOD: Final[dict[str, Any]] = {
    "prompt": "p",
    "input": "p",
    "query": "q",
    "documents": ["a"],
    "file_url": "https://x/a.wav",
    "image": "data:image/png;base64,QQ==",
}


@settings(max_examples=150, deadline=None)
@given(where=st.sampled_from(STARTS), said=st.lists(SAID, max_size=5), then=SAID, pick=st.integers(0, 99))
def test_a_good_request_survives_every_answer(
    where: tuple[str, str], said: list[Answer], then: Answer, pick: int
) -> None:
    module, operation = where
    models = MODELS[module]
    job = Job("models/veo/operations/x" if module == "gemini_native" else "t-1")
    wanted = asked(operation, models[pick % len(models)], GOOD, resource_id=job_id(job), method="GET")
    check(endless(start_of(module, operation), wanted, said, then))


@pytest.mark.parametrize(("module", "operation"), STARTS)
def test_an_empty_request_asks_nothing(module: str, operation: str) -> None:
    for model in MODELS[module]:
        ran = endless(start_of(module, operation), asked(operation, model, {}), [], answer({}))
        assert ran.asks == []
        assert ran.refusal.code in {"invalid_request", "operation_not_supported"}
