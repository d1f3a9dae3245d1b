"""Model names that routes claim: exact ones, and patterns with `*` (any text) and `?` (any one character)."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from aigw_dev.core.config import Route
from aigw_dev.core.problem import Problem

MAX_PATTERNS: Final = 128
"""The most patterns of all routes together."""
MAX_CHARS: Final = 128
"""The longest claim."""
_EMBEDDED: Final = frozenset({"mock", "dynamic", "auto"})
"""First parts of a name that are answered before any claim."""


class Claims(msgspec.Struct, frozen=True):
    """Who claims which name."""

    exact: dict[str, str]
    """Route by name."""
    patterns: tuple[tuple[str, str], ...]
    """Pairs of pattern and route."""

    def route_of(self, name: str) -> str | None:
        """The route that claims `name`: an exact claim before a pattern."""
        if name in self.exact:
            return self.exact[name]
        return next((route for pattern, route in self.patterns if matches(pattern, name)), None)


def read_claims(routes: Mapping[str, Route]) -> Claims:
    """The claims of checked routes (`claims_problems` found no error)."""
    claims = [(claim, name) for name, route in routes.items() for claim in route.models]
    exact = {claim: name for claim, name in claims if not is_pattern(claim)}
    return Claims(exact, tuple(pair for pair in claims if is_pattern(pair[0])))


def claims_problems(routes: Mapping[str, Route], *, providers: Collection[str] = ()) -> list[Problem]:
    """What is wrong with the routes' `models`: ties between routes, and names that never reach a route.

    Two patterns tie where any name fits both; an exact claim never ties with a pattern, it wins.
    """
    placed = [
        (claim, name, ("routes", name, "models", position))
        for name, route in routes.items()
        for position, claim in enumerate(route.models)
    ]
    problems = [
        found for claim, _, path in placed if (found := _problem_of(claim, path, providers)) is not None
    ]
    patterns = [entry for entry in placed if is_pattern(entry[0])]
    if len(patterns) > MAX_PATTERNS:
        message = f"the routes claim {len(patterns)} patterns, at most {MAX_PATTERNS} are taken"
        return [*problems, Problem(path=patterns[MAX_PATTERNS][2], message=message, hint="claim exact names")]
    return [*problems, *_exact_ties(placed), *_pattern_ties(patterns)]


def is_pattern(claim: str) -> bool:
    """Whether a claim holds `*` or `?`."""
    return "*" in claim or "?" in claim


def matches(pattern: str, name: str) -> bool:
    """Whether the whole `name` fits; in time of at most length times length."""
    at, place = 0, 0
    star, star_place = -1, 0
    while place < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, star_place = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", name[place]}:
            at += 1
            place += 1
        elif star >= 0:  # let the last star take one character more
            star_place += 1
            at, place = star + 1, star_place
        else:
            return False
    return not pattern[at:].strip("*")


def overlap(one: str, other: str) -> bool:
    """Whether any name fits both patterns.

    Walks `one` with the set of places in `other` that the name so far can have reached, as bits.
    """
    stars = sum(1 << place for place, char in enumerate(other) if char == "*")
    every = (1 << (len(other) + 1)) - 1
    reached = _over_stars(1, stars)
    for char in one:
        if char == "*":
            reached = every & ~((reached & -reached) - 1)
        else:
            fits = sum(1 << place for place, found in enumerate(other) if char == "?" or found in {"?", char})
            reached = _over_stars(((reached & fits & ~stars) << 1) | (reached & stars), stars)
        if not reached:
            return False
    return bool(reached >> len(other))


def _over_stars(reached: int, stars: int) -> int:
    """The places reached when stars may take nothing."""
    while (further := reached | ((reached & stars) << 1)) != reached:
        reached = further
    return reached


_Placed = tuple[str, str, tuple[str | int, ...]]


def _problem_of(claim: str, path: tuple[str | int, ...], providers: Collection[str]) -> Problem | None:
    first, slash, _ = claim.partition("/")
    if not claim.strip():
        return Problem(path=path, message="a claimed model name is empty", hint="remove it")
    if len(claim) > MAX_CHARS:
        return Problem(
            path=path,
            message=f"a claimed model name has {len(claim):,} characters",
            hint=f"at most {MAX_CHARS}",
        )
    if claim in _EMBEDDED or (slash and first in _EMBEDDED):
        return Problem(
            path=path,
            message=f"`{claim}` cannot be claimed: `{first}` is reserved",
            hint="claim another name",
        )
    if slash and first in providers:
        message = f"`{claim}` is never claimed: `{first}` is a provider, and provider/model goes to it"
        return Problem(
            path=path, message=message, hint="claim a name without the provider", severity="warning"
        )
    return None


def _exact_ties(placed: list[_Placed]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for claim, route, path in placed:
        owner = owners.setdefault(claim, route)
        if owner != route and not is_pattern(claim):
            message = f"`{claim}` is claimed by the routes {owner} and {route}"
            yield Problem(path=path, message=message, hint="leave it to one of them")


def _pattern_ties(patterns: list[_Placed]) -> Iterator[Problem]:
    for position, (claim, route, path) in enumerate(patterns):
        for other, other_route, _ in patterns[:position]:
            if other_route != route and overlap(other, claim):
                message = (
                    f"`{claim}` of route {route} and `{other}` of route {other_route} can claim the same name"
                )
                yield Problem(
                    path=path, message=message, hint="make one of them narrower, or claim exact names"
                )
