"""The demo's upstream."""

import httpx
import pytest

from aigw_dev.cli.demo_models import MODELS, PROMPTS
from aigw_dev.cli.demo_upstream import DemoUpstream


@pytest.mark.parametrize("path", ["openai/v1/chat/completions", "anthropic/v1/messages"])
def test_the_upstream_answers_whole_streamed_and_with_a_tool_call(path: str) -> None:
    provider = path.partition("/")[0]
    model = min(
        (one for one in MODELS if one.provider == provider),
        key=lambda one: one.limited + one.broken + one.stalled,
    )
    tool = {"name": "find", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    body = {
        "model": model.model,
        "max_tokens": 9,
        "messages": [{"role": "user", "content": PROMPTS[1]}],
        "seed": 3,
    }
    upstream = DemoUpstream(pace=0.0).start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{upstream.port}", trust_env=False) as http:
            whole = http.post(path, json=body)
            streamed = http.post(path, json=body | {"stream": True})
            called = http.post(path, json=body | {"tools": [{"type": "function", "function": tool}]})
            unknown = http.post(path, json=body | {"model": "nobody"})
    finally:
        upstream.stop()
    assert "Sockets wait" in whole.text
    assert streamed.headers["content-type"] == "text/event-stream"
    assert streamed.text.count("data:") > 8
    assert "Lisbon" in called.text
    assert unknown.status_code == 404


def test_models_fail_as_often_as_their_rows_say() -> None:
    upstream = DemoUpstream(pace=0.0, seed=5).start()
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{upstream.port}", trust_env=False) as http:
            statuses = [http.post("openai/v1/chat/completions", json=body).status_code for _ in range(200)]
    finally:
        upstream.stop()
    assert 8 <= statuses.count(429) <= 32
    assert statuses.count(200) > 150
