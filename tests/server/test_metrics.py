"""Counters for Prometheus."""

from aigw_dev.core.exchange import Attempt, Cost, Exchange, StreamTiming, Usage
from aigw_dev.server.metrics import Metrics


def exchange(**more: object) -> Exchange:
    fields: dict[str, object] = {
        "id": "1", "gateway": "g", "started_at": 0.0, "method": "POST", "path": "/", "operation": "openai.embeddings",
        "dialect": "openai-chat", "provider": "up", "request_model": "m", "status": 200, "duration_s": 0.2,
        "attempts": [Attempt(number=1, provider="up", kind="openai", base_url="https://x/v1", request_model="m")],
    } | more  # fmt: skip
    return Exchange(**fields)  # pyright: ignore[reportArgumentType]  -- fields by name, checked by the struct


def text_of(*exchanges: Exchange) -> str:
    metrics = Metrics()
    for one in exchanges:
        metrics.observe(one)
    return metrics.text(gauges={"aigw_dev_x": ("X", 3.0)}, refused={"host_not_allowed": 2})


LABELS = 'provider="up",providerType="openai",baseUrl="https://x/v1",model="m",respType="openai.embeddings"'


def test_successes_tokens_cost_and_times_are_counted() -> None:
    stream = exchange(usage=Usage(input=3, output=4), cost=Cost(status="exact", nanousd=1_500_000_000), ttft_s=0.04,
                      timing=StreamTiming())  # fmt: skip
    text = text_of(stream, exchange())
    assert f"ai_gateway_total_request{{{LABELS}}} 2" in text
    assert f"ai_gateway_success_request{{{LABELS}}} 2" in text
    assert f"ai_gateway_prompt_tokens{{{LABELS}}} 3" in text
    assert f"ai_gateway_completion_tokens{{{LABELS}}} 4" in text
    assert f"aigw_dev_cost_usd_total{{{LABELS}}} 1.500000000" in text
    assert f"aigw_dev_unpriced_total{{{LABELS}}} 1" in text
    assert f'aigw_dev_ttft_seconds_bucket{{{LABELS},le="0.05"}} 1' in text
    assert f"ai_gateway_requests_duration_count{{{LABELS}}} 2" in text
    assert f'ai_gateway_requests_duration_bucket{{{LABELS},le="0.1"}} 0' in text
    assert "aigw_dev_x 3" in text
    assert 'aigw_dev_door_refused_total{code="host_not_allowed"} 2' in text


def test_failures_are_counted_by_error_and_are_no_success() -> None:
    text = text_of(exchange(status=429, error="upstream_status"), exchange(marks={"cancelled"}))
    assert f'ai_gateway_failed_request{{{LABELS},error="upstream_status"}} 1' in text
    assert f'ai_gateway_failed_request{{{LABELS},error="cancelled"}} 1' in text
    assert f"ai_gateway_success_request{{{LABELS}}} 0" in text


def test_a_name_with_quotes_is_escaped_and_an_unrouted_request_is_none() -> None:
    text = text_of(exchange(request_model='a"b\n', attempts=[], provider=""))
    assert r'provider="none",providerType="none",baseUrl="none",model="a\"b\n"' in text


def test_the_number_of_series_is_bounded() -> None:
    metrics = Metrics()
    for number in range(Metrics.MOST_SERIES + 50):
        metrics.observe(exchange(request_model=str(number)))
    text = metrics.text(gauges={}, refused={})
    assert 'provider="other"' in text
    assert text.count("ai_gateway_total_request{") == Metrics.MOST_SERIES + 1
