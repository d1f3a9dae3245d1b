"""One answer while it comes: text, calls, bytes, offsets, and the line of facts below it. Pure; `now_s` comes in."""

from dataclasses import dataclass, field
from typing import Any, Final

from aigw_dev.calling import CallEvent, Ended, Heard, Opened
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.chat.talk import Facts

MOST_RAW: Final = 2_000_000
"""Bytes kept of a reply for the Raw tab."""
MOST_MARKS: Final = 20_000


@dataclass(slots=True)
class ToolCall:
    """A tool call as it grows."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Answer:
    """Collects a call's events."""

    model: str
    body: dict[str, Any]
    metadata: dict[str, Any] | None
    began_s: float
    """Monotonic."""
    text: str = ""
    reasoning: str = ""
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    raw: list[bytes] = field(default_factory=list[bytes])
    raw_bytes: int = 0
    marks: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """Offset in ms and size in bytes of every read."""
    head: Opened | None = None
    ended: Ended | None = None
    error: GatewayError | None = None
    first_ms: float | None = None
    """When the first words came."""
    thought_ms: float | None = None
    """When the first words of the answer came, after reasoning."""
    over_s: float | None = None
    """Monotonic, when it was over."""
    is_stopped: bool = False
    record: dict[str, Any] | None = None
    """The exchange as the log has it."""
    tokens: float = 0.0
    """An estimate of what was written, while it is written."""

    @property
    def is_over(self) -> bool:
        """Nothing more comes."""
        return self.over_s is not None

    @property
    def exchange(self) -> str:
        """The exchange's id; empty before the reply's head."""
        return self.head.exchange if self.head is not None else ""

    def take(self, event: CallEvent) -> None:
        """Another event."""
        match event:
            case Opened():
                self.head = event
            case Ended():
                self.ended = event
            case Heard():
                self._hear(event)

    def message(self) -> dict[str, Any]:
        """The assistant's message as the next request carries it."""
        message: dict[str, Any] = {"content": self.text}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.calls
            ]
        return message

    def facts(self, now_s: float) -> Facts:
        """What is known now; once the log's record came, from there."""
        head = self.head
        facts = Facts(
            exchange=self.exchange,
            upstream=head.upstream if head else "",
            route=head.route if head else "",
            status=head.status if head else 0,
            attempts=head.attempts if head else 0,
            ttft_s=None if self.first_ms is None else self.first_ms / 1000,
            duration_s=(self.over_s if self.over_s is not None else now_s) - self.began_s,
            output=int(self.tokens) or None,
            is_estimated=True,
            finish="stopped" if self.is_stopped else "",
        )
        if self.ended is not None:
            facts.finish = self.ended.assembled.finish
            usage = self.ended.usage
            if usage is not None and (usage.input or usage.output):
                facts.input, facts.output, facts.is_estimated = usage.input, usage.output, False
        if self.record is not None:
            _add_record(facts, self.record)
        return facts

    def _hear(self, event: Heard) -> None:
        if len(self.marks) < MOST_MARKS:
            self.marks.append((event.at_ms, len(event.data)))
        self.raw_bytes += len(event.data)
        if self.raw_bytes <= MOST_RAW:
            self.raw.append(event.data)
        if event.text or event.reasoning or event.tools:
            self.first_ms = event.at_ms if self.first_ms is None else self.first_ms
            said = len(event.text) + len(event.reasoning) + sum(len(one.arguments) for one in event.tools)
            self.tokens += said / 4
        if event.text and self.thought_ms is None:
            self.thought_ms = event.at_ms
        self.text += event.text
        self.reasoning += event.reasoning
        for piece in event.tools:
            while len(self.calls) <= min(piece.index, 255):
                self.calls.append(ToolCall())
            call = self.calls[min(piece.index, 255)]
            call.id, call.name = call.id or piece.id, call.name or piece.name
            call.arguments += piece.arguments


def why_slow(record: dict[str, Any]) -> str:
    """What went wrong before the answer: `qwen/qwen3-max 429, then deepseek/deepseek-chat`; empty where nothing did."""
    attempts: list[dict[str, Any]] = record.get("attempts") or []
    failed = [one for one in attempts[:-1] if one.get("error") or (one.get("status") or 0) >= 400]
    if not failed:
        return ""
    said = [
        f"{one['provider']}/{one['request_model']} {one.get('status') or one.get('error')}" for one in failed
    ]
    last = attempts[-1]
    how = "retried" if last.get("reason") == "retry" else f"then {last['provider']}/{last['request_model']}"
    return f"{', '.join(said)}, {how}"


def _add_record(facts: Facts, record: dict[str, Any]) -> None:
    """The log knows better: it counted, and it knows prices."""
    usage: dict[str, Any] = record.get("usage") or {}
    if usage:
        facts.input, facts.output = usage.get("input", 0), usage.get("output", 0)
        facts.is_estimated = bool(usage.get("estimated"))
    cost: dict[str, Any] = record.get("cost") or {}
    facts.nanousd, facts.cost_status = cost.get("nanousd"), str(cost.get("status", ""))
    facts.attempts = len(record.get("attempts") or []) or facts.attempts
    facts.why = why_slow(record)
    if facts.finish != "stopped":
        facts.finish = record.get("finish") or facts.finish
