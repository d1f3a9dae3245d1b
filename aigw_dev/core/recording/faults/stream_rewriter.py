"""Plays an edit on a stream, event by event; everything that the edit leaves alone passes byte for byte."""

from typing import Protocol

from aigw_dev.core.recording.faults.blocks import Block, Cutter, framing_of
from aigw_dev.core.recording.faults.row import GEMINI
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, End, Headers, Stage, Step, is_good, value_of, without


class Edit(Protocol):
    """What one fault makes of the blocks of a stream."""

    has_acted: bool

    def start(self) -> list[Step]:
        """Before the first block."""
        ...

    def take(self, block: Block, number: int) -> list[Step]:
        """One block; `number` events with data came before it."""
        ...

    def end(self) -> list[Step]:
        """At the body's proper end."""
        ...


class EventRewriter:
    """Plays an edit on a stream; a reply that is no stream, or an error, passes unchanged."""

    wait_s = 0.0

    def __init__(self, edit: Edit, stage: Stage, *, keeps_length: bool = False) -> None:
        """`keeps_length`: the edit sends every byte, or ends without a proper end."""
        self._edit = edit
        self._is_array = stage.is_stream and stage.dialect == GEMINI
        self._keeps_length = keeps_length
        self._cutter: Cutter | None = None
        self._number = 0
        self._is_over = False

    @property
    def has_acted(self) -> bool:
        """The stream came to the place of the fault."""
        return self._edit.has_acted

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head; without a length that would no longer be right."""
        framing = framing_of(value_of(headers, b"content-type"), is_array=self._is_array)
        if framing is None or not is_good(status):
            return status, headers, []
        self._cutter = Cutter(framing)
        if not self._keeps_length:
            headers = without(headers, b"content-length")
        return status, headers, self._checked(self._edit.start())

    def feed(self, chunk: bytes) -> list[Step]:
        """The steps for the events that these bytes complete."""
        if self._cutter is None:
            return [Bytes(chunk)]
        return self._take(self._cutter.feed(chunk))

    def close(self) -> list[Step]:
        """The rest of the body, and what the edit kept back."""
        if self._cutter is None:
            return []
        steps = self._take(self._cutter.close())
        return steps if self._is_over else [*steps, *self._edit.end()]

    def _take(self, blocks: list[Block]) -> list[Step]:
        steps: list[Step] = []
        for block in blocks:
            if self._is_over:
                break
            steps += self._checked(self._edit.take(block, self._number))
            self._number += block.has_data
        return steps

    def _checked(self, steps: list[Step]) -> list[Step]:
        self._is_over = self._is_over or any(isinstance(step, End) for step in steps)
        return steps


class Plain:
    """What edits share: an edit adds `take`."""

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        self.has_acted = False
        self.spec = spec
        self.stage = stage

    def start(self) -> list[Step]:
        """Nothing."""
        return []

    def end(self) -> list[Step]:
        """Nothing."""
        return []

    def is_at(self, block: Block, number: int, default: int) -> bool:
        """This is the first event with data behind `after_events`, and nothing was done yet."""
        return not self.has_acted and block.has_data and number >= self.after(default)

    def after(self, default: int) -> int:
        """How many events with data pass before the fault."""
        return default if self.spec.after_events is None else self.spec.after_events
