"""Rows of errors, dead connections and slowness."""

from aigw_dev.core.recording.faults.rows_http import HTTP, NET, SLOW


def test_a_connection_that_never_stood_is_the_providers_edge_only() -> None:
    dead = {row.id for row in NET if row.edges == ("provider",)}
    assert dead == {"net.refused", "net.dns", "net.tls", "net.unreachable", "net.connect_timeout"}


def test_what_sdks_retry_is_told_of_every_error() -> None:
    retried = {row.id for row in HTTP if row.openai_sdk.startswith("retried")}
    kept = {row.id for row in HTTP if row.openai_sdk.startswith("not retried")}
    assert {"http.429", "http.500", "http.408", "http.409"} <= retried
    assert {"http.400.param", "http.401", "http.403", "http.404", "http.413"} <= kept


def test_slowness_is_legal() -> None:
    assert all(row.is_legal for row in SLOW)
