"""What is asked of the writer is answered once, refused once, or called off before it was begun."""

from collections.abc import Callable, Generator

import pytest

from aigw_dev.core.errors import StoreError
from aigw_dev.store.commands import Command
from aigw_dev.store.filters import Filter


def test_it_answers_with_what_was_counted() -> None:
    command = Command("purge", Filter())
    command.count = 7
    command.answer()
    assert command.done.result(0) == 7


def test_it_fails_with_the_reason() -> None:
    command = Command("flush", Filter())
    command.fail(StoreError("the log is closed"))
    with pytest.raises(StoreError, match="closed"):
        command.done.result(0)


def refuse(command: Command) -> None:
    command.fail(StoreError("the log is closed"))


@pytest.mark.parametrize("end", [Command.answer, refuse])
def test_one_that_was_called_off_is_neither_answered_nor_refused(end: Callable[[Command], None]) -> None:
    command = Command("flush", Filter())
    assert command.done.cancel()
    end(command)
    assert command.done.cancelled()


def test_a_purge_that_begins_anew_ends_its_steps_and_keeps_its_count() -> None:
    ended: list[bool] = []

    def steps() -> Generator[int]:
        try:
            yield 1
        finally:
            ended.append(True)

    command = Command("purge", Filter())
    command.begin_anew()
    command.steps = steps()
    command.count = next(command.steps)
    command.begin_anew()
    assert (command.steps, command.count, ended) == (None, 1, [True])
