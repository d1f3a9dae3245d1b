"""The config a replay runs with."""

import json
from pathlib import Path

import pytest

from aigw_dev.core.errors import ConfigError
from aigw_dev.core.recording.fixture import Attempt, Request, Response, Route
from aigw_dev.fixture_files.library import Library
from aigw_dev.secrets.home import Home
from aigw_dev.server.sources import Reading
from aigw_dev.server.testbench.hermetic import ReplaySource, find_config, named_in
from tests.server.testbench.stage import SAY, answer, lay


def reading(folder: Path, *, explicit: Path | None = None) -> Reading:
    (folder / "fx").mkdir(exist_ok=True)
    found = find_config(explicit=explicit, env={}, cwd=folder)
    return ReplaySource(found, home=Home(folder / "home", env={}), library=Library(folder / "fx")).read()


def test_every_provider_that_a_fixture_names_exists_and_the_dialects_homes(tmp_path: Path) -> None:
    lay(tmp_path, "a", answer(attempts=[Attempt(upstream="qwen/x", response=Response(text=""))]))
    lay(
        tmp_path,
        "b/c",
        answer(attempts=[Attempt(upstream="work/x", kind="anthropic", response=Response(text=""))]),
    )
    request = Request(op="anthropic.messages", body={})
    lay(
        tmp_path,
        "d",
        answer(attempts=[Attempt(upstream="mine/x", request=request, response=Response(text=""))]),
    )
    lay(tmp_path, "e", answer(attempts=[Attempt(upstream="azure-openai/x", response=Response(text=""))]))
    found = named_in(Library(tmp_path / "fx")).providers
    assert {name: one.kind or name for name, one in found.items()} == {
        "openai": "openai",
        "anthropic": "anthropic",
        "gemini": "gemini",
        "qwen": "qwen",
        "work": "anthropic",
        "mine": "anthropic",
        "azure-openai": "azure-openai",
    }
    assert found["azure-openai"].base_url, (
        "a kind without an address of its own gets one that is never called"
    )
    assert reading(tmp_path).problems == []


def test_a_bare_name_belongs_to_whom_it_was_recorded_from(tmp_path: Path) -> None:
    routed = answer(
        route=Route(asked="smart", rule="r", chosen="openai/a"), request=Request(op="x", body={**SAY, "n": 1})
    )
    lay(tmp_path, "a", answer(route=Route(asked="claude-x", chosen="work/claude-x")), routed)
    assert named_in(Library(tmp_path / "fx")).models == {"work": ["claude-x"]}


def test_a_broken_fixture_does_not_keep_others_from_being_replayed(tmp_path: Path) -> None:
    lay(tmp_path, "a", answer(attempts=[Attempt(upstream="qwen/x", response=Response(text=""))]))
    (tmp_path / "fx" / "broken.aigw.json").write_text('{"upstream": "odd/x"', "utf-8")
    found = named_in(Library(tmp_path / "fx")).providers
    assert found["odd"].kind == "openai-compatible"
    assert "qwen" in found


def test_routes_come_from_the_projects_file_without_its_overlay(tmp_path: Path) -> None:
    (tmp_path / "aigw-dev.yaml").write_text("version: 1\nroutes: {r: {flow: {send: mock/echo}}}\n", "utf-8")
    (tmp_path / "aigw-dev.local.yaml").write_text("routes: {mine: {flow: {send: mock/echo}}}\n", "utf-8")
    config = reading(tmp_path).config
    assert config is not None
    assert list(config.routes) == ["r"]
    assert config.gateway.identity_verification is False


def test_an_untrusted_setting_holds_nothing_back(tmp_path: Path) -> None:
    text = 'version: 1\nproviders: {far: {kind: openai, base_url: "https://elsewhere.example/v1", keys: ["env:X"]}}\n'
    (tmp_path / "aigw-dev.yaml").write_text(text, "utf-8")
    found = reading(tmp_path)
    assert found.untrusted == {}
    assert found.config is not None
    assert found.config.providers["far"].base_url == "https://elsewhere.example/v1"


def test_a_file_that_is_wrong_or_absent_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nnonsense: 1\n", "utf-8")
    found = reading(tmp_path, explicit=tmp_path / "bad.yaml")
    assert found.config is None
    assert "nonsense" in found.problems[0].text()
    with pytest.raises(ConfigError, match="cannot be read"):
        reading(tmp_path, explicit=tmp_path / "absent.yaml")


@pytest.mark.parametrize("space", ["", "\n\t", "  "])
def test_providers_and_names_are_found_however_the_json_is_spaced(tmp_path: Path, space: str) -> None:
    lay(
        tmp_path,
        "a",
        answer(
            route=Route(asked="claude-x", rule="", chosen="zork/claude-x"),
            attempts=[Attempt(upstream="zork/zed", kind="anthropic", response=Response(text=""))],
        ),
    )
    file = tmp_path / "fx" / "a.aigw.json"
    dense = json.dumps(
        json.loads(file.read_text("utf-8")), separators=(f"{space},{space}", f"{space}:{space}")
    )
    file.write_text(dense, "utf-8")
    found = named_in(Library(tmp_path / "fx"))
    assert found.providers["zork"].kind == "anthropic"
    assert found.models == {"zork": ["claude-x"]}
