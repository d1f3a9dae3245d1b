"""The debug panel's parameters with the limits and defaults of the hosted console it follows (seed, section 10).

A parameter is sent with its default unless a value is given, or it is said not to send it. `--no-limits` lifts the
limits, never the types.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core.problem import Problem

SYSTEM_MAX_CHARS: Final = 100
"""Of the system prompt, counted in characters, not bytes."""
NOT_SENT: Final = ("none", "unset", "not-sent")
"""What a person writes for a parameter that is not to be sent."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the panel."""

    name: str
    flag: str
    least: int
    most: int
    default: int | float
    is_whole: bool = False


PARAMETERS: Final[dict[str, Parameter]] = {
    parameter.name: parameter
    for parameter in (
        Parameter(name="max_tokens", flag="--max-tokens", least=0, most=8192, default=1024, is_whole=True),
        Parameter(name="top_p", flag="--top-p", least=0, most=1, default=0.95),
        Parameter(name="temperature", flag="--temperature", least=0, most=2, default=1),
    )
}
"""In the order in which they are shown and sent."""


class PanelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the panel holds. None = the parameter is not sent."""

    system: str = ""
    """System prompt; empty = no system message."""
    max_tokens: int | None = 1024
    top_p: float | None = 0.95
    temperature: float | None = 1
    stream: bool = True


def read_number(name: str, text: str) -> int | float | Problem | None:
    """A parameter as a person wrote it: a number, None for one of `NOT_SENT`, or what is wrong with it."""
    parameter = PARAMETERS[name]
    word = text.strip().lower()
    if word in NOT_SENT:
        return None
    try:
        return int(word) if parameter.is_whole else _number(word)
    except ValueError:
        kind = "a whole number" if parameter.is_whole else "a number"
        return _problem(parameter, f"{text!r} is not {kind}")


def check_settings(settings: PanelSettings, *, has_limits: bool = True) -> list[Problem]:
    """What keeps these settings from being sent, each naming its limit and the flag; empty where nothing does."""
    problems: list[Problem] = []
    if has_limits and len(settings.system) > SYSTEM_MAX_CHARS:
        problems.append(
            Problem(
                path=("--system",),
                message=f"the system prompt has {len(settings.system)} characters, the panel's limit is {SYSTEM_MAX_CHARS}",
                hint="Shorten it, or lift the panel's limits with --no-limits.",
            )
        )
    values = (settings.max_tokens, settings.top_p, settings.temperature)
    for parameter, value in zip(PARAMETERS.values(), values, strict=True):
        if value is None:
            continue
        if not math.isfinite(value):
            problems.append(_problem(parameter, f"{value} is not a number that can be sent"))
        elif has_limits and not parameter.least <= value <= parameter.most:
            problems.append(
                _problem(parameter, f"{value} is not within {parameter.least} to {parameter.most}")
            )
    return problems


def build_chat_body(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    settings: PanelSettings,
    params: Mapping[str, Any] | None = None,
    has_limits: bool = True,
) -> dict[str, Any] | list[Problem]:
    """The body that the panel sends, or every limit it breaks.

    The system prompt stands first; `params` come last and win over everything, also over `stream`.
    """
    problems = check_settings(settings, has_limits=has_limits)
    if problems:
        return problems
    system = [{"role": "system", "content": settings.system}] if settings.system else []
    body: dict[str, Any] = {"model": model, "messages": [*system, *messages]}
    values = (settings.max_tokens, settings.top_p, settings.temperature)
    body |= {name: value for name, value in zip(PARAMETERS, values, strict=True) if value is not None}
    if settings.stream:
        body["stream"] = True
    return body | dict(params or {})


def _number(text: str) -> int | float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return int(value) if value.is_integer() else value


def _problem(parameter: Parameter, message: str) -> Problem:
    return Problem(
        path=(parameter.flag,),
        message=f"{parameter.name}: {message}",
        hint=f"{parameter.flag} takes {parameter.least} to {parameter.most} (default {parameter.default}), "
        f"or `none` to not send it; --no-limits lifts the limits.",
    )
