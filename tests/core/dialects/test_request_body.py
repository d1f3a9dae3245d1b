"""The caller's body: what is refused, and that nothing but the wanted values ever changes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.request_body import MAX_NUMBER_DIGITS, RequestBody, merge, read_body, rename_model
from aigw_dev.core.errors import Refusal


def body_of(raw: bytes) -> RequestBody:
    body = read_body(raw)
    assert isinstance(body, RequestBody)
    return body


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b"null", "not an object"),
        (b'{"a":1} {"b":2}', "not valid JSON"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":[Infinity]}', "not valid JSON"),
        (b'{"a":[01]}', "not valid JSON"),
        (b"{'a':1}", "not valid JSON"),
        (b'\xef\xbb\xbf{"a":1}', "not valid JSON"),
        (rb'{"a":"\ud800"}', "not valid JSON"),
        (rb'{"messages":[{"content":"\udc00 and more text"}]}', "not valid JSON"),
        (rb'{"\ud800":"a key of half a pair"}', "not valid JSON"),
        (b'{"messages":[{"content":"\xff"}]}', "UTF-8"),
        (b'{"\xff":1}', "UTF-8"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "nested too deeply"),
        (b'{"seed":' + b"9" * 5000 + b"}", "4300 digits"),
        (b'{"text":"' + b"x" * 5000 + b'","a":[{"b":-' + b"1" * 4301 + b"}]}", "4300 digits"),
    ],
)
def test_what_is_no_sound_json_object_is_refused(raw: bytes, why: str) -> None:
    refusal = read_body(raw)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "invalid_json"
    assert why in refusal.message


@pytest.mark.parametrize(
    "raw",
    [
        b'{"seed":12345678901234567890123}',
        b'{"seed":' + b"9" * MAX_NUMBER_DIGITS + b"}",
        b'{"content":"' + b"3141592653" * 2000 + b'"}',
        b'{"ids":[' + b",".join(b"%d" % number for number in range(100_000, 130_000)) + b"]}",
        rb'{"content":"\ud83d\ude00 and \\ud800"}',
        b'{"a":1e999}',
        b' \r\n\t{ "a" : 1 } \n',
        '{"content":"héllo \u2028 😀"}'.encode(),
    ],
)
def test_what_is_sound_passes_unchanged(raw: bytes) -> None:
    assert body_of(raw).raw == raw


def test_a_field_is_given_as_its_text() -> None:
    body = body_of(b'{"a": {"b":1.50} ,"c":2}')
    assert (body.text("a"), body.text("c"), body.text("missing")) == (b'{"b":1.50}', b"2", b"")


_SPACES = st.text(" \t\r\n", max_size=3)
_VALUES = st.recursive(
    st.sampled_from(["1", "-0.0", "1e5", "1.50", "12345678901234567890", "null", "true", '""', '"model"'])
    | st.text(max_size=6).map(json.dumps)
    | st.text(max_size=6).map(lambda text: json.dumps(text, ensure_ascii=False)),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + " ,".join(items) + "]")
        | st.lists(st.tuples(st.sampled_from(['"model"', '"a"', '"\\u006dodel"']), inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    ['"model"', '"\\u006dodel"', '"messages"', '"stream"', '"temperature"', '"mod\\u0065l2"', '"é"', '"a\\"model"', '""']
)  # fmt: skip


class Member:
    """A member of an object as text, with the space around its parts."""

    def __init__(self, key: str, value: str, spaces: tuple[str, str, str, str]) -> None:
        self.key, self.value, self.spaces = key, value, spaces
        self.name: str = json.loads(key)

    def text(self, value: str) -> str:
        before, after_key, before_value, after = self.spaces
        return f"{before}{self.key}{after_key}:{before_value}{value}{after}"


_MEMBERS = st.builds(Member, _KEYS, _VALUES, st.tuples(_SPACES, _SPACES, _SPACES, _SPACES))
_NO_SPACE = st.builds(Member, _KEYS, _VALUES, st.just(("", "", "", "")))
_OBJECTS = st.lists(_MEMBERS, max_size=7) | st.lists(_NO_SPACE, max_size=7)
_MODELS = st.sampled_from(["gpt-4o", 'with "quotes"', "qwen/ü", "", "\u2028"])


def written(members: list[Member], changes: dict[str, str]) -> bytes:
    inside = ",".join(member.text(changes.get(member.name, member.value)) for member in members)
    return ("{" + inside + "}").encode()


@given(_OBJECTS, _MODELS)
def test_renaming_keeps_every_other_byte(members: list[Member], model: str) -> None:
    raw = written(members, {})
    renamed = rename_model(body_of(raw), model)
    names = [member.name for member in members]
    value = json.dumps(model, ensure_ascii=False)
    if len(set(names)) < len(names):  # a key stands twice: the losers go, the values stay
        assert json.loads(renamed) == json.loads(raw) | {"model": model}
    elif "model" in names:
        assert renamed == written(members, {"model": value})
    else:
        end = raw.rindex(b"}")
        tail = len(members[-1].spaces[3]) if members else 0
        comma = b"," if members else b""
        assert renamed == raw[: end - tail] + comma + b'"model":' + value.encode() + raw[end - tail :]


@given(
    _OBJECTS,
    st.dictionaries(st.sampled_from(["temperature", "top_p", "stream", "model"]), st.integers(), max_size=4),
)
def test_params_are_merged_at_the_top_level(members: list[Member], params: dict[str, Any]) -> None:
    raw = written(members, {})
    merged = json.loads(rename_model(body_of(raw), "m", params))
    taken = {key: value for key, value in params.items() if key != "stream"}
    assert merged == json.loads(raw) | taken | {"model": "m"}


@given(
    _OBJECTS,
    st.dictionaries(st.sampled_from(["temperature", "model", "new"]), st.sampled_from([b"1", b'{"x":[]}'])),
)
def test_a_merged_body_can_be_merged_again(members: list[Member], changes: dict[str, bytes]) -> None:
    once = merge(body_of(written(members, {})), changes)
    again = read_body(once.raw)
    assert isinstance(again, RequestBody)
    assert {key: bytes(value) for key, value in again.fields.items()} == {
        key: bytes(value) for key, value in once.fields.items()
    }
    assert rename_model(once, "m") == rename_model(again, "m")


def test_params_go_in_their_place_or_at_the_end() -> None:
    raw = b'{ "model" : "x", "temperature":1,  "messages":[] }'
    renamed = rename_model(body_of(raw), "y", {"temperature": 0.5, "top_k": 3})
    assert renamed == b'{ "model" : "y", "temperature":0.5,  "messages":[],"top_k":3 }'


def test_a_nested_model_is_left_alone() -> None:
    raw = b'{"tools":[{"model":"inner"}],"model":"outer","metadata":{"model":"inner"},"x":"\\"model\\":\\"y\\""}'
    assert rename_model(body_of(raw), "new") == raw.replace(b'"outer"', b'"new"')


def test_of_a_model_that_stands_twice_the_provider_sees_one() -> None:
    renamed = rename_model(body_of(b'{"model":"a","x":1.50,"model":"b"}'), "c")
    assert renamed == b'{"model":"c","x":1.50}'


@pytest.mark.parametrize(
    "raw", [b'{"a":1,"a":12,"model":"x"}', b'{"a":12,"a":1,"model":"x"}', b'{"a":1, "a":1,"model":"x"}']
)
def test_a_loser_that_looks_like_the_winner_is_told_apart(raw: bytes) -> None:
    assert json.loads(rename_model(body_of(raw), "y")) == json.loads(raw) | {"model": "y"}
