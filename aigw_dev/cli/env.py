"""`aigw-dev env`: the lines that point a shell, or a tool's own config, at the running gateway. Prints the token."""

import sys
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from aigw_dev.cli import output, shells, variables
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.core import examples, harmless

_IS_WINDOWS: Final = sys.platform == "win32"
_LLM: Final = """\
# In extra-openai-models.yaml, in the folder that `llm logs path` names; then: llm keys set aigw-dev
- model_id: aigw-dev
  model_name: {model}
  api_base: {url}/v1
  api_key_name: aigw-dev
# the key: {token}"""
_CONTINUE: Final = """\
# In ~/.continue/config.yaml
models:
  - name: aigw-dev
    provider: openai
    model: {model}
    apiBase: {url}/v1
    apiKey: {token}"""
FILES: Final = {"llm": _LLM, "continue": _CONTINUE}
"""Tools that are pointed at the gateway by a file: what to write there."""
SHELL_TOOLS: Final = {
    "openai": variables.OPENAI,
    "aider": ("OPENAI_API_BASE", "OPENAI_API_KEY"),
}
"""Tools that read variables, with those they read."""
_SAMPLE_MODEL: Final = "mock/echo"


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
        typer.Option("--for", metavar="TOOL", help="Only what TOOL needs: openai, aider, llm, continue."),
    ] = None


def env(context: Context, options: EnvOptions) -> int:
    """Print the variables that point a shell at the gateway.

    In bash and zsh: eval "$(aigw-dev env)". It prints the gateway's token.
    """
    shell = shells.choose(options.shell, context.environ, is_windows=_IS_WINDOWS)
    if options.unset:
        changes = variables.unset_for_shell(context.environ, is_windows=_IS_WINDOWS)
        return _print(context, changes, shell)
    _check_tools(options.for_ or [])
    place = Place(context)
    url = _url(place)
    if options.example is not None:
        return _print_examples(context, url, options.example)
    token = place.home.token()
    files = [name for name in options.for_ or [] if name in FILES]
    if files:
        texts = {name: FILES[name].format(url=url, token=token, model=_SAMPLE_MODEL) for name in files}
        if context.is_json:
            output.print_json(texts)
        else:
            output.say("\n\n".join(texts.values()))
        return DONE
    changes = variables.for_shell(url, token, context.environ, is_windows=_IS_WINDOWS)
    wanted = {name for tool in options.for_ or [] for name in SHELL_TOOLS[tool]}
    if wanted:
        kept = {
            name: value
            for name, value in changes.set.items()
            if name in wanted or name in variables.PROXY_VARIABLES
        }
        changes = variables.Changes(set=kept)
    return _print(context, changes, shell)


def _url(place: Place) -> str:
    url = place.base_url()
    if url is None:
        place.need_client()  # names the gateways that do run
        raise CommandError("No gateway runs.", code="gateway_not_running")
    return url


def _check_tools(tools: list[str]) -> None:
    for tool in tools:
        if tool not in FILES and tool not in SHELL_TOOLS:
            raise CommandError(
                f"--for {harmless.line(tool[:40])}: this release has nothing for it.",
                hint=f"One of {', '.join([*SHELL_TOOLS, *FILES])}; without --for it prints every variable.",
            )
    if len(tools) > 1 and any(tool in FILES for tool in tools):
        raise CommandError(
            "--for takes one tool that is pointed at the gateway by a file.", hint="Call it once for each."
        )


def _print(context: Context, changes: variables.Changes, shell: str) -> int:
    if context.is_json:
        output.print_json({"set": changes.set, "unset": changes.unset})
        return DONE
    lines = shells.SHELLS[shell]
    for name in changes.unset:
        output.say(lines.drop(name))
    for name, value in changes.set.items():
        output.say(lines.put(name, value))
    if output.is_terminal():
        command = "aigw-dev env" if changes.set and not changes.unset else "aigw-dev env --unset"
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
