"""`aigw-dev routes history|diff|deploy|rollback`: what was in force, what waits, and putting either in force."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from aigw_dev.cli import asking, output, swap
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.money import clock
from aigw_dev.cli.place import Place
from aigw_dev.config_file import three_way
from aigw_dev.config_file.diff import describe_diff
from aigw_dev.config_file.route_edits import SECTION, restore_route
from aigw_dev.core import harmless
from aigw_dev.store.state import Deployment, StateStore

T = TypeVar("T")
_NOTE = Annotated[str, typer.Option(metavar="TEXT", help="Why, for `routes history`.")]
_YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_LIMIT = Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")]
_ROUTES = Annotated[
    list[str] | None,
    typer.Option("--route", metavar="ROUTE", help="Only this route of the draft; may be repeated."),
]
_ROUTE = Annotated[str, typer.Option(metavar="ROUTE", help="Only this route; the others stay as they are.")]
_NUMBER = typer.Argument(metavar="NUMBER", min=1, help="A deployment's number, see `routes history`.")


def routes_history(context: Context, limit: _LIMIT = 20) -> int:
    """List the configs that were in force, newest first."""
    place = Place(context)
    client = place.client()
    if client is None:
        rows = _kept(place, limit=limit)
    else:
        with client:
            rows = client.deployments(limit=limit)
    if context.is_json:
        output.print_json(rows)
        return DONE
    if not rows:
        output.note("nothing was deployed yet: a config is kept here when a gateway puts it in force")
        return DONE
    output.table(
        ["NUMBER", "WHEN", "BY", "DIGEST", "NOTE", "LIVE"],
        [
            [
                str(row["number"]),
                clock(row["at"]),
                row["actor"],
                row["digest"][:12],
                row["note"],
                "live" if row["is_live"] else "",
            ]
            for row in rows
        ],
        right=frozenset({"NUMBER"}),
    )
    return DONE


def routes_diff(context: Context, number: Annotated[int | None, _NUMBER] = None) -> int:
    """Show what deploying or rolling back would change.

    Without a number the draft, or the file that waits, against what is live; with one, that deployment against the file.
    """
    place = Place(context)
    if number is not None:
        before = swap.live(place)
        return _show_diff(
            context,
            describe_diff(
                before.text, _deployment(place, number).text, old_name="now", new_name=f"#{number}"
            ),
            what=f"#{number}",
        )
    with place.need_client() as client:
        draft = client.draft()
        if draft is not None:
            if draft["is_stale"]:
                output.note("warning: the file changed since the draft was begun: deploying it is a conflict")
            return _show_diff(context, draft["diff"], what="draft")
        told, last = client.config(), client.deployments(limit=1)
        old = client.deployment(last[0]["number"])["text"] if last else ""
    text, problems, is_live = told["text"], told["problems"], told["is_in_force"]
    if told["path"] == str(place.source.path or ""):  # the file as it is now, not as the gateway saw it last
        reading = place.reading
        text, is_live = reading.text, reading.in_force_digest == told["in_force_digest"]
        problems = [
            {"severity": each.severity, "where": each.where(), "message": each.message}
            for each in reading.problems
        ]
    for problem in problems:
        output.note(harmless.line(f"{problem['severity']}: {problem['where']}: {problem['message']}"))
    text = "" if is_live else describe_diff(old, text, old_name="live", new_name="file")
    return _show_diff(context, text, what="file")


def routes_deploy(context: Context, route: _ROUTES = None, *, note: _NOTE = "", yes: _YES = False) -> int:
    """Put the draft in force, or the file that waits.

    Needed where `gateway.deploy: manual` holds the file back, and for drafts. `--route` deploys only that route of the
    draft, and the rest stays a draft. A file that changed since the draft was begun is a conflict, and nothing is
    written.
    """
    place = Place(context)
    with place.need_client() as client:
        draft = client.draft()
        if draft is not None:
            output.note((_part(place, draft, route) if route else draft["diff"]).rstrip("\n"))
            what = "this draft" if not route else f"{harmless.line(', '.join(route))} of the draft"
            if not asking.confirm(f"Write {what} into the file and put it in force?", is_yes=yes):
                raise asking.refused()
        done = client.deploy(note=note, routes=route or None)
    if context.is_json:
        output.print_json(done)
    else:
        output.say(f"generation {done['generation']} is in force")
    return DONE


def _part(place: Place, draft: dict[str, Any], routes: list[str]) -> str:
    """What deploying only these routes changes; all of the difference where file and draft are in conflict."""
    if draft["is_stale"]:
        return draft["diff"]
    before = swap.live(place)
    after = three_way.only(before.text, draft["text"], [(SECTION, name) for name in routes])
    return swap.difference(before, after)


def routes_rollback(
    context: Context,
    number: Annotated[int, _NUMBER],
    *,
    route: _ROUTE = "",
    note: _NOTE = "",
    yes: _YES = False,
) -> int:
    """Write an earlier deployment back, as a new one.

    `--route` writes back only that route, and leaves the rest as it is; one that was not there then goes.
    """
    place = Place(context)
    before = swap.live(place)
    text = _deployment(place, number).text
    if route:
        text = restore_route(before.text, text, route)
    shown = describe_diff(before.text, text, old_name="now", new_name=f"#{number}")
    what = f"{harmless.line(route)} of #{number}" if route else f"#{number}"
    output.note(shown.rstrip("\n") if shown else f"the file is what {what} was")
    if route and not shown:
        if context.is_json:
            output.print_json({"changed": False, "diff": ""})
        return DONE
    if not asking.confirm(f"Roll back to {what}?", is_yes=yes):
        raise asking.refused()
    client = place.client()
    if client is not None:
        with client:
            done: dict[str, Any] = (
                client.rollback_route(route, number, note=note)
                if route
                else client.rollback(number, note=note)
            )
        words = f"{what} is in force again (generation {done['generation']})."
    else:
        done = swap.put(place, text, before, note=note)
        words = swap.said(done)
    if context.is_json:
        output.print_json(done | {"changed": True, "diff": shown})
    else:
        output.say(harmless.line(words))
    return DONE


def _show_diff(context: Context, text: str, *, what: str) -> int:
    if context.is_json:
        output.print_json({"what": what, "diff": text})
    elif text:
        output.say(text.rstrip("\n"))
    else:
        output.note(
            f"the file is what {what} was" if what.startswith("#") else "nothing differs from what is live"
        )
    return DONE


def _kept(place: Place, *, limit: int) -> list[dict[str, Any]]:
    """The history as state.db has it, where no gateway runs."""
    rows = _read(place, lambda store: store.deployments(limit=limit))
    return [
        {
            "number": row.id,
            "at": row.at,
            "actor": row.actor,
            "note": row.note,
            "digest": row.digest,
            "is_live": False,
        }
        for row in rows or []
    ]


def _deployment(place: Place, number: int) -> Deployment:
    client = place.client()
    if client is not None:
        with client:
            told = client.deployment(number)
        return Deployment(
            id=told["number"],
            at=told["at"],
            actor=told["actor"],
            digest=told["digest"],
            text=told["text"],
            note=told["note"],
        )
    found = _read(place, lambda store: store.deployment(str(number)))
    if found is None:
        raise CommandError(
            f"There is no deployment {number}.",
            hint="See `aigw-dev routes history`.",
            code="deployment_not_found",
        )
    return found


def _read(place: Place, ask: Callable[[StateStore], T]) -> T | None:
    """What state.db answers; None where this config never ran."""
    if place.folder is None:
        return None
    store = StateStore(place.folder / "state.db")
    try:
        return ask(store)
    finally:
        store.close()
