"""Usage both ways: bug classes 11 and 13 of the reference."""

import json
from typing import Any

import msgspec
import pytest
from anthropic.types import Usage as SdkUsage
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.anthropic.usage import merged, read_usage, write_usage
from aigw_dev.core.exchange import Usage


def figures(raw: bytes) -> tuple[int, int, int, int, int] | None:
    usage = read_usage(raw)
    return (
        None
        if usage is None
        else (usage.input, usage.output, usage.cached_input, usage.cache_write, usage.reasoning)
    )


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"input_tokens": 3, "output_tokens": 4}, (3, 4, 0, 0, 0)),
        (
            {
                "input_tokens": 3,
                "output_tokens": 4,
                "cache_read_input_tokens": 20,
                "cache_creation_input_tokens": 100,
            },
            (123, 4, 20, 100, 0),
        ),
        (
            {
                "input_tokens": 3,
                "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2},
            },
            (6, 0, 0, 3, 0),
        ),
        ({"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 7}}, (0, 9, 0, 0, 7)),
        ({"output_tokens": 4, "input_tokens": None, "cache_read_input_tokens": None}, (0, 4, 0, 0, 0)),
        (
            {"input_tokens": "3", "output_tokens": 4.0, "output_tokens_details": {"thinking_tokens": 1}},
            (0, 4, 0, 0, 1),
        ),
        ({}, None),
        ([], None),
    ],
)
def test_input_includes_cached_and_written_tokens(wire: Any, expected: Any) -> None:
    assert figures(json.dumps(wire).encode()) == expected


def test_later_figures_replace_earlier_ones() -> None:
    first = b'{"input_tokens":9,"cache_read_input_tokens":5,"output_tokens":1}'
    later = b'{"output_tokens":8,"input_tokens":null,"cache_read_input_tokens":6}'
    assert figures(merged(first, later)) == (15, 8, 6, 0, 0)
    assert merged(b"", later) == later
    assert merged(first, b"") == first


@given(*[st.integers(0, 10**6)] * 5)
def test_what_is_written_is_read_back(
    fresh: int, cached: int, written: int, output: int, reasoning: int
) -> None:
    usage = Usage(
        input=fresh + cached + written,
        output=output + reasoning,
        cached_input=cached,
        cache_write=written,
        reasoning=reasoning,
    )
    wire = json.dumps(write_usage(usage)).encode()
    SdkUsage.model_validate_json(wire)
    assert figures(wire) == (usage.input, usage.output, cached, written, reasoning)


def test_input_is_never_below_zero_and_the_protocols_own_object_passes() -> None:
    assert write_usage(Usage(input=1, cached_input=5))["input_tokens"] == 0
    raw = msgspec.Raw(b'{"input_tokens":1,"output_tokens":2,"inference_geo":"eu"}')
    own = write_usage(Usage(input=1, output=2, raw=raw), is_own=True)
    assert msgspec.json.decode(msgspec.json.encode(own))["inference_geo"] == "eu"
    assert write_usage(Usage(input=1, output=2), is_own=True)["output_tokens"] == 2
