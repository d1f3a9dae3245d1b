"""Google's counts as the canonical usage, also over several calls."""

import json

from aigw_dev.core.providers.gemini_usage import add_usage, gemini_usage

ONE: dict[str, object] = {"promptTokenCount": 5, "candidatesTokenCount": 1290, "totalTokenCount": 1295}


def test_thoughts_are_output() -> None:
    usage = gemini_usage(ONE | {"thoughtsTokenCount": 10, "cachedContentTokenCount": 2})
    assert usage is not None
    assert (usage.input, usage.output, usage.reasoning, usage.cached_input) == (5, 1300, 10, 2)
    assert json.loads(bytes(usage.raw))["candidatesTokenCount"] == 1290


def test_calls_add_up() -> None:
    two: dict[str, object] = {**ONE, "thoughtsTokenCount": 3, "promptTokensDetails": []}
    added = add_usage(add_usage({}, ONE), two)
    assert added == {
        "promptTokenCount": 10,
        "candidatesTokenCount": 2580,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 2590,
        "promptTokensDetails": [],
    }


def test_the_kinds_that_calls_counted_stand_one_after_the_other() -> None:
    image = {"modality": "IMAGE", "tokenCount": 1290}
    one: dict[str, object] = {**ONE, "candidatesTokensDetails": [image]}
    assert add_usage(add_usage({}, one), one)["candidatesTokensDetails"] == [image, image]
    assert add_usage(one, ONE)["candidatesTokensDetails"] == [image]


def test_nothing_told_is_no_usage() -> None:
    assert gemini_usage({}) is None
    odd = gemini_usage({"promptTokenCount": "many"})
    assert odd is not None
    assert odd.input == 0
