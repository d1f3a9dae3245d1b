"""An example value for a JSON Schema: what `mock/tools` calls a tool with.

Covers what tool schemas use: types, enum, const, objects with required and optional properties, arrays, bounds,
lengths, formats, simple patterns, anyOf, oneOf, allOf and local `$ref`. Optional properties are left out, unless a
schema requires none at all. A pattern that no candidate fits, `not`, `if` and `contains` are not solved.
"""

import math
from typing import Final
from urllib.parse import unquote

from aigw_dev.core import loose_json
from aigw_dev.core.routing.patterns import compile_pattern

_Schema = dict[str, object]
_MAX_DEPTH: Final = 24
"""A schema that is still open here is recursive without end; null or the emptiest value closes it."""
_MAX_VALUES: Final = 2000
"""Values made for one schema; a schema that wants more (arrays of arrays of arrays) gets an incomplete example."""
_MAX_ITEMS: Final = 64
_MAX_CHARS: Final = 4096

_FORMATS: Final = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1H",
    "email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/example",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/example",
    "regex": ".*",
}
_CANDIDATES: Final = (
    "text", "a", "A", "0", "1", "Text", "TEXT", "a1", "A1", "2026-01-01", "00:00", "12345", "1234567890", "000-000-0000",
    "+10000000000", "1.0", "1.0.0", "v1.0.0", "#000000", "user@example.com", "https://example.com/", "en", "en-US", "US",
    "USD", "text-text", "text_text", "text.txt", "/text", "00000000-0000-4000-8000-000000000000", "", "id_1", "abc123",
)  # fmt: skip
"""Tried in this order against a pattern."""


def example(schema: object) -> object:
    """A value that is valid for `schema`, as simple as it allows; the same schema gives the same value."""
    return _Maker(loose_json.mapping(schema)).make(schema, 0, 0)


class _Maker:
    """Holds the root that `$ref` points into, and what is left of the budget."""

    def __init__(self, root: _Schema) -> None:
        self._root = root
        self._left = _MAX_VALUES

    def make(self, schema: object, depth: int, ordinal: int) -> object:
        """A value; `ordinal` asks for another one than the last, where items must be unique."""
        self._left -= 1
        plain = self._plain(loose_json.mapping(schema), depth)
        if "const" in plain:
            return plain["const"]
        members = loose_json.items(plain.get("enum"))
        if members:
            return members[ordinal % len(members)]
        kind = _kind(plain, depth)
        match kind:
            case "object":
                return self._object(plain, depth)
            case "array":
                return self._array(plain, depth)
            case "integer" | "number":
                return _number(plain, ordinal, is_whole=kind == "integer")
            case "boolean":
                return ordinal % 2 == 0
            case "null":
                return None
            case _:
                return _string(plain, ordinal)

    def _plain(self, schema: _Schema, depth: int) -> _Schema:
        """The schema with references followed and alternatives chosen."""
        for _ in range(_MAX_DEPTH):
            self._left -= 1
            if depth > _MAX_DEPTH or self._left < 0:
                break
            reference = schema.get("$ref")
            if isinstance(reference, str):
                schema = _merged(
                    {key: schema[key] for key in schema if key != "$ref"}, self._target(reference)
                )
                continue
            every = loose_json.items(schema.get("allOf"))
            if every:
                schema = {key: schema[key] for key in schema if key != "allOf"}
                for one in every:
                    schema = _merged(schema, self._plain(loose_json.mapping(one), depth + 1))
                continue
            key = "anyOf" if schema.get("anyOf") else "oneOf"
            branches = [loose_json.mapping(branch) for branch in loose_json.items(schema.get(key))]
            if not branches:
                break
            schema = {name: schema[name] for name in schema if name != key}
            schema = _merged(schema, _chosen(branches, depth))
        return schema

    def _target(self, reference: str) -> _Schema:
        """What a local reference points at; an empty schema where it points at nothing."""
        value: object = self._root
        path, _, pointer = reference.partition("#")
        if path:
            return {}
        for step in unquote(pointer).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if loose_json.is_array(value) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                value = loose_json.mapping(value).get(name)
        return loose_json.mapping(value)

    def _object(self, schema: _Schema, depth: int) -> dict[str, object]:
        properties = loose_json.mapping(schema.get("properties"))
        names = [loose_json.text(name) for name in loose_json.items(schema.get("required"))]
        if "required" not in schema and depth < _MAX_DEPTH // 4:
            names = list(properties)
        if depth >= _MAX_DEPTH or self._left < 0:
            names = []
        fallback = schema.get("additionalProperties")
        made = {name: self.make(properties.get(name, fallback), depth + 1, 0) for name in names}
        for name in (*properties, *(f"key{number}" for number in range(1, _MAX_ITEMS))):
            if self._left < 0 or len(made) >= (loose_json.count(schema.get("minProperties")) or 0):
                break
            if name not in made:
                made[name] = self.make(properties.get(name, fallback), depth + 1, 0)
        return made

    def _array(self, schema: _Schema, depth: int) -> list[object]:
        least = loose_json.count(schema.get("minItems")) or 0
        most = loose_json.count(schema.get("maxItems"))
        first = loose_json.items(schema.get("prefixItems"))
        wanted = max(least, len(first), 0 if depth >= _MAX_DEPTH // 2 else 1)
        size = 0 if self._left < 0 else min(wanted, _MAX_ITEMS if most is None else most, _MAX_ITEMS)
        rest = schema.get("items")
        return [
            self.make(
                first[index] if index < len(first) else rest,
                depth + 1,
                index if schema.get("uniqueItems") else 0,
            )
            for index in range(size)
        ]


def _chosen(branches: list[_Schema], depth: int) -> _Schema:
    """The first branch that is not null; deep inside a recursion the first that is."""
    is_null = [branch.get("type") == "null" or branch.get("const", "") is None for branch in branches]
    wanted = depth >= _MAX_DEPTH // 4
    return next(
        (branch for branch, null in zip(branches, is_null, strict=True) if null == wanted), branches[0]
    )


def _merged(one: _Schema, other: _Schema) -> _Schema:
    """Both at once: properties and required names add up, elsewhere `other` goes first."""
    merged = one | other
    if "properties" in one and "properties" in other:
        merged["properties"] = loose_json.mapping(one["properties"]) | loose_json.mapping(other["properties"])
    if "required" in one and "required" in other:
        merged["required"] = [*loose_json.items(one["required"]), *loose_json.items(other["required"])]
    return merged


def _kind(schema: _Schema, depth: int) -> str:
    """The type, said or meant by the other keywords."""
    kind = schema.get("type")
    named = [loose_json.text(one) for one in loose_json.items(kind)]
    if named:
        if "null" in named and depth >= _MAX_DEPTH // 4:
            return "null"
        return next((one for one in named if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    if schema.keys() & {"properties", "required", "additionalProperties", "minProperties"}:
        return "object"
    if schema.keys() & {"items", "prefixItems", "minItems"}:
        return "array"
    if schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
        return "number"
    return "string"


def _number(schema: _Schema, ordinal: int, *, is_whole: bool) -> int | float:
    low, is_low_open = _bound(schema, "minimum", "exclusiveMinimum", sign=1)
    high, is_high_open = _bound(schema, "maximum", "exclusiveMaximum", sign=-1)
    step = _finite(schema.get("multipleOf")) or (1.0 if is_whole else None)
    candidates = [1.0 + ordinal, 0.0 - ordinal]
    for bound, direction in ((low, 1), (high, -1)):
        if bound is not None:
            candidates += [bound + direction * ordinal, bound + direction * (ordinal + 1)]
            if step:
                aligned = (math.ceil if direction > 0 else math.floor)(bound / step) * step
                candidates += [
                    aligned + direction * step * ordinal,
                    aligned + direction * step * (ordinal + 1),
                ]
    if low is not None and high is not None:
        candidates.append((low + high) / 2)
    if step:
        candidates.append(step * (1 + ordinal))

    def fits(value: float) -> bool:
        is_above = low is None or value > low or (value == low and not is_low_open)
        is_below = high is None or value < high or (value == high and not is_high_open)
        return (
            is_above
            and is_below
            and not (is_whole and value % 1)
            and not (step and not _divides(value, step))
        )

    value = next((candidate for candidate in candidates if fits(candidate)), 1.0)
    return int(value) if value == int(value) else value


def _bound(schema: _Schema, name: str, open_name: str, *, sign: int) -> tuple[float | None, bool]:
    """A bound and whether it is open; draft 4 says `exclusiveMinimum: true` beside `minimum`."""
    closed, strict = _finite(schema.get(name)), schema.get(open_name)
    opened = _finite(strict)
    if opened is None:
        return closed, strict is True
    if closed is None or sign * opened >= sign * closed:
        return opened, True
    return closed, False


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 2**53 else None


def _divides(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-9  # noqa: PLR2004 - floats


def _string(schema: _Schema, ordinal: int) -> str:
    least = min(loose_json.count(schema.get("minLength")) or 0, _MAX_CHARS)
    most = loose_json.count(schema.get("maxLength"))
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        found = _matching(pattern, least, most)
        if found is not None:
            return found
    form = _FORMATS.get(loose_json.text(schema.get("format")))
    if form is not None:
        return form
    text = "text" if not ordinal else f"text{ordinal}"
    return (text.ljust(least, "x"))[: None if most is None else most]


def _matching(pattern: str, least: int, most: int | None) -> str | None:
    compiled = compile_pattern(pattern)
    if isinstance(compiled, str):
        return None
    for candidate in _CANDIDATES:
        repeated = candidate * max(1, -(-least // max(1, len(candidate))))
        for text in (candidate, repeated, repeated[: least or None]):
            is_sized = len(text) >= least and (most is None or len(text) <= most)
            if is_sized and compiled.search(text.encode()) is not None:
                return text
    return None
