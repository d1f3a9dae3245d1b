"""Flows to begin a route with, made for the model that was picked."""

from typing import Any, Final

from msgspec import Struct


class Sample(Struct, frozen=True):
    """One of them."""

    name: str
    said: str
    flow: Any
    """`MODEL` stands for the model picked."""


MODEL: Final = "MODEL"
_SPARE: Final = "mock/echo"

SAMPLES: Final = (
    Sample("one model", "every request goes there", {"send": MODEL}),
    Sample(
        "tiered",
        "paying users get the model, everybody else the mock",
        {
            "if": 'metadata.tier == "pro"',
            "then": {"send": MODEL, "fallback": [_SPARE]},
            "else": {"send": _SPARE},
        },
    ),
    Sample(
        "cheap first",
        "long inputs and tools get the model, short ones something cheaper",
        {
            "if": "input_chars > 4000 or has_tools",
            "then": {"send": MODEL},
            "else": {"send": _SPARE, "fallback": [MODEL]},
        },
    ),
    Sample(
        "failover",
        "the next one answers where the first fails",
        {"send": MODEL, "fallback": [_SPARE], "retry": {"attempts": 1}},
    ),
    Sample(
        "canary",
        "one in ten goes to something new",
        {"split": [{"weight": 90, "send": MODEL}, {"weight": 10, "send": _SPARE}]},
    ),
)
"""In the order in which they are offered."""


def flow_of(name: str, model: str) -> Any:
    """The sample's flow with `model` in its place; the first sample where there is none of that name."""
    sample = next((sample for sample in SAMPLES if sample.name == name), SAMPLES[0])
    return _filled(sample.flow, model)


def _filled(value: Any, model: str) -> Any:
    match value:
        case dict():
            return {key: _filled(entry, model) for key, entry in value.items()}  # pyright: ignore[reportUnknownVariableType]  -- JSON
        case list():
            return [_filled(entry, model) for entry in value]  # pyright: ignore[reportUnknownVariableType]  -- JSON
        case _:
            return model if value == MODEL else value
