"""A merge patch does what RFC 7396 says, and leaves every other byte of a body alone."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.merge_patch import patch_body, patched
from tests.core.test_json_diff import JSON

RFC: list[tuple[str, str, str]] = [
    # RFC 7396, appendix A
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC)
def test_the_examples_of_the_rfc_hold(target: str, patch: str, result: str) -> None:
    value, change = msgspec.json.decode(target), msgspec.json.decode(patch)
    assert patched(value, change) == msgspec.json.decode(result)
    assert value == msgspec.json.decode(target), "nothing is changed in place"
    if target[0] == "{" and patch[0] == "{":
        body = patch_body(target.encode(), change)
        assert isinstance(body, bytes)
        assert msgspec.json.decode(body) == msgspec.json.decode(result)


OBJECTS = st.dictionaries(st.text("ab", min_size=1, max_size=2), JSON, max_size=3)


@given(OBJECTS, OBJECTS)
def test_a_body_is_patched_as_its_value_is(target: dict[str, Any], patch: dict[str, Any]) -> None:
    body = patch_body(msgspec.json.encode(target), patch)
    assert isinstance(body, bytes)
    assert msgspec.json.decode(body) == patched(target, patch)


def test_what_is_not_named_keeps_its_bytes() -> None:
    raw = b'{ "model" : "m", "n":1.00,\n"x": {"a": 1} }'
    assert patch_body(raw, {"model": "k"}) == raw.replace(b'"m"', b'"k"')
    assert patch_body(raw, {"model": None, "x": {"b": 2}}) == b'{"n":1.00,"x":{"a":1,"b":2}}'
    assert patch_body(raw, {"gone": None}) == raw


def test_what_is_no_object_is_refused() -> None:
    assert isinstance(patch_body(b"[1]", {"a": 1}), Refusal)
