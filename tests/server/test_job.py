"""What the steps of a request share."""

from aigw_dev.core.exchange import Exchange
from aigw_dev.server.job import Failure, dialect_of


def test_a_failure_says_nothing_until_somebody_does() -> None:
    failure = Failure()
    assert (failure.refusal, failure.status, failure.headers, failure.body, failure.said) == (
        None,
        0,
        [],
        b"",
        None,
    )


def test_the_callers_dialect_is_the_exchanges() -> None:
    exchange = Exchange(
        id="1",
        gateway="g",
        started_at=0.0,
        method="POST",
        path="/",
        operation="x",
        dialect="anthropic-messages",
    )
    assert dialect_of(exchange).REQUEST_ID_HEADER == "request-id"
