"""Finds the config in force (CONTRACT 1): `--config`, `AIGW_DEV_CONFIG`, the project's, the user's, or none."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.config_file import ownership
from aigw_dev.config_file.ownership import Owners, own_number
from aigw_dev.config_file.read import CONFIG_NAME

VARIABLE: Final = "AIGW_DEV_CONFIG"
_MISSPELT: Final = ("aigw-dev.yml", ".aigw-dev.yaml", "aigw_dev.yaml")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Which config is in force, and why."""

    path: Path | None
    """Absolute; None = no config, the built-in default holds. A path that was named may not exist."""
    why: str
    """One sentence, shown by `up`."""
    is_trusted_place: bool
    """The user named the file or keeps it in their own config dir: what it sets needs no `aigw-dev trust`."""
    project_root: Path | None
    """The repository root or folder the config belongs to; without a config, the repository of the working directory."""
    first_save: Path
    """Where the config is written when there is none yet: the project root inside a repository, else the user's dir."""
    skipped: tuple[str, ...] = ()
    """Files that were passed over, each with the reason in one sentence."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the search takes place. All paths absolute."""

    env: Mapping[str, str]
    cwd: Path
    home: Path
    user_config_dir: Path
    owners: Owners


def discover(
    *,
    explicit: Path | None,
    env: Mapping[str, str],
    cwd: Path,
    home: Path,
    user_config_dir: Path,
    owners: Owners = ownership.owners,
) -> Found:
    """The config in force. Looks at names, owners and `.git`; never opens a file and never raises."""
    place = Place(env=env, cwd=cwd, home=home, user_config_dir=user_config_dir, owners=owners)
    named = str(explicit) if explicit is not None else env.get(VARIABLE, "").strip()
    if named:
        by = "--config" if explicit is not None else VARIABLE
        return _named(_absolute(named, place), by, place)
    skipped: list[str] = []
    root = repository_root(cwd, home=home)
    in_project = _nearest(place, skipped)
    own = user_config_dir / CONFIG_NAME
    first_save = (root or user_config_dir) / CONFIG_NAME
    if in_project is not None and in_project != own:
        return Found(
            path=in_project,
            why=f"{in_project} is the nearest {CONFIG_NAME} from {cwd} up.",
            is_trusted_place=False,
            project_root=repository_root(in_project.parent, home=home) or in_project.parent,
            first_save=first_save,
            skipped=tuple(skipped),
        )
    if _is_file(own):
        why = f"{own} is your own config; no {CONFIG_NAME} was found from {cwd} up."
        return Found(
            path=own,
            why=why,
            is_trusted_place=True,
            project_root=user_config_dir,
            first_save=own,
            skipped=tuple(skipped),
        )
    why = f"No {CONFIG_NAME} was found from {cwd} up or in {user_config_dir}: the built-in default holds."
    return Found(
        path=None,
        why=why,
        is_trusted_place=True,
        project_root=root,
        first_save=first_save,
        skipped=tuple(skipped),
    )


def repository_root(folder: Path, *, home: Path) -> Path | None:
    """The nearest folder from `folder` up that holds `.git`, not looking above the home folder; None = no repository."""
    for candidate in _upwards(folder, home):
        if os.path.lexists(candidate / ".git"):
            return candidate
    return None


def _named(path: Path, by: str, place: Place) -> Found:
    path = path / CONFIG_NAME if path.is_dir() else path
    return Found(
        path=path,
        why=f"{path} was named by {by}.",
        is_trusted_place=True,
        project_root=repository_root(path.parent, home=place.home) or path.parent,
        first_save=path,
    )


def _absolute(named: str, place: Place) -> Path:
    if named == "~" or named.startswith(("~/", "~\\")):
        return Path(os.path.normpath(place.home / named[2:]))
    return Path(os.path.normpath(place.cwd / named))


def _nearest(place: Place, skipped: list[str]) -> Path | None:
    """The nearest config from the working directory up to the repository root or home; others' files are skipped."""
    for folder in _upwards(place.cwd, place.home):
        path = folder / CONFIG_NAME
        if _is_file(path):
            owner = _foreign_owner(path, place)
            if owner is None:
                return path
            skipped.append(f"{path} belongs to {owner} and was skipped; name it with --config to use it.")
        else:
            wrong = next((folder / name for name in _MISSPELT if _is_file(folder / name)), None)
            if wrong is not None:
                skipped.append(f"{wrong} is not read: the file's name is {CONFIG_NAME}.")
        if os.path.lexists(folder / ".git"):
            return None
    return None


def _upwards(folder: Path, home: Path) -> list[Path]:
    """The folder and its parents, ending with home where home is among them."""
    folders = [folder, *folder.parents]
    return folders[: folders.index(home) + 1] if home in folders else folders


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered
        return False


def _foreign_owner(path: Path, place: Place) -> str | None:
    """Who else owns the file (or the link to it), in words; None = this user."""
    own = own_number()
    others = place.owners(path) - {own}
    return f"user {max(others)} of this computer (you are {own})" if others else None
