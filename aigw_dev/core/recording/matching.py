"""Which recorded interaction answers a request: the pool of one test's recordings.

Each interaction answers once, those with equal keys in the order recorded; requests with other keys never get in their way.
Interactions with wildcards are tried in order where no key fits. After the last one of a key comes a miss, unless `repeat` says
`last` or `cycle`. Requests that are equal and sent at once take their slots as they arrive: which got which is up to the caller.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from aigw_dev.core.recording import likeness
from aigw_dev.core.recording.fixture import Fixture, FixtureError, Interaction, Request
from aigw_dev.core.recording.ignore import Rules, compile_rules
from aigw_dev.core.recording.keys import canonical, has_wilds, key_of
from aigw_dev.core.recording.likeness import FieldDiff
from aigw_dev.core.recording.wildcards import matches

__all__ = ("FieldDiff", "Miss", "Pool", "Taken")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The interaction that answers."""

    interaction: Interaction
    number: int
    """Its place in its file, from 0."""
    file: str
    """As given to the pool."""
    occurrence: int
    """How often its key was asked for in this test, this one included."""
    is_repeat: bool
    """It answered before: `repeat` gave it again."""


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing recorded answers."""

    kind: Literal["miss", "exhausted", "no_fixture"]
    """`exhausted`: recorded, but asked for more often than recorded; `no_fixture`: nothing is recorded at all."""
    request: Request
    key: str
    call: int
    """Which call of the test it is, from 1."""
    nearest: Interaction | None = None
    """The recorded interaction most like it; of an exhausted key its last one."""
    nearest_number: int = 0
    """Its place in its file, from 0."""
    nearest_file: str = ""
    nearest_used: bool = False
    """It has answered an earlier call."""
    likeness: float = 0.0
    """0 to 1; 1 only where exhausted."""
    fields: list[FieldDiff] = []
    """Where the nearest differs; empty where exhausted."""
    recorded_times: int = 0
    """How often this key is recorded."""
    recorded_total: int = 0
    """How many interactions there are."""
    ignore: tuple[str, ...] = ()
    """The rules in force."""


class _Entry:
    """One recorded interaction."""

    __slots__ = ("file", "interaction", "is_wild", "key", "number", "rules", "times")

    def __init__(self, file: str, number: int, interaction: Interaction, rules: Rules) -> None:
        self.file = file
        self.number = number
        self.interaction = interaction
        self.rules = rules
        self.is_wild = has_wilds(interaction.request)
        self.key = "" if self.is_wild or rules else interaction.key
        if not self.key and not self.is_wild:
            self.key = key_of(interaction.request, ignore=rules)
        self.times = 0


class Pool:
    """The recordings that may answer one test's calls. Not for several threads."""

    def __init__(
        self,
        fixtures: Sequence[tuple[str, Fixture]],
        *,
        ignore: Sequence[str] = (),
        repeat: Literal["", "last", "cycle"] = "",
    ) -> None:
        """`fixtures` are names of files and what they say. FixtureError where a rule cannot be read.

        `ignore` counts beside each file's own rules, `repeat` where an interaction says nothing.
        """
        self._repeat = repeat
        self._entries: list[_Entry] = []
        self._rules: list[Rules] = []
        self._extra = compile_rules(tuple(dict.fromkeys(ignore)))
        for file, fixture in fixtures:
            try:
                rules = compile_rules(tuple(dict.fromkeys((*fixture.ignore, *ignore))))
            except FixtureError as error:
                where = f"{file}: {error.where}"
                raise FixtureError(error.message, where=where, code=error.code, hint=error.hint) from None
            rules = next((one for one in self._rules if one.texts == rules.texts), rules)
            if rules not in self._rules:
                self._rules.append(rules)
            self._entries += [
                _Entry(file, number, one, rules) for number, one in enumerate(fixture.interactions)
            ]
        self._is_verified = False
        self._is_empty = not fixtures
        self._by_key: dict[str, list[_Entry]] = {}
        self._asked: dict[str, int] = {}
        self._calls = 0
        self._nearest: dict[int, Miss] = {}
        self._index()

    def take(self, request: Request) -> Taken | Miss:
        """What answers `request`; it is used up by this. A miss counts as a call of the test."""
        self._calls += 1
        found = self._find(request)
        if isinstance(found, Miss):
            if found.nearest is not None and found.kind == "miss":
                self._remember(found)
            return found
        entry, taken = found
        entry.times += 1
        name = entry.key or f"wild {id(entry)}"
        self._asked[name] = self._asked.get(name, 0) + 1
        return taken

    def unused(self) -> list[tuple[str, int, Interaction]]:
        """What never answered: file, place in it from 0, interaction; in the order of the files."""
        return [(one.file, one.number, one.interaction) for one in self._entries if not one.times]

    def nearest_to(self, file: str, number: int) -> Miss | None:
        """The missed request that came nearest to an interaction that was never used, if one did."""
        for place, entry in enumerate(self._entries):
            if entry.file == file and entry.number == number:
                return self._nearest.get(place)
        return None

    def __len__(self) -> int:
        return len(self._entries)

    def _index(self) -> None:
        self._by_key.clear()
        for entry in self._entries:
            if entry.key:
                self._by_key.setdefault(entry.key, []).append(entry)

    def _find(self, request: Request) -> "tuple[_Entry, Taken] | Miss":
        keys = [key_of(request, ignore=rules) for rules in self._rules]
        spent = self._spent_and_next(keys)
        if not isinstance(spent, list):
            return spent
        for entry in self._wild_entries(request):
            if not entry.times:
                return entry, self._taken(entry, is_repeat=False)
            spent.append(entry)
        if not spent and self._verify():
            return self._find(request)
        if spent and (again := self._repeated(spent)) is not None:
            return again, self._taken(again, is_repeat=True)
        return self._missed(request, keys, spent)

    def _spent_and_next(self, keys: Sequence[str]) -> "tuple[_Entry, Taken] | list[_Entry]":
        """The next unused interaction of one of `keys`, or those that are used up."""
        spent: list[_Entry] = []
        for key, rules in zip(keys, self._rules, strict=True):
            for entry in self._by_key.get(key, ()):
                if entry.rules is not rules:
                    continue
                if not entry.times:
                    return entry, self._taken(entry, is_repeat=False)
                spent.append(entry)
        return spent

    def _wild_entries(self, request: Request) -> Iterable[_Entry]:
        """Those with wildcards that fit, in order."""
        for rules in self._rules:
            sent: Any = None
            for entry in self._entries:
                if not entry.is_wild or entry.rules is not rules:
                    continue
                if sent is None:
                    sent = canonical(request, rules, is_numbered=False)
                if matches(canonical(entry.interaction.request, rules, is_numbered=False), sent):
                    yield entry

    def _verify(self) -> bool:
        """Compute the keys that were taken from the files, once: hand edits leave them behind. Whether any was wrong."""
        if self._is_verified:
            return False
        self._is_verified = True
        before = [entry.key for entry in self._entries]
        for entry in self._entries:
            entry.key = key_of(entry.interaction.request, ignore=entry.rules)
        self._index()
        return before != [entry.key for entry in self._entries]

    def _repeated(self, spent: Sequence[_Entry]) -> _Entry | None:
        # Of several files some may say it and some not: then those answer that do.
        own = [] if spent[-1].interaction.repeat else [one for one in spent if one.interaction.repeat]
        again = own or spent
        repeat = again[-1].interaction.repeat or self._repeat
        if not repeat:
            return None
        return again[-1] if repeat == "last" else min(again, key=lambda one: one.times)

    def _taken(self, entry: _Entry, *, is_repeat: bool) -> Taken:
        return Taken(
            interaction=entry.interaction,
            number=entry.number,
            file=entry.file,
            occurrence=self._asked.get(entry.key or f"wild {id(entry)}", 0) + 1,
            is_repeat=is_repeat,
        )

    def _missed(self, request: Request, keys: Sequence[str], spent: Sequence[_Entry]) -> Miss:
        rules = self._rules[0] if self._rules else self._extra
        key = keys[0] if keys else key_of(request, ignore=rules)
        if spent:
            last = spent[-1]
            return Miss(
                kind="exhausted",
                request=request,
                key=last.key or key,
                call=self._calls,
                nearest=last.interaction,
                nearest_number=last.number,
                nearest_file=last.file,
                nearest_used=True,
                likeness=1.0,
                recorded_times=len(spent),
                recorded_total=len(self._entries),
                ignore=last.rules.texts,
            )
        if self._is_empty:
            return Miss(kind="no_fixture", request=request, key=key, call=self._calls, ignore=rules.texts)
        return self._nearest_miss(request, key, rules)

    def _nearest_miss(self, request: Request, key: str, rules: Rules) -> Miss:
        ranked = likeness.nearest(
            request,
            [(one.interaction.request, one.rules) for one in self._entries],
            used=[bool(one.times) for one in self._entries],
        )
        if ranked is None:
            return Miss(kind="miss", request=request, key=key, call=self._calls, ignore=rules.texts)
        entry = self._entries[ranked.place]
        return Miss(
            kind="miss",
            request=request,
            key=key,
            call=self._calls,
            nearest=entry.interaction,
            nearest_number=entry.number,
            nearest_file=entry.file,
            nearest_used=bool(entry.times),
            likeness=ranked.likeness,
            fields=ranked.fields,
            recorded_total=len(self._entries),
            ignore=entry.rules.texts,
        )

    def _remember(self, miss: Miss) -> None:
        for place, entry in enumerate(self._entries):
            if entry.file == miss.nearest_file and entry.number == miss.nearest_number:
                known = self._nearest.get(place)
                if known is None or known.likeness <= miss.likeness:
                    self._nearest[place] = miss
