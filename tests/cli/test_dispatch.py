"""Words become one command, and every end becomes an exit code and a sentence."""

import json
import sys
from typing import Annotated

import pytest
import typer

from aigw_dev.cli import dispatch, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.registry import Command, Registry
from aigw_dev.core.errors import ConfigError, UpstreamError


def greet(context: Context, name: Annotated[str, typer.Argument(help="Whom.")]) -> None:
    """Greet somebody."""
    output.say(f"hello {name} {context.is_json}")


def check(context: Context) -> int:
    """Check something."""
    return 1


def launch(context: Context, command: Annotated[list[str], typer.Argument(help="What to run.")]) -> None:
    """Run a command."""
    output.say(" ".join(command))


def interrupted(context: Context) -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


def refused(context: Context) -> None:
    """Be refused."""
    output.say("before")
    raise CommandError("The file is not there.", hint="Make it.")


def misconfigured(context: Context) -> None:
    """Meet a bad config."""
    raise ConfigError("aigw-dev.yaml:3: `kidn` is not known.")


def unreachable(context: Context) -> None:
    """Meet a provider that is away."""
    raise UpstreamError("qwen did not answer.", code="connect_timeout")


def faulty(context: Context) -> None:
    """Have a fault."""
    raise ValueError("wrong turn")


def unreadable(context: Context) -> None:
    """Meet a file that cannot be read."""
    raise PermissionError(13, "Permission denied", "/somewhere/token")


def left_alone(context: Context) -> None:
    """Print to nobody."""
    raise BrokenPipeError


def row(
    words: str, function: str, *, takes_command_line: bool = False, names_exchange: bool = False
) -> Command:
    place = f"{__name__}:{function}"
    return Command(
        words, place, "Do it.", takes_command_line=takes_command_line, names_exchange=names_exchange
    )


TABLE = Registry(
    rows=(
        row("greet", "greet"),
        row("check", "check"),
        row("show", "greet", names_exchange=True),
        row("run", "launch", takes_command_line=True),
        row("keys add", "greet"),
        row("keys list", "check"),
        row("interrupted", "interrupted"),
        row("refused", "refused"),
        row("misconfigured", "misconfigured"),
        row("unreachable", "unreachable"),
        row("faulty", "faulty"),
        row("unreadable", "unreadable"),
        row("left-alone", "left_alone"),
        Command("absent", "aigw_dev.no_such_module:f", "Never loaded."),
    ),
    groups={"keys": "Keys of providers."},
)


def run(*words: str) -> int:
    return dispatch.run(list(words), TABLE)


def test_a_command_runs_with_its_words_and_the_common_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("greet", "Ada", "--json") == 0
    assert capsys.readouterr().out == "hello Ada True\n"


def test_a_command_of_a_group_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("keys", "add", "Ada") == 0
    assert capsys.readouterr().out == "hello Ada False\n"


def test_what_a_command_returns_is_the_exit_code() -> None:
    assert run("check") == 1
    assert run("keys", "list") == 1


def test_only_the_module_of_the_command_is_loaded() -> None:
    run("check")
    assert "aigw_dev.no_such_module" not in sys.modules
    assert run("absent") == 2


def test_another_programs_command_line_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", "--json", "--", "pytest", "-q", "--json") == 0
    assert run("run", "pytest", "-q", "--help") == 0
    assert capsys.readouterr().out == "pytest -q --json\npytest -q --help\n"


@pytest.mark.parametrize("words", [["-2", "--json"], ["--json", "-2"], ["--json", "--", "-2"]])
def test_the_last_but_one_is_a_name_and_no_option(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", *words) == 0
    assert capsys.readouterr().out == "hello -2 True\n"
    assert run("greet", "-2") == 2


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["gret"], "no command `aigw-dev gret`", "Did you mean `aigw-dev greet`?"),
        (["zzzz"], "no command `aigw-dev zzzz`", "`aigw-dev --help` lists"),
        (["keys", "lst"], "no command `aigw-dev keys lst`", "Did you mean `aigw-dev keys list`?"),
        (["--home", "x", "greet"], "`--home` stands before the command", "`aigw-dev COMMAND --home`"),
        (["greet"], "argument", "`aigw-dev greet --help`"),
        (["greet", "Ada", "--jsn"], "--jsn", "`aigw-dev greet --help`"),
        (["x\x1b[31m"], r"no command `aigw-dev x\x1b[31m`", ""),
    ],
)
def test_a_wrong_word_is_named_with_what_to_do(
    words: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert message.lower() in printed.err.lower()
    assert hint in printed.err
    assert "\x1b" not in printed.err


def test_the_help_of_a_group_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("keys", "--help") == 0
    asked = capsys.readouterr().out
    assert "aigw-dev keys" in asked
    assert "list" in asked
    assert run("keys") == 2
    assert capsys.readouterr().out == asked


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("refused", 2, "error: The file is not there.\n  Make it.\n"),
        ("misconfigured", 2, "`kidn` is not known."),
        ("unreachable", 3, "qwen did not answer.\n  Raise connect_timeout_ms"),
        ("unreadable", 2, "/somewhere/token: Permission denied."),
        ("faulty", 2, "ValueError: wrong turn"),
        ("left-alone", 0, ""),
    ],
)
def test_how_a_command_ends(command: str, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command) == code
    assert said in capsys.readouterr().err


def test_an_interrupted_command_ends_with_130() -> None:
    assert run("interrupted") == 130


def test_a_fault_shows_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    run("faulty")
    assert "in faulty" in capsys.readouterr().err


def test_what_was_printed_before_an_error_stays(capsys: pytest.CaptureFixture[str]) -> None:
    run("refused")
    assert capsys.readouterr().out == "before\n"


def test_with_json_an_error_is_one_line_of_json_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("unreachable", "--json") == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    said = json.loads(printed.err)["error"]
    assert (said["code"], said["message"]) == ("connect_timeout", "qwen did not answer.")
    assert said["hint"]


def test_json_behind_the_dashes_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("refused", "--", "--json") == 2
    assert capsys.readouterr().err.startswith("error: ")
