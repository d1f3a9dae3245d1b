"""`aigw-dev disable` and `aigw-dev uninstall`: what they would remove is listed first, and asked about."""

import contextlib
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.cli.stopping import stop
from aigw_dev.config_file.read import CONFIG_NAME, OVERLAY_NAME
from aigw_dev.config_file.schema import SCHEMA_NAME
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError, SecretError
from aigw_dev.secrets.running import list_running
from aigw_dev.secrets.trust import Trust

if TYPE_CHECKING:
    from aigw_dev.secrets.trust_db import KeyRecord

_YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_LEFT_OUT: Final = frozenset({"gateway.lock", "running.json", "port", "up.log"})
"""Of a gateway's folder: what says nothing once it is stopped."""
_HOME_FILES: Final = (
    "token", "admin.token", "trust.db", "trust.db-journal", "keys.enc", "keys.enc.lock", "keyring.lock", "home.lock",
    ".nobackup", "CACHEDIR.TAG",
)  # fmt: skip
_HOME_FOLDERS: Final = ("gateways", "backups")
_CONFIG_FILES: Final = (CONFIG_NAME, OVERLAY_NAME, SCHEMA_NAME, "tui.yaml")


def disable(
    context: Context,
    yes: _YES = False,
    keys: Annotated[
        bool, typer.Option("--keys", help="With --yes: delete the keys of its providers as well.")
    ] = False,
) -> int:
    """Stop this gateway and remove its config and log.

    Lists what goes, writes a dated backup first, and asks; keys are asked about apart.
    """
    place = Place(context)
    files = _gateway_files(place)
    records = _keys_of(place)
    if not files and place.folder is None:
        raise CommandError(
            "There is no AI Gateway to disable here.", hint=harmless.line(place.source.found.why)
        )
    running = place.running()
    _list_lines(
        [
            *(["the running gateway at " + running.url] if running else []),
            *map(str, files),
            *_folder_line(place),
        ]
    )
    if not asking.confirm("Remove all of this? A backup is written first.", is_yes=yes):
        raise asking.refused()
    is_deleting_keys = keys if yes else bool(records) and _ask_keys(records)
    if running is not None:
        stop(place, running)
    backup = _back_up(place, files)
    if place.source.path is not None:
        Trust(place.home).revoke(place.source.path)
    for file in files:
        file.unlink(missing_ok=True)
    if place.folder is not None:
        shutil.rmtree(place.folder)
    deleted = _delete_keys(place, records) if is_deleting_keys else []
    if context.is_json:
        output.print_json({"removed": [str(file) for file in files], "backup": str(backup), "keys": deleted})
        return DONE
    output.say("AI Gateway disabled successfully.")
    output.say(harmless.line(f"Backup: {backup}"))
    if records and not is_deleting_keys:
        output.note(
            f"kept in their places: {', '.join(record.name for record in records)} (`aigw-dev keys remove NAME`)"
        )
    return DONE


def uninstall(context: Context, yes: _YES = False) -> int:
    """Remove everything that aigw-dev keeps on this machine.

    State, logs, tokens, keys in the keyring and your own config folder; configs in projects stay, and are named.
    """
    place = Place(context)
    home, own = place.home.path, place.context.user_config_dir()
    records, unread = _records(place)
    running = list_running(place.home)
    home_parts = [home / name for name in (*_HOME_FILES, *_HOME_FOLDERS) if (home / name).exists()]
    config_parts = [own / name for name in _CONFIG_FILES if (own / name).exists()]
    projects = _project_configs(place)
    lines = [f"the running gateway at {one.url}" for one in running]
    lines += [f"{record.name} in the OS keyring" for record in records if record.source == "keyring"]
    lines += [str(part) for part in (*home_parts, *config_parts)]
    if not lines:
        return _nothing_to_remove(context)
    _list_lines(lines)
    if unread:
        output.note(f"warning: {unread}; keys in the keyring have service aigw-dev and can be deleted there")
    if not asking.confirm("Remove all of this for good?", is_yes=yes):
        raise asking.refused()
    for one in running:
        stop(place, one)
    failed = _remove_all(place, records, [*home_parts, *config_parts])
    for folder in (home, own):
        with contextlib.suppress(OSError):
            folder.rmdir()
    if context.is_json:
        output.print_json({"removed": lines, "failed": failed, "kept": [*projects, *_left(home)]})
        return NOT_HELD if failed else DONE
    for text in failed:
        output.note(harmless.line(f"not removed: {text}"))
    output.say("Everything that aigw-dev kept is gone." if not failed else "Some of it could not be removed.")
    for text in [*projects, *_left(home)]:
        output.note(harmless.line(f"left where it is: {text}"))
    output.note(
        "The program itself: remove it the way it was installed (`pip uninstall aigw-dev`, `uv tool uninstall aigw-dev`)."
    )
    return NOT_HELD if failed else DONE


def _gateway_files(place: Place) -> list[Path]:
    path = place.source.path
    if path is None:
        return []
    return [file for file in (path, path.parent / OVERLAY_NAME) if file.is_file()]


def _folder_line(place: Place) -> list[str]:
    return [f"{place.folder} (log, deployments, audit)"] if place.folder is not None else []


def _keys_of(place: Place) -> "list[KeyRecord]":
    """Stored keys that this config's providers use and that no other place keeps."""
    records, _ = _records(place)
    config = place.reading.config
    if config is None:
        return []
    names = set(config.providers) | {provider.kind or "" for provider in config.providers.values()}
    named = {ref for provider in config.providers.values() for ref in provider.keys or ()}
    return [
        record
        for record in records
        if record.source in {"keyring", "encrypted"} and (record.name in named or record.provider in names)
    ]


def _records(place: Place) -> "tuple[list[KeyRecord], str]":
    try:
        return place.vault.records(), ""
    except SecretError as error:
        return [], error.message


def _ask_keys(records: "list[KeyRecord]") -> bool:
    names = ", ".join(record.name for record in records)
    return asking.confirm(f"Delete the keys of its providers too ({names})? Other gateways may use them.")


def _delete_keys(place: Place, records: "list[KeyRecord]") -> list[str]:
    for record in records:
        place.vault.remove(record.name, is_person_asked=asking.is_person_near())
    announce(place, "keys", action="key.removed", subject=", ".join(record.name for record in records))
    return [record.name for record in records]


def _back_up(place: Place, files: list[Path]) -> Path:
    """A dated archive of the config files and the gateway's folder, readable by this user only."""
    from aigw_dev.secrets.private_files import make_private_directory, make_private_file

    folder = place.home.ready() / "backups"
    make_private_directory(folder)
    name = place.folder.name if place.folder is not None else "gateway"
    archive = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.zip"
    make_private_file(archive)
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, f"config/{file.name}")
        for file in sorted(place.folder.rglob("*")) if place.folder is not None else []:
            if file.is_file() and file.name not in _LEFT_OUT:
                packed.write(file, f"state/{file.relative_to(place.folder or file.parent).as_posix()}")
    return archive


def _project_configs(place: Place) -> list[str]:
    """Configs outside the user's own folder that are known from trust."""
    try:
        return [one.path for one in Trust(place.home).list() if Path(one.path).exists()]
    except GatewayError:
        return []


def _remove_all(place: Place, records: "list[KeyRecord]", parts: list[Path]) -> list[str]:
    """Delete keys first, because their records say what there is; what could not be removed, in words."""
    failed: list[str] = []
    for record in records:
        if record.source == "keyring":
            try:
                place.vault.remove(record.name, is_person_asked=asking.is_person_near())
            except GatewayError as error:
                failed.append(f"{record.name} in the OS keyring: {error.message}")
    if failed:
        return [*failed, "everything else, so that a second try finds those keys"]
    place.vault.keyring.close()
    for part in parts:
        try:
            shutil.rmtree(part) if part.is_dir() and not part.is_symlink() else part.unlink()
        except OSError as error:
            failed.append(f"{part}: {error.strerror or error}")
    return failed


def _left(home: Path) -> list[str]:
    """What else lies in the state directory: not ours, so it stays."""
    try:
        return [str(entry) for entry in sorted(home.iterdir())]
    except OSError:
        return []


def _list_lines(lines: list[str]) -> None:
    output.note("This would be removed:")
    for text in lines:
        output.note(harmless.line(f"  {text}"))


def _nothing_to_remove(context: Context) -> int:
    empty: dict[str, Any] = {"removed": [], "failed": [], "kept": []}
    if context.is_json:
        output.print_json(empty)
    else:
        output.say("aigw-dev keeps nothing on this machine.")
    return DONE
