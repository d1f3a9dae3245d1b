"""What is tried after an attempt: the same target only where the route says so, the next one only where it may help."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import CODES
from aigw_dev.core.routing.retry import (
    LASTING_ERRORS,
    TRANSIENT_ERRORS,
    UNUSABLE_ERRORS,
    WAITED,
    Outcome,
    Try,
    Verdict,
    Wait,
    plan,
)
from aigw_dev.core.routing.trace import Retry, Target

A, B, C = (Target(provider=name, model="m") for name in "abc")
DONE = Outcome(status=200, is_committed=True)
TWICE = Retry(attempts=2, backoff_ms=100, max_wait_ms=1000)


def status(code: int, **more: Any) -> Outcome:
    return Outcome(status=code, error="upstream_status", **more)


def failed(code: str, **more: Any) -> Outcome:
    return Outcome(error=code, **more)


def drive(
    targets: Iterable[Target], outcomes: Iterable[Outcome], *, jitter: float = 1.0
) -> tuple[list[str], Verdict]:
    """What the plan does when its attempts end like this: `a first`, `wait 0.1`, `b fallback` ..."""
    course = plan(tuple(targets), jitter=lambda: jitter)
    told = iter(outcomes)
    done: list[str] = []
    try:
        step = next(course)
        while True:
            match step:
                case Try(target=target, number=number, reason=reason):
                    assert number == 1 + sum(not line.startswith("wait") for line in done)
                    done.append(f"{target.provider} {reason}")
                    step = course.send(next(told))
                case Wait(seconds=seconds):
                    done.append(f"wait {seconds:g}")
                    step = course.send(WAITED)
    except StopIteration as end:
        assert next(told, None) is None, "not every outcome was asked for"
        verdict: Verdict = end.value
        return done, verdict


def with_retry(retry: Retry, target: Target = A) -> Target:
    return Target(provider=target.provider, model=target.model, retry=retry)


def test_an_answer_ends_the_plan() -> None:
    done, verdict = drive([A, B], [DONE])
    assert done == ["a first"]
    assert verdict == Verdict(number=1, is_answered=True, reason="answered")


def test_a_good_status_without_a_byte_is_an_answer() -> None:
    assert drive([A, B], [Outcome(status=204)])[1].is_answered


@pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503, 504, 529, 599])
def test_these_statuses_fall_back(code: int) -> None:
    done, verdict = drive([A, B], [status(code), DONE])
    assert done == ["a first", "b fallback"]
    assert verdict.number == 2


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 410, 413, 415, 422, 424, 451])
def test_these_statuses_never_fall_back(code: int) -> None:
    done, verdict = drive([A, B], [status(code)])
    assert done == ["a first"]
    assert verdict == Verdict(number=1, is_answered=False, reason=f"status {code} is not tried elsewhere")


@pytest.mark.parametrize("code", sorted(TRANSIENT_ERRORS | LASTING_ERRORS | UNUSABLE_ERRORS))
def test_these_failures_fall_back(code: str) -> None:
    assert drive([A, B], [failed(code), DONE])[0] == ["a first", "b fallback"]


@pytest.mark.parametrize(
    "code", ["fixture_miss", "gateway_token_required", "invalid_request", "internal_error", "shutting_down"]
)
def test_these_failures_end_the_exchange(code: str) -> None:
    done, verdict = drive([A, B], [failed(code)])
    assert done == ["a first"]
    assert verdict.reason == f"{code} is not tried elsewhere"


def test_every_upstream_code_has_its_place() -> None:
    known = TRANSIENT_ERRORS | LASTING_ERRORS | UNUSABLE_ERRORS
    assert known <= set(CODES)
    assert (
        not TRANSIENT_ERRORS & LASTING_ERRORS
        | TRANSIENT_ERRORS & UNUSABLE_ERRORS
        | LASTING_ERRORS & UNUSABLE_ERRORS
    )
    upstream = {code for code, row in CODES.items() if row.status in {502, 504}}
    assert upstream - known == {"upstream_status", "no_target"}


@pytest.mark.parametrize("setting", [404, "4xx"])
def test_a_route_may_fall_back_on_more(setting: int | str) -> None:
    target = Target(provider="a", model="m", fallback_on=(setting,))
    assert drive([target, B], [status(404), DONE])[0] == ["a first", "b fallback"]
    assert drive([target, B], [status(503), DONE])[0] == ["a first", "b fallback"]


def test_what_a_route_does_not_name_stays() -> None:
    target = Target(provider="a", model="m", fallback_on=(404,))
    assert drive([target, B], [status(403)])[0] == ["a first"]


def test_more_statuses_to_fall_back_on_are_not_retried() -> None:
    target = Target(provider="a", model="m", fallback_on=(404,), retry=TWICE)
    assert drive([target, B], [status(404), DONE])[0] == ["a first", "b fallback"]


@pytest.mark.parametrize(
    "outcome", [status(500), failed("upstream_reset"), Outcome(status=200, error="idle_timeout")]
)
def test_nothing_is_tried_after_the_first_byte(outcome: Outcome) -> None:
    broken = Outcome(status=outcome.status, error=outcome.error, is_committed=True)
    done, verdict = drive([with_retry(TWICE), B], [broken])
    assert done == ["a first"]
    assert verdict == Verdict(number=1, is_answered=True, reason="answered")


def test_an_error_code_decides_over_a_status_that_was_good() -> None:
    assert drive([A, B], [Outcome(status=200, error="first_packet_timeout"), DONE])[0] == [
        "a first",
        "b fallback",
    ]
    assert drive([A, B], [Outcome(status=302, error="upstream_redirect"), DONE])[0] == [
        "a first",
        "b fallback",
    ]


def test_a_direct_call_is_one_attempt() -> None:
    done, verdict = drive([Target(provider="a", model="m")], [status(503, retry_after_s=0.0)])
    assert done == ["a first"]
    assert verdict == Verdict(number=1, is_answered=False, reason="no target is left")


def test_targets_are_tried_in_order_until_none_is_left() -> None:
    done, verdict = drive([A, B, C], [status(500), failed("connect_failed"), status(429)])
    assert done == ["a first", "b fallback", "c fallback"]
    assert verdict == Verdict(number=3, is_answered=False, reason="no target is left")


def test_the_failure_passed_on_is_the_last_one_a_provider_had_part_in() -> None:
    unsent = failed("key_missing", is_sent=False)
    assert drive([A, B, C], [unsent, status(429), unsent])[1].number == 2
    assert drive([A, B], [status(500), status(429)])[1].number == 2
    assert drive([A, B], [failed("connect_failed", is_sent=False), unsent])[1].number == 2


def test_a_final_failure_is_passed_on_whatever_came_before() -> None:
    assert drive([A, B, C], [status(500), status(401)])[1] == Verdict(
        number=2, is_answered=False, reason="status 401 is not tried elsewhere"
    )


def test_without_targets_there_is_nothing_to_pass_on() -> None:
    assert drive([], []) == ([], Verdict(number=0, is_answered=False, reason="no target is left"))


def test_retry_is_off_unless_set() -> None:
    assert drive([A, B], [status(503), DONE])[0] == ["a first", "b fallback"]
    assert drive([with_retry(Retry(attempts=0)), B], [status(503), DONE])[0] == ["a first", "b fallback"]


def test_retries_wait_longer_each_time_and_come_before_the_fallback() -> None:
    done, verdict = drive([with_retry(TWICE), B], [status(503), status(503), status(503), DONE])
    assert done == ["a first", "wait 0.1", "a retry", "wait 0.2", "a retry", "b fallback"]
    assert verdict.number == 4


def test_each_target_has_its_own_retries() -> None:
    once = Retry(attempts=1, backoff_ms=100)
    done, _ = drive([with_retry(once), with_retry(once, B)], [status(500), status(500), status(500), DONE])
    assert done == ["a first", "wait 0.1", "a retry", "b fallback", "wait 0.1", "b retry"]


def test_jitter_takes_at_most_half_of_the_backoff() -> None:
    assert drive([with_retry(TWICE)], [status(500), DONE], jitter=0.0)[0][1] == "wait 0.05"
    assert drive([with_retry(TWICE)], [status(500), DONE], jitter=0.5)[0][1] == "wait 0.075"


def test_backoff_stops_growing_at_the_longest_wait() -> None:
    patient = Retry(attempts=10, backoff_ms=400, max_wait_ms=1000)
    done, _ = drive([with_retry(patient)], [status(500)] * 11)
    assert [line for line in done if line.startswith("wait")] == ["wait 0.4", "wait 0.8", *["wait 1"] * 8]


def test_retry_after_is_honoured() -> None:
    done, _ = drive([with_retry(TWICE)], [status(429, retry_after_s=0.7), DONE])
    assert done == ["a first", "wait 0.7", "a retry"]
    assert drive([with_retry(TWICE)], [status(429, retry_after_s=0.0), DONE])[0][1] == "wait 0.1"
    assert drive([with_retry(TWICE)], [status(429, retry_after_s=1.0), DONE])[0][1] == "wait 1"


def test_a_longer_wait_moves_on() -> None:
    assert drive([with_retry(TWICE), B], [status(429, retry_after_s=1.1), DONE])[0] == [
        "a first",
        "b fallback",
    ]


def test_a_longer_wait_is_passed_on_where_no_target_is_left() -> None:
    done, verdict = drive([with_retry(TWICE)], [status(429, retry_after_s=60.0)])
    assert done == ["a first"]
    assert (verdict.number, verdict.is_answered) == (1, False)


@pytest.mark.parametrize("code", sorted(LASTING_ERRORS | UNUSABLE_ERRORS))
def test_what_the_same_target_would_repeat_is_not_retried(code: str) -> None:
    assert drive([with_retry(TWICE), B], [failed(code), DONE])[0] == ["a first", "b fallback"]


@pytest.mark.parametrize("code", sorted(TRANSIENT_ERRORS))
def test_what_may_pass_is_retried(code: str) -> None:
    assert drive([with_retry(TWICE), B], [failed(code), DONE])[0] == ["a first", "wait 0.1", "a retry"]


def test_a_status_that_may_not_fall_back_is_not_retried() -> None:
    assert drive([with_retry(TWICE), B], [status(401)])[0] == ["a first"]


def test_a_failure_without_a_word_ends_the_plan() -> None:
    assert drive([A, B], [Outcome()])[1].reason == "a failure is not tried elsewhere"


OUTCOMES = st.one_of(
    st.integers(400, 599).map(status),
    st.sampled_from(sorted(TRANSIENT_ERRORS | LASTING_ERRORS | UNUSABLE_ERRORS)).map(failed),
    st.just(DONE),
)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2000), st.integers(0, 2000)), min_size=1, max_size=4
    ),
    st.lists(OUTCOMES, min_size=20, max_size=20),
    st.floats(0, 1, exclude_max=True),
)
def test_no_plan_runs_on(
    settings: list[tuple[int, int, int]], outcomes: list[Outcome], jitter: float
) -> None:
    targets = [
        Target(
            provider=str(position),
            model="m",
            retry=Retry(attempts=attempts, backoff_ms=backoff, max_wait_ms=most),
        )
        for position, (attempts, backoff, most) in enumerate(settings)
    ]
    course = plan(targets, jitter=lambda: jitter)
    told = iter(outcomes)
    calls = [0] * len(targets)
    last = -1
    verdict: Verdict | None = None
    step: Try | Wait = next(course)
    while verdict is None:
        if isinstance(step, Wait):
            assert 0 <= step.seconds <= settings[last][2] / 1000
            answer = WAITED
        else:
            position = int(step.target.provider)
            assert position in {last, last + 1}
            last = position
            calls[position] += 1
            assert calls[position] <= 1 + settings[position][0]
            answer = next(told)
        try:
            step = course.send(answer)
        except StopIteration as end:
            verdict = end.value
    assert 1 <= verdict.number <= sum(calls)
