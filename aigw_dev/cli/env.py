"""`aigw-dev env`: the lines that point a shell, or a tool's own config, at the running gateway. Prints the token."""

import sys
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from aigw_dev.cli import output, shells, tools, variables
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.cli.tools import Tool
from aigw_dev.cli.tools_files import FILES, ToolFile
from aigw_dev.cli.tools_served import aim_of, listed_models
from aigw_dev.cli.variables import Aim, Changes
from aigw_dev.core import examples

_IS_WINDOWS: Final = sys.platform == "win32"
_HAS_MODEL_LIST: Final = frozenset({"opencode"})
"""Files that name every model the tool may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvOptions:
    """What to print."""

    shell: Annotated[
        str | None, typer.Option(metavar="NAME", help="bash, zsh, sh, fish, powershell or cmd.")
    ] = None
    unset: Annotated[bool, typer.Option("--unset", help="Print the lines that take it all back.")] = False
    example: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Print calls of this model in curl, Python and Node.")
    ] = None
    for_: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="TOOL", help=f"Only what TOOL needs: {', '.join(tools.NAMES)}."),
    ] = None
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="With --for: the model that the tool is to use.")
    ] = ""


def env(context: Context, options: EnvOptions) -> int:
    """Print the variables that point a shell at the gateway.

    In bash and zsh: eval "$(aigw-dev env)". It prints the gateway's token.
    """
    shell = shells.choose(options.shell, context.environ, is_windows=_IS_WINDOWS)
    asked = [tools.named(name) for name in options.for_ or []]
    chosen = {name: value for tool in asked for name, value in tool.model_variables(options.model).items()}
    if options.unset:
        changes = variables.unset_for_shell(
            context.environ, is_windows=_IS_WINDOWS, more=tools.OWN_VARIABLES, exact=chosen
        )
        return _print(context, changes, shell)
    if options.model and not asked:
        raise CommandError("--model goes with --for TOOL.", hint=f"One of {', '.join(tools.NAMES)}.")
    _check_one_file(asked)
    place = Place(context)
    url = _url(place)
    if options.example is not None:
        return _print_examples(context, url, options.example)
    aim = aim_of(place, url=url, token=place.home.token())
    if not asked:
        changes = variables.for_shell(aim, context.environ, is_windows=_IS_WINDOWS)
        return _print(context, changes, shell)
    changes = _changes_for(asked, aim, context)
    changes = Changes(set=changes.set | chosen, unset=changes.unset)
    for tool in asked:
        if tool.note and not context.is_json:
            output.note(f"{tool.name}: {tool.note}")
    file = _file_for(asked[0], aim, options.model) if asked[0].file else None
    if file is None:
        return _print(context, changes, shell)
    return _print_file(context, file, changes if asked[0].needs_token_variable else Changes(set={}), shell)


def _url(place: Place) -> str:
    url = place.base_url()
    if url is None:
        place.need_client()  # names the gateways that do run
        raise CommandError("No gateway runs.", code="gateway_not_running")
    return url


def _check_one_file(asked: list[Tool]) -> None:
    if len(asked) > 1 and any(tool.file for tool in asked):
        raise CommandError(
            "--for takes one tool that is pointed at the gateway by a file.", hint="Call it once for each."
        )


def _changes_for(asked: list[Tool], aim: Aim, context: Context) -> Changes:
    """Exactly what these tools read, the credential that their files refer to, and loopback without a proxy."""
    made: dict[str, str] = {}
    gone: list[str] = []
    for tool in asked:
        own = Aim(url=aim.url, token=aim.token, dialects=tool.dialects, passthrough=aim.passthrough)
        whole = variables.for_shell(own, context.environ, is_windows=_IS_WINDOWS)
        wanted = tool.reads or tuple(name for name in whole.set if name not in variables.OWN)
        kept = {*wanted, *variables.PROXY_VARIABLES}
        made |= {name: value for name, value in whole.set.items() if name in kept}
        made |= tool.own_variables(aim)
        gone += [] if tool.file else whole.unset
    return Changes(set=made, unset=tuple(dict.fromkeys(gone)))


def _file_for(tool: Tool, aim: Aim, model: str) -> ToolFile:
    models = (model,) if model else ()
    if tool.file in _HAS_MODEL_LIST:
        models = tuple(dict.fromkeys([*models, *listed_models(aim)]))
    return FILES[tool.file](aim, models)


def _print_file(context: Context, file: ToolFile, needed: Changes, shell: str) -> int:
    """The piece of the file, with comments around it that say where it goes; all of it can be pasted there."""
    if context.is_json:
        piece = {"path": file.path, "text": file.text}
        output.print_json({"set": needed.set, "unset": list(needed.unset), "files": [piece]})
        return DONE
    output.say(f"{file.comment} In {file.path}")
    if needed.set:
        use = shells.SHELLS[shell].use.format("aigw-dev env")
        output.say(f"{file.comment} It reads the key from AIGW_DEV_TOKEN; in the shell that starts it: {use}")
    output.say(file.text)
    if file.then:
        output.say(f"{file.comment} Then: {file.then}")
    return DONE


def _print(context: Context, changes: Changes, shell: str) -> int:
    if context.is_json:
        output.print_json({"set": changes.set, "unset": list(changes.unset), "files": []})
        return DONE
    lines = shells.SHELLS[shell]
    for name in changes.unset:
        output.say(lines.drop(name))
    for name, value in changes.set.items():
        output.say(lines.put(name, value))
    if output.is_terminal():
        command = "aigw-dev env" if "AIGW_DEV_URL" in changes.set else "aigw-dev env ..."
        output.note(f"to put it in force: {lines.use.format(command)}")
    return DONE


def _print_examples(context: Context, url: str, model: str) -> int:
    call = examples.CallExample(base_url=f"{url}/v1", body=examples.sample_body(model))
    texts = {name: make(call) for name, make in examples.LANGUAGES.items()}
    if context.is_json:
        output.print_json({**texts, "token_variable": examples.TOKEN_VARIABLE})
        return DONE
    output.say(f'# The token is read from {examples.TOKEN_VARIABLE}: eval "$(aigw-dev env)" sets it.')
    for name, text in texts.items():
        comment = "//" if name == "node" else "#"
        output.say(f"\n{comment} {name}\n{text.rstrip()}")
    return DONE
