"""From words to one command and back: finds the command, runs it, and answers every error in one style.

Only the module of the command asked for is imported.
"""

import difflib
import re
import traceback
from typing import Any, Final, Protocol, cast

from aigw_dev.cli import exits, output
from aigw_dev.cli.registry import COMMANDS, Command, Registry
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError

_PROGRAM: Final = "aigw-dev"
_TUI: Final = "tui"
"""The command that a bare `aigw-dev` in a terminal opens, once it has landed."""


def run(words: list[str], commands: Registry = COMMANDS) -> int:
    """Run the command that begins `words`; the exit code. No words at all: the TUI, or the help where there is none."""
    output.prepare()
    try:
        code = _route(words, commands)
        output.flush()
    except GatewayError as failure:
        return _fail(failure, words)
    except OSError as failure:
        place = f"{failure.filename}: " if failure.filename else ""
        return _fail(
            exits.CommandError(
                f"{place}{failure.strerror or failure}.", hint="Check the path and its rights."
            ),
            words,
        )
    except Exception as fault:  # noqa: BLE001 - the root of the process: a fault is reported, not hidden
        traceback.print_exc()
        return _fail(exits.CommandError(f"{type(fault).__name__}: {fault}", code="internal_error"), words)
    return code


def _fail(failure: GatewayError, words: list[str]) -> int:
    """Report what ended the command, after what it had already printed."""
    output.flush()
    ours = words[: words.index("--")] if "--" in words else words
    output.error(failure, is_json="--json" in ours)
    return exits.exit_code(failure)


def _route(words: list[str], commands: Registry) -> int:
    if not words:
        return _bare(commands)
    first = words[0]
    if first.startswith("-"):
        raise exits.CommandError(
            f"`{_word(first)}` stands before the command.",
            hint=f"Options come after it: `{_PROGRAM} COMMAND {_word(first)}`; `{_PROGRAM} --help` lists the commands.",
        )
    if first not in commands.groups:
        row = commands.find(first)
        if row is None:
            raise _unknown(first, known=[name for name, _ in commands.top_level()])
        return _execute(row, words[1:])
    if len(words) < 2 or words[1] in {"--help", "-h"}:  # noqa: PLR2004 - a group and a command of it
        return _group_help(first, commands, is_asked=len(words) > 1)
    row = commands.find(f"{first} {words[1]}")
    if row is None:
        raise _unknown(words[1], known=[row.last_word for row in commands.members(first)], group=first)
    return _execute(row, words[2:])


def _bare(commands: Registry) -> int:
    tui = commands.find(_TUI)
    if tui is not None:
        return _execute(tui, [])
    from aigw_dev.cli.help_text import HELP

    output.say(HELP.rstrip("\n"))
    return exits.DONE


def _group_help(group: str, commands: Registry, *, is_asked: bool) -> int:
    """Print a group's help; not asked for, it is an answer to a command cut short."""
    from aigw_dev.cli import build

    build.overview(commands, group).main(["--help"], f"{_PROGRAM} {group}", standalone_mode=False)
    return exits.DONE if is_asked else exits.USAGE


def _unknown(word: str, *, known: list[str], group: str = "") -> exits.CommandError:
    whole = f"{_PROGRAM} {group}".rstrip()
    near = difflib.get_close_matches(word.lower(), known, n=1)
    hint = f"Did you mean `{whole} {near[0]}`?" if near else f"`{whole} --help` lists the commands."
    return exits.CommandError(f"There is no command `{whole} {_word(word)}`.", hint=hint)


def _word(word: str) -> str:
    """A word of the command line, short and safe enough to repeat."""
    return harmless.line(word[:60])


class _Complaint(Protocol):
    """What the parser says about a command line."""

    def format_message(self) -> str:
        """One or two sentences, naming the word at fault."""
        ...


def _execute(row: Command, arguments: list[str]) -> int:
    """Run one command; a parser's complaint becomes a `CommandError`."""
    import typer

    from aigw_dev.cli import build

    # typer carries a click of its own, so the root of its complaints has no public name
    complaint = next(
        base
        for base in typer.BadParameter.__mro__
        if base.__name__ == "ClickException" and issubclass(base, Exception)
    )
    whole = f"{_PROGRAM} {row.words}"
    if row.words.startswith("keys "):
        from aigw_dev.cli.key_words import refuse_keys

        refuse_keys(arguments)
    if row.names_exchange:
        arguments = _places_last(arguments)
    try:
        result: Any = build.runnable(row).main(arguments, whole, standalone_mode=False)
    except complaint as refused:
        message = cast("_Complaint", refused).format_message()
        raise exits.CommandError(message, hint=f"`{whole} --help` shows how it is called.") from refused
    except typer.Abort:
        return exits.INTERRUPTED
    return result if isinstance(result, int) else exits.DONE


def _places_last(arguments: list[str]) -> list[str]:
    """`-2` moved behind `--`, where no parser takes it for an option; options after it stay options."""
    places = [word for word in arguments if re.fullmatch(r"-[0-9]+", word)]
    if not places or "--" in arguments:
        return arguments
    return [*(word for word in arguments if word not in places), "--", *places]
