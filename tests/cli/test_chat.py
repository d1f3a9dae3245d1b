"""What is wrong with a chat's options is said before any gateway is looked for or started."""

from pathlib import Path

import pytest

from aigw_dev.cli import dispatch


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--max-tokens", "many"], "max_tokens"),
        (["--top-p", "1.5"], "--no-limits"),
        (["--param", "x"], "NAME=VALUE"),
        (["--metadata", "{"], "flat JSON"),
        (["--code", "cobol"], "python"),
        (["--system", "x" * 101], "101 characters"),
    ],
)
def test_a_bad_option_ends_with_2(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert dispatch.run(["chat", "mock/echo", "hi", "--home", str(home), *words]) == 2
    assert told in capsys.readouterr().err
    assert not home.exists()


def test_code_is_printed_for_the_port_a_gateway_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert dispatch.run(["chat", "mock/echo", "hi", "--curl", "--home", str(tmp_path / "home")]) == 0
    assert "http://127.0.0.1:2449/v1/chat/completions" in capsys.readouterr().out
