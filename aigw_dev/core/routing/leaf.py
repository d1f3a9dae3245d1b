"""One `send` of a flow, checked: the target, how to call it, and what to fall back to."""

import math
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from aigw_dev.core.problem import Problem
from aigw_dev.core.routing.cells import ticked
from aigw_dev.core.routing.names import nearest
from aigw_dev.core.routing.trace import Retry, Target
from aigw_dev.core.routing.yaml_tree import as_list, as_mapping, is_encodable, is_sendable, yaml_kind

Path = tuple[str | int, ...]
Providers = Mapping[str, Collection[str] | None]
"""The configured providers and the keys each lists; None = its keys are not listed."""

MOCK: Final = "mock"
"""The embedded provider: always there, takes no key."""
RESERVED: Final = frozenset({"dynamic", "auto"})
"""First parts of a model name that are no provider."""
MAX_FALLBACKS: Final = 16
"""The longest list of fallbacks."""
MAX_RETRIES: Final = 10
"""The most retries of one target."""
_DAY_MS: Final = 86_400_000
_PARAMS_DEPTH: Final = 32
_LEAST_INTEGER: Final = -(1 << 63)
_MOST_INTEGER: Final = (1 << 64) - 1
TIMEOUTS: Final = ("connect_timeout_ms", "first_packet_timeout_ms", "idle_timeout_ms", "timeout_ms")
LEAF_KEYS: Final = ("send", "key", "params", "retry", "fallback", "fallback_on", *TIMEOUTS)
"""What a leaf takes; an entry of `fallback` takes the same but `fallback`."""


class Report(msgspec.Struct):
    """Collects problems while a tree is read."""

    providers: Providers | None
    """None = not known, so not checked."""
    problems: list[Problem]

    def add(self, path: Path, message: str, hint: str = "") -> None:
        """One more thing wrong, at `path`."""
        self.problems.append(Problem(path=path, message=message, hint=hint))


def node_id(path: Path) -> str:
    """A place in the config as the id of a node: `flow.else.split.1`."""
    return ".".join(map(str, path[path.index("flow") :] if "flow" in path else path))


def read_leaf(tree: Mapping[Any, Any], path: Path, report: Report) -> tuple[Target, ...]:
    """The leaf's target and its fallbacks in order; what is wrong goes to `report`, and what is left out with it."""
    first = _target(tree, path, report, inherited=())
    inherited = first.fallback_on if first else ()
    others = (
        _fallback(entry, (*path, "fallback", position), report, inherited)
        for position, entry in enumerate(_fallback_entries(tree, (*path, "fallback"), report))
    )
    return tuple(target for target in (first, *others) if target is not None)


def check_keys(tree: Mapping[Any, Any], path: Path, known: tuple[str, ...], report: Report) -> None:
    """Every key of `tree` is one of `known`."""
    for key in tree:
        if key in known:
            continue
        if not isinstance(key, str):
            report.add(path, f"a key is a text, not {yaml_kind(key)}", f"known here: {', '.join(known)}")
            continue
        meant = nearest(key, known)
        hint = f"did you mean `{meant}`?" if meant else f"known here: {', '.join(known)}"
        report.add((*path, key), f"{ticked(key)} is not known here", hint)


def _fallback_entries(tree: Mapping[Any, Any], path: Path, report: Report) -> list[Any]:
    if "fallback" not in tree:
        return []
    entries = as_list(tree["fallback"])
    if entries is None:
        report.add(
            path,
            f"`fallback` wants a list, not {yaml_kind(tree['fallback'])}",
            "fallback: [deepseek/deepseek-chat]",
        )
        return []
    if len(entries) > MAX_FALLBACKS:
        report.add(path, f"{len(entries)} fallbacks are too many", f"at most {MAX_FALLBACKS}")
        return []
    return entries


def _fallback(entry: Any, path: Path, report: Report, inherited: tuple[int | str, ...]) -> Target | None:
    tree = as_mapping({"send": entry} if isinstance(entry, str) else entry)
    if tree is None:
        message = f"a fallback is a provider/model or a mapping with `send`, not {yaml_kind(entry)}"
        report.add(path, message, "for example: deepseek/deepseek-chat")
        return None
    if "fallback" in tree:
        report.add(
            (*path, "fallback"),
            "a fallback has no fallback of its own",
            "the next entry of the list is tried",
        )
    check_keys(tree, path, LEAF_KEYS, report)
    if "send" not in tree:
        report.add(path, "this fallback does not say where to send", "add `send: provider/model`")
        return None
    return _target(tree, path, report, inherited=inherited)


def _target(
    tree: Mapping[Any, Any], path: Path, report: Report, *, inherited: tuple[int | str, ...]
) -> Target | None:
    place = _read_send(tree["send"], (*path, "send"), report)
    if place is None:
        return None
    provider, model = place
    timeouts = {name: _milliseconds(tree, name, path, report) for name in TIMEOUTS}
    return Target(
        provider=provider,
        model=model,
        key=_key(tree.get("key"), provider, (*path, "key"), report),
        params=_params(tree.get("params"), (*path, "params"), report),
        node=node_id(path),
        retry=_retry(tree.get("retry"), (*path, "retry"), report),
        fallback_on=_fallback_on(tree["fallback_on"], (*path, "fallback_on"), report)
        if "fallback_on" in tree
        else inherited,
        **timeouts,
    )


def _read_send(send: Any, path: Path, report: Report) -> tuple[str, str] | None:
    if not isinstance(send, str):
        report.add(
            path,
            f"`send` wants provider/model, not {yaml_kind(send)}",
            "for example: send: openai/gpt-4o-mini",
        )
        return None
    if not is_sendable(send):
        report.add(
            path, f"{ticked(send)} holds a character that no name has", "no controls and no half characters"
        )
        return None
    provider, slash, model = send.partition("/")
    if provider in RESERVED:
        hint = "send to a provider/model; a branch of another route is written out here"
        report.add(path, f"{ticked(send)} is not a provider's model: `{provider}` is reserved", hint)
        return None
    if not slash or not provider or not model:
        report.add(
            path,
            f"{ticked(send)} is not provider/model",
            _provider_hint(send, report) or "for example: send: openai/gpt-4o-mini",
        )
        return None
    if report.providers is not None and provider != MOCK and provider not in report.providers:
        hint = _provider_hint(provider, report) or f"add {ticked(provider)} to `providers`"
        report.add(path, f"{ticked(send)}: there is no provider {ticked(provider)}", hint)
        return None
    return provider, model


def _provider_hint(word: str, report: Report) -> str:
    known = [MOCK, *(report.providers or ())]
    if word in known:
        return f"name the model too: {word}/MODEL"
    like = nearest(word, known)
    return f"did you mean `{like}`?" if like else ""


def _key(key: Any, provider: str, path: Path, report: Report) -> str | None:
    if key is None:
        return None
    if not isinstance(key, str) or not key:
        report.add(
            path,
            f"`key` wants the name of a key, not {yaml_kind(key)}",
            f"one of the provider's `keys`, such as {provider}-api-key",
        )
        return None
    listed = (report.providers or {}).get(provider)
    if listed is not None and key not in listed:
        like = nearest(key, listed)
        hint = f"did you mean `{like}`? or add" if like else "add"
        report.add(
            path,
            f"provider `{provider}` lists no key {ticked(key)}",
            f"{hint} it to providers.{provider}.keys",
        )
    return key


def _params(params: Any, path: Path, report: Report) -> dict[str, Any]:
    if params is None:
        return {}
    tree = as_mapping(params)
    if tree is None:
        report.add(
            path,
            f"`params` wants a mapping, not {yaml_kind(params)}",
            "for example: params: {temperature: 0}",
        )
        return {}
    known: dict[str, Any] = {}
    for key, value in tree.items():
        if not isinstance(key, str):
            report.add(path, "the name of a parameter is a text", "quote it")
        elif key in _NOT_PARAMS:
            report.add((*path, key), f"`params` cannot set {ticked(key)}", _NOT_PARAMS[key])
        elif not _is_json(value, _PARAMS_DEPTH):
            hint = "use texts, finite numbers, booleans, null, lists and mappings"
            report.add((*path, key), f"the value of {ticked(key)} has no JSON form", hint)
        else:
            known[key] = value
    return known


_NOT_PARAMS: Final = {"model": "`send` names the model", "stream": "whether to stream is the caller's choice"}


def _is_json(value: Any, depth: int) -> bool:
    if isinstance(value, int):
        return _LEAST_INTEGER <= value <= _MOST_INTEGER
    if value is None or isinstance(value, str):
        return value is None or is_encodable(value)
    if isinstance(value, float):
        return math.isfinite(value)
    items, tree = as_list(value), as_mapping(value)
    if not depth or (items is None and tree is None):
        return False
    if tree is not None:
        return all(
            isinstance(key, str) and is_encodable(key) and _is_json(item, depth - 1)
            for key, item in tree.items()
        )
    return all(_is_json(item, depth - 1) for item in items or ())


def _milliseconds(tree: Mapping[Any, Any], name: str, path: Path, report: Report) -> int | None:
    value = tree.get(name)
    if value is None:
        return None
    return _whole(
        value, (*path, name), report, most=_DAY_MS, words="whole milliseconds from 0 (off) to a day"
    )


def _whole(value: Any, path: Path, report: Report, *, most: int, words: str) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    report.add(path, f"`{path[-1]}` wants {words}, not {_number_shown(value)}", "for example: 2000")
    return None


def _number_shown(value: Any) -> str:
    is_short = isinstance(value, float) or (isinstance(value, int) and abs(value) < 1 << 64)
    return str(value) if is_short and not isinstance(value, bool) else yaml_kind(value)


def _retry(retry: Any, path: Path, report: Report) -> Retry | None:
    if retry is None:
        return None
    tree = as_mapping(retry)
    if tree is None:
        hint = "retry: {attempts: 2, backoff_ms: 500, max_wait_ms: 10000}"
        report.add(path, f"`retry` wants a mapping, not {yaml_kind(retry)}", hint)
        return None
    check_keys(tree, path, ("attempts", "backoff_ms", "max_wait_ms"), report)
    if "attempts" not in tree:
        report.add(path, "`retry` does not say how often", "add `attempts: 2`")
        return None
    attempts = _whole(
        tree["attempts"],
        (*path, "attempts"),
        report,
        most=MAX_RETRIES,
        words=f"a whole number from 0 to {MAX_RETRIES}",
    )
    waits = {
        name: read
        for name in ("backoff_ms", "max_wait_ms")
        if (read := _milliseconds(tree, name, path, report)) is not None
    }
    return None if attempts is None else Retry(attempts=attempts, **waits)


def _fallback_on(statuses: Any, path: Path, report: Report) -> tuple[int | str, ...]:
    hint = "for example: fallback_on: [404, 4xx]"
    items = as_list(statuses)
    if items is None:
        report.add(path, f"`fallback_on` wants a list of statuses, not {yaml_kind(statuses)}", hint)
        return ()
    known: list[int | str] = []
    for position, status in enumerate(items):
        if _is_status(status):
            known.append(status)
        else:
            shown = ticked(status) if isinstance(status, str) else _number_shown(status)
            report.add((*path, position), f"{shown} is no error status", "400 to 599, 4xx or 5xx")
    return tuple(known)


def _is_status(status: Any) -> bool:
    if isinstance(status, int):
        return 400 <= status <= 599  # noqa: PLR2004 - HTTP
    return isinstance(status, str) and status in {"4xx", "5xx"}
