"""What a test gets as `aigw`: where to call, what was called, and how to break it."""

import collections
import difflib
import os
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from aigw_dev.pytest_plugin import environment
from aigw_dev.pytest_plugin.blackhole import Blackhole
from aigw_dev.pytest_plugin.calls import Attempt, Call, Calls, wait_for_calls
from aigw_dev.pytest_plugin.control import Control, ControlError, path_of
from aigw_dev.pytest_plugin.dead_urls import DeadUrls
from aigw_dev.pytest_plugin.egress import Try, guard
from aigw_dev.pytest_plugin.gates import Gate
from aigw_dev.pytest_plugin.markers import fault_body
from aigw_dev.pytest_plugin.waiting import wait_or_later

_DIALECT_PATHS: Final = {"openai": "/openai/v1", "anthropic": "/anthropic", "gemini": "/gemini"}
_SETTLE_S: Final = 0.25
"""How long a look at the calls waits for one that is about to end."""
_PLAIN: Final = re.compile(r"[^A-Za-z0-9]+")
_KEY_CHARS: Final = 60
STUB_NAMES: Final = (
    "text",
    "tool_calls",
    "reasoning",
    "finish",
    "usage",
    "chunks",
    "ttft_ms",
    "tps",
    "status",
    "model",
    "times",
)
"""What a stub may say, as the control API takes it; a test holds the two equal."""


class Handle:
    """One test's place in the gateway."""

    def __init__(
        self,
        control: Control,
        *,
        url: str,
        test: str,
        path: str,
        mode: str,
        blackhole: Blackhole,
        is_guarded: bool,
    ) -> None:
        """`path` is the test's prefix at the gateway's `url`."""
        self.test: Final = test
        """The test's id."""
        self.mode: Final = mode
        self.server_url: Final = url
        self.base_url: Final = f"{url}{path}"
        """Before every dialect's own path."""
        self.key: Final = f"sk-aigw-{_PLAIN.sub('-', test).strip('-')[-_KEY_CHARS:]}"
        """A placeholder for SDKs that want a key; it opens nothing."""
        self._control = control
        self._blackhole = blackhole
        self._is_guarded = is_guarded
        self._dead = DeadUrls()
        self._has_gates = False
        self.calls: Final = Calls(self._read_calls, self._wait_calls)
        """The test's calls so far, in order; `aigw.calls.wait(0)` waits for the first one's end."""

    # where

    @property
    def openai_url(self) -> str:
        """Base URL for OpenAI's SDKs and what speaks their dialect."""
        return self.url("openai")

    @property
    def anthropic_url(self) -> str:
        """Base URL for Anthropic's SDKs."""
        return self.url("anthropic")

    @property
    def gemini_url(self) -> str:
        """Base URL for Google's SDKs."""
        return self.url("gemini")

    def url(self, dialect: str) -> str:
        """Base URL for `openai`, `anthropic` or `gemini`."""
        path = _DIALECT_PATHS.get(dialect)
        if path is None:
            raise ValueError(f"no dialect {dialect!r}; there are {', '.join(_DIALECT_PATHS)}")
        return f"{self.base_url}{path}"

    @property
    def env(self) -> dict[str, str]:
        """Variables for a child process, any language: `subprocess.run(..., env={**os.environ, **aigw.env})`.

        Under the egress guard they also name a proxy that lets nothing through and remembers what was asked.
        """
        changes = self.changes()
        found = {name: value for name, value in changes.items() if value is not None}
        if self._is_guarded:
            found |= environment.through(self._blackhole.url_for(self.test))
        return found

    def changes(self) -> dict[str, str | None]:
        """What the test's own process gets; None = a variable that goes."""
        return environment.variables(self.base_url, url=self.server_url, key=self.key, environ=os.environ)

    def dead_url(self, kind: str = "refused") -> str:
        """A URL at which nothing answers: `refused`, `dns`, `tls`, `unreachable` or `connect_timeout`."""
        return self._dead.url(kind)

    # what was called

    @property
    def attempts(self) -> list[Attempt]:
        """What the gateway asked providers for, over all calls."""
        return [attempt for call in self.calls for attempt in call.attempts]

    @property
    def tool_order(self) -> list[str]:
        """The tools that models called, over all calls."""
        return [name for call in self.calls for name, _ in call.tool_calls]

    @property
    def cost(self) -> Decimal:
        """USD over all calls that have a price; nothing is spent in replay."""
        return sum((call.cost for call in self.calls if call.cost is not None), Decimal(0))

    def cost_by_upstream(self) -> dict[str, Decimal]:
        """USD by the target that served."""
        found: dict[str, Decimal] = collections.defaultdict(Decimal)
        for call in self.calls:
            if call.cost is not None:
                found[call.upstream] += call.cost
        return dict(found)

    def wait_calls(self, n: int, timeout: float = 10.0) -> list[Call]:
        """The calls, once `n` have ended; to be awaited in async code. `TimeoutError` after `timeout` seconds."""
        return wait_or_later(lambda: wait_for_calls(self._wait_calls, n, timeout), f"aigw.wait_calls({n})")

    # how to break it

    def fault(self, fault: str, **params: Any) -> str:
        """Arm a fault for this test: `aigw.fault("stream.cut.clean", after_events=3, times=1)`; its id.

        `provider=`, `model=`, `route=` or `node=` place it at the provider's edge, where retry and fallback see it.
        """
        body = fault_body(str(fault), params)
        return str(self._control.ask("POST", path_of(self.test, "faults"), body).get("fault_id", ""))

    def stub(self, text: str = "", *, tool_calls: Sequence[Sequence[Any]] = (), **more: Any) -> None:
        """Answer the next call with this, no recording needed: `finish=`, `usage=`, `times=`, `model=`, `reasoning=` ...

        `tool_calls` are pairs of a name and arguments: an object, or text that is sent as it is.
        """
        _check_names("stub", more, STUB_NAMES)
        body: dict[str, Any] = {"text": text} if text else {}
        if tool_calls:
            body["tool_calls"] = [list(each) for each in tool_calls]
        self._control.ask("POST", path_of(self.test, "stubs"), body | more)

    def gate(self, *, call: int = 0, before_event: int = 0, **more: Any) -> Gate:
        """Hold event `before_event` (from 0) of call `call` (from 0) back until `gate.open()`."""
        _check_names("gate", more, ("call", "before_event"))
        body = {"call": call, "before_event": before_event}
        made = self._control.ask("POST", path_of(self.test, "gates"), body)
        self._has_gates = True
        return Gate(
            self._control,
            test=self.test,
            gate=str(made["gate"]),
            call=call,
            before_event=before_event,
        )

    # assertions

    def assert_calls(self, n: int, model: str | None = None) -> None:
        """Exactly `n` calls, of this model where one is named (with or without its provider)."""
        __tracebackhide__ = True
        found = [call for call in self.calls if model is None or _is_model(call.model, model)]
        if len(found) != n:
            seen = "\n".join(f"  {call!r}" for call in self.calls) or "  none"
            of = f" of {model}" if model else ""
            raise AssertionError(f"{n} calls{of} were expected, {len(found)} came. The gateway saw:\n{seen}")

    def assert_no_egress(self) -> None:
        """Nothing tried to leave this machine: neither this process, nor a child that got `aigw.env`."""
        __tracebackhide__ = True
        found = self.egress()
        if found:
            lines = "\n".join(f"  {each}" for each in found)
            raise AssertionError(f"{len(found)} attempts to leave this machine in {self.test}:\n{lines}")

    def assert_conversation_ok(self) -> None:
        """No tool result without its call, no call of a tool that was not offered, a stable start of the prompt."""
        __tracebackhide__ = True
        document = self._control.ask("GET", f"{path_of(self.test)}?conversation=1")
        if "conversation" not in document:
            raise ControlError(
                "this gateway does not check conversations: update the aigw-dev that aigw_command starts"
            )
        if document["conversation"]:
            lines = "\n".join(f"  {each}" for each in document["conversation"])
            raise AssertionError(f"the conversation of {self.test} does not hold together:\n{lines}")

    def egress(self) -> list[Try]:
        """Who tried to leave this machine, in this process and in its children."""
        return [*guard.tries(), *self._blackhole.tries(self.test)]

    def close(self) -> None:
        """Give back what `dead_url` holds."""
        self._dead.close()

    def document(self, *, is_brief: bool = False) -> dict[str, Any]:
        """The gateway's own document of the test: state, calls, misses, unused; `is_brief` needs no call's contents."""
        return self._control.ask("GET", f"{path_of(self.test)}?brief=1" if is_brief else path_of(self.test))

    def __repr__(self) -> str:
        return f"<aigw {self.mode} {self.base_url}>"

    def _read_calls(self) -> list[Call]:
        found = _calls(self.document())
        if not self._has_gates and any(call.is_running for call in found):
            return self._wait_calls(
                len(found), _SETTLE_S
            )  # its last byte may be here before its end is written down
        return found

    def _wait_calls(self, number: int, timeout_s: float) -> list[Call]:
        return _calls(self._control.wait(f"{path_of(self.test)}?calls={number}", timeout_s=timeout_s))


def _calls(document: dict[str, Any]) -> list[Call]:
    rows: list[dict[str, Any]] = document.get("calls") or []
    return [Call(row) for row in rows]


def _check_names(method: str, said: Iterable[str], known: Sequence[str]) -> None:
    """Refuse a misspelt name here, where the test's own line is in the traceback."""
    unknown = [name for name in said if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f" Did you mean {near[0]}=?" if near else ""
        accepted = ", ".join(f"{name}=" for name in known)
        raise TypeError(f"aigw.{method}() knows no {unknown[0]}=.{hint} It takes {accepted}.")


def _is_model(found: str, wanted: str) -> bool:
    return found == wanted or found.endswith(f"/{wanted}")
