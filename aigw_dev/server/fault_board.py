"""Which faults are in force: asked for by a command, a test, a screen or a header. Says which of them strike a call."""

from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from aigw_dev.core.recording.faults.spec import Armed, CallFacts, FaultSpec, fault_of, parse_faults, text_of
from aigw_dev.core.recording.faults.steps import Act, Rewriter, Stage


class InForce(Armed):
    """A fault in force, which can be taken back while it holds a reply."""

    def __init__(self, spec: FaultSpec) -> None:
        """As `Armed`."""
        super().__init__(spec)
        self.is_over = False
        """Taken back, or its test has ended."""
        self._held: Final[set[Callable[[], None]]] = set()

    def hold(self, release: Callable[[], None]) -> Callable[[], None]:
        """Call `release` once the fault is over (at once, where it is); what is given back forgets it."""
        if self.is_over:
            release()
        self._held.add(release)
        return lambda: self._held.discard(release)

    def end(self) -> None:
        """It is taken back: what it holds goes on."""
        self.is_over = True
        for release in tuple(self._held):
            release()


class Struck(msgspec.Struct, frozen=True):
    """A fault that strikes a call, and what it does to it."""

    fault: InForce
    done: Act | Rewriter


class Faults(Protocol):
    """What may strike one request."""

    @property
    def test(self) -> str:
        """The test that the request belongs to; empty for none."""
        ...

    def strike(self, facts: CallFacts, stage: Stage) -> Struck | None:
        """The fault that strikes now. `RefusedCallError` where the request asked for one that cannot be done to it."""
        ...


class FaultBoard:
    """Used from the loop only."""

    def __init__(self) -> None:
        """None yet."""
        self._armed: Final[dict[str, InForce]] = {}
        self._count = 0

    @property
    def is_empty(self) -> bool:
        """Nothing can strike."""
        return not self._armed

    def add(self, asked: str | dict[str, Any], *, test: str = "") -> str:
        """Put a fault in force; its id. Raises `FaultError`."""
        specs = parse_faults(asked) if isinstance(asked, str) else [fault_of(asked)]
        identifier = ""
        for spec in specs:
            identifier = self._arm(msgspec.structs.replace(spec, test=test) if test else spec)
        return identifier

    def _arm(self, spec: FaultSpec) -> str:
        self._count += 1
        identifier = f"f{self._count}"
        self._armed[identifier] = InForce(spec)
        return identifier

    def remove(self, identifier: str) -> bool:
        """Take a fault back; whether there was one."""
        found = self._armed.pop(identifier, None)
        if found is not None:
            found.end()
        return found is not None

    def clear(self) -> None:
        """Take all back."""
        for identifier in list(self._armed):
            self.remove(identifier)

    def begin(self, test: str, faults: list[Any]) -> None:
        """A test begins: what struck an earlier run of it is forgotten."""
        self.end(test)
        for one in faults:
            self.add(one, test=test)

    def end(self, test: str) -> list[dict[str, Any]]:
        """A test has ended: its faults go; what they did."""
        rows = self.rows(test)
        for row in rows:
            self.remove(row["id"])
        return rows

    def rows(self, test: str = "") -> list[dict[str, Any]]:
        """Faults in force of a test (empty: those of all), as the admin API gives them."""
        return [
            {
                "id": identifier,
                "fault": one.spec.id,
                "edge": one.spec.edge_of,
                "spec": text_of(one.spec),
                "seen": one.seen,
                "fired": one.fired,
            }
            for identifier, one in self._armed.items()
            if not test or one.spec.test == test
        ]

    def striking(
        self, facts: CallFacts, *, can_be_done: Callable[[FaultSpec], bool] = lambda _: True
    ) -> InForce | None:
        """The first fault, in the order they were asked for, that strikes this call; those behind it do not see it.

        A call that a fault cannot be done to is not one of those that it counts.
        """
        for one in self._armed.values():
            if one.spec.edge_of == facts.edge and can_be_done(one.spec) and one.wants(facts):
                return one
        return None
