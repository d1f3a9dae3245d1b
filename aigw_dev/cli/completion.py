"""`aigw-dev completion SHELL`: a completion script that knows every command and option, and asks nobody again.

The script is whole in itself: pressing tab never starts Python. It is as current as the version that printed it.
"""

import enum
from typing import Annotated, Final

import typer

from aigw_dev.cli import describe, output
from aigw_dev.cli.completion_scripts import SCRIPTS, Candidate, Place
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.registry import COMMANDS, Registry

_INSTALL: Final = {
    "bash": 'eval "$(aigw-dev completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(aigw-dev completion zsh)"  # in ~/.zshrc, after compinit',
    "fish": "aigw-dev completion fish | source  # in ~/.config/fish/config.fish",
    "powershell": "aigw-dev completion powershell | Out-String | Invoke-Expression  # in $PROFILE",
}
"""The line that turns completion on, shown below each script."""


class Shell(enum.Enum):
    """The shells a script can be written for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    context: Context,
    shell: Annotated[Shell, typer.Argument(help="bash, zsh, fish or powershell.", metavar="SHELL")],
) -> int:
    """Print the completion script for a shell.

    The last line of the script is the line that turns it on for good.
    """
    script = f"{SCRIPTS[shell.value](places())}# {_INSTALL[shell.value]}\n"
    if context.is_json:
        output.print_json({"shell": shell.value, "script": script})
    else:
        output.say(script.removesuffix("\n"))
    return DONE


def places(commands: Registry = COMMANDS) -> tuple[Place, ...]:
    """Every point in a command line where something can be offered; the root comes first."""
    root = Place("", tuple(Candidate(*each) for each in commands.top_level()), {})
    groups = [
        Place(group, tuple(Candidate(row.last_word, row.help) for row in commands.members(group)), {})
        for group in commands.groups
    ]
    return (root, *groups, *(_command(page) for page in describe.pages(commands)))


def _command(page: describe.Page) -> Place:
    words = [Candidate(choice, argument.help) for argument in page.arguments for choice in argument.choices]
    options = (*page.options, *describe.common_options())
    flags = [Candidate(flag, option.help) for option in options for flag in option.flags]
    values = {flag: option.choices for option in options if option.metavar for flag in option.flags}
    return Place(page.words, (*words, *flags, Candidate("--help", "Show this message and exit.")), values)
