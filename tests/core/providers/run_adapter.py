"""Runs an adapter against a scripted list of answers and keeps what it asked: no server, no clock."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.providers.adapter import Answer, Ask, Asked, Fetch, Given, Pause, Start, Step

MOST_STEPS = 2_000


class Ran(msgspec.Struct):
    """What an adapter did."""

    end: Given | Refusal
    ledger: Ledger
    steps: list[Step] = []

    @property
    def asks(self) -> list[Ask]:
        return [step for step in self.steps if isinstance(step, Ask)]

    @property
    def fetches(self) -> list[str]:
        return [step.url for step in self.steps if isinstance(step, Fetch)]

    @property
    def waited_s(self) -> float:
        return sum(step.seconds for step in self.steps if isinstance(step, Pause))

    @property
    def given(self) -> Given:
        assert isinstance(self.end, Given), self.end
        return self.end

    @property
    def refusal(self) -> Refusal:
        assert isinstance(self.end, Refusal), self.end
        return self.end

    @property
    def reply(self) -> Any:
        return json.loads(self.given.body)

    def sent(self, place: int = 0) -> Any:
        return json.loads(self.asks[place].body)

    def fates(self, fate: str) -> set[str]:
        return {entry.field for entry in self.ledger.entries if entry.fate == fate}


def asked(
    operation: str,
    model: str = "m",
    body: Mapping[str, Any] | None = None,
    *,
    fields: dict[str, str] | None = None,
    files: dict[str, bytes] | None = None,
    resource_id: str = "",
    method: str = "POST",
) -> Asked:
    read = read_body(json.dumps(body).encode()) if body is not None else None
    assert not isinstance(read, Refusal)
    return Asked(
        operation=operation,
        model=model,
        body=read,
        fields=fields or {},
        files=files or {},
        resource_id=resource_id,
        method=method,
        ledger=Ledger("openai-chat", "native"),
        id_seed="seed",
        created=1_760_000_000,
    )


def raw_body(raw: bytes) -> RequestBody:
    read = read_body(raw)
    assert isinstance(read, RequestBody)
    return read


def answer(value: object, status: int = 200, **more: Any) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status=status, content_type="application/json", body=body, **more)


def run(start: Start, wanted: Asked, answers: Iterable[Answer] = ()) -> Ran:
    """Drives to the end; a Pause takes no answer. Too few answers, or answers left over, fail the test."""
    script = iter(answers)
    adapter = start(wanted)
    steps: list[Step] = []
    said: Answer | None = None
    while True:
        try:
            step = adapter.send(said)
        except StopIteration as stop:
            left = list(script)
            assert not left, f"{len(left)} answers were never asked for"
            return Ran(end=cast("Given | Refusal", stop.value), ledger=wanted.ledger, steps=steps)
        steps.append(step)
        assert len(steps) < MOST_STEPS
        said = None if isinstance(step, Pause) else next(script, None)
        assert said is not None or isinstance(step, Pause), f"no answer is scripted for {step}"


def endless(start: Start, wanted: Asked, first: Iterable[Answer], then: Answer) -> Ran:
    """The same with one answer repeated for ever."""
    script = iter(first)
    adapter = start(wanted)
    steps: list[Step] = []
    said: Answer | None = None
    while True:
        try:
            step = adapter.send(said)
        except StopIteration as stop:
            return Ran(end=cast("Given | Refusal", stop.value), ledger=wanted.ledger, steps=steps)
        steps.append(step)
        assert len(steps) < MOST_STEPS
        said = None if isinstance(step, Pause) else next(script, then)
