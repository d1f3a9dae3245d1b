"""The routes as a person works on them: what is live, what the draft makes of it, and edits that are still on their way.

An edit is applied here at once and sent later, so nothing on the screen waits for the gateway.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, assert_never, cast

import msgspec

from aigw_dev.core.config_fields import NAME_PATTERN, RESERVED_NAMES
from aigw_dev.tui.routes.changes import Change, route_changes

State = Literal["same", "changed", "new", "removed"]
CLAIMS: Final = "models"


class Put(msgspec.Struct, frozen=True, tag="put"):
    """A route is so from now on."""

    name: str
    tree: dict[str, Any]


class Remove(msgspec.Struct, frozen=True, tag="remove"):
    """A route is gone."""

    name: str


class Rename(msgspec.Struct, frozen=True, tag="rename"):
    """A route has another name."""

    name: str
    to: str


class Duplicate(msgspec.Struct, frozen=True, tag="duplicate"):
    """A copy, without the names it claims."""

    name: str
    to: str


class Revert(msgspec.Struct, frozen=True, tag="revert"):
    """A route is as in the file again."""

    name: str


Edit = Put | Remove | Rename | Duplicate | Revert
EDITS: Final[Any] = list[Edit]


class Item(msgspec.Struct, kw_only=True):
    """One route."""

    name: str
    live: dict[str, Any] | None = None
    """As the file has it; None where it is only in the draft."""
    tree: dict[str, Any] | None = None
    """As it is worked on; None where the draft takes it out."""
    row: Mapping[str, Any] = {}
    """As the gateway lists it in force: version, claims ..."""
    was: str = ""
    """Its live name, where the draft gives it another one."""

    @property
    def state(self) -> State:
        """What a deployment would do with it."""
        if self.tree is None:
            return "removed"
        if self.live is None:
            return "new"
        return "same" if self.live == self.tree else "changed"

    @property
    def shown(self) -> dict[str, Any]:
        """What there is to see of it."""
        return self.tree if self.tree is not None else self.live or {}

    @property
    def description(self) -> str:
        """Its line for people."""
        return str(self.shown.get("description") or "")

    @property
    def claims(self) -> list[str]:
        """The model names it claims."""
        found = self.shown.get(CLAIMS)
        return [str(one) for one in cast("list[Any]", found)] if isinstance(found, list) else []

    @property
    def version(self) -> int:
        """The deployment in which it last changed; 0 where it is not live or that is not known."""
        return int(self.row.get("version") or 0)


class Shelf:
    """Every route, in the order of the draft; those it takes out at the end."""

    def __init__(self) -> None:
        """Empty before the first answer."""
        self.items: dict[str, Item] = {}
        self.digest: str = ""
        """Of the file that the trees come from: edits are sent against it."""
        self.is_loaded: bool = False
        self.is_stale: bool = False
        """File and draft changed the same thing."""
        self.conflicts: list[str] = []
        self.draft: Mapping[str, Any] | None = None
        self._was: dict[str, str] = {}
        """Live names of routes that were renamed here: the gateway's draft does not tell them."""

    def load(
        self,
        live: Mapping[str, Any],
        rows: list[dict[str, Any]],
        draft: Mapping[str, Any] | None,
        *,
        digest: str,
    ) -> None:
        """What the gateway says now: trees of the file, rows in force, the draft."""
        by_name = {str(row["name"]): row for row in rows}
        self.items = {
            name: Item(name=name, live=_tree(tree), tree=_tree(tree), row=by_name.get(name, {}))
            for name, tree in live.items()
        }
        self.digest = digest
        self.is_loaded = True
        self.take_draft(draft)

    def take_draft(self, draft: Mapping[str, Any] | None) -> None:
        """The draft as the gateway answered; None = there is none."""
        self.draft = draft
        self.is_stale = bool(draft and draft.get("is_stale"))
        self.conflicts = [str(name) for name in (draft or {}).get("conflicts") or []]
        before = self.items
        if draft is None:
            self.items = {
                name: Item(name=name, live=item.live, tree=item.live, row=item.row)
                for name, item in before.items()
                if item.live is not None
            }
            return
        self.digest = str(draft.get("base_digest") or self.digest)
        self.items = {}
        for row in cast("list[Mapping[str, Any]]", draft.get("routes") or []):
            name = str(row["name"])
            old = before.get(name) or Item(name=name)
            tree = row.get("tree")
            self.items[name] = Item(
                name=name,
                live=None if row.get("state") == "new" else old.live,
                tree=None if row.get("state") == "removed" else _tree(tree),
                row=old.row,
            )
        self._tell_renames()

    def _tell_renames(self) -> None:
        """A new route and one taken out that belong together: renamed here, or the same under another name."""
        gone = {name: item for name, item in self.items.items() if item.state == "removed"}
        for name, item in self.items.items():
            if item.state != "new":
                continue
            known = self._was.get(name, "")
            same = next((old for old, one in gone.items() if one.live == item.tree), "")
            item.was = known if known in gone else same

    def apply(self, edit: Edit) -> None:
        """Do it here. What does not fit (a name that is gone) changes nothing."""
        match edit:
            case Put(name=name, tree=tree):
                item = self.items.setdefault(name, Item(name=name))
                item.tree = tree
            case Remove(name=name):
                self._remove(name)
            case Rename(name=name, to=to):
                self._rename(name, to)
            case Duplicate(name=name, to=to):
                self._duplicate(name, to)
            case Revert(name=name):
                item = self.items.get(name)
                if item is not None and item.live is None:
                    del self.items[name]
                elif item is not None:
                    item.tree = item.live
            case _:  # pragma: no cover - the type checker proves it
                assert_never(edit)

    def _remove(self, name: str) -> None:
        item = self.items.get(name)
        if item is None:
            return
        if item.live is None:
            del self.items[name]
        else:
            item.tree = None

    def _rename(self, name: str, to: str) -> None:
        item = self.items.get(name)
        if item is None or item.tree is None or (to in self.items and self.items[to].tree is not None):
            return
        old = self.items.get(to)
        new = Item(name=to, live=old.live if old else None, tree=item.tree, row=old.row if old else {})
        was = item.was or (name if item.live is not None else "")
        new.was = was if was != to else ""
        self._was.pop(name, None)
        if new.was:
            self._was[to] = new.was
        kept: dict[str, Item] = {}
        for key, one in self.items.items():
            if key == name:
                kept[to] = new
            elif key != to:
                kept[key] = one
        if item.live is not None:
            kept[name] = Item(name=name, live=item.live, tree=None, row=item.row)
        self.items = kept

    def _duplicate(self, name: str, to: str) -> None:
        item = self.items.get(name)
        if item is None or item.tree is None or to in self.items:
            return
        copy = {key: value for key, value in item.tree.items() if key != CLAIMS}
        kept: dict[str, Item] = {}
        for key, one in self.items.items():
            kept[key] = one
            if key == name:
                kept[to] = Item(name=to, tree=copy)
        self.items = kept

    # questions

    def changes(self, name: str) -> list[Change]:
        """What a deployment of this route would change."""
        item = self.items.get(name)
        if item is None or item.state == "same":
            return []
        old = item.live
        if item.was and item.was in self.items and old is None:
            renamed = Change("~", f"name {item.was} → {name}")
            return [renamed, *route_changes(self.items[item.was].live, item.tree)]
        return route_changes(old, item.tree)

    def drafted(self) -> list[str]:
        """The routes that a deployment would change."""
        return [name for name, item in self.items.items() if item.state != "same"]

    def belonging(self, name: str) -> list[str]:
        """The route with the one it was renamed from or to: they are deployed together."""
        item = self.items.get(name)
        names = [name]
        if item is not None and item.was and item.was in self.drafted():
            names.append(item.was)
        names += [one.name for one in self.items.values() if one.was == name and one.name != name]
        return names

    def free_name(self, name: str) -> str:
        """A name for a copy: `x-copy`, `x-copy-2` ..."""
        base = f"{name[:56]}-copy"
        taken = self.items
        return next(
            one
            for one in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
            if one not in taken
        )

    def name_problem(self, name: str, *, besides: str = "") -> str:
        """Why a route cannot be called so; empty where it can."""
        import re

        if not re.fullmatch(NAME_PATTERN, name):
            return "1 to 64 of A-Z, a-z, 0-9, _ and -"
        if name in RESERVED_NAMES:
            return f"{name} is a reserved name"
        item = self.items.get(name)
        return (
            f"there is a route {name} already" if item and item.tree is not None and name != besides else ""
        )


def _tree(value: Any) -> dict[str, Any]:
    """A route's mapping; anything else that stands in the file is a flow that cannot be read."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {"flow": value}
