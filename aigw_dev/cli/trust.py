"""`aigw-dev trust`: look at what a project's config would do with your keys, and let it."""

import time
from typing import Annotated, Any

import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.config_file.read import read as read_config
from aigw_dev.config_file.sensitive import Setting, sensitive, trust_hash
from aigw_dev.core import harmless
from aigw_dev.core.default_config import rules
from aigw_dev.secrets.trust import Trust


def trust(
    context: Context,
    listed: Annotated[bool, typer.Option("--list", help="List the configs that are trusted.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Trust this config no more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: you have read the settings.")] = False,
) -> int:
    """Show the settings that are held back, and accept them.

    In a config found in a project, addresses, headers, proxies, key references and who may call are held back until
    a person has seen them. What is accepted is exactly what was shown; if one changes, it is held back again.
    """
    place = Place(context)
    record = Trust(place.home)
    if listed:
        return _list(context, record)
    path = place.source.path
    if path is None or place.source.found.is_trusted_place:
        return _say(context, [], state="not-needed", text=f"{place.source.found.why} It needs no trust.")
    if revoke:
        if not record.revoke(path):
            raise CommandError(
                f"{path} is not trusted.", hint="`aigw-dev trust --list` shows those that are."
            )
        announce(place, "trust", action="trust.revoked", subject=str(path))
        return _say(context, [], state="revoked", text=f"{path} is trusted no more.")
    settings = _settings(place)
    if not settings:
        return _say(context, [], state="not-needed", text=f"{path} sets nothing that needs trust.")
    mark = trust_hash(settings)
    if record.is_trusted(path, mark):
        return _say(context, settings, state="trusted", text=f"{path} is trusted already.")
    _show(place, settings, is_changed=record.accepted_hash(path) is not None)
    if not asking.confirm(
        "Trust these settings?", is_yes=yes, hint="Read them, then run `aigw-dev trust --yes`."
    ):
        raise asking.refused()
    record.record(path, mark)
    announce(place, "trust", action="trust.granted", subject=str(path))
    return _say(context, settings, state="trusted", text=f"{path} is trusted.")


def _settings(place: Place) -> list[Setting]:
    """The settings that need trust, from one reading: what is shown is what is recorded."""
    path = place.source.path
    assert path is not None  # noqa: S101  -- the caller has looked
    loaded = read_config(path, rules=rules())
    if loaded.config is None:
        raise CommandError("\n".join(problem.text() for problem in loaded.problems), code="config_invalid")
    return sensitive(loaded.config, project_root=place.source.found.project_root, config_dir=path.parent)


def _show(place: Place, settings: list[Setting], *, is_changed: bool) -> None:
    changed = " changed since you trusted it, and" if is_changed else ""
    output.note(harmless.line(f"{place.source.path}{changed} sets:"))
    for setting in settings:
        output.note(f"  {setting.text()}")
    output.note("With it your keys and prompts go where these settings say.")


def _say(context: Context, settings: list[Setting], *, state: str, text: str) -> int:
    if context.is_json:
        output.print_json(
            {"state": state, "settings": [setting.text() for setting in settings], "text": text}
        )
    else:
        output.say(harmless.line(text))
    return DONE


def _list(context: Context, record: Trust) -> int:
    rows: list[dict[str, Any]] = [
        {"path": one.path, "hash": one.hash, "recorded_at": one.recorded_at} for one in record.list()
    ]
    if context.is_json:
        output.print_json(rows)
        return DONE
    if not rows:
        output.note(
            "no config is trusted; those named by --config or in your own config folder need no trust"
        )
        return DONE
    output.table(
        ["CONFIG", "TRUSTED SINCE"],
        [[row["path"], time.strftime("%Y-%m-%d %H:%M", time.localtime(row["recorded_at"]))] for row in rows],
    )
    return DONE
