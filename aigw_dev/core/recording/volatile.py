"""What a provider makes up anew for the same answer: ids, times, signatures, counters in headers.

These values are written into one line, `common`, of the reply that brought them, so that a fresh recording of the same
answer changes that line and nothing else. Where they stood, and where later requests repeat them, a reference stays.
`keys` judges equality of requests by rules of its own; here a wrong guess only moves a value to another line.
"""

import re
from typing import Any, Final, cast

from aigw_dev.core.recording.document import one_line
from aigw_dev.core.recording.fixture import Response

ALWAYS: Final = frozenset(
    {
        "completed_at",
        "created",
        "created_at",
        "createTime",
        "encrypted_content",
        "encrypted_index",
        "eval_duration",
        "expires_at",
        "load_duration",
        "completion_time",
        "fingerprint",
        "latencyMs",
        "obfuscation",
        "prompt_eval_duration",
        "prompt_time",
        "queue_time",
        "responseId",
        "retrieved_at",
        "signature",
        "started_at",
        "system_fingerprint",
        "thoughtSignature",
        "thought_signature",
        "total_duration",
        "total_time",
        "updated",
        "updated_at",
    }
)
"""Fields whose texts and numbers are never the same twice."""
_IDS: Final = re.compile(r"id|(?!model)(?:[a-z]+_)+id|(?!model)[a-z]+(?:[A-Z][a-z]+)*Id")
_MADE_UP: Final = re.compile(
    r"[A-Za-z]{1,14}(?:_[a-z]{1,8})?[-_](?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{5,}"  # chatcmpl-.., call_.., srvtoolu_..
    r"|(?:msg|resp|call|(?:srv)?toolu|chatcmpl|cmpl|rs|fc|gen)[-_][A-Za-z0-9_-]{4,}"
    r"|(?=[0-9_.-]*[A-Za-z])(?=[A-Za-z_.-]*[0-9])[A-Za-z0-9_.-]{9,}"
    r"|(?=[A-Z]*[a-z])(?=[a-z]*[A-Z])[A-Za-z]{9,}"
)
_HEADERS: Final = re.compile(
    r"openai-processing-ms|x-request-time|x-envoy-upstream-service-time|(?:x-ratelimit|anthropic-ratelimit)-.*"
    r"(?:remaining|reset).*"
)
_MIN_LINK_CHARS: Final = 8
"""Shorter texts elsewhere are not taken for a value that a reply brought."""


def is_volatile(name: str, value: object) -> bool:
    """Whether a reply's field of this name holds what will differ the next time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return False
    if name in ALWAYS:
        return True
    return (
        isinstance(value, str) and _IDS.fullmatch(name) is not None and _MADE_UP.fullmatch(value) is not None
    )


def is_volatile_header(name: str) -> bool:
    """Whether a reply's header counts or measures and so differs the next time."""
    return _HEADERS.fullmatch(name) is not None


class Common:
    """The `common` line of one reply while it is written: what was taken out of where it stood."""

    def __init__(self, response: Response) -> None:
        self.named: dict[str, Any] = {}
        """Fields at the top of the body, or equal in every event."""
        self.order: list[str] = []
        """Top-level fields of events as they come, where putting the named ones first would not restore it."""
        self.values: list[Any] = []
        self.headers = {name: text for name, text in response.headers.items() if is_volatile_header(name)}
        self._texts: dict[str, int | str] = {}
        self._numbers: dict[tuple[str, str], int | str] = {}
        if response.events is not None:
            events: list[Any] = [row.data for row in response.events]
            self._hoist([data for data in events if isinstance(data, dict)])
        elif isinstance(response.body, dict):
            body = cast("dict[str, Any]", response.body)
            self._name({key: value for key, value in body.items() if is_volatile(key, value)})

    def shorten(self, name: str, value: Any) -> Any:
        """The reference that stands for a volatile value; None where it stays."""
        if not is_volatile(name, value):
            is_link = isinstance(value, str) and len(value) >= _MIN_LINK_CHARS and value in self._texts
            return {"~v": self._texts[value]} if is_link else None
        known = self._known(name, value)
        if known is None:
            known = len(self.values)
            self.values.append(value)
            self._remember(name, value, known)
        return {"~v": known}

    def own(self, data: dict[str, Any]) -> dict[str, Any]:
        """An event without what all events share."""
        return {key: value for key, value in data.items() if key not in self.named}

    def written(self) -> dict[str, Any]:
        """The line."""
        line = dict(self.named)
        if self.order:
            line["~order"] = self.order
        if self.values:
            line["~v"] = self.values
        if self.headers:
            line["~headers"] = self.headers
        return line

    def links(self) -> dict[str, str]:
        """Texts that a later request may repeat, and how they are referred to within this reply."""
        return {text: str(known) for text, known in self._texts.items() if len(text) >= _MIN_LINK_CHARS}

    def _known(self, name: str, value: Any) -> int | str | None:
        # Equal numbers of two fields are a coincidence, equal texts are a link.
        if isinstance(value, str):
            return self._texts.get(value)
        return self._numbers.get((name, one_line(value)))

    def _remember(self, name: str, value: Any, reference: int | str) -> None:
        if isinstance(value, str):
            self._texts.setdefault(value, reference)
        else:
            self._numbers.setdefault((name, one_line(value)), reference)

    def _name(self, fields: dict[str, Any]) -> None:
        self.named = fields
        for name, value in fields.items():
            if is_volatile(name, value):
                self._remember(name, value, name)

    def _hoist(self, events: list[dict[str, Any]]) -> None:
        if not events or any(key.startswith("~") for event in events for key in event):
            return
        first, *others = events
        shared = {
            key: value
            for key, value in first.items()
            if (value is None or isinstance(value, str | int | float))
            and (others or is_volatile(key, value))
            and all(key in event and _is_equal(event[key], value) for event in others)
        }
        if not shared:
            return
        if not all(is_led(event, shared) for event in events):
            order = merged_order([list(event) for event in events])
            if order is None:
                return
            self.order = order
        self._name(shared)


def is_led(event: dict[str, Any], shared: dict[str, Any]) -> bool:
    """Whether an event begins with the shared fields in their order."""
    return list(event)[: len(shared)] == list(shared)


def merged_order(rows: list[list[str]]) -> list[str] | None:
    """One order of all keys in which every row's keys stand in the order they have there; None where there is none found."""
    order: list[str] = []
    for row in rows:
        at = 0
        for key in row:
            if key in order:
                at = order.index(key) + 1
            else:
                order.insert(at, key)
                at += 1
    places = {key: at for at, key in enumerate(order)}
    return order if all(sorted(row, key=places.__getitem__) == row for row in rows) else None


def _is_equal(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right and repr(left) == repr(right)  # -0.0 equals 0.0
