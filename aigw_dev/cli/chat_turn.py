"""One turn with a model: the body that is sent, how the reply is shown, and the line of facts at its end."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigw_dev.calling import Ended
from aigw_dev.cli import output
from aigw_dev.cli.chat_paint import MarkdownPainter, Painter, PlainPainter
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.temporary import Reached
from aigw_dev.core import harmless, panel
from aigw_dev.core.exchange import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options say, read and checked."""

    model: str
    settings: panel.PanelSettings
    params: Mapping[str, Any]
    metadata: dict[str, Scalar | None]
    has_limits: bool

    def body(self, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The body for these messages; a `CommandError` names every limit it breaks."""
        made = panel.build_chat_body(
            self.model, messages, settings=self.settings, params=self.params, has_limits=self.has_limits
        )
        if isinstance(made, list):
            raise CommandError("\n".join(p.message for p in made) + ".", hint="\n".join(p.hint for p in made))
        return made


def painter(*, has_reasoning: bool = False) -> Painter:
    """How a reply is shown on this stdout."""
    if output.is_terminal() and not _is_dumb():
        return MarkdownPainter()
    return PlainPainter(has_reasoning=has_reasoning or output.is_terminal())


def show_end(gateway: Reached, ended: Ended) -> None:
    """The last line, on stderr in a terminal: who answered, how quickly, how much, at what price, and the id."""
    if not output.is_terminal(sys.stderr):
        return
    line = "  ·  ".join(end_parts(ended, gateway.exchange(ended.exchange) if ended.exchange else None))
    output.note(output.styled(harmless.line(line), "dim", stream=sys.stderr))


def end_parts(ended: Ended, record: dict[str, Any] | None) -> list[str]:
    """The facts of a reply, in the order they are shown; `record` is the exchange as the log has it."""
    from aigw_dev.cli.money import usd

    parts = [ended.upstream or "?"]
    if ended.route:
        parts[0] = f"{ended.route} -> {parts[0]}"
    if ended.ttft_s is not None:
        parts.append(f"ttft {ended.ttft_s:.2f} s")
    usage: dict[str, Any] = (record or {}).get("usage") or {}
    if not usage and ended.usage is not None:
        usage = {"input": ended.usage.input, "output": ended.usage.output}
    if usage:
        doubt = "~" if usage.get("estimated") else ""
        writing_s = ended.duration_s - (ended.ttft_s or 0.0)
        written: int = usage.get("output", 0)
        if ended.ttft_s is not None and writing_s > 0:
            parts.append(f"{doubt}{written / writing_s:.0f} tokens/s")
        parts.append(f"{doubt}{usage.get('input', 0)} + {written} tokens")
    cost: dict[str, Any] | None = (record or {}).get("cost")
    if cost is not None:
        parts.append(usd(cost.get("nanousd"), status=str(cost.get("status", ""))))
    parts.append(ended.exchange)
    return [part for part in parts if part]


def _is_dumb() -> bool:
    return os.environ.get("TERM") == "dumb"
