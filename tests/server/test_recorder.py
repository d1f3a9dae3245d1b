"""What happens to an exchange once it has ended."""

from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.core.exchange import Attempt, Cost, Exchange
from aigw_dev.server.recorder import Recorder
from aigw_dev.store.reader import LogReader
from aigw_dev.store.writer import LogWriter
from tests.server.test_metrics import exchange


@pytest.fixture
def recorder(tmp_path: Path) -> Generator[Recorder]:
    writer = LogWriter(tmp_path / "log.db", mask=lambda body: body)
    yield Recorder(writer)
    writer.close()


def attempt(key: str) -> Attempt:
    return Attempt(
        number=1, provider="up", kind="openai", base_url="https://x/v1", request_model="m", key_name=key
    )


def test_an_exchange_is_running_until_it_ends_and_is_then_in_the_log(
    recorder: Recorder, tmp_path: Path
) -> None:
    one = exchange(id="a" * 16)
    recorder.open(one)
    assert set(recorder.running) == {one.id}
    recorder.put(one)
    assert not recorder.running
    assert (recorder.ended, recorder.last_id) == (1, one.id)
    assert recorder.writer.flush()
    found = LogReader(tmp_path / "log.db").get(one.id)
    assert getattr(found, "exchange").id == one.id  # noqa: B009  -- a Refusal has none, and the test fails


def test_totals_of_the_process_are_kept_for_the_receipt(recorder: Recorder) -> None:
    recorder.put(exchange(id="1" * 16, duration_s=2.0, cost=Cost(status="exact", nanousd=5)))
    recorder.put(
        exchange(id="2" * 16, duration_s=1.0, marks={"fallback"}, cost=Cost(status="exact", nanousd=7))
    )
    recorder.put(exchange(id="3" * 16, duration_s=0.5))
    assert recorder.slowest == (2.0, "1" * 16)
    assert recorder.cost_nanousd == 12
    assert recorder.fallbacks == 1
    assert "ai_gateway_total_request{" in recorder.metrics.text(gauges={}, refused={})


def test_every_key_that_an_attempt_used_is_told_once(recorder: Recorder) -> None:
    recorder.put(
        exchange(id="1" * 16, attempts=[attempt("first"), attempt("spare"), attempt("")], key_name="")
    )
    assert set(recorder.take_used_keys()) == {"first", "spare"}
    assert recorder.take_used_keys() == {}


def test_the_rest_of_the_work_is_done_before_it_is_written(recorder: Recorder, tmp_path: Path) -> None:
    def finish(ended: Exchange) -> None:
        ended.finish = "stop"

    recorder.put(exchange(id="4" * 16), finish)
    assert recorder.writer.flush()
    found = LogReader(tmp_path / "log.db").get("4" * 16)
    assert getattr(found, "exchange").finish == "stop"  # noqa: B009  -- a Refusal has none, and the test fails
