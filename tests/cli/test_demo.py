"""`--demo`: a gateway that is alive in seconds and touches nothing of the user's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.demo import demo, demo_opening
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.fixture_gateway import BenchOptions
from aigw_dev.cli.up import UpOptions, up
from aigw_dev.client import AdminClient


def test_it_is_alive_within_seconds_and_leaves_nothing_behind(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    with demo() as running, AdminClient(running.url, running.admin_token) as client:

        def seen() -> dict[str, Any] | None:
            groups = client.stats(since="5m", until="", by=["route", "run"])["groups"]
            totals = {name: sum(group["totals"][name] for group in groups) for name in ("requests", "failed")}
            routes = {group["key"]["route"] for group in groups} - {""}
            runs = {group["key"]["run"] for group in groups} - {""}
            is_alive = totals["requests"] >= 120 and totals["failed"] and len(routes) >= 3 and len(runs) >= 3
            return totals if is_alive else None

        until(seen, timeout_s=20)
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


def test_up_demo_takes_neither_a_config_nor_detach() -> None:
    with pytest.raises(CommandError, match="config of its own"):
        up(Context(config_option=Path("x.yaml")), UpOptions(demo=True), BenchOptions())
    with pytest.raises(CommandError, match="as long as its command"):
        up(Context(environ={}), UpOptions(demo=True, detach=True), BenchOptions())


def test_the_screens_get_an_opening_whose_memory_goes_with_the_demo() -> None:
    with demo_opening(Context(environ={"EDITOR": "vi -R"})) as opening:
        assert opening.name == "demo"
        assert opening.editor == ("vi", "-R")
        assert opening.memory_path is not None
        home = opening.memory_path.parents[1]
        assert home.is_dir()
    assert not home.exists()


def test_keys_added_to_it_do_not_reach_the_users_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring"
    )  # the user's, refused in other words
    with demo(first=0) as running, AdminClient(running.url, running.admin_token) as client:
        told = client.keyring()
        assert (told["state"], "null" in told["detail"]) == ("none", False)
