"""Gemini's token counts."""

import json

import pytest

from aigw_dev.core.dialects import gemini


def usage(**counts: int) -> dict[str, int]:
    found = gemini.read_usage(json.dumps(counts).encode())
    assert found is not None
    return {
        "input": found.input,
        "output": found.output,
        "cached": found.cached_input,
        "reasoning": found.reasoning,
    }


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}, (5, 2, 0, 0)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 10}, (5, 5, 0, 3)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 5, "thoughtsTokenCount": 3, "totalTokenCount": 10}, (5, 5, 0, 3)),
        ({"promptTokenCount": 5, "thoughtsTokenCount": 3}, (5, 3, 0, 3)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "toolUsePromptTokenCount": 4, "totalTokenCount": 11}, (9, 2, 0, 0)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "toolUsePromptTokenCount": 4, "totalTokenCount": 7}, (5, 2, 0, 0)),
        ({"promptTokenCount": 5, "cachedContentTokenCount": 4}, (5, 0, 4, 0)),
        ({"cachedContentTokenCount": 4, "promptTokenCount": 1}, (4, 0, 4, 0)),
        ({"totalTokenCount": 6}, (6, 0, 0, 0)),
    ],
)  # fmt: skip
def test_usage(counts: dict[str, int], expected: tuple[int, ...]) -> None:  # fact 35, bug class 11
    assert tuple(usage(**counts).values()) == expected


def test_a_usage_that_counts_nothing_is_none() -> None:
    assert gemini.read_usage(b'{"trafficType":"ON_DEMAND"}') is None
    assert gemini.read_usage(b"[]") is None
