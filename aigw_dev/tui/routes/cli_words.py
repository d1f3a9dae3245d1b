"""The command that does the same as what was just done on the screen, quoted for a POSIX shell."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

_OPTIONS = ("description", "models", "metadata", "on_loss")
"""What `routes add` and `routes edit` take beside the flow, where they take it."""


def add(name: str, tree: Mapping[str, Any]) -> str:
    """`aigw-dev routes add`."""
    return _words("add", name, *_flow(tree), *_description(tree))


def edit_flow(name: str, tree: Mapping[str, Any]) -> str:
    """`aigw-dev routes edit` with the flow as it is now."""
    return _words("edit", name, *_flow(tree))


def edit_settings(name: str, tree: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """`aigw-dev routes edit`: with an option for the description, in the editor for the rest."""
    is_more = any(tree.get(key) != old.get(key) for key in _OPTIONS[1:])
    return _words("edit", name) if is_more else _words("edit", name, *_description(tree, is_always=True))


def rename(name: str, to: str) -> str:
    """`aigw-dev routes rename`."""
    return _words("rename", name, to)


def remove(name: str) -> str:
    """`aigw-dev routes remove`."""
    return _words("remove", name)


def deploy(note: str) -> str:
    """`aigw-dev routes deploy`."""
    return _words("deploy", *(["--note", note] if note else []))


def rollback(number: int) -> str:
    """`aigw-dev routes rollback`."""
    return _words("rollback", str(number))


def rollback_route(number: int, routes: Sequence[str]) -> str:
    """`aigw-dev routes rollback` of some routes alone."""
    return _words("rollback", str(number), *[word for route in routes for word in ("--route", route)])


def explain(name: str, options: Sequence[str]) -> str:
    """`aigw-dev routes explain`."""
    return _words("explain", name, *options)


def _flow(tree: Mapping[str, Any]) -> list[str]:
    flow = tree.get("flow")
    if isinstance(flow, dict) and list(flow) == ["send"]:  # pyright: ignore[reportUnknownArgumentType]  -- JSON
        return ["--send", str(flow["send"])]  # pyright: ignore[reportUnknownArgumentType]  -- JSON
    return ["--flow", json.dumps(flow, ensure_ascii=False, separators=(",", ":"), default=str)]


def _description(tree: Mapping[str, Any], *, is_always: bool = False) -> list[str]:
    said = str(tree.get("description") or "")
    return ["--description", said] if said or is_always else []


def _words(*words: str) -> str:
    return " ".join(["aigw-dev", "routes", *map(shlex.quote, words)])
