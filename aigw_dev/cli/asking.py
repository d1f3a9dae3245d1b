"""Asking a person: yes or no, a choice, a key. Where nobody sits at a terminal, nothing is assumed: exit 2."""

import sys

from aigw_dev.cli import output
from aigw_dev.cli.exits import CommandError


def is_person_there() -> bool:
    """Whether somebody can be asked: standard input is a terminal."""
    return output.is_terminal(sys.stdin)


def is_person_near() -> bool:
    """Whether somebody sees this command and can answer the keyring's own dialog, also where the key is piped in."""
    return is_person_there() or output.is_terminal(sys.stderr)


def require_person(question: str, *, hint: str) -> None:
    """Exit 2 where nobody can be asked; `hint` names the option that answers instead."""
    if not is_person_there():
        raise CommandError(f"{question} There is no terminal to ask on.", hint=hint)


def confirm(question: str, *, is_yes: bool = False, hint: str = "Give --yes to answer in advance.") -> bool:
    """Whether a person says yes; `is_yes` says it for them. The question goes to stderr, so that stdout stays clean."""
    if is_yes:
        return True
    require_person(question, hint=hint)
    return ask(f"{question} [y/N] ").lower() in {"y", "yes"}


def ask(question: str) -> str:
    """One line from a terminal, stripped; empty at its end."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def hidden(question: str) -> str:
    """One line typed without echo."""
    import getpass

    return getpass.getpass(question, stream=sys.stderr)


def refused() -> CommandError:
    """What ends a command whose question was answered with no."""
    return CommandError("Nothing was changed.", hint="You did not say yes.", code="usage_error")
