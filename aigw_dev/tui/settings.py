"""`tui.yaml` in the user config dir: theme, keys, columns. Read once; what is wrong is said and left out.

theme: nord
ascii: false
mouse: true
keymap: {routes.flip: "x", app.palette: "ctrl+p"}
"""

from pathlib import Path
from typing import Any, Final

import msgspec

FILE: Final = "tui.yaml"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person set."""

    theme: str = ""
    """A theme's name; empty = ours."""
    ascii: bool = False
    """Draw with ASCII characters only."""
    mouse: bool = True
    """Take mouse events; off leaves selecting text to the terminal."""
    keymap: dict[str, str] = {}
    """Keys by action id (`routes.flip`); several are separated by commas."""
    log_columns: tuple[str, ...] = ()
    """Columns of the log list, in order; empty = ours."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The settings and what was wrong with the file."""

    settings: Settings = Settings()
    problems: tuple[str, ...] = ()


def read_settings(path: Path) -> Told:
    """The file at `path`; a missing one is the defaults."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Told()
    except (OSError, UnicodeDecodeError) as error:
        return Told(problems=(f"{path}: cannot be read: {error}",))
    return parse_settings(text, str(path))


def parse_settings(text: str, place: str) -> Told:
    """Settings from YAML; every wrong key is named with its line, the others hold."""
    from aigw_dev.config_file.yaml_tree import read_yaml

    document = read_yaml(text)
    if document.problems:
        first = document.problems[0]
        return Told(problems=(f"{place}:{first.line}: {first.message}",))
    tree: Any = document.value
    if tree is None:
        return Told()
    if not isinstance(tree, dict):
        return Told(problems=(f"{place}: wants `theme`, `ascii`, `mouse`, `keymap` or `log_columns`",))
    kept: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in tree.items():  # pyright: ignore[reportUnknownVariableType]  -- checked field by field
        try:
            msgspec.convert({key: value}, Settings)
        except (msgspec.ValidationError, TypeError) as error:
            line, _ = document.place((key,))
            problems.append(f"{place}:{line}: {error}")
        else:
            kept[str(key)] = value  # pyright: ignore[reportUnknownArgumentType]
    return Told(settings=msgspec.convert(kept, Settings), problems=tuple(problems))
