"""`aigw-dev chat MODEL [PROMPT]`: one call, or a conversation, through `/v1/chat/completions` like any caller."""

import sys
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from aigw_dev.calling import Caller
from aigw_dev.cli import output
from aigw_dev.cli.chat_turn import Asked, painter, show_end
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, PROVIDER, USAGE, CommandError
from aigw_dev.cli.pairs import read_metadata, read_params
from aigw_dev.cli.place import Place
from aigw_dev.cli.temporary import Reached, reach
from aigw_dev.core import examples, harmless, panel

_USUAL_PORT: Final = 2449
_STDIN: Final = "-"
_FAILED: Final = 400
_SAMPLE: Final = "Hello!"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelOptions:
    """What is sent beside the prompt."""

    system: Annotated[str, typer.Option(metavar="TEXT", help="System prompt, up to 100 characters.")] = ""
    max_tokens: Annotated[str, typer.Option(metavar="N|none", help="0 to 8192; `none` does not send it.")] = (
        "1024"
    )
    top_p: Annotated[str, typer.Option(metavar="P|none", help="0 to 1; `none` does not send it.")] = "0.95"
    temperature: Annotated[str, typer.Option(metavar="T|none", help="0 to 2; `none` does not send it.")] = "1"
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Send values beyond these limits.")] = False
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="K=JSON", help="A field of the body, merged last; repeatable."),
    ] = None
    metadata: Annotated[
        list[str] | None,
        typer.Option(metavar="K=V|JSON", help="Sent as x-ai-route-metadata; repeatable."),
    ] = None
    no_stream: Annotated[bool, typer.Option("--no-stream", help="Ask for the reply in one piece.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOptions:
    """What is shown, and where the call goes."""

    raw: Annotated[bool, typer.Option("--raw", help="Print the reply's bytes as received.")] = False
    reasoning: Annotated[
        bool,
        typer.Option("--reasoning", help="Print the model's reasoning where stdout is no terminal, too."),
    ] = False
    curl: Annotated[bool, typer.Option("--curl", help="Print the call as a curl command; send nothing.")] = (
        False
    )
    code: Annotated[
        str | None, typer.Option(metavar="python|node|curl", help="Print the call as code; send nothing.")
    ] = None
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Start a gateway for this command even where one runs.")
    ] = False
    keep_log: Annotated[
        bool, typer.Option("--keep-log", help="Keep the log of a gateway started for this command.")
    ] = False


def chat(
    context: Context,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="provider/model, dynamic/ROUTE or mock/echo.")
    ],
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help="What to say; `-`, or nothing in a pipe, reads stdin."),
    ] = None,
    *,
    settings: PanelOptions,
    show: ShowOptions,
) -> int:
    """Talk to a model through the gateway.

    Without a prompt in a terminal it is a conversation. Where no gateway runs, one is started for this command.
    """
    asked = _asked(model, settings)
    language = _language(show)
    place = Place(context)
    if language is not None:
        return _print_code(place, asked, language, prompt=prompt or _SAMPLE, is_json=context.is_json)
    is_talk = (
        prompt is None and output.is_terminal(sys.stdin) and output.is_terminal() and not context.is_json
    )
    if is_talk and show.raw:
        raise CommandError("--raw wants a prompt.", hint="Give it after the model, or on stdin.")
    text = "" if is_talk else _prompt(prompt)
    with reach(place, is_own=show.temporary, is_log_kept=show.keep_log) as gateway:
        caller = Caller(gateway.url, gateway.token, metadata=asked.metadata)
        try:
            if is_talk:
                from aigw_dev.cli.chat_loop import talk

                return talk(asked, gateway, caller)
            body = asked.body([{"role": "user", "content": text}])
            if show.raw:
                return _raw(caller, body)
            if context.is_json:
                return _json(gateway, caller, body)
            return _plain(gateway, caller, body, has_reasoning=show.reasoning)
        finally:
            caller.close()


def _asked(model: str, options: PanelOptions) -> Asked:
    numbers: dict[str, Any] = {}
    for name in panel.PARAMETERS:
        read = panel.read_number(name, getattr(options, name))
        if read is not None and not isinstance(read, int | float):
            raise CommandError(read.message + ".", hint=read.hint)
        numbers[name] = read
    asked = Asked(
        model=_utf8(model),
        settings=panel.PanelSettings(system=_utf8(options.system), stream=not options.no_stream, **numbers),
        params=read_params(options.param or ()),
        metadata=read_metadata(options.metadata or ()),
        has_limits=not options.no_limits,
    )
    asked.body([])  # a broken limit is told before anything is started
    return asked


def _language(show: ShowOptions) -> str | None:
    if show.curl:
        return "curl"
    if show.code is not None and show.code not in examples.LANGUAGES:
        raise CommandError(
            f"--code {harmless.line(show.code[:40])}: no such language.",
            hint=f"One of {', '.join(examples.LANGUAGES)}.",
        )
    return show.code


def _prompt(given: str | None) -> str:
    """The prompt from the command line or, where there is none, all of stdin."""
    if given is not None and given != _STDIN:
        text = _utf8(given)
    else:
        if output.is_terminal(sys.stdin):
            output.note("type the prompt; ctrl-D sends it")
        text = sys.stdin.buffer.read().decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
    if not text.strip():
        raise CommandError("There is no prompt.", hint="Give it after the model, or on stdin.")
    return text


def _utf8(text: str) -> str:
    """An argument as text: bytes that are no UTF-8 become U+FFFD, for JSON cannot carry them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _plain(gateway: Reached, caller: Caller, body: dict[str, Any], *, has_reasoning: bool) -> int:
    shown = painter(has_reasoning=has_reasoning)
    try:
        for piece in caller.say(body):
            shown.take(piece)
    finally:
        shown.close()
    assert caller.ended is not None  # noqa: S101  -- it ended well
    for call in caller.ended.assembled.tool_calls:
        output.say(harmless.line(f"tool call {call.name}({call.arguments})"))
    output.flush()
    show_end(gateway, caller.ended)
    return DONE


def _raw(caller: Caller, body: dict[str, Any]) -> int:
    for chunk in caller.raw(body):
        output.write_bytes(chunk)
    if caller.status < _FAILED:
        return DONE
    output.note(f"status {caller.status}")
    return PROVIDER if caller.was_sent else USAGE


def _json(gateway: Reached, caller: Caller, body: dict[str, Any]) -> int:
    for _ in caller.say(body):
        pass
    ended = caller.ended
    assert ended is not None  # noqa: S101  -- it ended well
    record = (gateway.exchange(ended.exchange) if ended.exchange else None) or {}
    output.print_json(
        {
            "model": body.get("model"),
            "upstream": ended.upstream,
            "route": ended.route,
            "attempts": ended.attempts,
            "text": ended.assembled.text or ended.assembled.refusal,
            "reasoning": ended.assembled.reasoning,
            "tool_calls": ended.assembled.tool_calls,
            "finish": ended.assembled.finish,
            "usage": record.get("usage") or ended.usage,
            "cost": record.get("cost"),
            "exchange": ended.exchange,
            "ttft_s": ended.ttft_s,
            "duration_s": ended.duration_s,
            "temporary": gateway.is_temporary,
        }
    )
    return DONE


def _print_code(place: Place, asked: Asked, language: str, *, prompt: str, is_json: bool) -> int:
    body = asked.body([{"role": "user", "content": _utf8(prompt)}])
    metadata = {name: value for name, value in asked.metadata.items() if value is not None}
    call = examples.CallExample(
        base_url=f"{place.base_url() or _future_url(place)}/v1", body=body, metadata=metadata or None
    )
    text = examples.LANGUAGES[language](call)
    if is_json:
        output.print_json({"language": language, "code": text, "token_variable": examples.TOKEN_VARIABLE})
    else:
        output.say(text.rstrip("\n"))
    return DONE


def _future_url(place: Place) -> str:
    """Where the gateway of this config would answer; nothing runs, and nothing is sent."""
    from aigw_dev.secrets.running import last_port

    if place.reading.config is None:
        raise CommandError(
            "\n".join(problem.text() for problem in place.reading.problems), code="config_invalid"
        )
    port = place.reading.config.gateway.port or (last_port(place.folder) if place.folder else None)
    return f"http://127.0.0.1:{port or _USUAL_PORT}"
