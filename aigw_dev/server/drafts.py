"""The draft: a config that requests never see, edited route by route until it is deployed.

It remembers the text it was begun from. A file that changes meanwhile is no loss: the draft's edits are brought onto it
whenever somebody looks, edits or deploys; only where both changed the same thing is there a conflict, which names it.
A draft may be wrong (an editor saves every step); deploying it may not. Everything that blocks runs in threads.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, Final, Protocol

import msgspec

from aigw_dev.config_file import route_edits, three_way
from aigw_dev.config_file.diff import describe_diff
from aigw_dev.config_file.edit import is_same
from aigw_dev.config_file.read import digest_of
from aigw_dev.config_file.value_edits import value_at
from aigw_dev.config_file.yaml_tree import MAX_BYTES, TOO_LARGE, Path
from aigw_dev.core.errors import ConfigError
from aigw_dev.core.problem import Problem
from aigw_dev.server import reports
from aigw_dev.server.sources import ConfigSource, Reading
from aigw_dev.store.state import Draft, StateStore

DRAFT: Final = "config"
"""The name of the one draft: a whole config."""
BASE: Final = "config.base"
"""Beside it, the text it was begun from."""

Write = Callable[..., Awaitable[list[Problem]]]
"""Puts a text in the file's place and in force: `write(text, expected_digest=, note=, actor=)`."""


class Drafted(Protocol):
    """The gateway, as far as this room knows it."""

    source: ConfigSource
    state: StateStore
    live: Reading


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A draft with what it was begun from."""

    text: str
    base: str | None
    """None where nobody knows that text any more."""
    base_digest: str
    at: float


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """The file as it is now, to edit: without one, the text that the first save begins with."""

    text: str
    digest: str


class Drafts:
    """The one draft of a gateway. Event loop only; changes one at a time, under the lock of all changes."""

    def __init__(self, gateway: Drafted, *, write: Write, lock: asyncio.Lock) -> None:
        """`write` is called with the lock held."""
        self._gateway: Final = gateway
        self._write: Final = write
        self._lock: Final = lock

    async def shown(self) -> dict[str, Any] | None:
        """The draft on the file as it is now, route by route, with its difference and its problems; None without one."""
        return await asyncio.to_thread(self._shown)

    async def put(self, text: str, *, base_digest: str) -> dict[str, Any]:
        """Keep a whole text that was made from the file with this digest. One that no config can be is refused."""
        if len(text) > MAX_BYTES:
            raise ConfigError(TOO_LARGE, code="config_invalid", hint="nothing was written or changed")
        async with self._lock:
            return await asyncio.to_thread(self._put, text, base_digest)

    async def drop(self) -> None:
        """Throw the draft away."""
        async with self._lock:
            await asyncio.to_thread(self._forget)

    async def edit(
        self, change: Callable[[str], str], *, digest: str, touched: Collection[str]
    ) -> dict[str, Any]:
        """Apply an edit of the routes `touched` to the draft, begun from the file where there is none.

        `digest` is that of the file the edit was made from. One that is not the draft's and not the file's is refused
        (`config_changed`) where these routes changed since. An edit made from the file as it is now wins over it.
        """
        async with self._lock:
            return await asyncio.to_thread(self._edit, change, digest, touched)

    async def revert(self, name: str) -> dict[str, Any]:
        """Take this route out of the draft: it is as in the file again."""
        async with self._lock:
            return await asyncio.to_thread(self._revert, name)

    async def follow(
        self, change: Callable[[str], str] = str, *, we_win: Collection[Path] | None = ()
    ) -> None:
        """After a write of ours to the file: make the same edit in the draft, if there is one, and go on from there.

        Of the units in `we_win` (None = all) the draft's own edits stay, whatever was written: a rollback leaves the
        draft alone. Call with the lock held.
        """
        await asyncio.to_thread(self._follow, change, we_win)

    async def deploy(
        self, *, note: str, actor: str, routes: Collection[str] | None = None
    ) -> list[Problem] | None:
        """Write the draft into the file and put it in force; of `routes` only those, and the rest stays a draft.

        None where there is no draft, or none that differs from the file. Raises `ConfigError`: `config_conflict` with
        the differences in `detail`, `config_invalid`. Call with the lock held.
        """
        ready = await asyncio.to_thread(self._ready, routes)
        if ready is None:
            return None
        text, whole, digest = ready
        problems = await self._write(text, expected_digest=digest, note=note, actor=actor)
        await asyncio.to_thread(self._after_deploy, text, whole)
        return problems

    # -- below: blocking, in threads

    def here(self) -> Here:
        """The file as it is now. Blocking."""
        gateway = self._gateway
        reading = gateway.source.read()
        if reading.digest:
            return Here(text=reading.text, digest=reading.digest)
        return Here(text=gateway.live.text or gateway.source.first_text(), digest="")

    def _kept(self) -> Kept | None:
        found = {draft.name: draft for draft in self._gateway.state.drafts()}
        draft, base = found.get(DRAFT), found.get(BASE)
        if draft is None:
            return None
        text = base.text if base is not None and base.base_digest == draft.base_digest else None
        return Kept(text=draft.text, base=text, base_digest=draft.base_digest, at=draft.at)

    def _keep(self, text: str, *, base: str | None, base_digest: str) -> Kept:
        """Write the draft down; one that says what its base says is none."""
        kept = Kept(text=text, base=base, base_digest=base_digest, at=time.time())
        if text == base:
            self._forget()
            return kept
        state = self._gateway.state
        with state.together():
            for name, content in ((DRAFT, text), (BASE, base)):
                if content is None:
                    state.delete_draft(name)
                    continue
                state.put_draft(
                    Draft(name=name, at=kept.at, actor="admin", base_digest=base_digest, text=content)
                )
        return kept

    def _forget(self) -> None:
        with self._gateway.state.together():
            self._gateway.state.delete_draft(DRAFT)
            self._gateway.state.delete_draft(BASE)

    def _onto(self, kept: Kept, here: Here, *, we_win: Collection[str] = ()) -> three_way.Merged:
        """The draft's edits on the file as it is now; without one, on the built-in default, which every new key changes."""
        if kept.base_digest == here.digest and (here.digest or kept.base in (None, here.text)):
            return three_way.Merged(text=kept.text)
        if kept.base is None:
            return three_way.Merged(text=kept.text, conflicts=((),))
        wins = [(route_edits.SECTION, name) for name in we_win]
        return three_way.merge(kept.base, kept.text, here.text, we_win=wins)

    def _shown(self) -> dict[str, Any] | None:
        kept = self._kept()
        return None if kept is None else self._view(kept)

    def _view(self, kept: Kept) -> dict[str, Any]:
        here = self.here()
        merged = self._onto(kept, here)
        parsed = self._gateway.source.parse(merged.text)
        return {
            "text": merged.text,
            "base_digest": kept.base_digest if merged.conflicts else here.digest,
            "at": kept.at,
            "is_stale": bool(merged.conflicts),
            "is_empty": merged.text == here.text,
            "conflicts": _names(merged.conflicts),
            "diff": describe_diff(here.text, merged.text, old_name="live", new_name="draft"),
            "problems": [shown_problem(problem) for problem in parsed.problems],
            "routes": _rows(here.text, merged.text),
        }

    def _put(self, text: str, base_digest: str) -> dict[str, Any]:
        return self._view(self._keep(text, base=self._text_of(base_digest), base_digest=base_digest))

    def _text_of(self, digest: str) -> str | None:
        """The file's text when it had this digest; None where it is forgotten."""
        here, kept = self.here(), self._kept()
        if digest == here.digest:
            return here.text
        if kept is not None and digest == kept.base_digest:
            return kept.base
        if not digest:
            return self._gateway.source.first_text()
        found = self._gateway.state.deployment(digest)
        return found.text if found is not None and found.digest == digest else None

    def _edit(self, change: Callable[[str], str], digest: str, touched: Collection[str]) -> dict[str, Any]:
        here, kept = self.here(), self._kept()
        if digest not in {here.digest, kept.base_digest if kept is not None else here.digest}:
            self.require_same(digest, here, [(route_edits.SECTION, name) for name in touched])
        if kept is None:
            return self._view(self._keep(change(here.text), base=here.text, base_digest=here.digest))
        merged = self._onto(kept, here, we_win=touched if digest == here.digest else ())
        if merged.conflicts:
            edited = self._keep(change(kept.text), base=kept.base, base_digest=kept.base_digest)
        else:
            edited = self._keep(change(merged.text), base=here.text, base_digest=here.digest)
        return self._view(edited)

    def require_same(self, digest: str, here: Here, paths: Iterable[Path]) -> None:
        """Raise `ConfigError` where what stands at one of these paths changed since the file had this digest. Blocking."""
        then = self._text_of(digest)
        changed = [
            path
            for path in paths
            if then is None or not is_same(value_at(then, path), value_at(here.text, path))
        ]
        if then is None or changed:
            what = ", ".join(_names(changed)) if then is not None else "its old text is not known"
            raise ConfigError(
                f"the file changed since it was read: {what}; nothing was changed",
                code="config_changed",
                detail=describe_diff(then or "", here.text, old_name="read", new_name="file now"),
            )

    def _revert(self, name: str) -> dict[str, Any]:
        here, kept = self.here(), self._kept()
        if kept is None:
            raise ConfigError(
                "there is no draft", code="nothing_to_deploy", hint="The routes are as in the file."
            )
        merged = self._onto(kept, here, we_win=[name])
        base = here if not merged.conflicts else Here(text=kept.base or here.text, digest=kept.base_digest)
        text = kept.text if merged.conflicts else merged.text
        units = three_way.changed_units(base.text, text)
        if units is None:
            raise ConfigError("the draft cannot be read as YAML", code="config_edit_refused")
        left = {path: value for path, value in units.items() if path != (route_edits.SECTION, name)}
        if len(left) < len(units):
            text = three_way.apply_units(base.text, left, base=base.text)
        return self._view(self._keep(text, base=base.text, base_digest=base.digest))

    def _follow(self, change: Callable[[str], str], we_win: Collection[Path] | None) -> None:
        here, kept = self.here(), self._kept()
        if kept is None or kept.base is None:
            return
        try:
            base, text = change(kept.base), change(kept.text)
        except ConfigError:
            return  # the next look at the draft says what stands in the way
        wins = three_way.changed_units(base, text) if we_win is None else we_win
        merged = three_way.merge(base, text, here.text, we_win=wins or ())
        if not merged.conflicts:
            self._keep(merged.text, base=here.text, base_digest=here.digest)

    def _ready(self, routes: Collection[str] | None) -> tuple[str, str, str] | None:
        """What to write, the whole draft on the file as it is now, and the file's digest; None where nothing differs."""
        here, kept = self.here(), self._kept()
        if kept is None:
            return None
        merged = self._onto(kept, here)
        if merged.conflicts:
            raise _conflict(kept, here, merged.conflicts)
        if merged.text == here.text:
            self._forget()
            return None
        if routes is None:
            return merged.text, merged.text, here.digest
        paths = [(route_edits.SECTION, name) for name in routes]
        return three_way.only(here.text, merged.text, paths), merged.text, here.digest

    def _after_deploy(self, text: str, whole: str) -> None:
        if text == whole:
            self._forget()
            return
        self._keep(whole, base=text, base_digest=digest_of(text))  # not the file's: it may have changed since


def shown_problem(problem: Problem) -> dict[str, Any]:
    """A problem as JSON, with its place in words."""
    return msgspec.to_builtins(problem) | {"where": problem.where(), "severity": problem.severity}


def _names(conflicts: Iterable[Path]) -> list[str]:
    """What conflicts, in words: a route by its name, anything else by its path."""
    return [
        str(path[1]) if path[:1] == (route_edits.SECTION,) and len(path) > 1 else ".".join(map(str, path))
        for path in conflicts
        if path
    ]


def _rows(live: str, draft: str) -> list[dict[str, Any]]:
    """Every route of draft and file: in the draft's order, then those it took out."""
    before, after = route_edits.route_trees(live), route_edits.route_trees(draft)
    rows: list[dict[str, Any]] = []
    for name, tree in after.items():
        kind = "new" if name not in before else "same" if is_same(before[name], tree) else "changed"
        rows.append({"name": name, "state": kind, "row": reports.written_route_row(name, tree), "tree": tree})
    gone = [name for name in before if name not in after]
    return rows + [{"name": name, "state": "removed", "row": None, "tree": None} for name in gone]


def _conflict(kept: Kept, here: Here, conflicts: Iterable[Path]) -> ConfigError:
    names = ", ".join(_names(conflicts)) or "the file"
    theirs = describe_diff(kept.base or "", here.text, old_name="draft begun", new_name="file now")
    ours = describe_diff(here.text, kept.text, old_name="file now", new_name="draft")
    return ConfigError(
        f"the file changed since the draft was begun, and so did the draft: {names}; nothing was written",
        code="config_conflict",
        hint="Edit it once more from the file as it is now, or take it out of the draft.",
        detail=f"{theirs}\n{ours}" if theirs else ours,
    )
