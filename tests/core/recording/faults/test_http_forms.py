"""Error replies as the providers word them."""

import msgspec
import pytest

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.steps import Act, Bytes
from tests.core.recording.faults.playing import act


class _Details(msgspec.Struct):
    """The part of Google's error that says more."""

    details: list[object]


def _body(found: Act) -> dict[str, object]:
    (step,) = found.steps
    assert isinstance(step, Bytes)
    headers = dict(found.headers)
    assert headers[b"content-length"] == b"%d" % len(step.data)
    return msgspec.json.decode(step.data)


def _error(text: str, dialect: str = CHAT) -> tuple[int, object]:
    found = act(text, dialect)
    return found.status, _body(found)["error"]


def test_openai_says_tokens_or_requests_never_rate_limit_error() -> None:
    found = act("http.429;retry_after_ms=1780")
    assert found.status == 429
    assert _body(found) == {
        "error": {
            "message": "Rate limit reached for m-1 in organization org-fault on tokens per min (TPM): Limit 30000, Used "
            "30000, Requested 890. Please try again in 1.78s. Visit https://platform.openai.com/account/rate-limits to "
            "learn more.",
            "type": "tokens",
            "param": None,
            "code": "rate_limit_exceeded",
        }
    }
    headers = dict(found.headers)
    assert headers[b"retry-after-ms"] == b"1780"
    assert headers[b"retry-after"] == b"1.78"
    assert headers[b"x-ratelimit-remaining-tokens"] == b"0"
    assert headers[b"x-ratelimit-reset-tokens"] == b"1.78s"
    assert headers[b"x-ratelimit-reset-requests"] == b"120ms"
    assert headers[b"x-request-id"].startswith(b"req_fault")
    _, error = _error("http.429;kind=requests")
    assert msgspec.convert(error, dict[str, object])["type"] == "requests"
    headers = dict(act("http.429;kind=requests;retry_after_ms=30").headers)
    assert headers[b"x-ratelimit-remaining-requests"] == b"0"
    assert headers[b"x-ratelimit-reset-requests"] == b"30ms"
    assert headers[b"retry-after"] == b"0.03"


def test_a_wait_of_nothing_sends_no_header() -> None:
    for dialect in (CHAT, ANTHROPIC):
        headers = dict(act("http.429;retry_after_ms=0", dialect).headers)
        assert not {b"retry-after", b"retry-after-ms"} & set(headers)


def test_anthropic_says_when_its_limits_reset() -> None:
    found = act("http.429;retry_after_ms=30", ANTHROPIC)
    headers = dict(found.headers)
    assert headers[b"retry-after"] == b"0.03"
    assert b"retry-after-ms" not in headers
    assert headers[b"anthropic-ratelimit-input-tokens-limit"] == b"30000"
    assert headers[b"anthropic-ratelimit-input-tokens-remaining"] == b"0"
    assert headers[b"anthropic-ratelimit-requests-remaining"] == b"49"
    assert headers[b"anthropic-ratelimit-output-tokens-remaining"] == b"7999"
    assert headers[b"anthropic-ratelimit-tokens-reset"] == b"2023-11-14T22:13:21Z"
    body = _body(found)
    assert body["type"] == "error"
    assert body["request_id"] == headers[b"request-id"].decode()
    requests = dict(act("http.429;kind=requests", ANTHROPIC).headers)
    assert requests[b"anthropic-ratelimit-requests-remaining"] == b"0"
    assert requests[b"anthropic-ratelimit-input-tokens-remaining"] == b"29999"


def test_anthropic_spend_limit_cannot_be_waited_for() -> None:
    found = act("http.429.quota", ANTHROPIC)
    assert b"retry-after" not in dict(found.headers)
    error = msgspec.convert(_body(found)["error"], dict[str, object])
    assert error["details"] == {"error_code": "enforced_spend_limit_reached"}


def test_gemini_says_its_wait_in_the_body() -> None:
    found = act("http.429;retry_after_ms=1500", GEMINI)
    error = msgspec.convert(_body(found)["error"], dict[str, object])
    assert error["status"] == "RESOURCE_EXHAUSTED"
    details = msgspec.convert(error["details"], list[dict[str, object]])
    assert details[1] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}
    assert b"retry-after" not in dict(found.headers)
    for text in ("http.429.quota", "http.429;retry_after_ms=0"):
        _, error = _error(text, GEMINI)
        assert len(msgspec.convert(error, _Details).details) == 1


@pytest.mark.parametrize(
    ("text", "dialect", "status", "expected"),
    [
        ("http.429.slow_down", CHAT, 429, {"type": "rate_limit_error", "code": "slow_down"}),
        ("http.429.quota", CHAT, 429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
        (
            "http.429.quota;kind=credit_balance_exhausted",
            CHAT,
            429,
            {"type": "insufficient_quota", "code": "credit_balance_exhausted"},
        ),
        ("http.401", RESPONSES, 401, {"type": "invalid_request_error", "code": "invalid_api_key"}),
        (
            "http.404",
            CHAT,
            404,
            {
                "message": "The model `m-1` does not exist or you do not have access to it.",
                "code": "model_not_found",
            },
        ),
        ("http.400.context", CHAT, 400, {"code": "context_length_exceeded", "param": "messages"}),
        ("http.400.param;text=top_k", CHAT, 400, {"code": "unsupported_parameter", "param": "top_k"}),
        (
            "http.400.content_filter",
            CHAT,
            400,
            {
                "message": "The response was filtered",
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
            },
        ),
        ("http.500", CHAT, 500, {"type": "server_error", "code": None}),
        ("http.503", CHAT, 503, {"type": "service_unavailable_error", "code": "server_is_overloaded"}),
        ("http.status;status=418;message=tea", CHAT, 418, {"message": "tea"}),
        ("http.529", ANTHROPIC, 529, {"type": "overloaded_error", "message": "Overloaded"}),
        ("http.500", ANTHROPIC, 500, {"type": "api_error", "message": "Internal server error"}),
        ("http.401", ANTHROPIC, 401, {"type": "authentication_error", "message": "invalid x-api-key"}),
        ("http.403", ANTHROPIC, 403, {"type": "permission_error"}),
        ("http.404", ANTHROPIC, 404, {"type": "not_found_error", "message": "model: m-1"}),
        ("http.413", ANTHROPIC, 413, {"type": "request_too_large"}),
        ("http.402", ANTHROPIC, 402, {"type": "billing_error"}),
        ("http.status;status=418", ANTHROPIC, 418, {"message": "The request failed with status 418."}),
        ("http.503", GEMINI, 503, {"code": 503, "status": "UNAVAILABLE"}),
        ("http.504", GEMINI, 504, {"code": 504, "status": "DEADLINE_EXCEEDED"}),
        ("http.499", GEMINI, 499, {"code": 499, "status": "CANCELLED"}),
        ("http.401", GEMINI, 400, {"code": 400, "status": "INVALID_ARGUMENT"}),
        ("http.400.param", GEMINI, 400, {"code": 400, "status": "INVALID_ARGUMENT"}),
    ],
)
def test_each_provider_has_its_own_words(
    text: str, dialect: str, status: int, expected: dict[str, object]
) -> None:
    found_status, error = _error(text, dialect)
    assert found_status == status
    assert isinstance(error, dict)
    assert expected.items() <= error.items()


def test_bedrock_names_its_exception_in_a_header() -> None:
    found = act("http.429", BEDROCK)
    assert found.status == 429
    assert dict(found.headers)[b"x-amzn-errortype"] == b"ThrottlingException"
    assert _body(found) == {"message": "Too many tokens, please wait before trying again."}


def test_overload_says_how_long_only_where_it_is_asked_to() -> None:
    for dialect in (CHAT, ANTHROPIC):
        assert b"retry-after" not in dict(act("http.529", dialect).headers)
        assert dict(act("http.529;retry_after_ms=2000", dialect).headers)[b"retry-after"] == b"2"
    assert dict(act("http.429.slow_down").headers)[b"retry-after"] == b"1"


def test_a_proxy_answers_with_a_page() -> None:
    found = act("http.502", ANTHROPIC)
    assert found.status == 502
    assert dict(found.headers)[b"content-type"] == b"text/html"


def test_a_message_of_ones_own_replaces_the_usual_one() -> None:
    for dialect in (CHAT, ANTHROPIC, GEMINI):
        for fault in ("http.429", "http.500", "http.429.quota"):
            _, error = _error(f'{fault};message="no tea today"', dialect)
            assert isinstance(error, dict)
            assert error["message"] == "no tea today"
