"""Which deployment a route comes from: the history of whole configs, read route by route.

Every deployment is parsed once and only what it changed is kept. Blocking; any thread may call, one at a time is served.
"""

import threading
from typing import Any, Final

import msgspec

from aigw_dev.config_file.edit import is_same
from aigw_dev.config_file.route_edits import route_trees
from aigw_dev.core.errors import StoreError
from aigw_dev.store.state import Deployment, StateStore

MOST: Final = 300
"""Deployments looked back; what did not change in them counts as of the oldest."""
_PAGE: Final = 50


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment that changed a route."""

    number: int
    at: float
    actor: str
    note: str
    tree: Any
    """What stands below the route's name; None where the deployment took the route out."""


class Versions:
    """The versions of every route of one gateway."""

    def __init__(self, state: StateStore) -> None:
        """Reads nothing yet."""
        self._state: Final = state
        self._lock: Final = threading.Lock()
        self._versions: dict[str, list[Version]] = {}
        self._trees: dict[str, Any] = {}
        self._digest = ""
        self._newest = 0

    def history(self, name: str) -> list[Version]:
        """The deployments that changed this route, newest first. Raises `StoreError`."""
        with self._lock:
            self._catch_up()
            return self._versions.get(name, [])[::-1]

    def latest(self) -> dict[str, Version]:
        """Of every route that there is or was, the deployment that changed it last; empty where nobody can say."""
        with self._lock:
            try:
                self._catch_up()
            except StoreError:
                return {}
            return {name: versions[-1] for name, versions in self._versions.items()}

    def _catch_up(self) -> None:
        for row in reversed(self._new()):
            self._newest = row.id
            if row.digest == self._digest:
                continue
            self._digest = row.digest
            trees = route_trees(row.text)
            for name in {**self._trees, **trees}:
                tree = trees.get(name)
                if name not in self._trees or name not in trees or not is_same(self._trees[name], tree):
                    version = Version(number=row.id, at=row.at, actor=row.actor, note=row.note, tree=tree)
                    self._versions.setdefault(name, []).append(version)
            self._trees = trees

    def _new(self) -> list[Deployment]:
        """What was deployed since the last look, newest first."""
        found: list[Deployment] = []
        before: int | None = None
        while len(found) < MOST:
            rows = self._state.deployments(limit=_PAGE, before=before)
            if before is None and (
                not rows or rows[0].id < self._newest
            ):  # another file: it was damaged, or moved
                self._versions, self._trees, self._digest, self._newest = {}, {}, "", 0
            new = [row for row in rows if row.id > self._newest]
            found += new
            if len(new) < _PAGE:
                break
            before = rows[-1].id
        return found
