"""`aigw-dev logs show ID`: one exchange whole."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final

import typer

from aigw_dev.cli import exchange_text, log_source, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place

_WIDTH: Final = 100


class Body(Enum):
    """Which of the two bodies."""

    request = "request"
    response = "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOptions:
    """How much of it, and how."""

    raw: Annotated[bool, typer.Option("--raw", help="Show the bodies as they were sent.")] = False
    body: Annotated[
        Body | None, typer.Option(help="Print this body alone; into a pipe or file byte for byte.")
    ] = None
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False


def logs_show(
    context: Context,
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="Its id, a beginning of it, `last`, or -2 for the last but one."),
    ] = "last",
    *,
    options: ShowOptions,
) -> int:
    """Show one exchange whole: route, attempts, timing, cost, bodies.

    Where a route decided, its path is drawn with the values the request had, and what was not taken says why.
    """
    log = log_source.log_of(Place(context))
    try:
        exchange = log.get(name)
    finally:
        log.close()
    if options.body is not None:
        _print_body(exchange, options.body.value, is_json=context.is_json)
    elif context.is_json:
        output.print_json(exchange)
    else:
        _print(exchange, options)
    return DONE


def _print(exchange: dict[str, Any], options: ShowOptions) -> None:
    for line in exchange_text.overview(exchange):
        output.say(line)
    width = output.width() or _WIDTH
    _section("Route", exchange_text.path(exchange, width=width, is_ascii=options.ascii))
    header, rows = exchange_text.attempts(exchange)
    if rows:
        _title("Attempts (times in ms)")
        output.table(header, rows, right=frozenset({"STATUS", "START", "FIRST", "END"}))
    if options.raw:
        _section("Request", _raw(exchange, "request"))
        _section("Response", _raw(exchange, "response"))
    else:
        _section("Request", exchange_text.request(exchange))
        _section("Response", exchange_text.response(exchange))
    _section("Translation", exchange_text.ledger(exchange))
    _section("Protocol violations in the provider's stream", exchange_text.violations(exchange))
    _section("Request headers", exchange_text.headers(exchange["request_headers"]))
    _section("Response headers", exchange_text.headers(exchange["response_headers"]))


def _raw(exchange: dict[str, Any], which: str) -> list[str]:
    if f"{which}_body_base64" in exchange:
        return [f"{exchange[f'{which}_bytes']} bytes that are no text: --body {which} > FILE writes them"]
    return exchange_text.raw(exchange[f"{which}_body"])


def _section(title: str, lines: Sequence[str]) -> None:
    if lines:
        _title(title)
        for line in lines:
            output.say(line)


def _title(text: str) -> None:
    output.say()
    output.say(output.styled(text, "bold"))


def _print_body(exchange: dict[str, Any], which: str, *, is_json: bool) -> None:
    """The body itself; one that was not kept is an error, so that a script does not take it for an empty one."""
    fields = {key: exchange[key] for key in (f"{which}_body", f"{which}_body_base64") if key in exchange}
    if is_json:
        output.print_json({"id": exchange["id"], **fields})
        return
    if f"{which}_body_base64" in fields:
        output.write_bytes(base64.b64decode(fields[f"{which}_body_base64"]))
        return
    text: str | None = fields[f"{which}_body"]
    if text is None:
        raise CommandError(
            f"The {which} body of {exchange['id']} was not kept.",
            hint=f"`logging.record_{which}` and `aigw-dev logs pause` decide that.",
            code="exchange_not_found",
        )
    output.write_bytes(text.encode())
