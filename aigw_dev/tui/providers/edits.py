"""Forms of providers and what they change in the config: fields out, `AdminClient.set_values` changes in. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aigw_dev.core import web_address
from aigw_dev.core.config_fields import MAX_NAME_CHARS, NAME_PATTERN, RESERVED_NAMES, header_problem
from aigw_dev.core.credentials import parse_reference
from aigw_dev.core.literal_keys import holds_key
from aigw_dev.tui.providers.board import ProviderLine
from aigw_dev.tui.widgets.form import Field
from aigw_dev.tui.widgets.picker import Option

Change = dict[str, Any]
"""`{"path": [...]}` with one of `"value": ...`, `"delete": True`, `"rename": "new"`."""

_TEXTS: Final = ("base_url", "proxy", "auth", "usage")
_LISTS: Final = ("keys", "models", "forward_headers")
_TIMES: Final = ("connect_timeout_ms", "first_packet_timeout_ms", "idle_timeout_ms", "timeout_ms")
_MOST_MS: Final = 86_400_000
_AUTH: Final = (
    Option(value="", label="as its kind does"),
    Option(value="key", detail="send a stored key"),
    Option(value="passthrough", detail="the caller's own credential"),
    Option(value="none", detail="nothing"),
)
_USAGE: Final = (
    Option(value="", label="as sent"),
    Option(value="inject", detail="ask for usage on streams, hide the extra chunk"),
)


def add_fields(kind: Mapping[str, Any], taken: Iterable[str]) -> list[Field]:
    """For a new provider of a kind (a row of `AdminClient.kinds()`)."""
    name, known = str(kind["name"]), set(taken)
    free = (
        name if name not in known else next(f"{name}-{n}" for n in range(2, 99) if f"{name}-{n}" not in known)
    )
    base = str(kind.get("base_url") or "")
    is_needed = not base or any(char.isupper() for char in base.partition("://")[2])
    return [
        Field(name="name", value=free, check=lambda value: name_problem(value, known)),
        Field(
            name="base_url",
            label="base URL",
            value="",
            placeholder=base or "https://HOST/v1",
            check=lambda value: url_problem(value, is_needed=is_needed),
        ),
        Field(
            name="keys",
            label="keys (names)",
            placeholder="empty = the usual name; or env:NAME, file:PATH",
            check=keys_problem,
        ),
    ]


def add_changes(kind: Mapping[str, Any], values: Mapping[str, Any]) -> list[Change]:
    """One new entry under `providers`."""
    name, written = str(values["name"]), dict[str, Any]()
    if str(kind["name"]) != name:
        written["kind"] = str(kind["name"])
    if values.get("base_url"):
        written["base_url"] = values["base_url"]
    if words(values.get("keys") or ""):
        written["keys"] = words(values["keys"])
    return [{"path": ["providers", name], "value": written}]


def edit_fields(line: ProviderLine) -> list[Field]:
    """Every setting, with what the config says now."""
    own = line.written
    headers = "\n".join(f"{name}: {value}" for name, value in (own.get("headers") or {}).items())
    usual = "" if "base_url" in own else line.base_url
    return [
        Field(name="base_url", label="base URL", value=_said(own, "base_url"), placeholder=usual, check=url_problem),
        Field(name="keys", label="keys (names)", value=_joined(own, "keys"), placeholder="name, env:NAME, file:PATH", check=keys_problem),
        Field(name="models", value=_joined(own, "models"), placeholder="empty = what it lists"),
        Field(name="headers", kind="area", rows=2, value=headers, placeholder="name: value", check=headers_problem),
        Field(name="forward_headers", label="forwards", value=_joined(own, "forward_headers"), placeholder="callers' headers that go up", check=_names_problem),
        Field(name="proxy", value=_said(own, "proxy"), placeholder="http://HOST:PORT", check=_proxy_problem),
        Field(name="auth", kind="choice", value=_said(own, "auth"), options=_AUTH),
        Field(name="usage", kind="choice", value=_said(own, "usage").replace("as-sent", ""), options=_USAGE),
        Field(name="connect_timeout_ms", label="connect ms", value=_said(own, "connect_timeout_ms"), placeholder="10000", check=time_problem),
        Field(name="first_packet_timeout_ms", label="first packet ms", value=_said(own, "first_packet_timeout_ms"), placeholder="0 = off", check=time_problem),
        Field(name="idle_timeout_ms", label="idle ms", value=_said(own, "idle_timeout_ms"), placeholder="120000", check=time_problem),
        Field(name="timeout_ms", label="whole call ms", value=_said(own, "timeout_ms"), placeholder="600000", check=time_problem),
    ]  # fmt: skip


def edit_changes(line: ProviderLine, values: Mapping[str, Any]) -> list[Change]:
    """What differs from the config; empty where nothing does."""
    wanted: dict[str, Any] = {name: values.get(name) or None for name in _TEXTS}
    wanted |= {name: words(values.get(name) or "") or None for name in _LISTS}
    wanted |= {name: int(values[name]) if str(values.get(name) or "") else None for name in _TIMES}
    wanted["headers"] = read_headers(values.get("headers") or "") or None
    changes: list[Change] = []
    for name, value in wanted.items():
        old = line.written.get(name)
        if name == "usage" and value is None and old == "as-sent":
            continue
        if _same(old, value):
            continue
        path = ["providers", line.name, name]
        changes.append({"path": path, "delete": True} if value is None else {"path": path, "value": value})
    return changes


def rename_changes(line: ProviderLine, to: str, *, is_default: bool = False) -> list[Change]:
    """Another name for the entry, in its place; the gateway follows it in every route.

    What came from the old name (its kind, its usual key) is written down, so that nothing else changes.
    """
    place = ["providers", line.name]
    changes: list[Change] = []
    if "kind" not in line.written and line.kind and line.kind != to:
        changes.append({"path": [*place, "kind"], "value": line.kind})
    if line.key and "keys" not in line.written and line.key_source in {"keyring", "encrypted"}:
        changes.append({"path": [*place, "keys"], "value": [line.key]})
    changes.append({"path": place, "rename": to})
    if is_default:
        changes.append({"path": ["gateway", "default_provider"], "value": to})
    return changes


def remove_changes(line: ProviderLine) -> list[Change]:
    """Its entry goes."""
    return [{"path": ["providers", line.name], "delete": True}]


def inverse(changes: Iterable[Change], effective: Any) -> list[Change]:
    """What takes `changes` back, from the values before them."""
    back: list[Change] = []
    for change in changes:
        if "rename" in change:
            path = [*change["path"][:-1], change["rename"]]
            back.append({"path": path, "rename": change["path"][-1]})
            continue
        here, is_there = effective, True
        for step in change["path"]:
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                is_there = False
                break
        path = change["path"]
        back.append({"path": path, "value": here} if is_there else {"path": path, "delete": True})
    return back[::-1]


# what may be typed


def name_problem(value: str, taken: Iterable[str]) -> str:
    """Why a provider cannot be called so, or empty."""
    if not re.fullmatch(NAME_PATTERN, value):
        return f"1 to {MAX_NAME_CHARS} letters, digits, _ and -"
    if value in RESERVED_NAMES:
        return f"{value} means something already"
    return "there is one of that name" if value in set(taken) else ""


def url_problem(value: str, *, is_needed: bool = False) -> str:
    """Why this is no base URL, or empty."""
    if not value:
        return "this kind has no address of its own: write one" if is_needed else ""
    return web_address.problem_with(value) or ""


def keys_problem(value: str) -> str:
    """Why these are no key references, or empty; never repeats what was typed."""
    if holds_key(value):
        return "this looks like a key itself: K stores it, only its name stands here"
    for word in words(value):
        reference = parse_reference(word)
        if isinstance(reference, str):
            return reference
    return ""


def headers_problem(value: str) -> str:
    """Why these are no `name: value` lines, or empty."""
    for each in value.splitlines():
        name, colon, said = each.partition(":")
        if each.strip() and not (colon and said.strip()):
            return "one `name: value` per line"
        if each.strip() and (problem := header_problem(name.strip())):
            return f"{name.strip()} {problem}"
    return ""


def time_problem(value: str) -> str:
    """Why this is no number of milliseconds, or empty."""
    if not value or (value.isascii() and value.isdecimal() and int(value) <= _MOST_MS):
        return ""
    return "whole milliseconds; 0 = off, empty = the usual"


def words(value: str) -> list[str]:
    """The entries of a list typed with commas or blanks."""
    return [word for word in re.split(r"[,\s]+", value) if word]


def read_headers(value: str) -> dict[str, str]:
    """The lines of a `headers` field; names in lower case."""
    found: dict[str, str] = {}
    for each in value.splitlines():
        name, _, said = each.partition(":")
        if name.strip():
            found[name.strip().lower()] = said.strip()
    return found


def _names_problem(value: str) -> str:
    return next((f"{word} {problem}" for word in words(value) if (problem := header_problem(word))), "")


def _proxy_problem(value: str) -> str:
    return (web_address.problem_with(value, may_have_path=False) or "") if value else ""


def _said(own: Mapping[str, Any], name: str) -> str:
    return "" if own.get(name) is None else str(own[name])


def _joined(own: Mapping[str, Any], name: str) -> str:
    return ", ".join(own.get(name) or ())


def _same(old: Any, new: Any) -> bool:
    return (list(old) if isinstance(old, tuple) else old) == new or (not old and old != 0 and new is None)
