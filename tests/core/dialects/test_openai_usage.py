"""Every way of sending usage becomes one canonical set."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.exchange import Usage


def read(wire: Any) -> Usage | None:
    return read_usage(json.dumps(wire).encode())


def figures(usage: Usage | None) -> tuple[int, int, int, int, int]:
    assert usage is not None
    assert not usage.estimated
    return (usage.input, usage.output, usage.cached_input, usage.cache_write, usage.reasoning)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}, (10, 4, 0, 0, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 1}}, (10, 0, 8, 1, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": None, "completion_tokens_details": None}, (10, 0, 0, 0, 0)),
        ({"prompt_tokens": 10, "prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 4}, (10, 0, 6, 0, 0)),
        ({"prompt_tokens": 10, "cached_tokens": 6}, (10, 0, 6, 0, 0)),
        ({"prompt_tokens": 10, "cached_tokens": 0, "prompt_tokens_details": {"cached_tokens": 6}}, (10, 0, 6, 0, 0)),
        ({"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 7}}, (0, 9, 0, 0, 7)),
        ({"completion_tokens": 9, "reasoning_tokens": 7}, (0, 9, 0, 0, 7)),
        ({"total_tokens": 12}, (12, 0, 0, 0, 0)),
        ({"total_tokens": 12, "completion_tokens": 2}, (10, 2, 0, 0, 0)),
        ({"input_tokens": 3, "output_tokens": 5}, (3, 5, 0, 0, 0)),
        ({"input_tokens": 3, "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}}, (3, 5, 0, 0, 2)),
        # reasoning left out of completion_tokens: named, and only in the total
        ({"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 303, "completion_tokens_details": {"reasoning_tokens": 290}}, (12, 291, 0, 0, 290)),
        ({"prompt_tokens": 7, "completion_tokens": 12, "total_tokens": 402}, (7, 395, 0, 0, 383)),
        # a part larger than its whole is not inside it
        ({"prompt_tokens": 5, "completion_tokens": 1, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30}, (55, 1, 20, 30, 0)),
        ({"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 26, "cached_tokens": 20}, (25, 1, 20, 0, 0)),
        ({"prompt_tokens": 33, "completion_tokens": 7, "total_tokens": 40, "reasoning_tokens": 73}, (33, 80, 0, 0, 73)),
        # a total that is wrong changes nothing
        ({"prompt_tokens": 8, "completion_tokens": 5, "total_tokens": 10}, (8, 5, 0, 0, 0)),
        # figures that are none
        ({"prompt_tokens": 8.0, "completion_tokens": -5, "total_tokens": True}, (8, 0, 0, 0, 0)),
        ({"prompt_tokens": "8", "completion_tokens": 2, "prompt_tokens_details": [1]}, (0, 2, 0, 0, 0)),
        ({"prompt_tokens": 10**13, "completion_tokens": 2}, (0, 2, 0, 0, 0)),
    ],
)  # fmt: skip
def test_usage_is_canonical(wire: Any, expected: tuple[int, int, int, int, int]) -> None:
    assert figures(read(wire)) == expected


@pytest.mark.parametrize(
    "raw", [b"null", b"", b"[]", b"{}", b"7", b'"many"', b'{"cost":1}', b'{"prompt_tokens":null}', b"{"]
)
def test_what_counts_nothing_is_no_usage(raw: bytes) -> None:
    assert read_usage(raw) is None


@pytest.mark.parametrize(
    ("wire", "nanousd"),
    [
        ({"cost": 0.000102}, 102_000),
        ({"cost": 0}, 0),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0003253}}, 325_300),
        ({"cost": 0.5, "is_byok": True, "cost_details": None}, 500_000_000),
        ({"cost": 0.5, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.25}}, 500_000_000),
        ({"cost_in_usd_ticks": 1466250}, 146_625),
        ({"cost": {"input_tokens_cost": 1, "total_cost": 0.006}}, 6_000_000),
        ({"cost": {}}, None),
        ({"cost": -1}, None),
        ({"cost": True}, None),
        ({"cost": "0.1"}, None),
        ({}, None),
    ],
)
def test_a_cost_that_the_provider_reports_is_kept(wire: dict[str, Any], nanousd: int | None) -> None:
    usage = read({"prompt_tokens": 1, **wire})
    assert usage is not None
    assert usage.reported_nanousd == nanousd


def test_the_object_is_kept_byte_for_byte() -> None:
    sent = b'{ "prompt_tokens": 1,\n "x": 1.500 }'
    usage = read_usage(msgspec.Raw(sent))
    assert usage is not None
    assert bytes(usage.raw) == sent


@given(st.dictionaries(st.sampled_from(["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"]), st.integers(0, 10**6)))  # fmt: skip
def test_parts_are_never_larger_than_their_wholes(wire: dict[str, int]) -> None:
    usage = read(wire)
    if usage is not None:
        assert usage.cached_input + usage.cache_write <= usage.input
        assert usage.reasoning <= usage.output
        assert usage.input + usage.output >= wire.get("total_tokens", 0)


_TOKENS = st.one_of(st.none(), st.integers(-1, 10**6), st.just(10**13))
_NAMES = (
    "prompt_tokens",
    "input_tokens",
    "completion_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
)
_MORE = (
    "prompt_cache_hit_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "reasoning_tokens",
)
_INSIDE = ("cached_tokens", "cache_write_tokens", "cache_creation_tokens", "reasoning_tokens")
_OBJECTS = st.fixed_dictionaries({}, optional=dict.fromkeys(_INSIDE, _TOKENS))


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys((*_NAMES, *_MORE), _TOKENS)),
    st.fixed_dictionaries(
        {}, optional={"prompt_tokens_details": _OBJECTS, "output_tokens_details": _OBJECTS}
    ),
)
def test_the_usual_shape_and_any_other_are_read_alike(
    wire: dict[str, object], details: dict[str, object]
) -> None:
    usual = read_usage(msgspec.json.encode({**wire, **details}))
    odd = read_usage(msgspec.json.encode({**wire, **details, "cost": None}))  # money is read field by field

    assert (usual is None) == (odd is None)
    if usual is not None and odd is not None:
        assert msgspec.structs.replace(usual, raw=odd.raw) == odd
