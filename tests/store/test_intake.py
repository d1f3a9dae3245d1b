import threading
import time

from aigw_dev.store.intake import BATCH_S, Intake
from tests.store.making import exchange


def test_what_was_put_is_taken_in_order() -> None:
    intake = Intake()
    put = [exchange() for _ in range(5)]
    for one in put:
        intake.put(one, None)
    assert len(intake) == 5
    assert [item.exchange for item in intake.take(3)] == put[:3]
    assert [item.exchange for item in intake.take(9)] == put[3:]
    assert intake.take(9) == []


def test_a_batch_is_due_after_its_first_exchange_waited_long_enough() -> None:
    intake = Intake()
    assert not intake.is_due()
    intake.put(exchange(), None)
    assert not intake.is_due()
    began = time.monotonic()
    intake.wait(10)
    assert intake.is_due()
    assert BATCH_S / 2 < time.monotonic() - began < 5
    intake.begin()
    assert not intake.is_due()


def test_waiting_ends_by_itself_when_nothing_comes() -> None:
    began = time.monotonic()
    Intake().wait(0.01)
    assert time.monotonic() - began < 5


def test_being_urged_ends_waiting_and_pausing_at_once() -> None:
    intake = Intake()
    intake.urge()
    intake.wait(60)
    assert intake.is_due()
    intake.calm()
    assert not intake.is_due()
    threading.Timer(0.02, intake.urge).start()
    intake.pause(60)
    assert intake.is_due()


def test_an_exchange_that_ended_is_not_running() -> None:
    intake = Intake()
    short, long = exchange(), exchange()
    intake.open(short)
    intake.open(long)
    intake.put(short, None)
    intake.wait(1)
    assert intake.still_running() == [long]
    assert intake.still_running() == []
    intake.give_back([long])
    assert intake.still_running() == [long]


def test_a_young_exchange_is_looked_at_again_when_it_is_old_enough() -> None:
    intake = Intake()
    intake.open(exchange())
    intake.begin()
    assert intake.still_running() == []
    assert not intake.is_due()
    intake.end()
    began = time.monotonic()
    intake.wait(30)
    assert time.monotonic() - began < 15
    assert len(intake.still_running()) == 1
    intake.begin()
    intake.end()
    assert not intake.is_due()


def test_what_ended_while_nothing_could_be_written_is_let_go() -> None:
    intake = Intake()
    ended, running = exchange(), exchange()
    intake.open(ended)
    intake.open(running)
    intake.put(ended, None)
    intake.forget_ended()
    intake.put(running, None)
    intake.wait(1)
    assert intake.still_running() == []


def test_a_closed_intake_takes_nothing_and_counts_it() -> None:
    intake = Intake()
    intake.put(exchange(), None)
    assert intake.close() == 1
    intake.open(exchange())
    intake.put(exchange(), None)
    assert (len(intake), intake.dropped_rows, intake.still_running()) == (0, 1, [])


def test_discarding_counts_what_had_ended() -> None:
    intake = Intake()
    intake.open(exchange())
    intake.put(exchange(), None)
    intake.put(exchange(), None)
    assert intake.discard() == 2
    assert len(intake) == 0
    assert intake.discard() == 0
