"""The ledger: what a translation kept, approximated, dropped or invented, field by field.

Fields of a request are named as the caller spells them, those of a reply as the provider does, dotted (`thinking.budget_tokens`, `messages[3].content[0]`).
"""

from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from aigw_dev.core.field_names import crossed_whole, spelled

Fate = Literal["approximated", "dropped", "invented"]
Side = Literal["request", "reply"]
MAX_ENTRIES: Final = 200
"""Entries kept of one exchange; a hostile request must not make a larger record than itself."""
_SAFE: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in ",;=%")
_HEADER_CHARS: Final = 1024


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one field."""

    side: Side
    fate: Fate
    field: str
    how: str
    """In a few words: what stands there now, or why it could not cross."""


def _plain(field: str) -> str:
    """A field's name for the header: a caller may send any, so all but visible ASCII and what divides names is encoded."""
    return quote(field, safe=_SAFE, errors="replace")


class Ledger:
    """Collects the entries of one exchange; equal entries count once."""

    def __init__(self, source: str = "", target: str = "") -> None:
        """`source` is the caller's dialect, `target` the provider's."""
        self.source = source
        self.target = target
        self.entries: list[Entry] = []
        self.kept: dict[str, None] = {}
        """Fields that crossed whole, in the order met."""
        self.omitted = 0
        """Entries beyond `MAX_ENTRIES`."""
        self.is_warning = False
        """Something was lost and the route asked to be warned."""
        self._seen: set[tuple[str, str, str]] = set()
        self.side: Side = "request"
        """Which way entries are counted from now on."""

    def keep(self, *fields: str) -> None:
        """These fields crossed with their whole meaning."""
        for field in fields:
            if len(self.kept) < MAX_ENTRIES:
                self.kept[spelled(self.source, field)] = None

    def count_kept(self, sent: Iterable[str]) -> None:
        """Of the caller's top-level fields those count as kept that no entry is about."""
        lost = [one.field for one in self.entries if one.side == "request"]
        self.kept = dict.fromkeys(crossed_whole(self.source, sent, lost)[:MAX_ENTRIES])

    def approximated(self, field: str, how: str) -> None:
        """The target has something near it: `how` says what stands there now."""
        self._add("approximated", field, how)

    def dropped(self, field: str, how: str) -> None:
        """The target has nothing like it."""
        self._add("dropped", field, how)

    def invented(self, field: str, how: str) -> None:
        """The target needs something that the source did not say."""
        self._add("invented", field, how)

    def losses(self) -> list[Entry]:
        """What a caller with `on_loss: reject` does not accept: everything dropped or approximated in the request."""
        return [one for one in self.entries if one.side == "request" and one.fate != "invented"]

    def header(self) -> str:
        """The value of `x-aigw-translation`: dialects, then the fields of each fate; cut at 1,024 characters."""
        pieces = [f"{self.source}>{self.target}"]
        for fate in ("approximated", "dropped", "invented"):
            fields = dict.fromkeys(_plain(one.field) for one in self.entries if one.fate == fate)
            if fields:
                pieces.append(f"{fate}={','.join(fields)}")
        text = "; ".join(pieces)
        return text if len(text) <= _HEADER_CHARS else text[: _HEADER_CHARS - 1] + "+"

    def encode(self) -> bytes:
        """The JSON that the exchange keeps."""
        return msgspec.json.encode(
            {
                "from": self.source,
                "to": self.target,
                "kept": list(self.kept),
                "entries": self.entries,
                **({"warning": True} if self.is_warning else {}),
                **({"omitted": self.omitted} if self.omitted else {}),
            }
        )

    def _add(self, fate: Fate, field: str, how: str) -> None:
        if self.side == "request":
            field = spelled(self.source, field)
        key = (self.side, fate, field)
        if key in self._seen:
            return
        if len(self.entries) >= MAX_ENTRIES:
            self.omitted += 1
            return
        self._seen.add(key)
        self.entries.append(Entry(self.side, fate, field, how))
