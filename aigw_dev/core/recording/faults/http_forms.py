"""Error replies as each provider words them: status, headers, body.

Texts are those that providers send (public logs and cassettes, vendors' pages; record-replay.md section 4). Ids that
stand in them are made from the fault's draws and begin so that nobody takes them for real ones.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from aigw_dev.core.recording.faults.http_words import (
    ANTHROPIC_WORDS,
    BEDROCK_WORDS,
    GEMINI_WORDS,
    OPENAI_WORDS,
)
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.spec import FaultSpec
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


def reply(spec: FaultSpec, stage: Stage) -> Act:
    """The error reply that `spec` asks for; the dialect has one of the kind (`FaultRow.not_for`)."""
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
    status, kind, code, param, text = OPENAI_WORDS[spec.id]
    error = {
        "message": _said(text, spec, stage),
        "type": kind,
        "param": param and _said(param, spec, stage, is_text=False),
        "code": code and code.replace("{kind}", spec.kind or "insufficient_quota"),
    }
    headers: list[tuple[bytes, bytes]] = [request_id]
    if spec.retry_after_ms or (spec.id == "http.429.slow_down" and spec.retry_after_ms is None):
        headers = [*_retry_after(spec), request_id]
    return spec.status or status, headers, {"error": error}


def _openai_limit(spec: FaultSpec, stage: Stage, request_id: tuple[bytes, bytes]) -> Form:
    kind = spec.kind or "tokens"
    is_tokens = kind == "tokens"
    wait_s = _wait_ms(spec) / 1000
    need = max(1, round(wait_s * _TOKENS_PER_S))
    limit = (
        "tokens per min (TPM): Limit 30000, Used 30000" if is_tokens else "requests per min (RPM): Limit 500"
    )
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
    status, kind, text = ANTHROPIC_WORDS[spec.id]
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
    for name, limit in (
        (b"requests", 50),
        (b"tokens", 38000),
        (b"input-tokens", 30000),
        (b"output-tokens", 8000),
    ):
        is_reached = (name == b"requests") == is_requests and name != b"output-tokens"
        headers += [
            (b"anthropic-ratelimit-" + name + b"-limit", b"%d" % limit),
            (b"anthropic-ratelimit-" + name + b"-remaining", b"0" if is_reached else b"%d" % (limit - 1)),
            (b"anthropic-ratelimit-" + name + b"-reset", moment),
        ]
    return headers


def _gemini(spec: FaultSpec, stage: Stage) -> Form:
    status, word, text = GEMINI_WORDS[spec.id]
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
    status, word, text = BEDROCK_WORDS[spec.id]
    headers = [(b"x-amzn-requestid", b"fault" + _hex(stage, 31)), (b"x-amzn-errortype", word.encode())]
    return spec.status or status, headers, {"message": _said(text, spec, stage)}


_FORMS: Final[Mapping[str, Callable[[FaultSpec, Stage], Form]]] = {
    CHAT: _openai,
    RESPONSES: _openai,
    ANTHROPIC: _anthropic,
    GEMINI: _gemini,
    BEDROCK: _bedrock,
}


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
