import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings

from aigw_dev.core.recording.fixture import Fixture
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.schema import SCHEMA
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import FIXTURES, RECORDINGS, Beside, Recording

Check = Callable[[Any, Any, dict[str, Any]], bool]

_TYPES: Final[dict[str, Any]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}


def is_of(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def fits(value: Any, schema: Any) -> bool:
    """Whether a value keeps to a schema: the keywords of draft 2020-12 that SCHEMA uses, and no others."""
    if schema is True:
        return True
    return all(_CHECKS[word](value, wanted, schema) for word, wanted in schema.items())


def _types(value: Any, wanted: Any, _schema: Any) -> bool:
    return any(is_of(kind, value) for kind in ([wanted] if isinstance(wanted, str) else wanted))


def _more(value: Any, wanted: Any, schema: Any) -> bool:
    known = schema.get("properties", {})
    return all(
        wanted is not False and fits(one, wanted) for key, one in fields(value).items() if key not in known
    )


def _fields(value: Any, wanted: Any, _schema: Any) -> bool:
    return all(fits(fields(value)[key], one) for key, one in wanted.items() if key in fields(value))


def _names(value: Any, wanted: Any, _schema: Any) -> bool:
    return all(fits(key, wanted) for key in fields(value))


def _entries(value: Any, wanted: Any, _schema: Any) -> bool:
    return all(fits(one, wanted) for one in items(value))


def _first(value: Any, wanted: Any, _schema: Any) -> bool:
    return all(fits(one, each) for one, each in zip(items(value), wanted, strict=False))


def _said(_value: Any, _wanted: Any, _schema: Any) -> bool:
    return True


_CHECKS: Final[dict[str, Check]] = {
    "$schema": _said,
    "$defs": _said,
    "title": _said,
    "description": _said,
    "$ref": lambda value, wanted, _: fits(value, SCHEMA["$defs"][wanted.removeprefix("#/$defs/")]),
    "type": _types,
    "enum": lambda value, wanted, _: value in wanted,
    "const": lambda value, wanted, _: value == wanted and type(value) is type(wanted),
    "minimum": lambda value, wanted, _: value >= wanted,
    "maximum": lambda value, wanted, _: value <= wanted,
    "pattern": lambda value, wanted, _: re.search(wanted, value) is not None,
    "anyOf": lambda value, wanted, _: any(fits(value, one) for one in wanted),
    "required": lambda value, wanted, _: all(key in value for key in wanted),
    "properties": _fields,
    "additionalProperties": _more,
    "propertyNames": _names,
    "items": _entries,
    "prefixItems": _first,
    "minItems": lambda value, wanted, _: len(value) >= wanted,
    "maxItems": lambda value, wanted, _: len(value) <= wanted,
}


@settings(max_examples=150)
@given(FIXTURES)
def test_every_file_that_is_written_fits_the_schema(fixture: Fixture) -> None:
    assert fits(json.loads(write_fixture(fixture, store=Beside().store)), SCHEMA)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_fit_the_schema(name: str) -> None:
    fixture = getattr(Recording(1), name)()
    assert fits(json.loads(write_fixture(fixture, store=Beside().store)), SCHEMA)


_REFUSED: Final[list[dict[str, Any]]] = [
    {"aigw_fixture": 2},
    {"aigw_fixture": True},
    {"interaction": []},
    {"interactions": [{}]},
    {"interactions": [{"request": {"op": "o", "bodi": 1}, "attempts": []}]},
    {"interactions": [{"request": {"op": "o", "body": {"~line": []}}, "attempts": []}]},
    {"interactions": [{"request": {"op": "o"}, "attempts": [{"upstream": "a", "request": "sam"}]}]},
    {
        "interactions": [
            {"request": {"op": "o"}, "attempts": [{"upstream": "a", "response": {"dt_ms": [1.5]}}]}
        ]
    },
]


@pytest.mark.parametrize("change", _REFUSED)
def test_what_the_reader_refuses_the_schema_refuses(change: dict[str, Any]) -> None:
    document: dict[str, Any] = {"aigw_fixture": 1, "interactions": [], **change}
    assert not fits(document, SCHEMA)
    with pytest.raises(Exception, match=r"."):
        read_fixture(json.dumps(document).encode())


@pytest.mark.vectors
def test_the_five_examples_of_the_format_are_read_and_fit(vectors: Path) -> None:
    found = sorted((vectors.parent / "prototypes" / "fixtures").glob("*.aigw.json"))
    if not found:
        pytest.skip("the examples are not there")
    assert len(found) == 5
    for path in found:
        content = path.read_bytes()
        assert fits(json.loads(content), SCHEMA)
        written = write_fixture(read_fixture(content), store=Beside().store)
        assert read_fixture(written) == read_fixture(content)
        assert fits(json.loads(written), SCHEMA)
