"""`aigw-dev logs audit` and `logs pause`: who changed what, and whether bodies are recorded just now."""

from typing import Annotated, Any

import msgspec
import typer

from aigw_dev.cli import log_source, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.money import clock
from aigw_dev.cli.place import Place
from aigw_dev.store.state import StateStore


def logs_pause(
    context: Context,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Record bodies again.")] = False,
) -> int:
    """Stop recording bodies until the gateway ends, or resume.

    Exchanges are still logged, with their times, tokens and cost. `logging.record_request` and
    `logging.record_response` in the config switch bodies off for good.
    """
    with Place(context).need_client() as client:
        answer = client.pause(is_paused=not resume)
    if context.is_json:
        output.print_json(answer)
    else:
        output.note(
            "bodies are not recorded now; `aigw-dev logs pause --resume` records them again"
            if answer["paused"]
            else "bodies are recorded again, as the config says"
        )
    return DONE


def logs_audit(
    context: Context,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> int:
    """List who changed what: keys, config, trust, tokens, logs.

    Newest first. The list can only grow: nothing in it is ever changed or deleted.
    """
    events = _events(Place(context), limit)
    if context.is_json:
        output.print_json(events)
        return DONE
    if not events:
        output.note("nothing has been changed yet")
        return DONE
    output.table(
        ["TIME", "WHO", "HOW", "ACTION", "SUBJECT", "OK", "DETAIL"],
        [
            [
                clock(event["at"]),
                event["actor"],
                event["origin"],
                event["action"],
                event["subject"] or "-",
                "yes" if event["is_ok"] else "no",
                _detail(event["detail"]),
            ]
            for event in events
        ],
    )
    return DONE


def _events(place: Place, limit: int) -> list[dict[str, Any]]:
    client = place.client()
    if client is not None:
        with client:
            return client.audit(limit=limit)
    state = StateStore(log_source.path_of(place).with_name("state.db"))
    try:
        return msgspec.to_builtins(state.audit_events(limit=limit))
    finally:
        state.close()


def _detail(detail: dict[str, Any]) -> str:
    """`key=value` pairs; a lone text without its key."""
    if len(detail) == 1 and isinstance(only := next(iter(detail.values())), str):
        return only
    return " ".join(f"{key}={value}" for key, value in detail.items())
