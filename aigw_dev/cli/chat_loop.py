"""A conversation in a terminal: a line from the person, a reply from the model, and the next one knows of both."""

import contextlib
import importlib
from typing import TYPE_CHECKING, Any, Final

from aigw_dev.calling import Caller
from aigw_dev.cli import output
from aigw_dev.cli.chat_turn import Asked, painter, show_end
from aigw_dev.cli.exits import DONE, INTERRUPTED
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError

if TYPE_CHECKING:
    from aigw_dev.cli.temporary import Reached

_HELP: Final = (
    "/exit or ctrl-D leaves, /reset forgets the conversation, ctrl-C breaks off a reply; "
    "a line that ends in \\ goes on in the next one"
)
_PROMPT: Final = "> "
_MORE: Final = "… "


def talk(asked: Asked, gateway: "Reached", caller: Caller) -> int:
    """Go on until `/exit` or the end of input; ctrl-C twice at the prompt leaves with 130."""
    with contextlib.suppress(ImportError):
        importlib.import_module("readline")  # importing it gives `input` its line editing and history
    output.note(output.styled(f"{harmless.line(asked.model)}  {_HELP}", "dim"))
    messages: list[dict[str, Any]] = []
    was_interrupted = False
    while True:
        try:
            text = _read_line()
        except EOFError:
            output.say()
            return DONE
        except KeyboardInterrupt:
            output.say()
            if was_interrupted:
                return INTERRUPTED
            was_interrupted = True
            output.note("ctrl-C again, /exit or ctrl-D leaves")
            continue
        was_interrupted = False
        word = text.strip().lower()
        if word in {"/exit", "/quit"}:
            return DONE
        if word == "/reset":
            messages.clear()
            output.note("forgotten")
        elif word.startswith("/") and " " not in word:
            output.note(_HELP)
        elif word:
            messages = _turn(asked, gateway, caller, messages=messages, text=text)


def _read_line() -> str:
    lines = [input(_PROMPT)]
    while lines[-1].endswith("\\"):
        lines[-1] = lines[-1][:-1]
        lines.append(input(_MORE))
    return "\n".join(lines)


def _turn(
    asked: Asked, gateway: "Reached", caller: Caller, *, messages: list[dict[str, Any]], text: str
) -> list[dict[str, Any]]:
    """One question and its answer; the conversation after it, unchanged where the answer failed."""
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    question = {"role": "user", "content": clean}
    shown = painter()
    try:
        try:
            for piece in caller.say(asked.body([*messages, question])):
                shown.take(piece)
        finally:
            shown.close()
    except GatewayError as error:
        output.error(error)
        return messages
    except KeyboardInterrupt:
        output.note("broken off; not part of the conversation")
        return messages
    ended = caller.ended
    if ended is None:
        return messages
    show_end(gateway, ended)
    return [*messages, question, {"role": "assistant", "content": ended.assembled.text}]
