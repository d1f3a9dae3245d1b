"""Variables reach each shell with exactly their value: asked of the shells themselves where they are here."""

import shutil
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.shells import SHELLS, choose

NASTY = "a'b\"c$HOME `id` \\ \\' !x %PATH% *\n\u2019é"


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "fish"])
def test_a_shell_gets_exactly_the_value(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    lines = SHELLS[shell]
    read = f"{sys.executable} -c 'import os; print(ascii(os.environ.get(\"X\")))'"
    script = f"{lines.put('X', NASTY)}\n{read}\n{lines.drop('X')}\n{read}\n"
    done = subprocess.run([program, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.splitlines() == [ascii(NASTY), "None"]


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
@settings(max_examples=30, suppress_health_check=(HealthCheck.too_slow,))
def test_sh_gets_any_value(value: str) -> None:
    program = shutil.which("sh")
    if program is None:
        return
    script = f'{SHELLS["sh"].put("X", value)}\nprintf %s. "$X"'
    done = subprocess.run([program, "-c", script], capture_output=True, check=True, timeout=30)
    assert done.stdout.decode() == value + "."


def test_powershell_doubles_every_quote_it_knows() -> None:
    assert SHELLS["powershell"].put("X", "it's \u2019") == "$env:X = 'it''s \u2019\u2019'"


def test_cmd_doubles_percents_and_refuses_what_it_cannot_write() -> None:
    assert SHELLS["cmd"].put("X", "50%") == 'set "X=50%%"'
    assert SHELLS["cmd"].drop("X") == 'set "X="'
    with pytest.raises(CommandError):
        SHELLS["cmd"].put("X", 'a"b')


@pytest.mark.parametrize(
    ("asked", "environ", "is_windows", "expected"),
    [
        (None, {"SHELL": "/usr/bin/fish"}, False, "fish"),
        (None, {"SHELL": "/bin/ksh"}, False, "sh"),
        (None, {"SHELL": "/opt/nu"}, False, "sh"),
        (None, {}, False, "sh"),
        (None, {}, True, "powershell"),
        (None, {"PROMPT": "$P$G"}, True, "cmd"),
        ("pwsh", {"SHELL": "/bin/bash"}, False, "powershell"),
        ("ZSH", {}, False, "zsh"),
    ],
)
def test_the_shell_is_the_one_asked_for_or_the_likeliest(
    asked: str | None, environ: dict[str, str], *, is_windows: bool, expected: str
) -> None:
    assert choose(asked, environ, is_windows=is_windows) == expected


def test_an_unknown_shell_is_refused() -> None:
    with pytest.raises(CommandError):
        choose("tcsh", {}, is_windows=False)
