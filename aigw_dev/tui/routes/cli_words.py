"""The command that does the same as what was just done on the screen, quoted for a POSIX shell."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

_OPTIONS: Final = ("description", "models", "metadata", "on_loss")
"""The settings of a route; only the first has an option of its own."""
_DRAFT: Final = "--draft"
"""What is done here is in the draft; without it the commands change what is live."""


def add(name: str, tree: Mapping[str, Any]) -> str:
    """`aigw-dev routes add`."""
    return _words("add", name, *_flow(tree), *_description(tree), _DRAFT)


def edit_flow(name: str, tree: Mapping[str, Any]) -> str:
    """`aigw-dev routes edit` with the flow as it is now."""
    return _words("edit", name, *_flow(tree), _DRAFT)


def edit_settings(name: str, tree: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """`aigw-dev routes edit`: with an option for the description, with the whole route for the rest."""
    is_more = any(tree.get(key) != old.get(key) for key in _OPTIONS[1:])
    words = ["--flow", _json(tree)] if is_more else _description(tree, is_always=True)
    return _words("edit", name, *words, _DRAFT)


def rename(name: str, to: str) -> str:
    """`aigw-dev routes rename`."""
    return _words("rename", name, to, _DRAFT)


def remove(name: str) -> str:
    """`aigw-dev routes remove`."""
    return _words("remove", name, _DRAFT)


def deploy(note: str, routes: Sequence[str] | None = None) -> str:
    """`aigw-dev routes deploy`, of `routes` only those of the draft."""
    named = [word for route in routes or () for word in ("--route", route)]
    return _words("deploy", *named, *(["--note", note] if note else []))


def rollback(number: int, routes: Sequence[str] | None = None) -> str:
    """`aigw-dev routes rollback`, of the whole config or route by route."""
    if routes is None:
        return _words("rollback", str(number))
    return " && ".join(_words("rollback", str(number), "--route", route) for route in routes)


def explain(name: str, options: Sequence[str], *, is_draft: bool = False) -> str:
    """`aigw-dev routes explain`, of what the draft has where the route differs from what is live."""
    return _words("explain", name, *options, *([_DRAFT] if is_draft else []))


def _flow(tree: Mapping[str, Any]) -> list[str]:
    flow = tree.get("flow")
    if isinstance(flow, dict) and list(flow) == ["send"]:  # pyright: ignore[reportUnknownArgumentType]  -- JSON
        return ["--send", str(flow["send"])]  # pyright: ignore[reportUnknownArgumentType]  -- JSON
    return ["--flow", _json(flow)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _description(tree: Mapping[str, Any], *, is_always: bool = False) -> list[str]:
    said = str(tree.get("description") or "")
    return ["--description", said] if said or is_always else []


def _words(*words: str) -> str:
    return " ".join(["aigw-dev", "routes", *map(shlex.quote, words)])
