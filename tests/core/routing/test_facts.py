"""Conditions read a request lazily, and no request can break the reading."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.facts import Facts, Found, Measured, Unmeasured
from aigw_dev.core.routing.names import Name

DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc0"), inner, max_size=3),
    max_leaves=12,
)


def body(facts: Facts, *path: str | int) -> Found:
    return facts.read(Name("body", path))


def test_content_is_measured_once_and_only_when_asked() -> None:
    calls: list[str] = []

    def measure() -> Measured:
        calls.append("measured")
        return Unmeasured(has_tools=True, has_images=False, input_chars=7)

    facts = Facts(measure=measure, model="m")
    assert facts.read(Name("model")).value == "m"
    assert not calls
    assert facts.read(Name("input_chars")).value == 7
    assert facts.read(Name("has_tools")).value is True
    assert facts.read(Name("has_images")).value is False
    assert calls == ["measured"]


def test_a_body_is_read_from_bytes_or_from_its_decoded_top_level() -> None:
    raw = b'{"messages": [{"role": "user"}], "n": 1}'
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    for facts in (Facts(body=raw), Facts(body=fields)):
        assert body(facts, "messages", 0, "role").value == "user"
        assert body(facts, "messages", -1).value == {"role": "user"}
        assert body(facts, "n").value == 1
        assert body(facts, "gone") == Found()
        assert body(facts, "gone", "further") == Found()


def test_a_path_is_read_once() -> None:
    facts = Facts(body=b'{"a":[1]}')
    assert body(facts, "a") is body(facts, "a")


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense", b"{", b'{"a":"\xff"}', b'{"a":"\\ud83d"}', b"[1]", b"5", DEEP]
)
def test_a_body_that_cannot_be_read_holds_nothing(raw: bytes) -> None:
    assert body(Facts(body=raw), "a") == Found()
    assert body(Facts(body=raw), "a", 0, "b") == Found()


def test_null_counts_as_missing_and_is_told_apart() -> None:
    assert body(Facts(body=b'{"a":null}'), "a") == Found(is_null=True)
    assert Facts(metadata={"a": None}).read(Name("metadata", ("a",))) == Found(is_null=True)
    assert Facts(metadata={}).read(Name("metadata", ("a",))) == Found()
    assert Facts().read(Name("metadata", ("a",))) == Found()


def test_headers_and_query_are_read_by_name() -> None:
    facts = Facts(headers={"x-a": "grÃ¼n"}, query={"b": "2"}, consumer="alice", is_stream=True)
    assert facts.read(Name("header", ("x-a",))).value == "grün"
    assert facts.read(Name("header", ("x-b",))) == Found()
    assert facts.read(Name("query", ("b",))).value == "2"
    assert facts.read(Name("query", ("c",))) == Found()
    assert facts.read(Name("consumer")).value == "alice"
    assert facts.read(Name("stream")).value is True


def walk(value: Any, path: tuple[str | int, ...]) -> Any:
    """What a path means, said the slow way."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(str(step))  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]  # any JSON
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if -len(value) <= step < len(value) else None  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # any JSON
        else:
            return None
    return value  # pyright: ignore[reportUnknownVariableType]  # any JSON


@given(
    st.dictionaries(st.sampled_from("abc0"), JSON),
    st.lists(st.sampled_from(["a", "b", "c", 0, -1]), min_size=1, max_size=4),
)
def test_a_path_leads_to_what_it_names(value: Any, path: list[str | int]) -> None:
    raw = json.dumps(value, ensure_ascii=False, indent=1).encode()
    assert body(Facts(body=raw), *path).value == walk(value, tuple(path))
