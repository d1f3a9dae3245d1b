"""`aigw-dev config path|show|check|schema|apply`: the config file, seen and changed from the command line."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from aigw_dev.cli import asking, output, swap
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, USAGE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.config import Config

_MAX_BYTES = 1024 * 1024


def config_path(context: Context) -> int:
    """Print which config file holds, and why.

    Nothing on stdout means that there is none; stderr says where the first save would go.
    """
    place = Place(context)
    found = place.source.found
    from aigw_dev.config_file.read import OVERLAY_NAME

    overlay = found.path.parent / OVERLAY_NAME if found.path is not None else None
    if context.is_json:
        output.print_json(
            {
                "path": str(found.path) if found.path is not None else None,
                "why": found.why,
                "overlay": str(overlay) if overlay is not None and overlay.is_file() else None,
                "first_save": str(found.first_save),
                "is_trusted_place": found.is_trusted_place,
                "skipped": list(found.skipped),
            }
        )
        return DONE
    if found.path is not None:
        output.say(harmless.line(str(found.path)))
    output.note(harmless.line(found.why))
    if found.path is None:
        output.note(harmless.line(f"the first save goes to {found.first_save}"))
    for text in found.skipped:
        output.note(harmless.line(text))
    return DONE


def config_show(context: Context) -> int:
    """Print the config in force, with where each setting comes from.

    Of the running gateway where one runs, else of the file. Keys are named and never shown.
    """
    from aigw_dev.cli.effective import as_yaml, sources_of, whole_tree

    place = Place(context)
    client = place.client()
    if client is None:
        from aigw_dev.cli.local import config_of

        config = config_of(place)
    else:
        with client:
            told = client.config()
        config = msgspec.convert(told["effective"], Config)
        if not told["is_in_force"]:
            output.note(
                "the file differs from what is in force; `aigw-dev config check` and `aigw-dev routes diff` say why"
            )
    tree = whole_tree(config)
    sources = sources_of(place)
    if context.is_json:
        output.print_json({"path": str(place.source.path or ""), "effective": tree, "sources": sources})
    else:
        output.say(f"# {harmless.line(place.source.found.why)}")
        for line in as_yaml(tree, sources):
            output.say(harmless.line(line))
    return DONE


def config_check(
    context: Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A file to check in the config's place; - reads stdin."),
    ] = None,
) -> int:
    """Say what is wrong with the config, and how to mend it.

    Exits 2 where a problem is an error. Nothing is written or put in force.
    """
    place = Place(context)
    problems = place.reading.problems if file is None else swap.problems_of(place, _text_of(file))
    errors = [problem for problem in problems if problem.severity == "error"]
    if context.is_json:
        output.print_json([_problem_json(problem) for problem in problems])
        return USAGE if errors else DONE
    for problem in problems:
        output.say(harmless.block(f"{problem.severity}: {problem.text()}"))
    if not errors:
        where = file or place.source.path or "the built-in default"
        output.say(
            harmless.line(f"{where} is good" + (f", with {len(problems)} warning(s)" if problems else ""))
        )
    return USAGE if errors else DONE


def config_schema(context: Context) -> int:
    """Print the JSON Schema of the config, for editors.

    `aigw-dev config schema > aigw-dev.schema.json` beside the config gives completion and checks in an editor.
    """
    del context
    from aigw_dev.config_file.schema import schema_text
    from aigw_dev.core.providers import KINDS

    output.say(schema_text(kinds=tuple(KINDS)).rstrip("\n"))
    return DONE


def config_apply(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new config; - reads stdin.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why, for `routes history`.")] = "",
) -> int:
    """Put a file in force, after showing what it changes.

    The running gateway swaps to it at once; where none runs, the config file is written. A file with an error
    changes nothing.
    """
    place = Place(context)
    text = _text_of(file)
    before = swap.live(place)
    swap.require_usable(swap.problems_of(place, text), where=before.where)
    shown = swap.difference(before, text)
    if not shown:
        return _unchanged(context, before.where)
    output.note(shown.rstrip("\n"))
    if not asking.confirm(f"Write this to {harmless.line(before.where)}?", is_yes=yes):
        raise asking.refused()
    done = swap.put(place, text, before, note=note or f"config apply {file.name}")
    if context.is_json:
        output.print_json(done | {"changed": True, "diff": shown})
    else:
        output.say(harmless.line(swap.said(done)))
    return DONE


def _unchanged(context: Context, where: str) -> int:
    if context.is_json:
        output.print_json({"path": where, "changed": False, "diff": ""})
    else:
        output.say(harmless.line(f"{where} says the same already."))
    return DONE


def _text_of(file: Path) -> str:
    if str(file) == "-":
        content = sys.stdin.buffer.read(_MAX_BYTES)
    else:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not UTF-8 text.", code="config_invalid") from None


def _problem_json(problem: Any) -> dict[str, Any]:
    return msgspec.to_builtins(problem) | {"where": problem.where(), "severity": problem.severity}
