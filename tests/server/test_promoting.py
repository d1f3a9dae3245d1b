"""Calls that a gateway answered become tests that pass offline; secrets stop it; what reviewers must know is said."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange, Usage
from aigw_dev.fixture_files import promoted
from aigw_dev.server.promoting import Promoted, Wanted, promote
from aigw_dev.store.records import Record
from tests.scripted import LAST_CHUNK, ScriptedUpstream, chunk, stream_head
from tests.server.admin.test_intent import ask
from tests.server.admin.test_promotes import CONFIG, mixed
from tests.server.house import house
from tests.server.providers import KEYS, config_of, piece
from tests.store.making import attempt, exchange, request

SECRET = "kv-1234567890-abcdefgh"


@pytest.fixture
def anyio_backend() -> str:
    """The standard one."""
    return "asyncio"


def record(one: Exchange, **fields: Any) -> Record:
    known: dict[str, Any] = {"seq": 1, "state": "ended", "outcome": "ok", "cost_status": "exact"}
    return Record(exchange=one, **(known | fields))


def made(*ones: Exchange, wanted: Wanted | None = None, secrets: tuple[str, ...] = ()) -> Promoted:
    found = promote([record(one) for one in ones], wanted or Wanted(), secrets=secrets)
    assert isinstance(found, Promoted), found
    return found


def refused(one: Exchange, wanted: Wanted | None = None, secrets: tuple[str, ...] = ()) -> Refusal:
    found = promote([record(one)], wanted or Wanted(), secrets=secrets)
    assert isinstance(found, Refusal)
    return found


def test_names_are_made_of_the_call_unless_said() -> None:
    one = exchange(id="3f2a9c77aa", original_model="openai/gpt-4o-mini")
    found = made(one, wanted=Wanted(folder="tests"))
    assert found.test_id == "tests/test_gpt_4o_mini_3f2a9c.py::test_gpt_4o_mini_3f2a9c"
    assert found.fixture == "test_gpt_4o_mini_3f2a9c/test_gpt_4o_mini_3f2a9c"
    assert '"recorded_at": "2026-11-18T12:00:00Z"' in found.content
    said = made(one, wanted=Wanted(name="test_refund", file="unit/test_shop.py", asserts=("status",)))
    assert (said.test_id, said.fixture) == ("unit/test_shop.py::test_refund", "unit/test_shop/test_refund")
    assert said.module.endswith(f"\n\n\n{said.function}")
    assert "call.text" not in said.function


def test_a_fixture_alone_answers_as_often_as_it_is_asked() -> None:
    found = made(exchange(original_model="gpt-4o-mini"), wanted=Wanted(has_test=False, name="no name"))
    assert found.fixture.startswith("openai.chat.completions-gpt-4o-mini-")
    assert '"repeat": "last"' in found.content
    assert (found.module, found.test_id, found.file) == ("", "", "")


def test_a_secret_that_is_known_is_masked_everywhere() -> None:
    body = request(f"my key is {SECRET}")
    answer = f'{{"id":"c","choices":[{{"index":0,"message":{{"role":"assistant","content":"{SECRET}!"}},"finish_reason":"stop"}}]}}'
    said = exchange().assembled
    assert said is not None
    said.text = f"{SECRET}!"
    headers = [("x-ai-route-metadata", f'{{"k":"{SECRET}"}}')]
    one = exchange(
        request_body=body, response_body=answer.encode(), assembled=said, request_headers=headers, route="r"
    )
    found = made(one, secrets=(SECRET,))
    assert SECRET not in found.content + found.module
    assert 'assert call.text == "[masked]!"' in found.module
    assert any("secrets were masked" in note for note in found.notes)


def test_a_secret_that_a_stream_spells_in_pieces_stops_it() -> None:
    pieces = [
        f'data: {{"id":"c","choices":[{{"index":0,"delta":{{"content":"{part}"}}}}]}}\n\n'
        for part in (SECRET[:9], SECRET[9:])
    ]
    one = exchange(
        response_body="".join([*pieces, "data: [DONE]\n\n"]).encode(),
        is_stream=True,
        response_headers=[("content-type", "text/event-stream")],
    )
    refusal = refused(one, secrets=(SECRET,))
    assert (refusal.code, refusal.status) == ("fixture_unsafe", 409)
    assert SECRET not in refusal.message


def test_names_that_cannot_be_and_calls_that_cannot_be_are_refused() -> None:
    assert refused(exchange(), Wanted(name="refund")).code == "invalid_request"
    assert refused(exchange(request_body=None)).code == "promote_impossible"
    assert refused(exchange(request_body=request("x" * 300_000))).code == "promote_impossible"


def test_reviewers_are_told_what_the_log_could_not_know() -> None:
    one = exchange(
        route="smart",
        attempts=[attempt(status=500, error="upstream_status"), attempt(number=2, reason="retry")],
        ledger=b"{}",
        usage=Usage(input=1, estimated=True),
    )
    told = " | ".join(made(one, wanted=Wanted(asserts=("usage", "cost"))).notes)
    for part in (
        "the route smart decides again",
        "1 failed tries",
        "translated from openai",
        "are not asserted",
    ):
        assert part in told
    assert "call.usage" not in made(one, wanted=Wanted(asserts=("usage", "cost"))).function


@pytest.mark.anyio
@pytest.mark.timeout(120)
async def test_what_was_promoted_passes_in_a_pytest_of_its_own_without_key_or_network(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG) as one:
        answer = await mixed(one)
    project = tmp_path / "project"
    project.mkdir()
    (project / "aigw-dev.yaml").write_text(CONFIG, "utf-8")
    place = promoted.Place(project=project, fixtures=promoted.usual_fixtures(project))
    written = promoted.write(answer, place, leftovers=lambda _: [])
    assert len(written) == 2
    ran = run_pytest(project)
    assert "1 passed" in ran, ran
    path = project / answer["file"]
    text = path.read_text("utf-8")
    path.write_text(text.replace("hi you", "hi there", 1), "utf-8")
    ran = run_pytest(project)
    assert "no recorded response for this request" in ran
    assert "1 failed" in ran


def run_pytest(project: Path) -> str:
    """What a pytest with this plugin alone says of a project."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    env = kept | {"HOME": str(project / "no-home"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "aigw_dev.pytest_plugin", "-p", "no:cacheprovider", "--rootdir", str(project)],
        cwd=project, env=env, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.anyio
@pytest.mark.timeout(120)
async def test_a_fallback_and_a_failure_pass_as_they_went(tmp_path: Path) -> None:
    config = "version: 1\nroutes: {safe: {flow: {send: mock/think, fallback: [mock/echo]}}}\n"
    project = tmp_path / "project"
    project.mkdir()
    (project / "aigw-dev.yaml").write_text(config, "utf-8")
    place = promoted.Place(project=project, fixtures=project / "llm_fixtures", is_appended=True)
    async with house(tmp_path, config) as one:
        one.gateway.faults.add("http.400.context@provider:mock/think")
        one.gateway.faults.add("http.503@provider:mock/think")
        for name, model in (("test_failure", "mock/think"), ("test_fallback", "dynamic/safe")):
            if name == "test_fallback":
                one.gateway.faults.remove("f1")
            await one.chat(model, "hi")
            assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
            asserts = ["status", "text", "route"]
            body = {"name": name, "file": "test_both.py", "asserts": asserts}
            reply = await ask(one, "POST", "/exchanges/last/promote", body)
            assert reply.status_code == 200, reply.text
            promoted.write(reply.json(), place, leftovers=lambda _: [])
    text = (project / "test_both.py").read_text("utf-8")
    assert "pytest.raises(openai.APIStatusError)" in text
    assert 'call.attempts] == ["mock/think", "mock/echo"]' in text.replace(
        '["mock/think", "mock/think"', '["mock/think"'
    )
    ran = run_pytest(project)
    assert "2 passed" in ran, text + ran


@pytest.mark.anyio
@pytest.mark.timeout(120)
async def test_usage_that_the_gateway_kept_from_its_caller_is_there_again_and_the_upstream_is_not_asked(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    last: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "stop"}
    ends = piece("", choices=[last])
    told = piece("", choices=[], usage={"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12})
    events = [
        b"data: " + json.dumps(one).encode() + b"\n\n" for one in (piece("Hel"), piece("lo"), ends, told)
    ]
    answer = [stream_head(), *(chunk(one) for one in events), chunk(b"data: [DONE]\n\n"), LAST_CHUNK]
    scripted.enqueue(answer, answer)
    project = tmp_path / "project"
    project.mkdir()
    place = promoted.Place(project=project, fixtures=project / "llm_fixtures", is_appended=True)
    async with house(
        tmp_path,
        config_of(up=scripted, settings=", usage: inject").replace("openai-compatible", "openai"),
        env=KEYS,
    ) as one:
        reply = await one.chat("up/m-1", "hi", stream=True)
        assert "usage" not in reply.text
        said = {
            "model": "up/m-1",
            "max_tokens": 50,
            "messages": [{"role": "user", "content": "hi"}],
            "stream": True,
        }
        await one.http.post(
            "/v1/messages", json=said, headers=one.token() | {"anthropic-version": "2023-06-01"}
        )
        body = {"more": ["last"], "name": "test_it", "asserts": ["status", "text", "finish", "usage", "cost"]}
        made = await ask(one, "POST", "/exchanges/-2/promote", body)
    assert made.status_code == 200, made.text
    assert made.json()["function"].count("call.usage.output_tokens) == (9, 3)") == 2
    assert all(key not in made.text for key in KEYS.values())
    promoted.write(made.json(), place, leftovers=lambda _: [])
    ran = run_pytest(project)
    assert "1 passed" in ran, ran
