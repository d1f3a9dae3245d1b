"""The tools that `env --for` and `run` know, one row each: what they read, what they are called, what they need beside it.

What a row says was read in the tool's documentation and, where it could be started, seen: docs/agents.md says which.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from aigw_dev.cli import variables
from aigw_dev.cli.exits import CommandError
from aigw_dev.core import harmless
from aigw_dev.core.config_values import nearest

_ENDINGS: Final = re.compile(r"\.(exe|cmd|bat|ps1|js)$")
_SHOWN_CHARS: Final = 40


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """One tool, SDK or agent."""

    name: str
    """As `--for` takes it."""
    title: str
    """For people."""
    programs: tuple[str, ...] = ()
    """What its program is called; `run` knows it by that."""
    dialects: tuple[str, ...]
    """Keys of `variables.DIALECTS`: what it speaks."""
    reads: tuple[str, ...] = ()
    """The variables of those dialects that it reads; empty = all."""
    urls: tuple[tuple[str, str], ...] = ()
    """Variables of its own that hold the address, with what stands after the gateway's."""
    keys: tuple[str, ...] = ()
    """Variables of its own that hold the credential."""
    models: tuple[str, ...] = ()
    """Variables that name the model to use, for every use it makes of one."""
    model_prefix: str = ""
    """What stands before a model's name in those."""
    file: str = ""
    """The config file that points it at the gateway, where it reads no variable that does; a name in `tools_files`."""
    needs_token_variable: bool = False
    """Its file refers to AIGW_DEV_TOKEN."""
    note: str = ""
    """What else its user should know, a line."""

    def own_variables(self, aim: variables.Aim) -> dict[str, str]:
        """The variables of its own, which win over a config file of the user's or a `.env`."""
        has_login = any(aim.keeps_login(dialect) for dialect in self.dialects)
        keys = () if has_login else self.keys
        return {name: f"{aim.url}{path}" for name, path in self.urls} | dict.fromkeys(keys, aim.token)

    def model_variables(self, model: str) -> dict[str, str]:
        """The variables that make it use one model for everything; none where no model is asked for."""
        named = self.model_prefix + model.removeprefix(self.model_prefix)
        return dict.fromkeys(self.models, named) if model else {}


TOOLS: Final[tuple[Tool, ...]] = (
    Tool(
        name="claude-code",
        title="Claude Code",
        programs=("claude",),
        dialects=("anthropic",),
        reads=("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"),
        models=(
            "ANTHROPIC_MODEL",
            "ANTHROPIC_DEFAULT_OPUS_MODEL",
            "ANTHROPIC_DEFAULT_SONNET_MODEL",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL",  # background work
            "ANTHROPIC_SMALL_FAST_MODEL",  # the same in versions before 2.0
        ),
        note="an `env` in one of Claude Code's settings files wins over variables; `aigw-dev run -- claude` overrules it",
    ),
    Tool(
        name="codex",
        title="Codex",
        programs=("codex",),
        dialects=("openai",),
        reads=("AIGW_DEV_TOKEN",),
        file="codex",
        needs_token_variable=True,
    ),
    Tool(
        name="gemini-cli",
        title="Gemini CLI",
        programs=("gemini",),
        dialects=("gemini",),
        models=("GEMINI_MODEL",),
        note="it also wants security.auth.selectedType = gemini-api-key in ~/.gemini/settings.json; "
        "`aigw-dev run -- gemini` sees to it",
    ),
    Tool(
        name="aider",
        title="aider",
        programs=("aider",),
        dialects=("openai",),
        reads=("OPENAI_API_BASE", "OPENAI_API_KEY", "OPENAI_CUSTOM_HEADERS"),
        urls=(("AIDER_OPENAI_API_BASE", "/v1"),),  # wins over .aider.conf.yml, and over a .env it reads
        keys=("AIDER_OPENAI_API_KEY",),
        models=("AIDER_MODEL", "AIDER_WEAK_MODEL"),
        model_prefix="openai/",  # which of its ways of calling; the gateway gets what stands behind it
    ),
    Tool(
        name="opencode",
        title="opencode",
        programs=("opencode",),
        dialects=("openai", "anthropic", "gemini"),
        reads=("AIGW_DEV_TOKEN",),
        file="opencode",
        needs_token_variable=True,
    ),
    Tool(name="continue", title="Continue", dialects=("openai",), file="continue"),
    Tool(name="llm", title="llm", dialects=("openai",), file="llm"),
    Tool(
        name="openai",
        title="SDKs of OpenAI's dialects",
        dialects=("openai",),
    ),
    Tool(name="anthropic", title="SDKs of Anthropic's dialect", dialects=("anthropic",)),
    Tool(name="gemini", title="SDKs of Gemini's dialect", dialects=("gemini",)),
)
"""In the order in which they are listed."""
_ALIASES: Final = {"claude": "claude-code"}
SECRET: Final = frozenset(name for tool in TOOLS for name in tool.keys)
"""Variables of the tools' own whose value is the credential."""
OWN_VARIABLES: Final = tuple(
    name for tool in TOOLS for name in (*(variable for variable, _ in tool.urls), *tool.keys)
)
"""Variables of the tools' own that hold the address or the credential."""
NAMES: Final = tuple(tool.name for tool in TOOLS)
_BY_NAME: Final[Mapping[str, Tool]] = {tool.name: tool for tool in TOOLS}
_BY_PROGRAM: Final[Mapping[str, Tool]] = {program: tool for tool in TOOLS for program in tool.programs}


def named(name: str) -> Tool:
    """The tool of that name; a `CommandError` names near ones."""
    plain = name.strip().lower()
    found = _BY_NAME.get(_ALIASES.get(plain, plain))
    if found is not None:
        return found
    near = nearest(name, NAMES)
    raise CommandError(
        f"--for {harmless.line(name[:_SHOWN_CHARS])}: this release has nothing for it.",
        hint=(f"Did you mean {near}? " if near else "")
        + f"One of {', '.join(NAMES)}; without --for it prints every variable.",
    )


def of_program(program: str) -> Tool | None:
    """The tool that a command line starts, by the last part of the path of its program; None for any other."""
    base = re.split(r"[/\\]", program)[-1].lower()
    return _BY_PROGRAM.get(_ENDINGS.sub("", base))
