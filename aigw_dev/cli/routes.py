"""`aigw-dev routes list|show|explain|test`: what the routes are and what they would decide. Nothing is sent."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.config import Config, Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.flow import CompiledRoute, compile_route

_WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """The request a route is asked about."""

    metadata: Annotated[
        str | None,
        typer.Option(
            metavar="JSON|k=v", help='The x-ai-route-metadata header: \'{"tier":"pro"}\' or tier=pro.'
        ),
    ] = None
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A header of the request; repeatable.")
    ] = None
    body: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="The request's JSON body.")] = None
    consumer: Annotated[str, typer.Option(help="Who calls.")] = "none"
    conversation: Annotated[str, typer.Option(help="What names the conversation, for splits.")] = ""
    draw: Annotated[float, typer.Option(min=0.0, max=0.999999, help="What a split draws, 0 up to 1.")] = 0.0
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False
    draft: Annotated[
        bool, typer.Option("--draft", help="The route as the running gateway's draft has it.")
    ] = False


def routes_list(context: Context) -> int:
    """List the routes with the names they claim."""
    from aigw_dev.server import reports

    place = Place(context)
    rows = reports.route_rows(_config(place))
    if context.is_json:
        output.print_json(rows)
        return DONE
    if not rows:
        output.note("there are no routes; `aigw-dev edit` adds one, docs/routing.md shows how")
        return DONE
    output.table(
        ["ROUTE", "CALLED AS", "READS", "DESCRIPTION"],
        [
            [
                row["name"],
                ", ".join([row["model"], *row["claims"]]),
                ", ".join(row["reads"]),
                row["description"],
            ]
            for row in rows
        ],
    )
    return DONE


def routes_show(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="ROUTE", help="The route's name.")],
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid flowchart.")] = False,
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,  # noqa: A002  -- the option's name
) -> int:
    """Draw a route as text or as a Mermaid flowchart."""
    from aigw_dev.core.routing import draw
    from aigw_dev.core.routing import mermaid as flowchart
    from aigw_dev.server import reports

    place = Place(context)
    route = compiled(place, name)
    if mermaid:
        output.say(flowchart.mermaid(route))
        return DONE
    if context.is_json:
        output.print_json(
            next(row for row in reports.route_rows(_config(place)) if row["name"] == route.name)
        )
        return DONE
    output.say(draw.text(route, None, width=output.width() or _WIDTH, ascii=ascii))
    return DONE


def routes_explain(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="ROUTE", help="The route's name.")],
    options: RequestOptions,
) -> int:
    """Draw the path a request would take, with the actual values."""
    from aigw_dev.server import reports

    route = compiled(Place(context), name, is_draft=options.draft)
    asked = _asked(route, options)
    found = reports.explain(route, asked, measure=measured)
    if isinstance(found, Refusal):
        raise CommandError(found.message, code=found.code, exit_code=NOT_HELD)
    if context.is_json:
        output.print_json(found["decision"])
        return DONE
    output.say(found["text"])
    return DONE


def routes_test(
    context: Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="YAML or JSON: a list of {route, metadata, ..., expect}.")
    ],
) -> int:
    """Check a file of requests against the targets they expect.

    Each entry names a route, the request (metadata, headers, body, stream, consumer, conversation, draw) and
    `expect: provider/model`, the first target.
    """
    from aigw_dev.server import reports

    place = Place(context)
    results: list[dict[str, Any]] = []
    for number, case in enumerate(_cases(file), start=1):
        route = compiled(place, str(case.pop("route", "")))
        expected = str(case.pop("expect", ""))
        try:
            asked = msgspec.convert(case, reports.ExplainRequest)
        except msgspec.ValidationError as error:
            raise CommandError(f"{file}: entry {number}: {error}") from error
        found = reports.explain(route, asked, measure=measured)
        if isinstance(found, Refusal):
            got = found.code
        else:
            first = found["decision"]["targets"][0]
            got = f"{first['provider']}/{first['model']}"
        results.append(
            {"number": number, "route": route.name, "expected": expected, "got": got, "ok": got == expected}
        )
    failed = [result for result in results if not result["ok"]]
    if context.is_json:
        output.print_json(results)
    else:
        for result in failed:
            output.say(
                f"entry {result['number']} ({result['route']}): expected {result['expected']}, got {result['got']}"
            )
        output.say(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return NOT_HELD if failed else DONE


def compiled(place: Place, name: str, *, is_draft: bool = False) -> CompiledRoute:
    """A route of the config, or of the running gateway's draft where there is one, ready to decide."""
    routes = _drafted(place) if is_draft else _config(place).routes
    wanted = name.removeprefix("dynamic/")
    route = routes.get(wanted)
    if route is None:
        import difflib

        near = difflib.get_close_matches(wanted, routes, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "`aigw-dev routes list` shows them."
        raise CommandError(
            f"There is no route `{harmless.line(wanted[:60])}`.", hint=hint, code="route_not_found"
        )
    found, problems = compile_route(wanted, route)
    if found is None:
        raise CommandError("\n".join(problem.text() for problem in problems), code="config_invalid")
    return found


def measured(raw: bytes) -> Any:
    """What conditions ask of a body's content, by the OpenAI dialect."""
    from aigw_dev.core.dialects import openai_chat
    from aigw_dev.core.dialects.request_body import read_body

    body = read_body(raw)
    if isinstance(body, Refusal):
        raise CommandError(body.message, code=body.code)
    return openai_chat.measure(body)


def _drafted(place: Place) -> dict[str, Route]:
    with place.need_client() as client:
        draft = client.draft()
    if draft is None:
        return _config(place).routes
    reading = place.source.parse(draft["text"])
    if reading.config is None:
        raise CommandError("\n".join(problem.text() for problem in reading.problems), code="config_invalid")
    return reading.config.routes


def _config(place: Place) -> Config:
    reading = place.reading
    if reading.config is None:
        raise CommandError("\n".join(problem.text() for problem in reading.problems), code="config_invalid")
    return reading.config


def _asked(route: CompiledRoute, options: RequestOptions) -> Any:
    from aigw_dev.core.routing.facts import parse_metadata
    from aigw_dev.server import reports

    metadata = parse_metadata(options.metadata, route)
    if isinstance(metadata, Refusal):
        raise CommandError(metadata.message, code=metadata.code)
    headers: dict[str, str] = {}
    for pair in options.header or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise CommandError(f"--header wants NAME=VALUE, not `{harmless.line(pair[:60])}`.")
        headers[key.strip().lower()] = value
    body = _body(options.body)
    return reports.ExplainRequest(
        metadata=metadata,
        headers=headers,
        consumer=options.consumer,
        conversation=options.conversation,
        draw=options.draw,
        body=body,
        stream=bool(body.get("stream")),
        model=str(body.get("model") or ""),
        width=output.width() or _WIDTH,
        ascii=options.ascii,
    )


def _body(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    source = (
        sys.stdin.read()
        if text == "@-"
        else Path(text[1:]).read_text("utf-8")
        if text.startswith("@")
        else text
    )
    try:
        return msgspec.json.decode(source, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise CommandError(f"--body is not a JSON object: {error}") from error


def _cases(file: Path) -> list[dict[str, Any]]:
    from aigw_dev.config_file.yaml_tree import read_yaml

    document = read_yaml(f"cases:\n{_indented(file.read_text('utf-8'))}")
    if document.problems:
        raise CommandError(f"{file}: {document.problems[0].message}")
    try:
        return msgspec.convert(document.value, dict[str, list[dict[str, Any]]])["cases"]
    except msgspec.ValidationError as error:
        hint = "One looks like: - {route: ai-test, metadata: {tier: pro}, expect: qwen/qwen3-max}"
        raise CommandError(f"{file} wants a list of entries: {error}", hint=hint) from error


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
