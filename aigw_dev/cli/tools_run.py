"""What `run` does for a tool it knows beyond variables: flags of its own, and files that are gone when it ends.

A tool's config file may win over the environment; each of the functions here says which, and how it is overruled for
one run. What the user gave on the command line wins over ours: then nothing is added, and that is said.
"""

import contextlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.cli import tools_gemini
from aigw_dev.cli.tools import Tool
from aigw_dev.cli.tools_files import codex_settings, opencode_config
from aigw_dev.cli.variables import DIALECTS, Aim, Changes
from aigw_dev.secrets.private_files import write_private

_OPENCODE: Final = "OPENCODE_CONFIG_CONTENT"
LONG: Final = frozenset({_OPENCODE})
"""Variables whose value is too long to be shown."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is about to be run for a tool."""

    command: tuple[str, ...]
    """The program and the user's own arguments."""
    aim: Aim
    environ: Mapping[str, str]
    """As it will be, but for what is added here."""
    changes: Changes
    """What was changed in it."""
    folder: Callable[[], Path]
    """Makes a folder of ours for this run, once, which is removed after it."""
    models: Callable[[], Sequence[str]]
    """What the gateway lists; asked only where needed."""


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """What one tool needs beside its dialects' variables."""

    flags: tuple[str, ...] = ()
    """Stand before the user's own arguments."""
    set: dict[str, str] = {}
    note: str = ""
    """For people: what was done, or why nothing was."""
    after: Callable[[], None] | None = None
    """Called when the tool has ended."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What is run, and how."""

    command: tuple[str, ...]
    changes: Changes
    flags: tuple[str, ...] = ()
    """Those of the command's arguments that are ours."""
    note: str = ""


@contextlib.contextmanager
def prepared(
    tool: Tool | None,
    command: Sequence[str],
    *,
    aim: Aim,
    changes: Changes,
    environ: Mapping[str, str],
    models: Callable[[], Sequence[str]],
) -> Generator[Prepared]:
    """The command with what its tool needs; files that were made for it are gone afterwards.

    `changes` are what its variables come to already, `environ` is the environment with them made.
    """
    words = tuple(command)
    if tool is None:
        yield Prepared(command=words, changes=changes)
        return
    with contextlib.ExitStack() as stack:
        made: list[Path] = []

        def folder() -> Path:
            if not made:
                made.append(Path(tempfile.mkdtemp(prefix="aigw-dev-run-")))  # 0700
                stack.callback(shutil.rmtree, made[0], ignore_errors=True)
            return made[0]

        own = tool.own_variables(aim)
        start = Start(command=words, aim=aim, environ=environ, changes=changes, folder=folder, models=models)
        add = ADDITIONS.get(tool.name, _nothing)(start)
        if add.after is not None:
            stack.callback(add.after)  # before the folder goes
        yield Prepared(
            command=(words[0], *add.flags, *words[1:]),
            changes=Changes(set=changes.set | own | add.set, unset=changes.unset),
            flags=add.flags,
            note=add.note,
        )


def _nothing(start: Start) -> Addition:
    del start
    return Addition()


def _claude(start: Start) -> Addition:
    """`env` in any of Claude Code's settings files wins over the environment, and `--settings` over those files.

    Seen with 2.1.197. The file is private, since it holds the credential.
    """
    if _has_option(start.command, "--settings"):
        return Addition(note="--settings is there already: whether its `env` or ours holds is its affair")
    dialect = DIALECTS["anthropic"]
    switched_off = [name for name in dialect.winning if name.startswith("CLAUDE_CODE_USE_")]
    if not start.aim.keeps_login("anthropic"):
        switched_off += [*dialect.logins, dialect.headers]
    names = {name for name, _ in dialect.urls} | {*dialect.keys, dialect.headers}
    ours = {name: value for name, value in start.changes.set.items() if name in names}
    settings = {"env": dict.fromkeys(switched_off, "") | ours}
    path = start.folder() / "claude-settings.json"
    write_private(path, json.dumps(settings).encode())
    return Addition(flags=("--settings", str(path)))


def _codex(start: Start) -> Addition:
    """Codex reads no address from the environment, only its config, which `-c` overrules."""
    if _names_codex_provider(start.command):
        return Addition(note="it was told its model provider already: nothing is added")
    flags = [word for name, value in codex_settings(start.aim).items() for word in ("-c", f"{name}={value}")]
    return Addition(flags=tuple(flags))


def _opencode(start: Start) -> Addition:
    """Config in this variable wins over opencode's files. The credential in it is a reference."""
    if start.environ.get(_OPENCODE):
        return Addition(note=f"{_OPENCODE} is set already: nothing is added")
    config = opencode_config(start.aim, start.models())
    return Addition(set={_OPENCODE: json.dumps(config, ensure_ascii=False)})


def _gemini(start: Start) -> Addition:
    found = tools_gemini.overlay(start.environ, start.folder)
    if isinstance(found, str):
        return Addition(note=found)
    if found is None:
        return Addition()
    return Addition(set={tools_gemini.HOME_VARIABLE: str(found.home)}, after=found.give_back)


ADDITIONS: Final[dict[str, Callable[[Start], Addition]]] = {
    "claude-code": _claude,
    "codex": _codex,
    "opencode": _opencode,
    "gemini-cli": _gemini,
}
"""By the name of the tool's row."""
_CODEX_OWN: Final = ("--oss", "--local-provider")
_CODEX_SETTINGS: Final = ("model_provider", "model_providers.aigw-dev")


def _has_option(command: Sequence[str], option: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in _options(command))


def _names_codex_provider(command: Sequence[str]) -> bool:
    words = _options(command)
    if any(_has_option(command, option) for option in _CODEX_OWN):
        return True
    given = [after for word, after in itertools.pairwise(words) if word in {"-c", "--config"}]
    given += [word.removeprefix("--config=") for word in words if word.startswith("--config=")]
    given += [word[2:].removeprefix("=") for word in words if word.startswith("-c") and len(word) > len("-c")]
    names = [one.partition("=")[0].strip() for one in given]
    return any(name == own or name.startswith(f"{own}.") for name in names for own in _CODEX_SETTINGS)


def _options(command: Sequence[str]) -> list[str]:
    """The arguments up to `--`, after which there are no options."""
    words = list(command[1:])
    return words[: words.index("--")] if "--" in words else words
