"""What the gateway saw of a test: its calls, with the attempts, the route, the usage and the cost of each."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast, overload

from aigw_dev.pytest_plugin.waiting import SLICE_S, Waited, wait_or_later


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens; 0 where nothing was said."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    """Those of the input that the provider had in its cache."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call that the gateway made to a provider."""

    upstream: str
    """`provider/model`."""
    status: int | None
    """None where no reply came: see `error`."""
    error: str = ""
    node: str = ""
    """The node of the route that asked for it."""
    why: str = ""
    """Why it was made, where it is not the first."""

    def __str__(self) -> str:
        return f"{self.upstream}({self.status if self.status is not None else self.error or 'no reply'})"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What the router did; as text `openai/gpt-4o-mini(429) -> anthropic/claude-haiku-4-5(200)`."""

    asked: str
    rule: str
    chosen: str
    attempts: tuple[Attempt, ...]

    def __str__(self) -> str:
        return " -> ".join(str(each) for each in self.attempts) or self.chosen


class Body(dict[str, Any]):
    """A request's JSON: a plain dict that also knows its short form, which `aigw_snapshot` prints."""

    context: str = ""
    """One line per item: `00:system You are terse.`; empty where the gateway does not say it."""


class Call(Waited):
    """One request of the app, as the gateway ended it. Awaiting it gives itself."""

    def __init__(self, row: dict[str, Any]) -> None:
        """`row` is the control API's document of the call."""
        self.raw = row
        """The gateway's own document."""
        self.number: int = int(row.get("number") or 0)
        self.key: str = str(row.get("key") or "")
        self.op: str = str(row.get("op") or "")
        """`openai.chat.completions`."""
        self.model: str = str(row.get("model") or "")
        """As the app asked for it."""
        self.status: int | None = row.get("status")
        self.stream: bool = bool(row.get("stream"))
        self.ended_by: str = str(row.get("ended_by") or "")
        """`eof`, `client` (the app left), `error` or `miss`; empty while it runs."""
        self.text: str = str(row.get("response_text") or "")
        self.finish: str = str(row.get("finish") or "")
        tools: list[tuple[Any, Any]] = row.get("tool_calls") or []
        self.tool_calls: list[tuple[str, Any]] = [
            (str(name), _decoded(arguments)) for name, arguments in tools
        ]
        """Name and arguments (decoded where they are JSON) of each, in order."""
        self.request = _body(row)
        """The JSON that the app sent; empty for a form."""
        self.request_headers: dict[str, str] = dict(row.get("request_headers") or {})
        self.usage = Usage(**_known(Usage, row.get("usage")))
        self.cost = decimal_or_none(row.get("cost_usd"))
        """USD; None where the model has no price."""
        attempts: list[dict[str, Any]] = row.get("attempts") or []
        self.attempts = tuple(_attempt(each) for each in attempts)
        said = cast("dict[str, Any]", row.get("route") or {})
        self.route = Route(
            asked=str(said.get("asked") or ""),
            rule=str(said.get("rule") or ""),
            chosen=str(said.get("chosen") or ""),
            attempts=self.attempts,
        )
        self.source: str = str(row.get("from") or "")
        """`fixture`, `live` or `stub`."""
        self.exchange: str = str(row.get("exchange") or "")
        """For `aigw-dev logs show`."""

    @property
    def fell_back(self) -> bool:
        """Whether another target than the first was asked."""
        return len({each.upstream for each in self.attempts}) > 1

    @property
    def upstream(self) -> str:
        """The target that served it: the last one asked."""
        return self.attempts[-1].upstream if self.attempts else self.route.chosen

    @property
    def is_running(self) -> bool:
        """Whether its end has not been seen."""
        return not self.ended_by

    def __repr__(self) -> str:
        how = self.ended_by or "running"
        return f"<call {self.number}: {self.op} {self.model} {self.status} {how}, {self.route}>"


class Calls(Sequence[Call]):
    """The calls of a test so far, in the order in which they came; every look asks the gateway."""

    def __init__(self, read: Callable[[], list[Call]], wait: Callable[[int, float], list[Call]]) -> None:
        """`read` gives the calls there are; `wait` those there are once so many have ended, or the seconds are over."""
        self._read = read
        self._wait = wait

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | Sequence[Call]:
        """One call, or some of them."""
        found = self._read()
        if isinstance(index, int) and not -len(found) <= index < len(found):
            raise IndexError(f"no call {index}: the gateway saw {len(found)} in this test")
        return found[index]

    def __len__(self) -> int:
        """How many calls there were."""
        return len(self._read())

    def __iter__(self) -> Iterator[Call]:
        """The calls that there are now."""
        return iter(self._read())

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def __repr__(self) -> str:
        return repr(self._read())

    def wait(self, number: int, timeout: float = 10.0) -> Call:
        """Call `number` (from 0) once it has ended; to be awaited in async code. `TimeoutError` after `timeout` seconds."""

        def blocking() -> Call:
            return _wait_for_call(self._wait, number, timeout)

        return wait_or_later(blocking, f"aigw.calls.wait({number})")


def wait_for_calls(wait: Callable[[int, float], list[Call]], number: int, timeout_s: float) -> list[Call]:
    """Block until `number` calls have ended; `TimeoutError` naming what there was instead."""
    deadline = time.monotonic() + timeout_s
    while True:
        left = deadline - time.monotonic()
        found = wait(number, max(0.0, min(left, SLICE_S)))
        if sum(not call.is_running for call in found) >= number:
            return found
        if left <= 0:
            calls = "1 call" if number == 1 else f"{number} calls"
            raise TimeoutError(f"{calls} had not ended within {timeout_s} s; the gateway saw {_seen(found)}")


def _wait_for_call(wait: Callable[[int, float], list[Call]], number: int, timeout_s: float) -> Call:
    """Block until this very call has ended: those after it may end before it does."""
    deadline = time.monotonic() + timeout_s
    ended = number
    while True:
        left = deadline - time.monotonic()
        found = wait(ended + 1, max(0.0, min(left, SLICE_S)))
        if len(found) > number and not found[number].is_running:
            return found[number]
        if left <= 0:
            what = "had not ended" if len(found) > number else "did not come"
            raise TimeoutError(
                f"call {number} ({_nth(number)}) {what} within {timeout_s} s; the gateway saw {_seen(found)}"
            )
        ended = max(number, sum(not call.is_running for call in found))


def _nth(number: int) -> str:
    """What a call counted from 0 is to people."""
    words = ("first", "second", "third", "fourth", "fifth")
    return f"the {words[number]}" if 0 <= number < len(words) else f"{number + 1} calls in"


def _seen(found: list[Call]) -> str:
    if not found:
        return "no call"
    return f"{len(found)} call{'' if len(found) == 1 else 's'}: {', '.join(map(repr, found))}"


def decimal_or_none(value: object) -> Decimal | None:
    """An amount as the gateway writes it (`"0.0000048"`); None for `unknown` or nothing."""
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _body(row: dict[str, Any]) -> Body:
    said: Any = row.get("request")
    body = Body(cast("dict[str, Any]", said) if isinstance(said, dict) else {})
    body.context = str(row.get("context") or "")
    return body


def _decoded(arguments: Any) -> Any:
    """A tool's arguments as the object they are; text that is no JSON object stays as it came."""
    if not isinstance(arguments, str):
        return arguments
    try:
        found: Any = json.loads(arguments)
    except ValueError:
        return arguments
    return cast("dict[str, Any]", found) if isinstance(found, dict) else arguments


def _attempt(said: dict[str, Any]) -> Attempt:
    known: dict[str, Any] = {"upstream": "", "status": None}
    return Attempt(**(known | _known(Attempt, said)))


def _known(kind: type[Usage | Attempt], said: Any) -> dict[str, Any]:
    """What this version knows of a document; a newer gateway may say more."""
    names = {field.name for field in dataclasses.fields(kind)}
    row = cast("dict[str, Any]", said or {})
    return {name: value for name, value in row.items() if name in names and value is not None}
