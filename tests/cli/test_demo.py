"""`--demo`: a gateway that is alive in seconds and touches nothing of the user's."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.demo import demo, demo_opening
from aigw_dev.cli.demo_config import demo_config
from aigw_dev.cli.demo_models import ANSWERS, MODELS, PROMPTS
from aigw_dev.cli.demo_upstream import DemoUpstream
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.up import UpOptions, up
from aigw_dev.client import AdminClient
from aigw_dev.config_file.read import parse_text
from aigw_dev.core.default_config import rules


def until(holds: Callable[[], Any], deadline_s: float = 20.0) -> Any:
    end = time.monotonic() + deadline_s
    while not (value := holds()):
        assert time.monotonic() < end, "never true"
        time.sleep(0.05)
    return value


def test_its_config_has_no_problem_and_names_nothing_but_loopback() -> None:
    loaded = parse_text(demo_config(4321), rules=rules())
    assert not loaded.problems
    assert loaded.config is not None
    urls = [provider.base_url or "" for provider in loaded.config.providers.values()]
    assert urls
    assert all(url.startswith("http://127.0.0.1:4321/") for url in urls)
    assert all(provider.auth == "none" for provider in loaded.config.providers.values())


def test_every_prompt_has_an_answer() -> None:
    assert len(PROMPTS) == len(ANSWERS)


def test_it_is_alive_within_seconds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo() as running, AdminClient(running.url, running.admin_token) as client:

        def seen() -> dict[str, Any] | None:
            groups = client.stats(since="5m", until="", by=["route", "run"])["groups"]
            totals = {name: sum(group["totals"][name] for group in groups) for name in ("requests", "failed")}
            routes = {group["key"]["route"] for group in groups} - {""}
            runs = {group["key"]["run"] for group in groups} - {""}
            is_alive = totals["requests"] >= 120 and totals["failed"] and len(routes) >= 3 and len(runs) >= 3
            return totals if is_alive else None

        assert until(seen)
        newest = client.exchanges(limit=100)["entries"]
        assert {entry["is_stream"] for entry in newest} == {True, False}
        assert any(entry["cost_nanousd"] for entry in newest)
        assert {provider["usable"] for provider in client.providers()} == {True}
        assert client.status()["name"] == "demo"
        folder = running.folder
        assert folder.is_dir()
    assert not folder.exists()
    assert not list(tmp_path.iterdir())


def test_it_reads_neither_the_users_variables_nor_their_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-the-demo")
    monkeypatch.setenv("AIGW_DEV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIGW_DEV_CONFIG", str(tmp_path / "aigw-dev.yaml"))
    with demo(first=0) as running, AdminClient(running.url, running.admin_token) as client:
        assert client.keys() == []
        assert str(running.folder) in client.status()["config"]["path"]
    assert not list(tmp_path.iterdir())


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


def test_up_demo_takes_neither_a_config_nor_detach() -> None:
    with pytest.raises(CommandError, match="config of its own"):
        up(Context(config_option=Path("x.yaml")), UpOptions(demo=True))
    with pytest.raises(CommandError, match="as long as its command"):
        up(Context(environ={}), UpOptions(demo=True, detach=True))


def test_the_screens_get_an_opening_whose_memory_goes_with_the_demo() -> None:
    with demo_opening(Context(environ={"EDITOR": "vi -R"})) as opening:
        assert opening.name == "demo"
        assert opening.editor == ("vi", "-R")
        assert opening.memory_path is not None
        home = opening.memory_path.parents[1]
        assert home.is_dir()
    assert not home.exists()
