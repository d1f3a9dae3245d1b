"""Error replies as each provider words them: status, headers, body.

Texts are those that providers send (public logs and cassettes, vendors' pages; record-replay.md section 4). Ids that
stand in them are made from the fault's draws and begin so that nobody takes them for real ones.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.spec import FaultError, FaultSpec
from aigw_dev.core.recording.faults.steps import Act, Bytes, Stage

_WAIT_MS: Final = 1000
_JSON: Final = b"application/json"
_TOKENS_PER_S: Final = 500
_TOO_MANY: Final = 429
_UNKNOWN: Final = 500
_HTML: Final = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)

Words = tuple[int, str, str | None, str | None, str]
"""Status, type, code, param, text; the text may name {model}, {text}, {wait}, {need}."""

_OPENAI: Final[Mapping[str, Words]] = {
    "http.429.slow_down": (
        429,
        "rate_limit_error",
        "slow_down",
        None,
        "Your request rate increased too quickly. Reduce it to its earlier level, hold it for 15 minutes, then raise it.",
    ),
    "http.429.quota": (
        429,
        "insufficient_quota",
        "{kind}",
        None,
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
    ),
    "http.402": (402, "unknown_error", "invalid_request_error", None, "Insufficient Balance"),
    "http.400.context": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "messages",
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens. "
        "Please reduce the length of the messages.",
    ),
    "http.400.param": (
        400,
        "invalid_request_error",
        "unsupported_parameter",
        "{text}",
        "Unsupported parameter: '{text}' is not supported with this model.",
    ),
    "http.401": (
        401,
        "invalid_request_error",
        "invalid_api_key",
        None,
        "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
    ),
    "http.403": (
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        None,
        "Country, region, or territory not supported",
    ),
    "http.404": (
        404,
        "invalid_request_error",
        "model_not_found",
        None,
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "http.408": (408, "server_error", None, None, "Request timed out."),
    "http.409": (409, "conflict_error", None, None, "The resource was changed by another request."),
    "http.413": (
        413,
        "invalid_request_error",
        None,
        None,
        "413: Maximum content size limit (26214400) exceeded (26214489 bytes read)",
    ),
    "http.500": (
        500,
        "server_error",
        None,
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
    "http.503": (
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        None,
        "Our servers are currently overloaded. Please try again later.",
    ),
    "http.504": (504, "server_error", None, None, "The server took too long to answer."),
    "http.529": (
        529,
        "service_unavailable_error",
        "server_is_overloaded",
        None,
        "Our servers are currently overloaded. Please try again later.",
    ),
    "http.status": (500, "server_error", None, None, "The request failed with status {status}."),
}
_ANTHROPIC: Final[Mapping[str, tuple[int, str, str]]] = {
    "http.429": (
        429,
        "rate_limit_error",
        "This request would exceed the rate limit for your organization of 30,000 input {kind} per minute.",
    ),
    "http.429.slow_down": (
        429,
        "rate_limit_error",
        "Your usage rose too fast and reached the acceleration limit: raise it gradually.",
    ),
    "http.429.quota": (
        429,
        "rate_limit_error",
        "Your organization has reached its enforced spend limit.",
    ),
    "http.402": (402, "billing_error", "Your payment method was declined. Check your billing details."),
    "http.400.context": (
        400,
        "invalid_request_error",
        "prompt is too long: 208310 tokens > 200000 maximum",
    ),
    "http.400.param": (400, "invalid_request_error", "{text}: Extra inputs are not permitted"),
    "http.401": (401, "authentication_error", "invalid x-api-key"),
    "http.403": (403, "permission_error", "Your API key does not have permission to use this resource."),
    "http.404": (404, "not_found_error", "model: {model}"),
    "http.408": (408, "timeout_error", "Request timed out."),
    "http.409": (409, "conflict_error", "The resource was changed by another request."),
    "http.413": (413, "request_too_large", "Request exceeds the maximum size"),
    "http.500": (500, "api_error", "Internal server error"),
    "http.503": (503, "overloaded_error", "Overloaded"),
    "http.504": (504, "timeout_error", "Request timed out."),
    "http.529": (529, "overloaded_error", "Overloaded"),
    "http.status": (500, "api_error", "The request failed with status {status}."),
}
_GEMINI: Final[Mapping[str, tuple[int, str, str]]] = {
    "http.429": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details. Please retry in {wait}s.",
    ),
    "http.429.slow_down": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "http.429.quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "http.402": (403, "PERMISSION_DENIED", "This API method requires billing to be enabled."),
    "http.400.context": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1048580) exceeds the maximum number of tokens allowed (1048575).",
    ),
    "http.400.param": (400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "{text}".'),
    "http.401": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "http.403": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "http.404": (
        404,
        "NOT_FOUND",
        "models/{model} is not found for API version v1beta, or is not supported for generateContent.",
    ),
    "http.408": (408, "DEADLINE_EXCEEDED", "The request timed out."),
    "http.409": (409, "ABORTED", "The operation was aborted."),
    "http.413": (413, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
    "http.499": (499, "CANCELLED", "The operation was cancelled."),
    "http.500": (500, "INTERNAL", "An internal error has occurred. Please retry."),
    "http.503": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "http.504": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    "http.529": (529, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "http.status": (500, "UNKNOWN", "The request failed with status {status}."),
}
_BEDROCK: Final[Mapping[str, tuple[int, str, str]]] = {
    "http.429": (429, "ThrottlingException", "Too many {kind}, please wait before trying again."),
    "http.429.slow_down": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "http.429.quota": (400, "ServiceQuotaExceededException", "You have reached your quota for today."),
    "http.402": (403, "AccessDeniedException", "Your account has a payment problem."),
    "http.400.context": (400, "ValidationException", "Input is too long for requested model."),
    "http.400.param": (400, "ValidationException", "{text}: extraneous key is not permitted"),
    "http.401": (
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "http.403": (403, "AccessDeniedException", "You don't have access to the model with the specified ID."),
    "http.404": (
        404,
        "ResourceNotFoundException",
        "Could not resolve the foundation model from the ID {model}.",
    ),
    "http.408": (408, "ModelTimeoutException", "Model has timed out in processing the request."),
    "http.409": (409, "ConflictException", "The resource was changed by another request."),
    "http.413": (413, "RequestEntityTooLargeException", "The request is too large."),
    "http.500": (500, "InternalServerException", "The system encountered an unexpected error."),
    "http.503": (
        503,
        "ServiceUnavailableException",
        "Too many connections, please wait before trying again.",
    ),
    "http.504": (504, "ModelTimeoutException", "Model has timed out in processing the request."),
    "http.529": (529, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    "http.status": (500, "InternalServerException", "The request failed with status {status}."),
}


def reply(spec: FaultSpec, stage: Stage) -> Act:
    """The error reply that `spec` asks for. Raises FaultError where the dialect has none of the kind."""
    if spec.id == "http.502":
        headers = [
            (b"server", b"nginx"),
            (b"content-type", b"text/html"),
            (b"content-length", b"%d" % len(_HTML)),
        ]
        return Act(status=502, headers=tuple(headers), steps=(Bytes(_HTML),))
    status, headers, document = _FORMS[stage.dialect](spec, stage)
    body = msgspec.json.encode(document)
    whole = ((b"content-type", _JSON), (b"content-length", b"%d" % len(body)), *headers)
    return Act(status=status, headers=whole, steps=(Bytes(body),))


Form = tuple[int, list[tuple[bytes, bytes]], Any]


def _openai(spec: FaultSpec, stage: Stage) -> Form:
    request_id = (b"x-request-id", b"req_fault" + _hex(stage, 27))
    if spec.id == "http.429":
        return _openai_limit(spec, stage, request_id)
    if spec.id == "http.400.content_filter":
        text = spec.message or "The response was filtered"
        error = {
            "message": text,
            "type": None,
            "param": "prompt",
            "code": "content_filter",
            "status": 400,
        }
        return 400, [request_id], {"error": error}
    status, kind, code, param, text = _words(_OPENAI, spec, stage)
    error = {
        "message": _said(text, spec, stage),
        "type": kind,
        "param": param and _said(param, spec, stage, is_text=False),
        "code": code and code.replace("{kind}", spec.kind or "insufficient_quota"),
    }
    headers = [request_id]
    if spec.retry_after_ms or (spec.id == "http.429.slow_down" and spec.retry_after_ms is None):
        headers = [*_retry_after(spec), request_id]
    return spec.status or status, headers, {"error": error}


def _openai_limit(spec: FaultSpec, stage: Stage, request_id: tuple[bytes, bytes]) -> Form:
    kind = spec.kind or "tokens"
    is_tokens = kind == "tokens"
    wait_s = _wait_ms(spec) / 1000
    need = max(1, round(wait_s * _TOKENS_PER_S))
    limit = "tokens per min (TPM): Limit 30000, Used 30000" if is_tokens else "requests per min (RPM): Limit 500"
    used = f", Requested {need}" if is_tokens else ", Used 500, Requested 1"
    text = (
        f"Rate limit reached for {stage.model or 'the model'} in organization org-fault on {limit}{used}. Please try "
        f"again in {_span(wait_s)}. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    error = {
        "message": spec.message or text,
        "type": kind,
        "param": None,
        "code": "rate_limit_exceeded",
    }
    left, full = (b"0", b"499") if not is_tokens else (b"499", b"0")
    resets = ("120ms", _span(wait_s)) if is_tokens else (_span(wait_s), "0s")
    headers = [
        *_retry_after(spec),
        (b"x-ratelimit-limit-requests", b"500"),
        (b"x-ratelimit-limit-tokens", b"30000"),
        (b"x-ratelimit-remaining-requests", left),
        (b"x-ratelimit-remaining-tokens", full if is_tokens else b"29110"),
        (b"x-ratelimit-reset-requests", resets[0].encode()),
        (b"x-ratelimit-reset-tokens", resets[1].encode()),
        request_id,
    ]
    return _TOO_MANY, headers, {"error": error}


def _anthropic(spec: FaultSpec, stage: Stage) -> Form:
    status, kind, text = _words(_ANTHROPIC, spec, stage)
    request_id = b"req_fault" + _hex(stage, 19)
    error: dict[str, Any] = {"type": kind, "message": _said(text, spec, stage)}
    headers: list[tuple[bytes, bytes]] = []
    if spec.id == "http.429.quota":
        error["details"] = {"error_code": "enforced_spend_limit_reached"}
    elif kind == "rate_limit_error":
        headers = [*_retry_after(spec)[1:], *_anthropic_limits(spec, stage)]
    elif spec.retry_after_ms:
        headers = _retry_after(spec)[1:]
    headers.append((b"request-id", request_id))
    return (
        spec.status or status,
        headers,
        {"type": "error", "error": error, "request_id": request_id.decode()},
    )


def _anthropic_limits(spec: FaultSpec, stage: Stage) -> list[tuple[bytes, bytes]]:
    reset = datetime.fromtimestamp(stage.at_s + math.ceil(_wait_ms(spec) / 1000), UTC)
    moment = reset.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    is_requests = spec.kind == "requests"
    headers: list[tuple[bytes, bytes]] = []
    for name, limit in ((b"requests", 50), (b"tokens", 38000), (b"input-tokens", 30000), (b"output-tokens", 8000)):
        is_reached = (name == b"requests") == is_requests and name != b"output-tokens"
        headers += [
            (b"anthropic-ratelimit-" + name + b"-limit", b"%d" % limit),
            (b"anthropic-ratelimit-" + name + b"-remaining", b"0" if is_reached else b"%d" % (limit - 1)),
            (b"anthropic-ratelimit-" + name + b"-reset", moment),
        ]
    return headers


def _gemini(spec: FaultSpec, stage: Stage) -> Form:
    status, word, text = _words(_GEMINI, spec, stage)
    status = spec.status or status
    error: dict[str, Any] = {"code": status, "message": _said(text, spec, stage), "status": word}
    prefix = "type.googleapis.com/google.rpc."
    match spec.id:
        case "http.429" | "http.429.quota":
            period = "Day" if spec.id == "http.429.quota" else "Minute"
            unit = "Requests" if spec.kind == "requests" else "InputTokens"
            quota = f"GenerateContent{unit}Per{period}PerProjectPerModel"
            error["details"] = [{"@type": f"{prefix}QuotaFailure", "violations": [{"quotaId": quota}]}]
            if spec.id == "http.429" and spec.retry_after_ms != 0:
                delay = f"{_wait_ms(spec) / 1000:g}s"
                error["details"].append({"@type": f"{prefix}RetryInfo", "retryDelay": delay})
        case "http.401":
            error["details"] = [
                {"@type": f"{prefix}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
            ]
        case "http.400.param":
            violation = {"field": spec.text or "max_tokens", "description": error["message"]}
            error["details"] = [{"@type": f"{prefix}BadRequest", "fieldViolations": [violation]}]
        case _:
            pass
    return status, [], {"error": error}


def _bedrock(spec: FaultSpec, stage: Stage) -> Form:
    status, word, text = _words(_BEDROCK, spec, stage)
    headers = [(b"x-amzn-requestid", b"fault" + _hex(stage, 31)), (b"x-amzn-errortype", word.encode())]
    return spec.status or status, headers, {"message": _said(text, spec, stage)}


_FORMS: Final[Mapping[str, Callable[[FaultSpec, Stage], Form]]] = {
    CHAT: _openai,
    RESPONSES: _openai,
    ANTHROPIC: _anthropic,
    GEMINI: _gemini,
    BEDROCK: _bedrock,
}


def _words[T](table: Mapping[str, T], spec: FaultSpec, stage: Stage) -> T:
    found = table.get(spec.id)
    if found is None:
        raise FaultError(f"`{spec.id}` does not exist in the dialect {stage.dialect}")
    return found


def _said(text: str, spec: FaultSpec, stage: Stage, *, is_text: bool = True) -> str:
    if is_text and spec.message:
        return spec.message
    filled = {
        "{model}": stage.model or "the-model",
        "{text}": spec.text or "max_tokens",
        "{status}": str(spec.status or _UNKNOWN),
        "{kind}": spec.kind or "tokens",
        "{wait}": f"{_wait_ms(spec) / 1000:g}",
    }
    for word, value in filled.items():
        text = text.replace(word, value)
    return text


def _wait_ms(spec: FaultSpec) -> int:
    return _WAIT_MS if spec.retry_after_ms is None else spec.retry_after_ms


def _retry_after(spec: FaultSpec) -> list[tuple[bytes, bytes]]:
    """The waiting headers. Providers say whole seconds; a wait asked for in milliseconds is said as it is."""
    wait_ms = _wait_ms(spec)
    if not wait_ms:
        return []
    seconds = f"{wait_ms / 1000:g}".encode()
    return [(b"retry-after-ms", b"%d" % wait_ms), (b"retry-after", seconds)]


def _span(seconds: float) -> str:
    """As OpenAI writes one: `120ms`, `1.78s`."""
    return f"{round(seconds * 1000)}ms" if seconds < 1 else f"{seconds:g}s"


def _hex(stage: Stage, digits: int) -> bytes:
    return b"".join(b"%x" % int(stage.draw() * 16) for _ in range(digits))
