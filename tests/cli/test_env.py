"""`env` without a gateway (with one: tests/e2e/test_env.py)."""

from pathlib import Path

import pytest

from aigw_dev.cli import dispatch


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]  -- pytest uses it
    monkeypatch.chdir(tmp_path)


def test_aigw_dev_url_names_the_gateway_even_one_of_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGW_DEV_URL", "http://10.0.0.9:2449/")
    monkeypatch.setenv("AIGW_DEV_TOKEN", "aigwdev-there")
    assert dispatch.run(["env", "--shell", "bash", "--home", str(tmp_path / "home")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "export OPENAI_BASE_URL=http://10.0.0.9:2449/v1" in lines
    assert "export OPENAI_API_KEY=aigwdev-there" in lines


@pytest.mark.parametrize(
    "words", [["--for", "emacs"], ["--for", "llm", "--for", "aider"], ["--shell", "tcsh"]]
)
def test_what_it_cannot_print_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["env", *words]) == 2
    assert capsys.readouterr().out == ""
