"""Operations in a provider's own form, through the gateway: what is asked, awaited, fetched and given."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Request, Script, ScriptedUpstream, Stall, json_reply, reply
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
            "https://127.1/a",
            "https://user@10.0.0.1/a",
            "https://[::ffff:10.0.0.1]/a",
        ):
            with pytest.raises(UpstreamError, match="not a public https address"):
                await adapted.fetch(adapter.Fetch(url=url), provider)
        assert scripted.requests == []


async def test_the_ledger_of_an_adapted_request_is_kept(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply({"id": "r", "results": []})])
    async with house(tmp_path, config("cohere", scripted), env=KEYS) as one:
        body = {"model": "own/r", "query": "q", "documents": ["a"], "flavour": 3}
        answer = await one.http.post("/v1/rerank", json=body, headers=one.token())
        assert answer.headers["x-aigw-translation"] == "rerank>cohere; dropped=flavour"
        fields = [each["field"] for each in json.loads(logged(one).ledger)["entries"]]
        assert "flavour" in fields


async def rerank(scripted: ScriptedUpstream, tmp_path: Path, *script: bytes) -> tuple[Any, Any]:
    scripted.enqueue([*script])
    async with house(tmp_path, config("cohere", scripted), env=KEYS) as one:
        body = {"model": "own/r", "query": "q", "documents": ["a"]}
        answer = await one.http.post("/v1/rerank", json=body, headers=one.token())
        return answer, logged(one)


async def test_an_error_comes_without_the_key_and_with_the_wait_that_it_names(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    said = {"message": f"no more for {KEYS['FIRST']}"}
    headers = [("retry-after", "7"), ("x-ratelimit-remaining", "0"), ("x-request-id", "theirs")]
    answer, exchange = await rerank(scripted, tmp_path, json_reply(said, status=429, headers=headers))
    assert answer.status_code == 429
    assert "no more for" in answer.text
    assert KEYS["FIRST"] not in answer.text + exchange.error_text + exchange.attempts[0].error_text
    assert {name: answer.headers[name] for name, _ in headers} == dict(headers)
    assert exchange.attempts[0].retry_after_s == 7
    assert exchange.attempts[0].upstream_request_id == "theirs"


async def test_an_error_of_the_callers_dialect_passes_byte_for_byte(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    said = {"error": {"message": "no", "type": "own_type", "param": "query", "code": "own_code"}}
    answer, _ = await rerank(scripted, tmp_path, json_reply(said, status=400))
    assert answer.json() == said


@pytest.mark.parametrize(
    ("status", "header", "code"),
    [(200, ("content-encoding", "gzip"), "upstream_encoded"), (302, ("location", "/x"), "upstream_redirect")],
)
async def test_an_encoded_answer_and_a_redirect_are_refused(
    tmp_path: Path, scripted: ScriptedUpstream, status: int, header: tuple[str, str], code: str
) -> None:
    answer, _ = await rerank(scripted, tmp_path, json_reply({"results": []}, status=status, headers=[header]))
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == code


async def test_an_answer_past_its_limit_is_cut_off(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    from aigw_dev.core.errors import UpstreamError
    from aigw_dev.core.providers import adapter
    from aigw_dev.server import adapted

    with ScriptedUpstream() as local:
        row = f'version: 1\nproviders:\n  own: {{kind: ollama, base_url: "{local.url}"}}\n'
        async with house(tmp_path, row) as one:
            provider = one.gateway.snapshot.providers["own"]
            local.enqueue([reply(b"x" * 50)], [reply(b"x" * 50)])
            arrived: list[bool] = []
            step = adapter.Fetch(url=f"{local.url}/a", limit_bytes=50)
            answer = await adapted.fetch(step, provider, arrived.append)
            assert (len(answer.body), arrived[0], arrived[-1]) == (50, True, False)
            with pytest.raises(UpstreamError, match="larger than 49 bytes"):
                await adapted.fetch(adapter.Fetch(url=f"{local.url}/a", limit_bytes=49), provider)


async def test_a_target_that_was_asked_in_vain_is_told_and_not_one_that_could_not_be_asked(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply([])])
    more = """  keyless: {kind: cohere, keys: ["env:NONE"]}
routes:
  r: {flow: {send: own/r, fallback: [keyless/r]}}
"""
    async with house(tmp_path, config("cohere", scripted) + more, env=KEYS) as one:
        body = {"model": "dynamic/r", "query": "q", "documents": ["a"]}
        answer = await one.http.post("/v1/rerank", json=body, headers=one.token())
        assert len(logged(one).attempts) == 2
        assert answer.json()["error"]["code"] == "upstream_protocol"


async def test_a_subscriptions_own_credential_goes_up_and_none_of_ours(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"results": [{"index": 0, "relevance_score": 1}]})])
    row = f'{{kind: cohere, base_url: "{scripted.url}", auth: passthrough}}'
    async with house(tmp_path, f"version: 1\nproviders:\n  own: {row}\n") as one:
        shown = {"authorization": "Bearer theirs", "esa_aigw_auth": one.token()["authorization"]}
        body = {"model": "own/r", "query": "q", "documents": ["a"]}
        assert (await one.http.post("/v1/rerank", json=body, headers=shown)).status_code == 200
        sent = scripted.requests[0]
        assert sent.header(b"authorization") == b"Bearer theirs"
        assert sent.header(b"esa_aigw_auth") == b""


@pytest.mark.parametrize(("step", "is_idle"), [("pause", False), ("body", True)])
async def test_only_an_answer_that_stands_still_is_idle(tmp_path: Path, step: str, is_idle: bool) -> None:
    results = [{"url": "https://storage.example/picture.png"}]
    done = json_reply({"output": {"task_id": "t1", "task_status": "SUCCEEDED", "results": results}})

    def script(request: Request) -> Script:
        if request.method == "POST":
            return [json_reply({"output": {"task_id": "t1", "task_status": "PENDING"}})]
        return [done[:-10], Stall()] if step == "body" else [done]

    with ScriptedUpstream(script) as scripted:
        text = config("qwen", scripted, "/compatible-mode/v1").replace("]}", "], idle_timeout_ms: 300}")
        async with house(tmp_path, text, env=KEYS) as one:
            body = {"model": "own/wan2.2-t2i-flash", "prompt": "a cat"}
            answer = await one.http.post("/v1/images/generations", json=body, headers=one.token())
            code = answer.json().get("error", {}).get("code")
            assert code == ("idle_timeout" if is_idle else None)
