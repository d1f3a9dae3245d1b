"""`aigw-dev routes add|edit|rename|remove`: routes changed in the config, each other line kept; or in the draft."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from aigw_dev.cli import output, swap
from aigw_dev.cli.context import Context
from aigw_dev.cli.edit import editor, with_remarks, without_remarks
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.config_file import route_edits
from aigw_dev.config_file.yaml_tree import read_yaml
from aigw_dev.core import harmless
from aigw_dev.core.errors import ConfigError
from aigw_dev.core.problem import Problem

_MAX_BYTES = 256 * 1024
_NAME = typer.Argument(metavar="ROUTE", help="The route's name.")
_DRAFT = typer.Option(
    "--draft", help="Change the draft, which no request sees until `aigw-dev routes deploy`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """What a route is to be."""

    description: Annotated[str | None, typer.Option(metavar="TEXT", help="A line for people.")] = None
    flow: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-|JSON", help="Its flow, or the whole route, as YAML or JSON; - reads stdin."
        ),
    ] = None
    send: Annotated[
        str | None, typer.Option(metavar="MODEL", help="A flow that sends everything to this provider/model.")
    ] = None
    draft: Annotated[bool, _DRAFT] = False


def routes_add(context: Context, name: Annotated[str, _NAME], options: RouteOptions) -> int:
    """Add a route.

    `--send openai/gpt-4o`, or `--flow` with a tree of if/then/else, split and send.
    """
    if options.flow is None and options.send is None:
        raise CommandError("A route needs a flow.", hint=f"aigw-dev routes add {name} --send mock/echo")
    place = Place(context)
    trees = route_edits.route_trees(_text_of(place, is_draft=options.draft))
    if name in trees:
        raise CommandError(
            f"There is a route {harmless.line(name)} already.", hint=f"aigw-dev routes edit {name}"
        )
    return _put(context, place, name, _tree(options, {}), options=options, note=f"routes add {name}")


def routes_edit(context: Context, name: Annotated[str, _NAME], options: RouteOptions) -> int:
    """Change a route: one thing by options, or all in your editor.

    Without options your editor ($VISUAL, $EDITOR) opens with the route's part of the config, comments and all. What
    has an error is opened again; leave it unchanged to give up.
    """
    place = Place(context)
    text = _text_of(place, is_draft=options.draft)
    trees = route_edits.route_trees(text)
    if name not in trees:
        raise CommandError(
            f"There is no route {harmless.line(name)}.",
            code="route_not_found",
            hint=f"There are: {harmless.line(', '.join(trees))}."
            if trees
            else "`aigw-dev routes add` makes one.",
        )
    note = f"routes edit {name}"
    if options.flow is not None or options.send is not None or options.description is not None:
        return _put(context, place, name, _tree(options, trees[name] or {}), options=options, note=note)
    written = _edited(place, text, name)
    if options.draft:
        tree = cast("dict[str, Any]", read_yaml(written).value)
        return _put(context, place, name, tree, options=options, note=note)
    return _change(context, place, lambda old: route_edits.put_route_text(old, name, written), note=note)


def routes_rename(
    context: Context,
    old: Annotated[str, typer.Argument(metavar="ROUTE", help="The route's name now.")],
    new: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    draft: Annotated[bool, _DRAFT] = False,
) -> int:
    """Give a route another name.

    It keeps its place and comments. Whoever calls `dynamic/ROUTE` has to call it by the new name.
    """
    place = Place(context)
    if draft:
        with place.need_client() as client:
            return _drafted(context, client.rename_route(old, new, client.config()["digest"]))
    note = f"routes rename {old} {new}"
    return _change(context, place, lambda text: route_edits.rename_route(text, old, new), note=note)


def routes_remove(
    context: Context, name: Annotated[str, _NAME], draft: Annotated[bool, _DRAFT] = False
) -> int:
    """Take a route out.

    `aigw-dev routes rollback` brings it back while a gateway has served it.
    """
    place = Place(context)
    if draft:
        with place.need_client() as client:
            return _drafted(context, client.remove_route(name, client.config()["digest"]))
    note = f"routes remove {name}"
    return _change(context, place, lambda text: route_edits.remove_route(text, name), note=note)


def _put(
    context: Context, place: Place, name: str, tree: dict[str, Any], *, options: RouteOptions, note: str
) -> int:
    if options.draft:
        with place.need_client() as client:
            return _drafted(context, client.put_route(name, tree, client.config()["digest"]))
    return _change(context, place, lambda text: route_edits.put_route(text, name, tree), note=note)


def _change(context: Context, place: Place, change: Callable[[str], str], *, note: str) -> int:
    """Write the changed config and put it in force; one with an error changes nothing."""
    before = swap.live(place)
    text = change(before.text)
    if text == before.text and before.digest:
        output.note("nothing was changed")
        if context.is_json:
            output.print_json({"path": before.where, "changed": False, "diff": ""})
        return DONE
    swap.require_usable(swap.problems_of(place, text), where=before.where)
    shown = swap.difference(before, text)
    done = swap.put(place, text, before, note=note)
    if context.is_json:
        output.print_json(done | {"changed": True, "diff": shown})
    else:
        output.note(shown.rstrip("\n"))
        output.say(harmless.line(swap.said(done)))
    return DONE


def _drafted(context: Context, draft: dict[str, Any]) -> int:
    if context.is_json:
        output.print_json(draft)
        return DONE
    for problem in draft["problems"]:
        output.note(harmless.line(f"{problem['severity']}: {problem['where']}: {problem['message']}"))
    output.note(draft["diff"].rstrip("\n"))
    output.say("It is in the draft; `aigw-dev routes deploy` puts it in force.")
    return DONE


def _text_of(place: Place, *, is_draft: bool) -> str:
    """The text that the edit begins from."""
    if not is_draft:
        return swap.live(place).text
    with place.need_client() as client:
        draft = client.draft()
        if draft is not None:
            return draft["text"]
    return swap.live(place).text


def _tree(options: RouteOptions, now: dict[str, Any]) -> dict[str, Any]:
    """The route as the options say it, on top of what it is."""
    if options.flow is not None and options.send is not None:
        raise CommandError("Give --flow or --send, not both.")
    tree = dict(now)
    if options.flow is not None:
        given = _given(options.flow)
        tree = {**tree, **given} if "flow" in given else {**tree, "flow": given}
    if options.send is not None:
        tree["flow"] = {"send": options.send}
    if options.description is not None:
        tree["description"] = options.description
    return tree


def _given(word: str) -> dict[str, Any]:
    """A tree given as a file, on standard input, or in the word itself."""
    if word == "-":
        text, where = sys.stdin.read(_MAX_BYTES), "stdin"
    elif word.lstrip().startswith("{"):
        text, where = word, "--flow"
    else:
        try:
            text, where = Path(word).read_text("utf-8"), word
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"{harmless.line(word)} cannot be read: {error}", hint="--flow takes a file, - or JSON."
            ) from error
    read = read_yaml(text)
    if read.problems:
        problem = read.problems[0]
        raise CommandError(
            f"{where}: line {problem.line}: {problem.message}", code="config_invalid", hint=problem.hint
        )
    if not isinstance(read.value, dict):
        raise CommandError(f"{where}: a flow is a mapping.", code="config_invalid", hint="{send: mock/echo}")
    return cast("dict[str, Any]", read.value)


def _edited(place: Place, text: str, name: str) -> str:
    """The route as a person left it, once the whole config with it has no error; the same error twice ends it."""
    folder = Path(tempfile.mkdtemp(prefix="aigw-dev-route-"))
    copy = folder / f"{re.sub('[^A-Za-z0-9_-]+', '-', name)[:60]}.yaml"
    command = editor(place.env)
    shown, written = route_edits.route_text(text, name), ""
    try:
        while True:
            copy.write_text(shown, "utf-8", newline="")
            if subprocess.run([*command, str(copy)], check=False).returncode != 0:
                raise CommandError(f"The editor {command[0]} failed; nothing was changed.")
            saved = copy.read_text("utf-8")
            before, written = written, without_remarks(saved)
            errors = _errors(place, text, name, written)
            if not errors:
                return written
            if saved == shown or written == before:
                raise CommandError(
                    "\n".join(problem.text() for problem in errors),
                    code="config_invalid",
                    hint="Nothing was changed.",
                )
            shown = with_remarks(written, errors)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _errors(place: Place, text: str, name: str, written: str) -> list[Problem]:
    try:
        whole = route_edits.put_route_text(text, name, written)
    except ConfigError as error:
        return [Problem(path=("routes", name), message=error.message, hint=error.hint)]
    return [problem for problem in swap.problems_of(place, whole) if problem.severity == "error"]
