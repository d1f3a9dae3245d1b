"""Exchanges as files for other programs: JSON lines, HAR, curl commands. Pure but for `write`."""

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.core import harmless
from aigw_dev.tui.logs.call import curl_of

FORMATS: Final = ("jsonl", "har", "curl")
SUFFIXES: Final = {"jsonl": ".jsonl", "har": ".har", "curl": ".sh"}
MOST: Final = 10_000
"""Exchanges in one file."""

Exchange = Mapping[str, Any]


def encoded(exchanges: Iterable[Exchange], form: str, *, base_url: str, version: str) -> str:
    """The file's text. JSON keeps its value; characters that steer a terminal are spelled out in it."""
    if form == "jsonl":
        return "".join(f"{_json(one)}\n" for one in exchanges)
    if form == "curl":
        parts = [
            f"# {harmless.line(one['id'])}  {one['status']}\n{curl_of(one, base_url)}" for one in exchanges
        ]
        return '#!/bin/sh\n# the gateway\'s token: eval "$(aigw-dev env)"\n\n' + "\n".join(parts)
    log = {
        "version": "1.2",
        "creator": {"name": "aigw-dev", "version": version},
        "entries": [_har(one, base_url) for one in exchanges],
    }
    return _json({"log": log}) + "\n"


def write(path: Path, content: str) -> None:
    """Write beside the file, readable by its owner only, and put it in place; an error leaves what was there. Blocking."""
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _json(value: object) -> str:
    return harmless.json_text(msgspec.json.encode(value).decode())


def _har(one: Exchange, base_url: str) -> dict[str, Any]:
    """HAR 1.2 (w3c.github.io/web-performance/specs/HAR), read 2026-11-20."""
    wait_ms = (one["ttft_s"] if one["ttft_s"] is not None else one["duration_s"]) * 1000
    whole_ms = one["duration_s"] * 1000
    request_type = _header(one["request_headers"], "content-type", "application/json")
    entry: dict[str, Any] = {
        "startedDateTime": dt.datetime.fromtimestamp(one["started_at"], dt.UTC).isoformat(),
        "time": whole_ms,
        "request": {
            "method": one["method"],
            "url": base_url + one["path"],
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(one["request_headers"]),
            "queryString": [],
            "headersSize": -1,
            "bodySize": one["request_bytes"],
        },
        "response": {
            "status": one["status"],
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(one["response_headers"]),
            "content": _content(one),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": one["response_bytes"],
        },
        "cache": {},
        "timings": {"send": 0, "wait": wait_ms, "receive": max(0.0, whole_ms - wait_ms)},
        "_aigw": {
            key: one[key]
            for key in (
                "id",
                "provider",
                "request_model",
                "route",
                "decision",
                "attempts",
                "usage",
                "cost",
                "marks",
            )
        },
    }
    if one.get("request_body") is not None:
        entry["request"]["postData"] = {"mimeType": request_type, "text": one["request_body"]}
    return entry


def _content(one: Exchange) -> dict[str, Any]:
    kind = _header(
        one["response_headers"],
        "content-type",
        "text/event-stream" if one["is_stream"] else "application/json",
    )
    content: dict[str, Any] = {"size": one["response_bytes"], "mimeType": kind}
    if one.get("response_body") is not None:
        content["text"] = one["response_body"]
    elif "response_body_base64" in one:
        content |= {"text": one["response_body_base64"], "encoding": "base64"}
    return content


def _pairs(headers: Iterable[Any]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _header(headers: Iterable[Any], name: str, other: str) -> str:
    return next((value for key, value in headers if key.lower() == name), other)
