"""Which keys each part of the config has, and the rule of each: the tables behind the check and the JSON Schema.

Keys are those of the file; `keep` is the only one whose field has another name (`Logging.keep_s`).
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from aigw_dev.core import literal_keys, web_address
from aigw_dev.core.config_values import (
    Path,
    Report,
    Rule,
    boolean,
    checked_text,
    choice,
    did_you_mean,
    listed,
    mapped,
    number,
    seconds,
    shown,
    text,
    whole,
)
from aigw_dev.core.credentials import origin_of, parse_reference

NAME_PATTERN: Final = "^[A-Za-z0-9_-]{1,64}$"
"""Names of providers and routes."""

MAX_NAME_CHARS: Final = 64
MAX_MODEL_CHARS: Final = 256

RESERVED_NAMES: Final = ("mock", "dynamic", "auto")
"""Names that mean something in a model name already."""

LATER_SECTIONS: Final = ("apis", "consumers", "policies", "mcp", "agents", "sandboxes", "prices")
"""Sections that later releases add."""

MISNOMERS: Final[Mapping[str, str]] = {
    "apikey": "keys",
    "apikeys": "keys",
    "key": "keys",
    "token": "keys",
    "url": "base_url",
    "endpoint": "base_url",
    "apibase": "base_url",
    "type": "kind",
    "vendor": "kind",
    "timeout": "timeout_ms",
    "retention": "keep",
    "log": "logging",
    "logs": "logging",
    "claims": "models",
}
"""What other tools call a key (lower case, no separators), and what it is called here."""

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_OWN_HEADERS: Final = re.compile(r"x-aigw-.*|x-ai-route-metadata")
_FRAMING_HEADERS: Final = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "expect",
        "accept-encoding",
        "content-encoding",
        "proxy-connection",
        "proxy-authenticate",
    }
)
_VARIABLE: Final = re.compile(r"(?:\$\{?|os\.environ/|env\.|%|\{env:)([A-Za-z_][A-Za-z0-9_]*)[}%]?")


def _name_problem(name: str) -> str | None:
    if len(name) > MAX_NAME_CHARS:
        return f"has more than {MAX_NAME_CHARS} characters"
    return None if name.isprintable() else "holds a control character"


def _host_problem(host: str) -> str | None:
    if "://" in host:
        return "is a URL; write the host alone"
    return None if web_address.is_host(host) else "is not a host name or address (the port goes into `port`)"


def _allowed_host_problem(value: str) -> str | None:
    if "*" in value:
        return "has a `*`; only exact values are compared"
    if "://" in value or "/" in value:
        return "is a URL; write the host alone, or host:port"
    return None if origin_of(f"http://{value}") else "is not a host or host:port"


def _origin_problem(value: str) -> str | None:
    if "*" in value or value == "null":
        return "is not an exact origin"
    problem = web_address.problem_with(value)
    if problem is not None:
        return problem
    origin = origin_of(value)
    return None if origin == value else f"is not written as browsers send it: {origin}"


def _proxy_problem(value: str) -> str | None:
    return web_address.problem_with(value, may_have_path=False)


def header_problem(name: str) -> str | None:
    """Why a header cannot be added or forwarded, or None; completes the sentence `"NAME" PROBLEM`."""
    lower = name.lower()
    if not _HEADER_NAME.fullmatch(name):
        return "is not a header name"
    if literal_keys.is_credential_name(lower):
        return "carries a credential; a provider's key goes into the keyring and is named under `keys`"
    if lower in _FRAMING_HEADERS:
        return "belongs to the connection and is set by the gateway"
    return "is the gateway's own and never goes up" if _OWN_HEADERS.fullmatch(lower) else None


def _header_value_problem(value: str) -> str | None:
    return (
        None
        if value.isascii() and value.isprintable()
        else "cannot be sent in a header: printable ASCII only"
    )


def _model_problem(value: str) -> str | None:
    if not 0 < len(value) <= MAX_MODEL_CHARS:
        return f"must have 1 to {MAX_MODEL_CHARS} characters"
    return (
        None
        if value.isprintable() and value == value.strip()
        else "holds a control character or outer spaces"
    )


def _check_key(value: object, path: Path, report: Report) -> object:
    if not isinstance(value, str):
        return text().check(value, path, report)
    if literal_keys.is_key(value):
        return value  # reported by `literal_keys.find`, which looks everywhere
    reference = parse_reference(value)
    if isinstance(reference, str):
        variable = _VARIABLE.fullmatch(value)
        hint = f"Write env:{variable[1]} to use that variable." if variable else ""
        report.error(
            path, reference, hint or "Write the name that `aigw-dev keys list` shows, env:NAME or file:PATH."
        )
    return value


def _check_version(value: object, path: Path, report: Report) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        report.error(path, f"{shown(value)} is not a version", "Write `version: 1`.")
    elif value != 1:
        report.error(
            path,
            f"{shown(value)} is not a version this aigw-dev reads",
            "It reads version 1; a newer aigw-dev may read this file.",
        )
    return value


def kind_rule(kinds: Collection[str]) -> Rule:
    """One of the catalogue's kinds."""

    def check(value: object, path: Path, report: Report) -> object:
        if not isinstance(value, str) or value not in kinds:
            hint = did_you_mean(value, sorted(kinds), what="kind") if isinstance(value, str) else ""
            report.error(
                path,
                f"{shown(value)} is not a kind of provider",
                f"{hint} Any compatible server is `kind: openai-compatible` with its `base_url`.".strip(),
            )
        return value

    schema: dict[str, Any] = {"type": "string"}
    return Rule(check, schema | ({"enum": sorted(kinds)} if kinds else {}))


VERSION: Final = Rule(_check_version, {"const": 1})

_TIMEOUT: Final = whole(0, 86_400_000, unit="milliseconds")
_MODELS: Final = listed(
    checked_text(_model_problem, schema={"minLength": 1, "maxLength": MAX_MODEL_CHARS}), example="[gpt-4o]"
)
_URL_SCHEMA: Final = {"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^@?#\\s\\\\]+$"}
_HEADER_SCHEMA: Final = {"pattern": f"^{_HEADER_NAME.pattern}$"}

LIMITS: Final[Mapping[str, Rule]] = {
    "header_kb": whole(1, 1_024, unit="KiB"),
    "header_s": number(0.1, 3_600, unit="seconds"),
    "json_mb": whole(1, 1_024, unit="MiB"),
    "json_s": number(0.1, 3_600, unit="seconds"),
    "upload_mb": whole(1, 65_536, unit="MiB"),
    "upload_pause_s": number(0.1, 3_600, unit="seconds"),
    "idle_s": number(0.1, 86_400, unit="seconds"),
    "connections": whole(1, 1_000_000),
    "drain_s": number(0, 3_600, unit="seconds"),
}

GATEWAY: Final[Mapping[str, Rule]] = {
    "name": checked_text(_name_problem, schema={"maxLength": MAX_NAME_CHARS}),
    "notes": text(),
    "host": checked_text(_host_problem, schema={"minLength": 1}),
    "port": whole(0, 65_535),
    "identity_verification": boolean(),
    "allowed_hosts": listed(
        checked_text(_allowed_host_problem, schema={"pattern": "^[^*/]+$"}), example="[my-laptop.lan]"
    ),
    "allowed_origins": listed(
        checked_text(_origin_problem, schema={"pattern": "^https?://[^/@?#]+$"}),
        example='["http://localhost:3000"]',
    ),
    "default_provider": text(max_chars=MAX_NAME_CHARS),
    "deploy": choice("auto", "manual"),
}
"""Without `limits`, which is a table of its own."""

LOGGING: Final[Mapping[str, Rule]] = {
    "record_request": boolean(),
    "record_response": boolean(),
    "sample": number(0, 1),
    "keep": seconds(),
    "max_mb": whole(1, 1_048_576, unit="MiB"),
}

PROVIDER: Final[Mapping[str, Rule]] = {
    "base_url": checked_text(
        web_address.problem_with,
        schema=_URL_SCHEMA,
        hint="Write it as the vendor's own SDK takes it: https://HOST[:PORT][/PATH].",
    ),
    "keys": listed(Rule(_check_key, {"type": "string", "minLength": 1}), example="[openai-api-key]"),
    "models": _MODELS,
    "headers": mapped(
        header_problem,
        checked_text(_header_value_problem, schema={}),
        what="`headers`",
        key_schema=_HEADER_SCHEMA,
    ),
    "forward_headers": listed(checked_text(header_problem, schema=_HEADER_SCHEMA), example="[x-title]"),
    "proxy": checked_text(
        _proxy_problem,
        schema=_URL_SCHEMA,
        hint="Write http://HOST:PORT; a proxy that wants a password is set by HTTPS_PROXY.",
    ),
    "auth": choice("key", "passthrough", "none"),
    "usage": choice("as-sent", "inject"),
    "connect_timeout_ms": _TIMEOUT,
    "first_packet_timeout_ms": _TIMEOUT,
    "idle_timeout_ms": _TIMEOUT,
    "timeout_ms": _TIMEOUT,
}
"""Without `kind`, whose rule needs the catalogue: see `kind_rule`."""

ROUTE: Final[Mapping[str, Rule]] = {
    "models": _MODELS,
    "description": text(),
    "metadata": choice("required", "optional"),
    "on_loss": choice("allow", "warn", "reject"),
}
"""Without `flow`, which `core.routing.flow` checks."""
