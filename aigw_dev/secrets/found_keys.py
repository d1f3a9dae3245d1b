"""Keys that already lie around on this machine: the usual variables in the environment and in a .env file."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.core.credentials import check_key, clean_key, is_own_token
from aigw_dev.core.providers import kinds_for_variable

_LINE: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_COMMENT: Final = re.compile(r"\s+#.*")
_MAX_BYTES: Final = 256 * 1024


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """One usual variable that holds a key. Its repr shows no value."""

    variable: str
    place: str
    """`environment`, or the file's path."""
    kinds: tuple[str, ...]
    """The kinds of provider whose key usually stands in it."""
    value: str

    def __repr__(self) -> str:
        """The variable only."""
        return f"Lying({self.variable} from {self.place})"


def find_keys(env: Mapping[str, str], dotenv: Path | None) -> list[Lying]:
    """The usable keys, by kind; a value that stands in both places is named once. Tokens of ours are passed over."""
    places = [("environment", env)]
    if dotenv is not None:
        places.append((str(dotenv), read_dotenv(dotenv)))
    found: dict[tuple[str, str], Lying] = {}
    for place, variables in places:
        for variable, text in variables.items():
            kinds, key = kinds_for_variable(variable), clean_key(text)
            if kinds and key and not is_own_token(key) and check_key(key) is None:
                found.setdefault(
                    (variable, key), Lying(variable=variable, place=place, kinds=kinds, value=key)
                )
    return sorted(found.values(), key=lambda one: (one.kinds, one.variable))


def read_dotenv(path: Path) -> dict[str, str]:
    """The assignments of a .env file, quotes and comments taken off; nothing is expanded.

    No file that can be read (`.env` may be a virtual environment's folder) is no assignment.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(text: str) -> str:
    for quote in "\"'":
        if text.startswith(quote) and (end := text.find(quote, 1)) > 0:
            return text[1:end]
    return _COMMENT.sub("", f" {text}").strip() if "#" in text else text
