r"""How each shell sets and unsets a variable: quoting that holds for every value a variable can have.

bash, zsh and sh: POSIX single quotes. fish: single quotes with `\\` and `\'`. PowerShell: single quotes, doubled inside
(typographic ones count as quotes there too). cmd: `set "NAME=value"`, where `%` is doubled for a batch file and a quote
or line end cannot be written at all.
"""

import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple

from aigw_dev.cli.exits import CommandError
from aigw_dev.core import harmless

_POWERSHELL_QUOTES: Final = "'\u2018\u2019\u201a\u201b"


class Shell(NamedTuple):
    """The two lines that matter."""

    put: Callable[[str, str], str]
    """Sets a variable: from name and value."""
    drop: Callable[[str], str]
    """Unsets one."""
    use: str
    """How its user puts the output of a command in force; `{}` stands for the command."""


def _posix(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    quoted = "".join(char * 2 if char in _POWERSHELL_QUOTES else char for char in value)
    return f"$env:{name} = '{quoted}'"


def _cmd(name: str, value: str) -> str:
    if any(char in '"\r\n' for char in value):
        raise CommandError(
            f"cmd cannot set {name}: its value has a quote or a line end.", hint="Use --shell powershell."
        )
    return f'set "{name}={value.replace("%", "%%")}"'


_POSIX: Final = Shell(_posix, "unset {}".format, 'eval "$({})"')
SHELLS: Final[dict[str, Shell]] = {
    "bash": _POSIX,
    "zsh": _POSIX,
    "sh": _POSIX,
    "fish": Shell(_fish, "set -e {}".format, "{} | source"),
    "powershell": Shell(
        _powershell,
        "Remove-Item Env:{} -ErrorAction SilentlyContinue".format,
        "{} | Out-String | Invoke-Expression",
    ),
    "cmd": Shell(_cmd, 'set "{}="'.format, "{} > %TEMP%\\aigw-dev.cmd & call %TEMP%\\aigw-dev.cmd"),
}
"""By the name that `--shell` takes."""
_ALIASES: Final = {"pwsh": "powershell", "dash": "sh", "ksh": "sh", "ash": "sh"}


def choose(asked: str | None, environ: Mapping[str, str], *, is_windows: bool) -> str:
    """The shell asked for, else the one this command was most likely started from; a key of `SHELLS`."""
    if asked is not None:
        name = _ALIASES.get(asked.lower(), asked.lower())
        if name in SHELLS:
            return name
        raise CommandError(
            f"--shell {harmless.line(asked[:40])}: no such shell.", hint=f"One of {', '.join(SHELLS)}."
        )
    own = PurePath(environ.get("SHELL", "")).name.removesuffix(".exe").lower()
    if own:
        return _ALIASES.get(own, own if own in SHELLS else "sh")
    if not is_windows:
        return "sh"
    return "cmd" if "PROMPT" in environ else "powershell"  # cmd exports PROMPT, PowerShell does not
