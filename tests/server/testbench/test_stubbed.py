"""Answers in the dialect of the provider that is asked."""

from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Attempt, Response
from tests.server.testbench.stage import ROUTE, answer, lay, said, staged

pytestmark = pytest.mark.anyio
WHOLE: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "x",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "as the caller got it"},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


async def test_a_reply_in_the_callers_dialect_is_said_again_in_the_providers(tmp_path: Path) -> None:
    response = Response(body=WHOLE, dialect="openai-chat")
    request = answer().request
    request.body = {**request.body, "model": "work/b"}
    lay(tmp_path, "t", answer(request=request, attempts=[Attempt(upstream="work/b", response=response)]))
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        reply = await stage.chat(model="work/b")
    assert said(reply) == "as the caller got it"
    assert reply.headers["x-aigw-upstream"] == "work/b"


async def test_a_stub_may_have_another_status(tmp_path: Path) -> None:
    async with staged(tmp_path, "live") as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        await stage.admin("/tests/t/stubs", "POST", json={"text": "no", "status": 500})
        reply = await stage.chat(model="mock/echo")
    assert reply.status_code == 500
