"""The request of a dry-run as a person types it: `tier=free lang=de header.x-canary=1 stream=true`, or JSON metadata.

A bare `key=value` is metadata, always text, as in the header; `{"tier": "pro"}` is the header itself. Other names are
those that conditions read. A value with blanks, commas or quotes stands in double quotes.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Scalar
from aigw_dev.core.routing.facts import Facts, Unmeasured
from aigw_dev.core.routing.metadata import Asking, parse_metadata
from aigw_dev.core.routing.names import ROOTS

_WORD: Final = re.compile(r'(?:[^\s,;"]|"(?:[^"\\]|\\.)*"?)+')
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLAIN: Final = re.compile(r'[^\s,;"{\\]+')
_SWITCHES: Final = ("stream", "has_tools", "has_images")
_OF_THE_DRAW: Final = ("draw", "conversation")


class Asked(msgspec.Struct, kw_only=True):
    """One request to decide about."""

    metadata: dict[str, Scalar | None] | None = None
    """None where the header would be absent."""
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: dict[str, Any] = {}
    model: str = ""
    consumer: str = "none"
    conversation: str = ""
    draw: float = 0.0
    """What a split draws where no conversation decides, 0 up to 1."""
    switches: dict[str, bool] = {}
    """`stream`, `has_tools`, `has_images`, as far as they were typed."""
    input_chars: int = 0

    def facts(self, route: str) -> Facts:
        """As conditions see it."""
        model = self.model or f"dynamic/{route}"
        is_stream = self.switches.get("stream", False)
        measured = Unmeasured(
            has_tools=self.switches.get("has_tools", False),
            has_images=self.switches.get("has_images", False),
            input_chars=self.input_chars,
        )
        body = {"model": model} | ({"stream": True} if is_stream else {}) | self.body
        return Facts(
            metadata=self.metadata,
            headers=self.headers,
            query=self.query,
            model=model,
            consumer=self.consumer,
            is_stream=is_stream,
            body=msgspec.json.encode(body),
            measure=lambda: measured,
        )


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a refusal names of the route."""

    name: str
    metadata_example: dict[str, Scalar] = {}


def read(text: str, route: Asking) -> Asked | str:
    """The request, or what is wrong with the text: in the gateway's own words where it is the header."""
    asked = Asked()
    rest = text.strip()
    if rest.startswith("{"):
        header, rest = _json_head(rest)
        found = parse_metadata(header, route)
        if isinstance(found, Refusal):
            return found.message
        asked.metadata = found or {}
    for word in _WORD.findall(rest):
        said = _take(asked, word)
        if said:
            return said
    return asked


def _json_head(text: str) -> tuple[str, str]:
    """The object that `text` begins with, and what follows."""
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return text, ""
    return text[:end], text[end:]


def _take(asked: Asked, word: str) -> str:
    """Put one `name=value` in its place; what is wrong with it, or empty."""
    name, equals, raw = word.partition("=")
    root, dot, rest = name.partition(".")
    if not equals:
        return f"{word}: write name=value"
    value = _unquoted(raw)
    if root == "metadata" and dot:
        root, dot, rest = rest, "", ""
        return _take_metadata(asked, root, value)
    if dot and root in {"header", "query", "body"} and rest:
        return _take_part(asked, root, rest, value, is_text=raw.startswith('"'))
    if not dot and (root in ROOTS or root in _OF_THE_DRAW):
        return _take_whole(asked, root, value)
    return _take_metadata(asked, name, value)


def _take_metadata(asked: Asked, key: str, value: str) -> str:
    if not _KEY.fullmatch(key):
        return f"{key or '='} is no metadata key: letters, digits, _ and -"
    found = {} if asked.metadata is None else asked.metadata
    if key in found:
        return f"the key {key} is given twice"
    asked.metadata = found | {key: value}
    return ""


def _take_part(asked: Asked, root: str, rest: str, value: str, *, is_text: bool) -> str:
    if root == "header":
        asked.headers = asked.headers | {rest.lower(): value}
    elif root == "query":
        asked.query = asked.query | {rest: value}
    else:
        asked.body = _with_part(asked.body, rest.split("."), value if is_text else _typed(value))
    return ""


def _take_whole(asked: Asked, name: str, value: str) -> str:
    if name in _SWITCHES:
        if value not in {"true", "false"}:
            return f"{name} is true or false"
        asked.switches = asked.switches | {name: value == "true"}
        return ""
    if name in {"model", "consumer", "conversation"}:
        setattr(asked, name, value)
        return ""
    try:
        number = float(value)
    except ValueError:
        return f"{name} wants a number"
    if name == "input_chars":
        asked.input_chars = int(number)
    elif name == "draw" and 0 <= number < 1:
        asked.draw = number
    else:
        return (
            f"{name} is from 0 up to, not including, 1"
            if name == "draw"
            else f"write {ROOTS[name].form}=value"
        )
    return ""


def _with_part(body: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """`body` with `value` at `path`; a number in the path is a key like any other, but `0` of a list not there yet."""
    first, *rest = path
    if not rest:
        return body | {first: value}
    inner = body.get(first)
    below = _with_part(cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}, rest, value)
    return body | {first: [below["0"]] if set(below) == {"0"} else below}


def _unquoted(raw: str) -> str:
    if not raw.startswith('"'):
        return raw
    try:
        found: object = json.loads(raw if len(raw) > 1 and raw.endswith('"') else f'{raw}"')
    except ValueError:
        return raw.strip('"')
    return str(found)


def _typed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


# from a logged request


def words_of(exchange: Mapping[str, Any], reads: Iterable[str]) -> str:
    """What a logged exchange would be typed as, as far as it was recorded: the names in `reads`, and how splits drew.

    Values that conditions found come from the recorded decision; the rest from recorded headers and body.
    """
    decision = cast("Mapping[str, Any]", exchange.get("decision") or {})
    found: dict[str, str] = {}
    draws: list[str] = []
    for step in cast("list[Mapping[str, Any]]", decision.get("trace") or []):
        for seen in cast("list[Mapping[str, Any]]", step.get("observations") or []):
            if seen.get("state", "value") in {"value", "json"} and seen.get("actual") is not None:
                found.setdefault(str(seen["name"]), _said(seen["actual"]))
        if step.get("type") == "split" and step.get("sticky") == "request":
            draws.append(f"draw={step['draw']:.4g}")
    recorded = _recorded(exchange)
    for name in reads:
        if name not in found and name in recorded:
            found[name] = recorded[name]
    words = [
        f"{name.removeprefix('metadata.')}={_quoted(value)}"
        for name, value in found.items()
        if _is_worth(name)
    ]
    had_header = any(name.startswith("metadata.") for name in found)
    is_decided = bool(decision) and any(name.startswith("metadata.") for name in reads)
    head = ["{}"] if is_decided and not had_header else []
    return " ".join([*head, *words, *draws[:1]])


def _is_worth(name: str) -> bool:
    """A key that is spelled like a root keeps its prefix, which `removeprefix` would lose; leave such a one out."""
    return not (name.startswith("metadata.") and name.removeprefix("metadata.") in {*ROOTS, *_OF_THE_DRAW})


def _recorded(exchange: Mapping[str, Any]) -> dict[str, str]:
    """Names with their values from headers and body."""
    found: dict[str, str] = {}
    for pair in cast("list[list[str]]", exchange.get("request_headers") or []):
        key, value = str(pair[0]).lower(), str(pair[1])
        found[f"header.{key}"] = value
        if key == "x-ai-route-metadata":
            read_back = parse_metadata(value, Shape(name=str(exchange.get("route") or "")))
            if isinstance(read_back, dict):
                found |= {
                    f"metadata.{name}": _said(one) for name, one in read_back.items() if one is not None
                }
    found["stream"] = _said(bool(exchange.get("is_stream")))
    found["model"] = str(exchange.get("original_model") or "")
    found["consumer"] = str(exchange.get("consumer") or "none")
    body = _typed(str(exchange.get("request_body") or "{}"))
    if isinstance(body, dict):
        tree = cast("dict[str, Any]", body)
        found |= {f"body.{key}": _said(value) for key, value in _flat(tree)}
        found |= {"has_tools": _said(bool(tree.get("tools") or tree.get("functions")))}
        found |= {"input_chars": str(_chars(tree.get("messages") or tree.get("input") or tree.get("prompt")))}
    return found


def _flat(tree: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and depth < 4:
            yield from _flat(cast("dict[str, Any]", value), f"{prefix}{key}.", depth + 1)
        elif isinstance(value, str | int | float):
            yield f"{prefix}{key}", value


def _chars(value: Any) -> int:
    """Characters of text in what the model reads."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(_chars(item) for item in cast("list[Any]", value))
    if isinstance(value, dict):
        tree = cast("dict[str, Any]", value)
        return _chars(tree.get("content")) + (_chars(tree.get("text")) if "text" in tree else 0)
    return 0


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


# for the command line


def as_options(asked: Asked) -> list[str]:
    """The options of `aigw-dev routes explain` for the same request, unquoted."""
    words: list[str] = []
    if asked.metadata is not None:
        words += ["--metadata", json.dumps(asked.metadata, ensure_ascii=False, separators=(",", ":"))]
    for name, value in asked.headers.items():
        words += ["--header", f"{name}={value}"]
    body = asked.body | ({"stream": True} if asked.switches.get("stream") else {})
    body |= {"model": asked.model} if asked.model else {}
    if body:
        words += ["--body", json.dumps(body, ensure_ascii=False, separators=(",", ":"))]
    if asked.consumer != "none":
        words += ["--consumer", asked.consumer]
    if asked.conversation:
        words += ["--conversation", asked.conversation]
    if asked.draw:
        words += ["--draw", f"{asked.draw:g}"]
    return words
