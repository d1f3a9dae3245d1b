"""Where the config comes from, and what of it needs a person's trust."""

from pathlib import Path

import pytest

from aigw_dev.config_file.atomic import MISSING
from aigw_dev.config_file.discover import Found
from aigw_dev.core.errors import ConfigError
from aigw_dev.secrets.home import Home
from aigw_dev.server.sources import ConfigSource, environment

SENSITIVE = "version: 1\nproviders:\n  up: {kind: openai-compatible, base_url: 'https://up.test/v1', keys: ['env:K']}\n"
PLAIN = "version: 1\nroutes:\n  r: {flow: {send: mock/echo}}\n"


def source_of(folder: Path, text: str = "", *, is_trusted: bool = False, **env: str) -> ConfigSource:
    """A source in a project of `folder`; without a text there is no file."""
    path = folder / "aigw-dev.yaml"
    if text:
        path.write_text(text, "utf-8")
    found = Found(
        path=path if text else None, why="", is_trusted_place=is_trusted or not text, project_root=folder, first_save=path
    )  # fmt: skip
    return ConfigSource(found, home=Home(folder / "home", env=env), env=env)


def test_a_config_without_anything_sensitive_needs_no_trust(tmp_path: Path) -> None:
    reading = source_of(tmp_path, PLAIN).read()
    assert reading.is_trusted
    assert reading.held_back == []
    assert reading.config is not None


def test_trust_is_held_back_until_a_person_has_given_it(tmp_path: Path) -> None:
    source = source_of(tmp_path, SENSITIVE)
    held = source.read()
    assert not held.is_trusted
    assert "providers.up.base_url = https://up.test/v1" in held.held_back
    assert held.untrusted["up"].code == "not_trusted"
    assert "aigw-dev trust" in held.untrusted["up"].message
    source.trust()
    assert source.read().is_trusted
    source_of(tmp_path, SENSITIVE.replace("up.test", "evil.test"))
    assert not source.read().is_trusted, "trust is for these settings, not for the file"


def test_a_file_that_was_named_needs_no_trust(tmp_path: Path) -> None:
    reading = source_of(tmp_path, SENSITIVE, is_trusted=True).read()
    assert (reading.is_trusted, reading.held_back) == (True, [])


def test_our_own_edit_keeps_the_trust_there_was(tmp_path: Path) -> None:
    source = source_of(tmp_path, SENSITIVE)
    source.trust()
    source.write(SENSITIVE.replace("up.test", "next.test"), expected_digest=source.read().digest)
    assert source.read().is_trusted


def test_our_own_edit_gives_no_trust_that_was_not_there(tmp_path: Path) -> None:
    source = source_of(tmp_path, SENSITIVE)
    source.write(SENSITIVE + "routes: {}\n", expected_digest=source.read().digest)
    assert not source.read().is_trusted


def test_mending_a_broken_file_gives_no_trust(tmp_path: Path) -> None:
    source = source_of(tmp_path, "version: [\n")
    source.write(SENSITIVE, expected_digest=source.read().digest)
    assert not source.read().is_trusted


def test_the_first_save_makes_the_file_says_where_and_trusts_it(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    assert (source.path, source.name(source.read().config)) == (None, "default")
    path = source.write(SENSITIVE, expected_digest=MISSING)
    assert path == tmp_path / "aigw-dev.yaml"
    assert str(path) in source.found.why
    assert source.path == path
    assert source.read().is_trusted
    restarted = source_of(tmp_path, SENSITIVE)
    assert restarted.read().is_trusted, "the trust outlives the process"
    source_of(tmp_path, SENSITIVE.replace("up.test", "evil.test"))
    assert not source.read().is_trusted, "what others write into it later is weighed"


def test_a_first_save_does_not_overwrite_a_file_that_came_meanwhile(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    (tmp_path / "aigw-dev.yaml").write_text("theirs", "utf-8")
    with pytest.raises(ConfigError) as caught:
        source.write(PLAIN, expected_digest=MISSING)
    assert caught.value.code == "config_changed"
    assert (tmp_path / "aigw-dev.yaml").read_text("utf-8") == "theirs"


def test_without_a_file_the_providers_are_those_whose_variable_is_set(tmp_path: Path) -> None:
    reading = source_of(tmp_path, OPENAI_API_KEY="sk-abcdefghijklmnop").read()
    assert reading.config is not None
    assert set(reading.config.providers) == {"openai"}
    assert (reading.text, reading.digest, reading.in_force_digest) == ("", "", "")


def test_the_overlay_is_merged_and_counts_for_what_is_in_force(tmp_path: Path) -> None:
    source = source_of(tmp_path, PLAIN)
    before = source.read()
    (tmp_path / "aigw-dev.local.yaml").write_text("gateway: {name: mine}\n", "utf-8")
    after = source.read()
    assert after.config is not None
    assert after.config.gateway.name == "mine"
    assert after.digest == before.digest, "the file is the same"
    assert after.in_force_digest != before.in_force_digest
    parsed = source.parse(PLAIN)
    assert parsed.config is not None
    assert parsed.config.gateway.name == "mine"
    assert parsed.in_force_digest == after.in_force_digest


def test_a_gateway_is_named_by_its_config_else_by_its_folder(tmp_path: Path) -> None:
    source = source_of(tmp_path, PLAIN)
    assert source.name(source.read().config) == tmp_path.name
    assert source.name(source.parse("version: 1\ngateway: {name: x}\n").config) == "x"


def test_a_broken_file_is_read_as_problems(tmp_path: Path) -> None:
    reading = source_of(tmp_path, "version: 1\nnonsense: 1\n").read()
    assert reading.config is None
    assert reading.problems


def test_the_environment_is_the_processes_own() -> None:
    assert "PATH" in environment()


def test_an_overlay_that_lay_there_before_the_first_save_is_not_trusted_with_it(tmp_path: Path) -> None:
    (tmp_path / "aigw-dev.local.yaml").write_text(
        "providers: {openai: {base_url: https://elsewhere.example/v1}}\n", "utf-8"
    )
    source = source_of(tmp_path)
    source.write(source.first_text(), expected_digest="")
    reading = source.read()
    assert (reading.is_trusted, "openai" in reading.untrusted) == (False, True)
    source.trust()
    assert source.read().is_trusted
