"""What a call cost: the shipped price list, looked up without guessing, in integers.

Rates stand in the file as decimal text, USD per million units, and become whole pico-USD per unit (1e-12 USD), so
that a rate of $0.003625 a million stays exact. Sums are integers, rounded down once, to nano-USD.

Rules: a model is found by its exact name, one listed as the same, or either without a date at its end; never by a
prefix, a family or another provider. The row is the one in force when the call began. The tier is chosen by the whole
input, strictly above its threshold, and the whole call pays it. A part without a rate pays its whole's rate, and the
status says so. No price is `unknown`, never zero.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from aigw_dev.core import usage_parts
from aigw_dev.core.exchange import Cost, Usage
from aigw_dev.core.providers.kind import Kind
from aigw_dev.core.unit_pricing import charge
from aigw_dev.core.units import NOTHING, Units

PICO_PER_NANO: Final = 1_000
_PLACES: Final = 6
"""Decimals of a rate: one more would be less than a pico-USD."""
_DATED: Final = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")
_DAY_S: Final = 86_400
_STALE_DAYS: Final = 90
_ORDINARY_TIERS: Final = frozenset({"", "default", "standard", "auto", "standard_only", "on_demand"})
_PRICED_AS_WHOLE: Final = frozenset({"reasoning", "image_input"})
"""Parts that cost what their whole costs unless the row says otherwise."""
_NO_USAGE: Final = Usage()

_MOST_FOUND: Final = 2_000
"""Remembered answers: the models that are called in a day, with room for callers that invent names."""


class Tier(msgspec.Struct, frozen=True):
    """Rates for calls whose whole input is strictly above `input_over` tokens."""

    input_over: int
    rates: dict[str, int]
    """Whole pico-USD per unit. Tokens: `input`, `output`, `cached_input`, `cache_write`, `cache_write_1h`,
    `reasoning`, `audio_input`, `audio_output`, `image_input`, `image_output`. Others: `request_each`, `search_each`,
    `image_each`, `second_in`, `second_out`, `character_each`, `video_second`, some for one size (`core.unit_pricing`)."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """Other rates of the same row: all conditions that are set must hold."""

    tiers: tuple[Tier, ...]
    service_tier: str = ""
    hours_utc: tuple[int, int] | None = None
    """Minutes of the day, from the first (included) to the second (excluded); may pass midnight."""
    thinking: bool = False
    """The reply reasoned."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One price of one model from a day on."""

    tiers: tuple[Tier, ...]
    """By rising `input_over`; the first holds from zero."""
    since: str = ""
    """UTC day, `YYYY-MM-DD`; empty = from the beginning, or not known since when."""
    variants: tuple[Variant, ...] = ()
    src: str = ""
    """Letters of `PriceBook.sources`."""
    doubt: str = ""
    """Why the row is not certain: sources differ, a converted currency."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One model of one kind of provider."""

    kind: str
    model: str
    also: tuple[str, ...] = ()
    """Other names of the same model at the same price."""
    rows: msgspec.Raw
    """The model's rows by rising day, read when first asked for."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """The row that holds for one call."""

    id: str
    """`qwen/qwen3-max@2025-09-23`; a row without a day carries the list's."""
    row: Row


class _WireVariant(msgspec.Struct, frozen=True, kw_only=True):
    tiers: tuple[dict[str, str | int], ...]
    service_tier: str = ""
    hours_utc: tuple[str, str] | None = None
    thinking: bool = False


class _WireRow(msgspec.Struct, frozen=True, kw_only=True):
    tiers: tuple[dict[str, str | int], ...]
    since: str = msgspec.field(name="from", default="")
    variants: tuple[_WireVariant, ...] = ()
    src: str = ""
    doubt: str = ""


class _List(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    as_of: str
    sources: dict[str, str]
    models: tuple[Entry, ...]
    other_regions: dict[str, tuple[str, ...]] = {}


class PriceBook:
    """A price list, read from the bytes of its file. Not thread-safe only in that a row may be read twice."""

    def __init__(self, source: bytes) -> None:
        """`source` is JSON as `aigw_dev/data/prices.json`; what is no price list is a `ValueError`."""
        listed = msgspec.json.decode(source, type=_List)
        if listed.format != 1:
            raise ValueError(f"price list of format {listed.format}; this version reads format 1")
        self.as_of = listed.as_of
        """The day the list was made, `YYYY-MM-DD`."""
        self.sources = listed.sources
        """Where its rows come from, by the letters in `Row.src`."""
        self._other_regions = listed.other_regions
        self._entries = listed.models
        self._by_kind: dict[str, dict[str, Entry]] = {}
        self._rows: dict[tuple[str, str], tuple[Row, ...]] = {}
        self._found: dict[tuple[str, str, tuple[str, ...], int], Price | str] = {}
        """By kind, origin, models and UTC day: rows begin at midnight, so an answer holds for its day."""

    def models(self, kind: str) -> tuple[str, ...]:
        """The models of a kind that have a price, in the file's order."""
        return tuple(entry.model for entry in self._entries if entry.kind == kind)

    def is_stale(self, at_s: float) -> bool:
        """Whether the list is older than 90 days: worth a word to the person, no change in behaviour."""
        return at_s - _midnight_s(self.as_of) > _STALE_DAYS * _DAY_S

    def find(self, kind: Kind, origin: str, models: Iterable[str], at_s: float) -> Price | str:
        """The price of the first of `models` that has one at `at_s`, or why there is none.

        `models` goes from the surest name to the least: what the provider said, then what it was asked for.
        `origin` matters where a vendor's regions have prices of their own.
        """
        key = (kind.name, origin, tuple(models), int(at_s // _DAY_S))
        answer = self._found.get(key)
        if answer is None:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            answer = self._found[key] = self._search(kind, origin, key[2], at_s)
        return answer

    def _search(self, kind: Kind, origin: str, models: tuple[str, ...], at_s: float) -> Price | str:
        names = [name for name in dict.fromkeys(models) if name]
        host = urlsplit(origin).hostname or ""
        if host in self._other_regions.get(kind.name, ()):
            return f"no prices for {kind.name} at {host}"
        found = self._entry(kind, names)
        if found is None:
            return f"no price for {kind.name}/{names[0]}" if names else "no model named"
        rows = self._rows_of(found)
        in_force = [row for row in rows if not row.since or _midnight_s(row.since) <= at_s]
        if not in_force:
            return f"no price for {kind.name}/{found.model} before {rows[0].since}"
        row = in_force[-1]
        return Price(id=f"{kind.name}/{found.model}@{row.since or self.as_of}", row=row)

    def cost(
        self,
        kind: Kind,
        origin: str,
        *,
        models: Sequence[str],
        usage: Usage | None,
        at_s: float,
        service_tier: str = "",
        units: Units = NOTHING,
        doubts: Sequence[str] = (),
    ) -> Cost:
        """What a call cost. `models`: response_model, then request_model; `at_s`: when it began, UTC seconds.

        `service_tier` is the one the reply names; empty = ordinary (Anthropic's stands in its usage and is read there).
        Where the row prices tokens and they were counted, they are the cost; else the `units` are, of which `doubts`
        says why they are not certain.
        """
        if kind.is_free:
            return Cost(status="free", nanousd=0, reason=f"{kind.name} costs nothing")
        counted = usage or _NO_USAGE
        reported, has_tokens = counted.reported_nanousd, bool(counted.input or counted.output)
        if not has_tokens and units == NOTHING and not reported:
            return Cost(reason="the provider reported no usage")
        if reported is not None and (kind.reports_cost or not has_tokens):
            return Cost(status="reported", nanousd=reported)
        price = self.find(kind, origin, models, at_s)
        if isinstance(price, str):
            if reported is not None:
                return Cost(status="reported", nanousd=reported)
            return Cost(reason=price)
        told, fine = usage_parts.read_fine(counted.raw)
        tiers, unsure = _tiers(price.row, tier=service_tier or told, at_s=at_s, usage=counted)
        rates = _rates(tiers, counted.input)
        prices_tokens = "input" in rates or "output" in rates
        if has_tokens and (prices_tokens or units == NOTHING):
            parts = usage_parts.parts(counted, fine)
            if units.images and usage_parts.take_for_images(parts, rates):
                unsure.append("which tokens are images was not told: all of the output is taken for them")
            return _settle(price, rates, parts, usage=counted, doubts=unsure)
        return _settle_units(price, rates, units, doubts=[*unsure, *doubts], prices_tokens=prices_tokens)

    def _entry(self, kind: Kind, names: list[str]) -> Entry | None:
        index = self._by_kind.get(kind.name)
        if index is None:
            index = self._by_kind[kind.name] = _index(
                entry for entry in self._entries if entry.kind == kind.name
            )
        bare = [name.removeprefix(kind.model_prefix).lower() for name in names]
        undated = [_DATED.sub("", name) for name in bare]
        return next((index[name] for name in (*bare, *undated) if name in index), None)

    def _rows_of(self, entry: Entry) -> tuple[Row, ...]:
        key = (entry.kind, entry.model)
        if key not in self._rows:
            self._rows[key] = tuple(
                _row(row) for row in msgspec.json.decode(entry.rows, type=tuple[_WireRow, ...])
            )
        return self._rows[key]


def picousd(rate: str) -> int:
    """Whole pico-USD per unit of a rate in USD per million units: `0.003625` is 3625. Anything else: `ValueError`."""
    whole, _, fraction = rate.partition(".")
    digits = whole + fraction.ljust(_PLACES, "0")
    if not (digits.isascii() and digits.isdigit() and whole) or len(fraction) > _PLACES:
        raise ValueError(f"not a rate: {rate!r}")
    return int(digits)


def _row(wire: _WireRow) -> Row:
    variants = tuple(
        Variant(
            tiers=_ladder(variant.tiers),
            service_tier=variant.service_tier,
            hours_utc=(_minute(variant.hours_utc[0]), _minute(variant.hours_utc[1]))
            if variant.hours_utc
            else None,
            thinking=variant.thinking,
        )
        for variant in wire.variants
    )
    return Row(tiers=_ladder(wire.tiers), since=wire.since, variants=variants, src=wire.src, doubt=wire.doubt)


def _ladder(wire: tuple[dict[str, str | int], ...]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            int(tier.get("input_over", 0)),
            {unit: picousd(rate) for unit, rate in tier.items() if isinstance(rate, str)},
        )
        for tier in wire
    )


def _index(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by lower-case name; a model's own name goes before another's alias."""
    listed = list(entries)
    index = {entry.model.lower(): entry for entry in listed}
    for entry in listed:
        for name in entry.also:
            index.setdefault(name.lower(), entry)
    return index


def _midnight_s(day: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days * _DAY_S


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _is_within(hours: tuple[int, int], at_s: float) -> bool:
    now, (start, end) = int(at_s % _DAY_S) // 60, hours
    return start <= now < end if start < end else now >= start or now < end


def _tiers(row: Row, *, tier: str, at_s: float, usage: Usage) -> tuple[tuple[Tier, ...], list[str]]:
    """The ladder of rates that holds, and what makes it uncertain."""
    doubts = [row.doubt] if row.doubt else []
    wanted = "" if tier.lower() in _ORDINARY_TIERS else tier.lower()
    for variant in row.variants:
        if (
            variant.service_tier == wanted
            and (variant.hours_utc is None or _is_within(variant.hours_utc, at_s))
            and (not variant.thinking or usage.reasoning > 0)
        ):
            return variant.tiers, doubts
    if wanted:
        doubts.append(f"no rate for service tier {wanted}: the ordinary one is used")
    return row.tiers, doubts


def _rates(tiers: tuple[Tier, ...], input_tokens: int) -> dict[str, int]:
    """The rates of the highest tier that the whole input is strictly above."""
    chosen = tiers[0]
    for tier in tiers[1:]:
        if input_tokens > tier.input_over:
            chosen = tier
    return chosen.rates


def _settle(
    price: Price, rates: dict[str, int], parts: dict[str, int], *, usage: Usage, doubts: list[str]
) -> Cost:
    total, is_upper_bound = 0, False
    missing: list[str] = []
    for unit, count in parts.items():
        if count <= 0 or (unit == "request_each" and unit not in rates):
            continue
        rate, is_own = _rate(unit, rates)
        total += count * rate
        if is_own or unit in _PRICED_AS_WHOLE:
            continue
        if unit == "cached_input":
            is_upper_bound = True
        else:
            missing.append(f"no rate for {unit}")
    reasons = [*missing, *doubts]
    if usage.estimated:
        reasons.insert(0, "usage was not reported and is estimated")
    if is_upper_bound:
        reasons.append("no rate for cached input: priced as input")
    status = "exact"
    if usage.estimated or doubts:
        status = "estimated"
    elif missing:
        status = "partial"
    elif is_upper_bound:
        status = "upper_bound"
    return Cost(status=status, nanousd=total // PICO_PER_NANO, price_id=price.id, reason="; ".join(reasons))


def _settle_units(
    price: Price, rates: dict[str, int], units: Units, *, doubts: list[str], prices_tokens: bool
) -> Cost:
    """The cost of what was used beside tokens."""
    charged = charge(units, rates)
    if isinstance(charged, str):
        return Cost(reason="tokens were not reported" if prices_tokens and not units.unknown else charged)
    doubts += charged.doubts
    if prices_tokens:
        doubts.append(f"tokens were not reported: priced by {charged.units}")
    total = charged.picousd + rates.get("request_each", 0)
    status = "estimated" if doubts else "exact"
    return Cost(status=status, nanousd=total // PICO_PER_NANO, price_id=price.id, reason="; ".join(doubts))


def _rate(unit: str, rates: dict[str, int]) -> tuple[int, bool]:
    """A unit's rate, else that of the whole it is part of, else zero; and whether it is its own."""
    if unit in rates:
        return rates[unit], True
    whole = usage_parts.WHOLES.get(unit)
    return (_rate(whole, rates)[0], False) if whole else (0, False)
