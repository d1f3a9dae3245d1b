"""Where routes name providers and keys: found in the flows as the admin API gives them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from aigw_dev.core.config_links import leaves

Path = tuple[Any, ...]


class Use(Struct, frozen=True, kw_only=True):
    """One target of one route."""

    route: str
    path: Path
    """Of the target's text in the config: `("routes", "r", "flow", "then", "send")`."""
    provider: str
    model: str
    key: str = ""
    """The named key; empty = whichever is in force."""


def uses_in(routes: Iterable[Mapping[str, Any]]) -> list[Use]:
    """Every target of `AdminClient.routes()`, in the order written."""
    return [use for row in routes for use in _uses(str(row.get("name") or ""), row.get("flow"))]


def routes_of(uses: Iterable[Use], provider: str, *, key: str | None = None) -> tuple[str, ...]:
    """Routes that send to `provider`, each once; with `key` only where they name that key."""
    return tuple(
        dict.fromkeys(
            use.route for use in uses if use.provider == provider and (key is None or use.key == key)
        )
    )


def _uses(route: str, flow: object) -> Iterator[Use]:
    for path, leaf in leaves(flow, ("routes", route, "flow")):
        target, key = leaf.get("send"), leaf.get("key")
        if not isinstance(target, str) or "/" not in target:
            continue
        provider, _, model = target.partition("/")
        is_short = path[-2:-1] == ("fallback",) and set(leaf) == {"send"}
        yield Use(
            route=route,
            path=path if is_short and _is_text(flow, path[3:]) else (*path, "send"),
            provider=provider,
            model=model,
            key=key if isinstance(key, str) else "",
        )


def _is_text(flow: Any, path: Path) -> bool:
    """Whether the flow has a text at `path`: a fallback may be one."""
    here = flow
    for step in path:
        here = here[step]
    return isinstance(here, str)
