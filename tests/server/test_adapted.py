"""Operations in a provider's own form, through the gateway: what is asked, awaited, fetched and given."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Request, Script, ScriptedUpstream, json_reply
from tests.server.house import house
from tests.server.providers import KEYS
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio


def config(kind: str, scripted: ScriptedUpstream, path: str = "") -> str:
    row = f'{{kind: {kind}, base_url: "{scripted.url}{path}", keys: ["env:FIRST"]}}'
    return f"version: 1\ngateway: {{name: t, default_provider: own}}\nproviders:\n  own: {row}\n"


async def test_rerank_is_asked_in_coheres_form(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    said = {
        "id": "r",
        "results": [{"index": 1, "relevance_score": 0.9}],
        "meta": {"billed_units": {"search_units": 1}},
    }
    scripted.enqueue([json_reply(said)])
    async with house(tmp_path, config("cohere", scripted), env=KEYS) as one:
        body = {"model": "own/rerank-v3.5", "query": "q", "documents": ["a", "b"], "top_n": 1}
        answer = await one.http.post("/v1/rerank", json=body, headers=one.token())
        assert answer.json()["results"][0]["index"] == 1
        sent = scripted.requests[0]
        assert sent.target == "/v2/rerank"
        assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()
        assert sent.json()["model"] == "rerank-v3.5"


async def test_an_image_job_is_polled_until_it_is_done(tmp_path: Path) -> None:
    tasks = iter(["SUCCEEDED"])

    def script(request: Request) -> Script:
        if request.method == "POST":
            return [json_reply({"output": {"task_id": "t1", "task_status": "PENDING"}})]
        results = [{"url": "https://storage.example/picture.png"}]
        return [json_reply({"output": {"task_id": "t1", "task_status": next(tasks), "results": results}})]

    with ScriptedUpstream(script) as scripted:
        async with house(tmp_path, config("qwen", scripted, "/compatible-mode/v1"), env=KEYS) as one:
            body = {"model": "own/wan2.2-t2i-flash", "prompt": "a cat"}
            answer = await one.http.post("/v1/images/generations", json=body, headers=one.token())
            assert answer.status_code == 200, answer.text
            assert answer.json()["data"][0]["url"] == "https://storage.example/picture.png"
            sent = scripted.requests
            assert [each.method for each in sent] == ["POST", "GET"]
            assert [each.target.split("?")[0] for each in sent[1:]] == ["/api/v1/tasks/t1"]
            assert sent[0].target.startswith("/api/v1/services/aigc/")


async def test_a_refusal_and_a_providers_error_are_the_callers(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"message": "invalid api token"}, status=401)])
    async with house(tmp_path, config("cohere", scripted), env=KEYS) as one:

        async def ask(**more: object) -> Any:
            return await one.http.post("/v1/rerank", json={"model": "own/r", **more}, headers=one.token())

        wrong = await ask(query=7, documents=["a"])
        assert wrong.status_code == 400
        assert scripted.requests == []
        answer = await ask(query="q", documents=["a"])
        assert answer.status_code == 401
        assert "invalid api token" in answer.json()["error"]["message"]
        assert logged(one).attempts[0].error == "upstream_status"


async def test_a_private_address_is_not_fetched(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    from aigw_dev.core.errors import UpstreamError
    from aigw_dev.core.providers import adapter
    from aigw_dev.server import adapted

    async with house(tmp_path, config("qwen", scripted), env=KEYS) as one:
        provider = one.gateway.snapshot.providers["own"]
        for url in (
            "http://example.com/a",
            "https://10.0.0.1/a",
            "https://metadata.internal/a",
            "file:///etc/passwd",
        ):
            with pytest.raises(UpstreamError, match="not a public https address"):
                await adapted.fetch(adapter.Fetch(url=url), provider)
        assert scripted.requests == []


async def test_the_ledger_of_an_adapted_request_is_kept(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply({"id": "r", "results": []})])
    async with house(tmp_path, config("cohere", scripted), env=KEYS) as one:
        body = {"model": "own/r", "query": "q", "documents": ["a"], "flavour": 3}
        await one.http.post("/v1/rerank", json=body, headers=one.token())
        fields = [each["field"] for each in json.loads(logged(one).ledger)["entries"]]
        assert "flavour" in fields
