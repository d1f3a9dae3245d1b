"""A home for one run of Gemini CLI, so that it signs in with the key it is given instead of what its settings select.

Two faults of gemini-cli stand between it and any gateway. With GOOGLE_GEMINI_BASE_URL set and no way to sign in
selected it refuses to run without a terminal ("Invalid auth method selected", google-gemini/gemini-cli#27550, from 0.44
on, seen with 0.61.0); and a way selected once (`oauth-personal`) wins over every variable and goes to Google. The one
setting that helps is `security.auth.selectedType`. System settings are read only from files of root, so the run gets a
home whose settings say so and where everything else is a link to the user's own.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec

HOME_VARIABLE: Final = "GEMINI_CLI_HOME"
BY_KEY: Final = "gemini-api-key"
_FOLDER: Final = ".gemini"
_SETTINGS: Final = "settings.json"
_ADVICE: Final = 'gemini-cli may sign in its own way: set "security": {"auth": {"selectedType": "gemini-api-key"}} in its settings.json'


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """The home that was made."""

    home: Path
    """For `GEMINI_CLI_HOME`."""
    real: Path
    """The user's own `.gemini`."""

    def give_back(self) -> None:
        """Move what the run made or replaced there to the user's own folder; the settings stay behind."""
        for entry in (self.home / _FOLDER).iterdir():
            if entry.name == _SETTINGS or entry.is_symlink():
                continue
            there = self.real / entry.name
            with contextlib.suppress(OSError, shutil.Error):
                if entry.is_file():
                    self.real.mkdir(mode=0o700, exist_ok=True)
                    shutil.copyfile(entry, there)
                elif not there.exists():
                    self.real.mkdir(mode=0o700, exist_ok=True)
                    shutil.move(entry, there)


def overlay(environ: Mapping[str, str], folder: Callable[[], Path]) -> Overlay | str | None:
    """The home for a run; None where the user's own will do, or a line for people where none can be made."""
    real = _home(environ) / _FOLDER
    settings = _read(real / _SETTINGS)
    if settings is None:
        return f"{real / _SETTINGS} cannot be read: {_ADVICE}"
    auth = _section(_section(settings, "security"), "auth")
    if auth.get("selectedType") == BY_KEY:
        return None
    home = folder() / "gemini"
    made = home / _FOLDER
    changed = settings | {
        "security": _section(settings, "security") | {"auth": auth | {"selectedType": BY_KEY}}
    }
    try:
        made.mkdir(parents=True, mode=0o700)
        (made / _SETTINGS).write_text(json.dumps(changed, indent=2), "utf-8")
        for entry in real.iterdir() if real.is_dir() else ():
            if entry.name != _SETTINGS:
                (made / entry.name).symlink_to(entry.absolute(), target_is_directory=entry.is_dir())
    except OSError:  # Windows makes links only for who may
        return _ADVICE
    return Overlay(home=home, real=real)


def _home(environ: Mapping[str, str]) -> Path:
    own = environ.get(HOME_VARIABLE) or environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    return Path(own) if own else Path.home()


def _read(path: Path) -> dict[str, Any] | None:
    """The settings; empty where there are none, None where they are not to be understood (comments are allowed there)."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _section(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = settings.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
