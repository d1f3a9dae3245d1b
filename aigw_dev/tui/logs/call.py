"""A logged exchange as a call: its command line, what Chat takes over. Pure."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.call_examples import CallRequest, curl

_METADATA: Final = "x-ai-route-metadata"
_UNSHOWN: Final = ("x-stainless-", "x-aigw-")
_PLAIN: Final = frozenset(
    {"user-agent", "accept", "traceparent", "tracestate", "idempotency-key", "x-request-id", "content-type",
     "content-length", "transfer-encoding", _METADATA}
)  # fmt: skip


def body_of(one: Mapping[str, Any]) -> dict[str, Any] | None:
    """The request's JSON object; None where it was not kept or is none."""
    content = one.get("request_body")
    if not content:
        return None
    try:
        found: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def metadata_of(one: Mapping[str, Any]) -> dict[str, Any] | None:
    """The route metadata that came along, where it was a JSON object; None where there was none."""
    header = next((value for name, value in one["request_headers"] if name.lower() == _METADATA), "")
    if not header:
        return None
    try:
        found: Any = msgspec.json.decode(header)
    except msgspec.DecodeError:
        pairs = [part.partition("=") for part in header.replace(";", ",").split(",")]
        return {key.strip(): value.strip() for key, mark, value in pairs if mark and key.strip()}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def curl_of(one: Mapping[str, Any], base_url: str) -> str:
    """A command that makes the same call; a comment where the log has not kept what it takes."""
    body = body_of(one)
    headers = {
        name: value
        for name, value in one["request_headers"]
        if name.lower() not in _PLAIN and not name.lower().startswith(_UNSHOWN)
    }
    request = CallRequest(
        base_url=base_url,
        path=one["path"],
        method=one["method"],
        body=body or {},
        metadata=metadata_of(one),
        headers=headers,
    )
    made = curl(request)
    if body is None and one["method"] == "POST":
        return f"# the request's body was not kept as JSON: put your own after -d\n{made}"
    return made
