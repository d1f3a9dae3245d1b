"""`aigw-dev logs replay ID`: a recorded request sent again, to the same model or to others, and what came differently."""

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.money import ms, usd
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless

_MOST_LINES: Final = 40
"""Of a difference, so many lines are printed; `--json` has all of it."""
_STYLES: Final = {"removed": ("- ", "red"), "added": ("+ ", "green")}


def logs_replay(
    context: Context,
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="Its id, a beginning of it, `last`, or -2 for the last but one."),
    ] = "last",
    *,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", metavar="MODEL", help="Send it to this model; several are compared."),
    ] = None,
    edit: Annotated[
        str,
        typer.Option(
            metavar="JSON|@FILE", help="Change the body: a JSON merge patch, null takes a key away."
        ),
    ] = "",
) -> int:
    """Send a recorded request again, and show what came differently.

    The running gateway sends it through its own pipeline: routes decide anew, limits and the log apply, and the call
    is spent. Without `--model` it goes where it went before. What was not recorded cannot be sent again.
    """
    edits = _edits(edit)
    with Place(context).need_client() as client:
        answer = client.replay(name, models=model or [], edits=edits)
    if context.is_json:
        output.print_json(answer)
        return DONE
    show(answer)
    return DONE


def show(answer: dict[str, Any]) -> None:
    """Print what a gateway answered: a table of everything, then what each replay made otherwise."""
    for warning in answer["warnings"]:
        output.note(f"note: {warning}")
    _print_table(answer)
    for replay in answer["replays"]:
        _print_difference(replay)


def _edits(text: str) -> dict[str, Any]:
    """The merge patch of `--edit`: JSON, or a file's."""
    if not text:
        return {}
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{text[1:]} cannot be read: {error}") from error
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise CommandError(
            f"--edit is no JSON object: {error}",
            hint="Write for example --edit '{\"temperature\": 0}', or @FILE.",
        ) from error


def _print_table(answer: dict[str, Any]) -> None:
    """The exchange that was there, then one line per replay."""
    rows: list[list[str]] = []
    for place, replay in enumerate(answer["replays"]):
        facts = {one["name"]: one for one in replay["comparison"]["fields"]}
        if place == 0:
            rows.append(_row(facts, "before", answer["of"], "as logged", "-"))
        alike = replay["comparison"]["text"]
        likeness = "same" if replay["comparison"]["is_same"] else "-" if alike is None else _percent(alike)
        rows.append(_row(facts, "after", replay["id"], replay["model"], likeness))
    headers = ["ID", "ASKED", "SENT", "STATUS", "TEXT", "MS", "TTFT", "TOKENS", "COST", "FINISH"]
    output.table(headers, rows, right=frozenset({"STATUS", "TEXT", "MS", "TTFT", "TOKENS", "COST"}))


def _percent(text: dict[str, Any]) -> str:
    return f"{text['similarity']:.0%} alike"


def _row(facts: dict[str, Any], side: str, identifier: str, asked: str, likeness: str) -> list[str]:
    def value(name: str) -> Any:
        return facts[name][side]

    sent = f"{value('provider')}/{value('request_model')}" if value("provider") else "-"
    tokens = "-" if value("input_tokens") is None else f"{value('input_tokens')}/{value('output_tokens')}"
    return [
        identifier,
        asked,
        sent,
        f"{value('status')} {value('error')}".rstrip(),
        likeness,
        ms(value("duration_s")),
        ms(value("ttft_s")),
        tokens,
        "-" if value("cost_nanousd") is None else usd(value("cost_nanousd")),
        value("finish") or "-",
    ]


def _print_difference(replay: dict[str, Any]) -> None:
    """Text that went and came, tool calls and JSON paths that differ."""
    comparison = replay["comparison"]
    lines = [*_text_lines(comparison), *_tool_lines(comparison), *_json_lines(comparison)]
    if replay["error_text"]:
        lines.insert(0, ("", f"{replay['error']}: {replay['error_text']}"))
    if not lines:
        return
    output.say()
    output.say(output.styled(harmless.line(f"{replay['model']} ({replay['id']})"), "bold"))
    for kind, text in lines[:_MOST_LINES]:
        mark, style = _STYLES.get(kind, ("  ", ""))
        line = harmless.line(text)
        output.say(output.styled(mark + line, style) if style else mark + line)
    if len(lines) > _MOST_LINES:
        output.note(f"{len(lines) - _MOST_LINES} more lines: `aigw-dev logs replay --json`, or `logs show`")


Line = tuple[str, str]
"""(kind, text)"""


def _text_lines(comparison: dict[str, Any]) -> list[Line]:
    text = comparison["text"]
    if text is None or text["similarity"] == 1.0:
        return []
    lines: list[Line] = []
    for hunk in text["hunks"]:
        if hunk["kind"] != "same":
            lines += [(hunk["kind"], part) for part in hunk["text"].splitlines() if part.strip()]
    return lines


def _tool_lines(comparison: dict[str, Any]) -> list[Line]:
    lines: list[Line] = []
    for change in comparison["tool_calls"]:
        if change["kind"] == "same":
            continue
        if change["name_before"] != change["name_after"]:
            lines += [
                (kind, f"tool call {change[side]}")
                for kind, side in (("removed", "name_before"), ("added", "name_after"))
                if change[side]
            ]
        lines += _path_lines(f"{change['name_after'] or change['name_before']}: ", change["arguments"])
    return lines


def _json_lines(comparison: dict[str, Any]) -> list[Line]:
    """Paths of the requests; of the replies only where no text says it."""
    lines = _path_lines("request ", comparison["request"])
    return (
        lines if comparison["text"] is not None else lines + _path_lines("response ", comparison["response"])
    )


def _path_lines(prefix: str, differences: list[dict[str, Any]]) -> list[Line]:
    lines: list[Line] = []
    for one in differences:
        place = f"{prefix}{one['path'] or 'value'}"
        lines += [("removed", f"{place}: {one['before']}")] if one["before"] else []
        lines += [("added", f"{place}: {one['after']}")] if one["after"] else []
    return lines
