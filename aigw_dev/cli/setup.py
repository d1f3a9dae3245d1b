"""`aigw-dev init` (= `enable`): the first config file, written where it belongs."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from aigw_dev.cli import asking, output
from aigw_dev.cli.announce import write_audit
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.config_file.discover import Found, repository_root
from aigw_dev.config_file.read import CONFIG_NAME
from aigw_dev.config_file.template import default_text
from aigw_dev.core import harmless
from aigw_dev.server.sources import ConfigSource

_NAME = Annotated[str, typer.Option(metavar="NAME", help="The gateway's name, shown everywhere.")]
_NOTES = Annotated[str, typer.Option(metavar="TEXT", help="A line for people: what this gateway is for.")]
_YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def init(context: Context, name: _NAME = "", notes: _NOTES = "", yes: _YES = False) -> int:
    """Write a config file to begin with.

    In a repository at its root, else in your own config folder, or where --config says. It holds what is in force
    without one: every provider whose key is stored or set.
    """
    place = Place(context)
    target = _target(place)
    if target.exists():
        raise CommandError(
            f"There is a config already: {target}.",
            hint="`aigw-dev edit` changes it; `aigw-dev up` serves it.",
        )
    source = ConfigSource(_as_new(place, target), home=place.home, env=place.env)
    reading = source.read()
    assert reading.config is not None  # noqa: S101  -- the built-in default has no error
    gateway = msgspec.structs.replace(reading.config.gateway, name=name, notes=notes)
    text = default_text(msgspec.structs.replace(reading.config, gateway=gateway))
    if asking.is_person_there() and not asking.confirm(f"Write {harmless.line(str(target))}?", is_yes=yes):
        raise asking.refused()
    target.parent.mkdir(parents=True, exist_ok=True)
    source.write(text, expected_digest="")
    write_audit(place, "config.created", str(target))
    if context.is_json:
        output.print_json(
            {"path": str(target), "name": name, "notes": notes, "providers": list(reading.config.providers)}
        )
        return DONE
    output.say("AI Gateway enabled successfully.")
    output.say(
        harmless.line(
            f"Config: {target} (edit it with `aigw-dev edit`; check it with `aigw-dev config check`)"
        )
    )
    output.say("Next: `aigw-dev keys add PROVIDER` stores a key, `aigw-dev up` starts the gateway.")
    _hints(place, target)
    return DONE


def enable(context: Context, name: _NAME = "", notes: _NOTES = "", yes: _YES = False) -> int:
    """Write a config file to begin with: the same as `init`."""
    return init(context, name, notes, yes)


def _target(place: Place) -> Path:
    """Named, else the repository's root, else the user's config folder."""
    named = place.context.named_config()
    if named is not None:
        return place.source.path or named
    root = repository_root(Path.cwd(), home=Path.home())
    if root is not None:
        return root / CONFIG_NAME
    return place.context.user_config_dir() / CONFIG_NAME


def _as_new(place: Place, target: Path) -> Found:
    """The built-in default, to be saved at `target`."""
    is_own = place.context.named_config() is not None or target.parent == place.context.user_config_dir()
    return Found(
        path=None, why="no file yet", is_trusted_place=is_own, project_root=target.parent, first_save=target
    )


def _hints(place: Place, target: Path) -> None:
    root = repository_root(target.parent, home=Path.home())
    ignored = root / ".gitignore" if root is not None else None
    if ignored is not None and "aigw-dev.local.yaml" not in (
        ignored.read_text("utf-8") if ignored.is_file() else ""
    ):
        output.note(
            "Commit it. Your own settings go into aigw-dev.local.yaml beside it: add that name to .gitignore."
        )
    running = place.running() if place.source.path is None else None
    if running is not None:
        output.note(
            f"The gateway of the built-in default goes on at {running.url}: `aigw-dev down --all`, then `aigw-dev up`."
        )
