"""What fails a test beside its own assertions, and the words for it. The gateway's texts are passed on as they are."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from aigw_dev.pytest_plugin.calls import decimal_or_none
from aigw_dev.pytest_plugin.egress import Try, refusal
from aigw_dev.pytest_plugin.markers import Wanted
from aigw_dev.pytest_plugin.tally import texts_of


def of_call(wanted: Wanted, document: dict[str, Any], misses: list[str], tries: list[Try]) -> str:
    """After the call phase: misses, budgets that did not hold, attempts to leave; empty = nothing."""
    return _joined([*misses, *([] if misses else _over_budget(wanted, document)), *_refusals(tries)])


def of_end(
    document: dict[str, Any],
    *,
    mode: str,
    late: list[str],
    tries: list[Try],
    unused: list[str],
    idle: list[str],
) -> str:
    """At the end of a test that passed: what came late, was never asked for or met (`idle`), could not be written, or has drifted."""
    error = document.get("error")
    found = [*late, *(_refusals(tries)), *texts_of(document.get("drift"))]
    if error:
        found.append(str(error))
    if mode == "replay":
        found += unused
    return _joined([*found, *idle])


def too_old(test: str, fixture: str, age: dt.timedelta) -> str:
    """The text for a fixture past `aigw_max_age_fail`."""
    return (
        f"aigw: the fixture {fixture} was recorded {age.days} days ago, longer than aigw_max_age_fail allows\n"
        f"  record it again:  pytest {test!r} --aigw=record"
    )


def with_own_error(text: str, error: BaseException | None) -> str:
    """The verdict, and in a line what the test itself raised (its traceback is in a section of its own)."""
    if error is None:
        return text
    said = str(error).strip().splitlines() or [""]
    return f"{text}\n\n  The test itself raised {type(error).__name__}: {said[0][:300]}"


def _over_budget(wanted: Wanted, document: dict[str, Any]) -> Iterable[str]:
    calls: list[dict[str, Any]] = document.get("calls") or []
    if wanted.max_calls is not None and len(calls) > wanted.max_calls:
        yield f"aigw: {len(calls)} calls were made, and the marker allows max_calls={wanted.max_calls}"
    costs = (decimal_or_none(call.get("cost_usd")) for call in calls)
    cost = sum((each for each in costs if each is not None), Decimal(0))
    if wanted.max_cost is not None and cost > wanted.max_cost:
        yield f'aigw: the calls cost ${cost:f}, and the marker allows max_cost="{wanted.max_cost}"'


def _refusals(tries: list[Try]) -> list[str]:
    return list(dict.fromkeys(refusal(each) for each in tries))


def _joined(texts: list[str]) -> str:
    return "\n\n".join(text.rstrip() for text in texts)
