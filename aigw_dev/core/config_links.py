"""What the names in a config refer to: providers that targets and defaults name, keys, model names that routes claim."""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from aigw_dev.core.config import Route
from aigw_dev.core.config_values import Path, Report, did_you_mean, shown
from aigw_dev.core.routing.claims import claims_problems

_BUILT_IN: Final = "mock"
_NOT_CHECKED: Final = (_BUILT_IN, "dynamic", "auto")
"""First parts of a target that need no configured provider here: `mock` is there, the others the flow's check refuses."""

Tree = Mapping[str, object]


def check_links(plain: Tree, report: Report) -> None:
    """Report every name that refers to nothing, and every model name that two routes claim.

    `plain` is the checked tree; what is no mapping or list in it was reported before and is passed over.
    """
    providers, routes = _section(plain, "providers"), _section(plain, "routes")
    default = _section(plain, "gateway").get("default_provider")
    known = (*providers, _BUILT_IN)
    if isinstance(default, str) and default not in known:
        hint = did_you_mean(default, known, what="provider")
        report.error(("gateway", "default_provider"), f"{shown(default)} is not a configured provider", hint)
    for name in routes:
        for path, leaf in leaves(_section(routes, name).get("flow"), ("routes", name, "flow")):
            _check_leaf(leaf, path, report, providers=providers)
    claims = {name: Route(flow=None, models=_claims(routes, name)) for name in routes}
    for problem in claims_problems(claims, providers=tuple(providers)):
        report.add(problem)


def leaves(tree: object, path: Path) -> Iterator[tuple[Path, Tree]]:
    """Every mapping with a `send` in a flow, with its path; a fallback that is a text comes as `{send: TEXT}`.

    Works on any tree, also on one that is no proper flow: whatever holds a `send` counts.
    """
    if isinstance(tree, Mapping):
        node = cast("Tree", tree)
        if "send" in node:
            yield path, node
        for key, value in node.items():
            if key != "params":
                yield from leaves(value, (*path, key))
    elif isinstance(tree, list):
        in_fallback = path[-1:] == ("fallback",)
        for position, value in enumerate(cast("list[object]", tree)):
            at = (*path, position)
            if in_fallback and isinstance(value, str):
                yield at, {"send": value}
            else:
                yield from leaves(value, at)


def _check_leaf(leaf: Tree, path: Path, report: Report, *, providers: Tree) -> None:
    target = leaf["send"]
    if not isinstance(target, str) or "/" not in target:
        return  # the flow's own check says so
    provider = target.partition("/")[0]
    if provider in _NOT_CHECKED:
        return
    if provider not in providers:
        near = did_you_mean(provider, (*providers, _BUILT_IN), what="provider")
        message = f"{shown(target)} names the provider {shown(provider)}, which is not configured"
        report.error((*path, "send"), message, f"{near} Or add `{provider}: {{}}` under providers.")
        return
    key, keys = leaf.get("key"), _section(providers, provider).get("keys")
    if isinstance(key, str) and isinstance(keys, list) and key not in cast("list[object]", keys):
        names = tuple(name for name in cast("list[object]", keys) if isinstance(name, str))
        hint = f"{did_you_mean(key, names, what='key')} Or add it to providers.{provider}.keys."
        report.error((*path, "key"), f"{shown(key)} is not among the keys of `{provider}`", hint)


def _claims(routes: Tree, route: str) -> tuple[str, ...]:
    claimed = _section(routes, route).get("models")
    listed = cast("list[object]", claimed) if isinstance(claimed, list) else []
    names = tuple(name for name in listed if isinstance(name, str))
    return (
        names if len(names) == len(listed) else ()
    )  # positions would be wrong; the list has a problem already


def _section(tree: Tree, key: str) -> Tree:
    value = tree.get(key)
    return cast("Tree", value) if isinstance(value, Mapping) else {}
