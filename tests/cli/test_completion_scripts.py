"""The scripts run in their shells; where a shell is not installed its test is skipped."""

import shutil
import subprocess

import pytest

from aigw_dev.cli.completion_scripts import SCRIPTS, Candidate, Place

PLACES = (
    Place("", (Candidate("up", "Start it."), Candidate("keys", "Providers' keys.")), {}),
    Place("keys", (Candidate("add", "Add one."), Candidate("list", "List them.")), {}),
    Place("up", (Candidate("--port", "Where."), Candidate("--detach", "Come back.")), {"--port": ()}),
    Place(
        "keys add",
        (Candidate("--kind", "Which."), Candidate("--stdin", "Read it.")),
        {"--kind": ("qwen", "groq")},
    ),
)

BASH_ASK = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aigw_dev; printf "%s\\n" "${COMPREPLY[@]}"'
ZSH_ASK = 'words=("$@"); CURRENT=$#; _aigw_dev'
ZSH_STAND_INS = """\
compdef() { : }
_files() { print FILES }
compadd() { print -rl -- "$@" }
_describe() { print -rl -- "${(@P)2%%:*}" }
"""


def asked(shell: str, *words: str) -> list[str]:
    """What the shell's script offers for the last of `words`."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = SCRIPTS[shell](PLACES)
    if shell == "bash":
        command = ["bash", "--norc", "-c", f"{script}\n{BASH_ASK}", "bash", "aigw-dev", *words]
    elif shell == "zsh":
        command = ["zsh", "-f", "-c", f"{ZSH_STAND_INS}{script}\n{ZSH_ASK}", "zsh", "aigw-dev", *words]
    else:
        line = " ".join(["aigw-dev", *words])
        command = ["fish", "--no-config", "-c", f"{script}\ncomplete -C '{line}'"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    return sorted(line.partition("\t")[0] for line in done.stdout.split("\n") if line)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], ["keys", "up"]),
        (["keys", ""], ["add", "list"]),
        (["keys", "add", "--kind", ""], ["groq", "qwen"]),
        (["keys", "add", "--stdin", "--kind", ""], ["groq", "qwen"]),
        (["keys", "add", "-"], ["--kind", "--stdin"]),
        (["up", "-"], ["--detach", "--port"]),
    ],
)
def test_what_is_offered(shell: str, words: list[str], offered: list[str]) -> None:
    assert asked(shell, *words) == offered


@pytest.mark.parametrize(("shell", "files"), [("bash", []), ("zsh", ["FILES"])])
def test_files_are_left_to_the_shell(shell: str, files: list[str]) -> None:
    assert asked(shell, "up", "--port", "") == files
    assert asked(shell, "up", "--", "") == files


def test_a_quote_in_a_help_text_ends_nothing() -> None:
    for shell, script in SCRIPTS.items():
        lines = [line for line in script(PLACES).splitlines() if "Providers" in line]
        assert lines or shell == "bash", shell
        assert all(line.count("'") % 2 == 0 or "\\'" in line for line in lines), shell
