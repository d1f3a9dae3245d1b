"""Keys on the command line: never taken, because the shell's history and every process on this machine see them."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from aigw_dev.cli.exits import CommandError
from aigw_dev.core.credentials import looks_like_key
from aigw_dev.core.literal_keys import holds_key

_CLEAR: Final = {
    "bash": "history -d -1; history -w",
    "zsh": "fc -W; then delete the line from $HISTFILE and run fc -R",
    "fish": "history delete --contains 'aigw-dev keys'",
    "pwsh": "delete the line from (Get-PSReadLineOption).HistorySavePath",
    "powershell": "delete the line from (Get-PSReadLineOption).HistorySavePath",
}
"""By shell: how the last line leaves the history."""
_PATH_OPTIONS: Final = ("--home", "--config", "--file")


def refuse_keys(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> None:
    """Exit 2 where one of the words is a key, without repeating it."""
    previous = ""
    for word in words:
        option, mark, value = word.partition("=") if word.startswith("-") else ("", "", word)
        text = value if mark else word
        is_path = (option if mark else previous) in _PATH_OPTIONS or text.startswith((".", "/", "~", "-"))
        previous = word
        if not is_path and (looks_like_key(text) or holds_key(text)):
            raise key_on_command_line(environ)


def key_on_command_line(environ: Mapping[str, str] = os.environ) -> CommandError:
    """What is said to somebody who put a key on the command line."""
    return CommandError(
        "A key stands on the command line. It was not read and not stored, but your shell's history and "
        "other programs of this machine may have it now.",
        hint=f"Clear it from the history ({clear_history(environ)}). Then run the command without it: the key "
        "is asked for without echo, or read with --stdin. On a shared machine make a new key at the provider.",
        code="key_invalid",
    )


def clear_history(environ: Mapping[str, str]) -> str:
    """How to take the last line out of this shell's history."""
    shell = os.path.basename(environ.get("SHELL", ""))  # noqa: PTH119  -- a text, and not a path of this system
    known = "pwsh" if "PSModulePath" in environ and not shell else shell
    return _CLEAR.get(known.removesuffix(".exe"), "see your shell's manual")
