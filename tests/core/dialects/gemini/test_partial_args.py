"""Arguments that arrive piece by piece come out whole."""

import json

import pytest

from aigw_dev.core.chat.events import (
    Delta,
)
from tests.core.dialects.gemini.stream_events import chunk, decoded, partial, spoken


def test_arguments_in_pieces_come_out_whole() -> None:
    events = decoded(
        chunk(partial("f", args={"kept": 1})),
        chunk(partial(pieces=[{"jsonPath": "$.a.b[1].c", "stringValue": "x", "willContinue": True}])),
        chunk(partial(pieces=[{"jsonPath": "$.a.b[1].c", "stringValue": "y"}])),
        chunk(
            partial(
                pieces=[
                    {"jsonPath": "$['d e']", "numberValue": 2},
                    {"jsonPath": '$["f"]', "boolValue": False},
                ]
            )
        ),
        chunk(
            partial(
                pieces=[
                    {"jsonPath": "$.g", "nullValue": "NULL_VALUE"},
                    {"jsonPath": "$.h", "numberValue": 0.5},
                ]
            )
        ),
        chunk(partial(pieces=[{"jsonPath": "$.a.b[1].c[0]", "stringValue": "lost"}])),
        chunk(partial(more=False)),
        chunk(partial(more=False)),
        chunk(partial("k")),
        chunk(partial("l", pieces=[{"jsonPath": "$.x", "stringValue": "1"}], more=False)),
        chunk(partial("m", pieces=[{"jsonPath": "$.x", "stringValue": "1"}])),
        chunk({"text": "after"}, finishReason="STOP"),
    )
    arguments = [json.loads(one.text) for one in events if isinstance(one, Delta) and one.kind == "arguments"]
    assert arguments == [
        {"kept": 1, "a": {"b": [None, {"c": ["lost"]}]}, "d e": 2, "f": False, "g": None, "h": 0.5},
        {},
        {"x": "1"},
        {"x": "1"},
    ]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "$",
        "$[0]",
        "$.a[99999999]",
        "$.a[99999999].b",
        "$.a[",
        "$.a['",
        "$" + ".a" * 100,
        "$..",
        "$.a b[x]",
    ],
)
def test_a_path_that_cannot_be_followed_changes_nothing_else(path: str) -> None:
    events = decoded(
        chunk(partial("f")),
        chunk(partial(pieces=[{"jsonPath": path, "stringValue": "x"}])),
        chunk(finishReason="STOP"),
    )
    assert isinstance(json.loads(spoken(events, "arguments")), dict)
    assert len(spoken(events, "arguments")) < 1000
