"""`aigw-dev chat ...` that sends the very body of a chat completion, on one line for a POSIX shell.

Its panel has defaults for what a body does not say, so these are named `none`; what it has no flag for is a `--param`.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from aigw_dev.core import harmless, panel
from aigw_dev.core.examples import json_literal, metadata_header

_STDIN: Final = "-"
_STAND_IN: Final = "Hello!"
"""The command wants a prompt, also where `--param messages=...` then takes its place."""


def chat_command(
    body: Mapping[str, Any], metadata: Mapping[str, str | int | float | bool | None] | None = None
) -> str:
    """The command; empty where a body names no model, or a field that the command line cannot carry."""
    rest = dict(body)
    model = rest.pop("model", None)
    if not isinstance(model, str) or not _is_plain(model):
        return ""
    system, prompt = _said(rest.get("messages"))
    if prompt:
        rest.pop("messages")
    else:
        system = ""
    words = _numbers(rest)
    if system:
        words += ["--system", system]
    if len(system) > panel.SYSTEM_MAX_CHARS or "--no-limits" in words:
        words = [*(word for word in words if word != "--no-limits"), "--no-limits"]
    if rest.get("stream") is True:
        rest.pop("stream")
    else:
        words.append("--no-stream")
        rest = {name: value for name, value in rest.items() if name != "stream" or value is not False}
    for name, value in rest.items():
        if "=" in name or name != name.strip() or not _is_plain(name):
            return ""
        words += ["--param", f"{name}={json_literal(value)}"]
    if metadata is not None:
        words += ["--metadata", metadata_header(metadata)]
    if model.startswith("-") or prompt.startswith("-"):
        words.append("--")
    return shlex.join(["aigw-dev", "chat", *words, model, prompt or _STAND_IN])


def _numbers(rest: dict[str, Any]) -> list[str]:
    """The panel's flags for the numbers in `rest`, which loses them; a value that no flag takes stays there."""
    words: list[str] = []
    for name, parameter in panel.PARAMETERS.items():
        value = rest.get(name)
        is_number = isinstance(value, int) or (isinstance(value, float) and not parameter.is_whole)
        if isinstance(value, bool) or not is_number:
            words += [parameter.flag, "none"]
            continue
        number = cast("float", rest.pop(name))
        if number != parameter.default:
            words += [parameter.flag, f"{number}"]
        if not parameter.least <= number <= parameter.most:
            words.append("--no-limits")
    return words


def _said(messages: object) -> tuple[str, str]:
    """System prompt and prompt, where that is all there is and a command line can carry it; else two empty texts."""
    if not isinstance(messages, Sequence) or isinstance(messages, str | bytes):
        return "", ""
    found: dict[str, str] = {}
    for message in cast("Sequence[object]", messages):
        if not isinstance(message, Mapping):
            return "", ""
        fields = cast("Mapping[str, object]", message)
        role, content = fields.get("role"), fields.get("content")
        if set(fields) != {"role", "content"} or not isinstance(content, str) or not _is_plain(content):
            return "", ""
        found[str(role)] = content
        if role == "user":
            break
    prompt = found.get("user", "")
    is_whole = len(found) == len(cast("Sequence[object]", messages)) and found.keys() <= {"system", "user"}
    if not is_whole or prompt == _STDIN or not prompt.strip() or found.get("system") == "":
        return "", ""
    return found.get("system", ""), prompt


def _is_plain(text: str) -> bool:
    """No control character, which a terminal would act on when the command is pasted; line ends are fine."""
    return harmless.block(text) == text and "\t" not in text
