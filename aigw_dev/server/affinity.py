"""Which provider and key a thing at a provider belongs to: files, batches, videos, responses, uploads, conversations.

Polls, downloads and deletions go where the thing is. The newest 100,000 are in memory; all are in state.db, written
off the request path and durable within 100 ms, and asked for there, in a thread, where memory does not know.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core.errors import StoreError
from aigw_dev.store.affinity_rows import AffinityRow, AffinityRows

MOST_IN_MEMORY: Final = 100_000
_MOST_LISTED: Final = 1_000
_MOST_SHARED: Final = 10_000
_ID: Final = re.compile(r"[!-~]{1,512}")
"""What an id of a provider is made of: anything else is nobody's."""
_NESTED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # what a reply about such a thing names beside it: field, kind
    "batch": (("output_file_id", "file"), ("error_file_id", "file")),
    "upload": (("file", "file"),),
    "response": (("conversation", "conversation"),),
}
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Where a thing is, and who had it made."""

    provider: str
    key_name: str = ""
    """Empty where the provider takes no key."""
    model: str = ""
    """The model it was made with, as the provider knows it; empty for things without one."""
    provider_kind: str = ""
    consumer: str = "none"
    """Who made it, or listed it first."""

    @property
    def key(self) -> str:
        """`key_name`, as the pipeline calls it."""
        return self.key_name


class _Named(msgspec.Struct):
    id: str = ""


class Affinity:
    """The table. On the event loop alone, but for what it does in threads itself."""

    def __init__(
        self, rows: AffinityRows, *, clock: Callable[[], float] = time.time, most: int = MOST_IN_MEMORY
    ) -> None:
        """`clock` gives UTC seconds; `most` is how many things are kept in memory."""
        self._rows = rows
        self._clock = clock
        self._most = most
        self._owners: OrderedDict[tuple[str, str], Owner] = OrderedDict()
        self._shared: dict[Owner, Owner] = {}
        self._changes = 0
        """Counts what was forgotten: an answer of the database from before does not count."""

    async def load(self) -> None:
        """Read the newest; at start-up. Where the file cannot be read nothing is known until it can be asked."""
        try:
            rows = await asyncio.to_thread(self._rows.newest, self._most)
        except StoreError:
            return
        for row in rows:
            self._owners.setdefault((row.kind, row.id), self._share(_owner(row)))

    def known(self, kind: str, id_: str) -> Owner | None:
        """Whose it is, as far as memory knows; never blocks."""
        owner = self._owners.get((kind, id_))
        if owner is not None:
            self._owners.move_to_end((kind, id_))
        return owner

    async def owner(self, kind: str, id_: str) -> Owner | None:
        """Whose it is: from memory, else from state.db in a thread; None where nobody knows."""
        known = self.known(kind, id_)
        if known is not None or _ID.fullmatch(id_) is None:
            return known
        before = self._changes
        try:
            row = await asyncio.to_thread(self._rows.find, kind, id_)
        except StoreError:
            return None
        known = self.known(kind, id_)
        if row is None or known is not None or self._changes != before:
            return known
        found = self._share(_owner(row))
        self._keep(kind, id_, found)
        return found

    def remember(self, kind: str, id_: str, owner: Owner) -> None:
        """A reply of `owner.provider` made or named this thing."""
        if _ID.fullmatch(id_) is None:
            return
        if self._owners.get((kind, id_)) == owner:
            self._owners.move_to_end((kind, id_))
            return
        self._keep(kind, id_, self._share(owner))
        self._rows.put(_row(kind, id_, owner, at=self._clock()))

    def remember_reply(self, kind: str, body: bytes, owner: Owner, *, is_new: bool) -> str:
        """Remember what a whole JSON reply names: its `id`, what stands beside it, or the members of a list.

        `is_new`: the call made the thing, which is `owner`'s now. What else a reply names is remembered only where it
        is not known yet: to list or read a thing does not make it the caller's. Gives the reply's own id; empty where
        it has none. Never raises.
        """
        fields = _fields(body)
        id_ = _id(fields.get("id"))
        if is_new and id_ and kind:
            self.remember(kind, id_, owner)
        seen = [(kind, id_)] if id_ and kind and not is_new else []
        seen += [(nested, _id(fields.get(field))) for field, nested in _NESTED.get(kind, ())]
        if not id_ and kind and "data" in fields:
            seen += [(kind, one) for one in _members(fields["data"])]
        self._remember_seen(seen, owner)
        return id_

    def forget(self, kind: str, id_: str) -> None:
        """The thing is gone."""
        self._changes += 1
        self._owners.pop((kind, id_), None)
        if _ID.fullmatch(id_) is not None:
            self._rows.delete(kind, id_)

    def _remember_seen(self, seen: list[tuple[str, str]], owner: Owner) -> None:
        now = self._clock()
        for kind, id_ in seen:
            # Not into memory: state.db may know better whose it is, and is asked when somebody wants it.
            if (kind, id_) not in self._owners and _ID.fullmatch(id_) is not None:
                self._rows.put(_row(kind, id_, owner, at=now), is_seen_only=True)

    def _keep(self, kind: str, id_: str, owner: Owner) -> None:
        self._owners[kind, id_] = owner
        self._owners.move_to_end((kind, id_))
        if len(self._owners) > self._most:
            self._owners.popitem(last=False)

    def _share(self, owner: Owner) -> Owner:
        """One object for equal owners: there are few, of many things."""
        if len(self._shared) > _MOST_SHARED:
            self._shared.clear()
        return self._shared.setdefault(owner, owner)


def _fields(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _FIELDS.decode(body)
    except (ValueError, RecursionError):
        return {}


def _members(value: msgspec.Raw) -> list[str]:
    """The ids of a list's members."""
    try:
        return [one.id for one in msgspec.json.decode(value, type=list[_Named])[:_MOST_LISTED]]
    except (ValueError, RecursionError):
        return []


def _id(value: msgspec.Raw | None) -> str:
    """The id that a field is, or that the object in it has."""
    if value is None:
        return ""
    try:
        found = msgspec.json.decode(value, type=str | _Named | None)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, _Named):
        return found.id
    return found or ""


def _row(kind: str, id_: str, owner: Owner, *, at: float) -> AffinityRow:
    return AffinityRow(
        kind=kind,
        id=id_,
        provider=owner.provider,
        provider_kind=owner.provider_kind,
        key_name=owner.key_name,
        model=owner.model,
        consumer=owner.consumer,
        at=at,
    )


def _owner(row: AffinityRow) -> Owner:
    return Owner(
        provider=row.provider,
        key_name=row.key_name,
        model=row.model,
        provider_kind=row.provider_kind,
        consumer=row.consumer,
    )
