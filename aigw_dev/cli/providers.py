"""`aigw-dev providers list|check|models` and `aigw-dev check`: who there is, who answers, which models they have.

Asked through the running gateway where one runs, else from here. Nothing is spent.
"""

from typing import Annotated, Any

import msgspec
import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless

_NAME = Annotated[
    str | None, typer.Argument(metavar="NAME", help="A provider of the config; without one, all.")
]


def providers_list(
    context: Context,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="List the kinds a provider can be of instead.")
    ] = False,
) -> int:
    """List the providers and whether they can be used."""
    if kinds:
        return _kinds(context)
    rows = provider_rows(Place(context))
    if context.is_json:
        output.print_json(rows)
        return DONE
    output.table(
        ["NAME", "KIND", "BASE URL", "KEY", "USABLE"],
        [
            [
                row["name"],
                row["kind"],
                row["base_url"] or "-",
                f"{row['key']} ({row['key_source']})" if row.get("key") else row.get("key_source", "none"),
                "yes" if row["usable"] else f"no: {row['why']}",
            ]
            for row in rows
        ],
    )
    return DONE


def provider_rows(place: Place) -> list[dict[str, Any]]:
    """The providers in force; where no gateway runs, as they would be."""
    client = place.client()
    if client is not None:
        with client:
            return client.providers()
    from aigw_dev.cli.local import with_snapshot
    from aigw_dev.server import reports
    from aigw_dev.server.snapshot import Snapshot

    async def rows(snapshot: Snapshot) -> list[dict[str, Any]]:
        return reports.provider_rows(
            snapshot.config,
            chosen=snapshot.keys.chosen(),
            untrusted=place.reading.untrusted,
            lists=snapshot.lists,
        )

    return with_snapshot(place, rows)


def providers_check(context: Context, name: _NAME = None) -> int:
    """Ask providers whether they answer, without spending.

    Exits 1 where one does not: `NO(<reason>)`.
    """
    place = Place(context)
    rows = _checks(place, [name] if name else [])
    if context.is_json:
        output.print_json(rows)
    else:
        output.table(
            ["NAME", "PROVIDER-TYPE", "HEALTHY"],
            [[row["name"], row["kind"], "YES" if row["healthy"] else f"NO({row['reason']})"] for row in rows],
        )
        for row in rows:
            if row["healthy"] and row["reason"]:
                output.note(harmless.line(f"{row['name']}: {row['reason']}"))
    return DONE if all(row["healthy"] for row in rows) else NOT_HELD


def check(context: Context, name: _NAME = None) -> int:
    """Check that every provider answers and takes its key.

    The same as `providers check`: exits 1 where one does not.
    """
    return providers_check(context, name)


def _checks(place: Place, names: list[str]) -> list[dict[str, Any]]:
    client = place.client()
    if client is not None:
        with client:
            return client.check(names)
    from aigw_dev.cli.local import with_snapshot
    from aigw_dev.server import checks
    from aigw_dev.server.snapshot import Snapshot

    async def ask(snapshot: Snapshot) -> list[checks.Check]:
        _require_known(snapshot, names)
        return await checks.check_all(snapshot, names)

    return msgspec.to_builtins(with_snapshot(place, ask))


def providers_models(context: Context, name: _NAME = None) -> int:
    """Ask providers for their models, and keep the lists.

    Prints `provider/model`, one a line; what cannot be asked is said on stderr, with exit 1 where it was named.
    """
    place = Place(context)
    rows = _listings(place, [name] if name else [])
    if context.is_json:
        output.print_json(rows)
    else:
        for row in rows:
            for model in row["models"]:
                output.say(harmless.line(f"{row['name']}/{model}"))
            if row["error"]:
                output.note(harmless.line(f"{row['name']}: {row['error']}"))
    return NOT_HELD if name and any(row["error"] for row in rows) else DONE


def _listings(place: Place, names: list[str]) -> list[dict[str, Any]]:
    from aigw_dev.core.mock import MOCK_MODELS

    client = place.client()
    if client is not None:
        with client:
            rows = client.fetch_models(names)
    else:
        rows = _local_listings(place, names)
    if not names or "mock" in names:
        rows.insert(0, {"name": "mock", "models": [model.name for model in MOCK_MODELS], "error": ""})
    return rows


def _local_listings(place: Place, names: list[str]) -> list[dict[str, Any]]:
    import time

    from aigw_dev.cli.local import config_of, with_snapshot
    from aigw_dev.server import checks
    from aigw_dev.server.snapshot import Snapshot
    from aigw_dev.store.state import ModelList, StateStore

    async def ask(snapshot: Snapshot) -> list[checks.Listing]:
        _require_known(snapshot, names)
        return await checks.list_all(snapshot, names)

    found = with_snapshot(place, ask)
    listed = [one for one in found if not one.error]
    if listed:
        folder = place.home.gateway_dir(place.source.path, place.source.name(config_of(place)))
        store = StateStore(folder / "state.db")
        for one in listed:
            store.put_models(ModelList(provider=one.name, at=time.time(), models=one.models))
        store.close()
    return msgspec.to_builtins(found)


def _require_known(snapshot: Any, names: list[str]) -> None:
    for name in names:
        if name not in snapshot.providers:
            raise CommandError(
                f"There is no provider {harmless.line(name[:60])}.",
                hint=f"There are {', '.join(snapshot.providers)}; `aigw-dev edit` adds one.",
            )


def _kinds(context: Context) -> int:
    from aigw_dev.core.providers import KINDS

    rows: list[dict[str, Any]] = [
        {
            "kind": kind.name,
            "title": kind.title,
            "base_url": kind.base_url or kind.base_url_example,
            "key_name": "" if kind.is_embedded else kind.key_name,
            "env": list(kind.env),
            "is_key_required": kind.is_key_required and not kind.is_embedded,
            "docs_url": kind.docs_url,
        }
        for kind in KINDS.values()
    ]
    if context.is_json:
        output.print_json(rows)
        return DONE
    output.table(
        ["KIND", "WHAT IT IS", "BASE URL", "VARIABLES"],
        [[row["kind"], row["title"], row["base_url"] or "-", ", ".join(row["env"]) or "-"] for row in rows],
    )
    return DONE
