"""The nearest recording and the fields that differ."""

from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Request, Wild
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.keys import canonical, key_of
from aigw_dev.core.recording.likeness import MOST_FIELDS, Counts, FieldDiff, compare, counts, nearest
from tests.core.recording.recorded_requests import DIALECTS, chat, request_in

NONE = compile_rules(())


def _fields(recorded: Any, sent: Any) -> list[tuple[str, str, str, str]]:
    requests = [Request(op="x", body=one) for one in (recorded, sent)]
    _, fields = compare(canonical(requests[0]), canonical(requests[1]))
    return [(one.path, one.recorded, one.sent, one.verdict) for one in fields]


@pytest.mark.parametrize(
    ("recorded", "sent", "rows"),
    [
        ({"a": 1}, {"a": 2}, [("a", "1", "2", "changed")]),
        ({"a": 1}, {"a": "1"}, [("a", "1", '"1"', "changed")]),
        ({"a": 1}, {"a": True}, [("a", "1", "true", "changed")]),
        ({"a": [1, {"b": 1}]}, {"a": [1, {"b": True}]}, [("a[1].b", "1", "true", "changed")]),
        ({"a": 1}, {"b": 2}, [("a", "1", "", "- gone"), ("b", "", "2", "+ new")]),
        ({"a": [1, 2, 3]}, {"a": [1, 9, 2, 3]}, [("a[1]", "", "9", "+ new")]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [("a[1]", "2", "", "- gone")]),
        ({"a": [1, 2, 3]}, {"a": [1, 4, 3]}, [("a[1]", "2", "4", "changed")]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a", '{"b": 1}', "[1]", "changed")]),
        ({"x.y": 1}, {"x.y": 2}, [('["x.y"]', "1", "2", "changed")]),
        ({"a": {"x.y": 1}}, {"a": {}}, [('a["x.y"]', "1", "", "- gone")]),
        ({"a": "", "b": 1}, {"a": "x", "b": 1}, [("a", "", "x", "changed")]),
        ({"a": Wild(pattern="x")}, {"a": "y"}, [("a", "<text like x>", "y", "changed")]),
        ({"a": Wild(), "b": 1}, {"b": 2}, [("b", "1", "2", "changed")]),
        ({"a": Wild(), "b": 1}, {"a": 1, "b": 2}, [("b", "1", "2", "changed")]),
        ({"a": {"b": Wild()}}, {"a": 1}, [("a", '{"b": "<anything>"}', "1", "changed")]),
    ],
)
def test_differences_name_their_place(
    recorded: Any, sent: Any, rows: list[tuple[str, str, str, str]]
) -> None:
    assert _fields(recorded, sent) == rows


def test_media_shows_as_its_type_and_hash() -> None:
    rows = _fields({"a": "data:image/png;base64,QUJD"}, {"a": "data:image/png;base64,QUJE"})
    assert rows[0][1] == "<image/png sha256:b5d4045c>"
    assert len(rows) == 1
    kinds = _fields({"a": ["data:image/png;base64,QUJD"]}, {"a": "x"})
    assert kinds[0][1] == '["<image/png sha256:b5d4045c>"]'


def test_a_long_text_is_shown_where_it_differs() -> None:
    ((_, recorded, sent, _),) = _fields({"a": "x" * 500 + "old end"}, {"a": "x" * 500 + "new end"})
    assert recorded == f"…{'x' * 20}old end"
    assert sent == f"…{'x' * 20}new end"
    assert len(_fields({"a": "a" + "x" * 900}, {"a": "b"})[0][1]) == 400


def test_no_key_is_shown_not_even_a_piece_of_one() -> None:
    secret = "sk-proj-Zx81kQp0aR7tLw93mVb2cN5dYf4hJ6gT"
    rows = _fields({"a": "x " * 50 + secret}, {"a": "x " * 50 + secret[:-1] + "U" + " and more"})
    shown = repr(rows)
    assert "masked" in shown
    assert "Zx81" not in shown
    assert "tLw93" not in shown


def test_headers_and_operation_are_fields_too() -> None:
    one, other = request_in("anthropic"), request_in("anthropic")
    other.headers = {"anthropic-version": "2023-06-01"}
    other.op = "anthropic.messages.count_tokens"
    _, fields = compare(canonical(one), canonical(other))
    assert [row.path for row in fields] == ["op", "headers.anthropic-beta"]


def test_the_list_of_differences_has_an_end() -> None:
    assert len(_fields(dict.fromkeys(map(str, range(999)), 1), {})) == MOST_FIELDS


@given(data=st.data())
def test_differing_keys_have_a_difference_and_equal_ones_none(data: st.DataObject) -> None:
    json = st.recursive(
        st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "1"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab~"), inner, max_size=3)
        ),
        max_leaves=8,
    )
    one, other = (Request(op="x", body={"a": data.draw(json)}) for _ in range(2))
    share, fields = compare(canonical(one), canonical(other))
    assert bool(fields) is (key_of(one) != key_of(other))
    assert 0 <= share <= 1
    assert (share == 1) is not bool(fields)


def test_the_same_conversation_a_turn_ago_is_nearer_than_another() -> None:
    turns = [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "Cold."}]
    recorded = [chat("Other"), chat(*turns[:1]), chat(*turns, "Thanks"), chat("Other", "b", "c")]
    ranked = nearest(chat(*turns, "Thank you"), [(one, NONE) for one in recorded], used=[False] * 4)
    assert ranked is not None
    assert ranked.place == 2
    assert ranked.fields[0].path == "messages[2].content"


def test_of_equals_the_unused_one_is_nearest() -> None:
    recorded = [(chat("a"), NONE)] * 3
    found = nearest(chat("b"), recorded, used=[True, False, False])
    assert found is not None
    assert found.place == 1
    assert nearest(chat("b"), [], used=[]) is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_changed_model_is_near_in_every_dialect(dialect: str) -> None:
    recorded = [(request_in(one), NONE) for one in DIALECTS]
    sent = request_in(dialect, model="other")
    ranked = nearest(sent, recorded, used=[False] * len(recorded))
    assert ranked is not None
    assert DIALECTS[ranked.place] == dialect
    assert [one.path for one in ranked.fields] == ["model"]
    assert ranked.likeness > 0.5


def test_requests_without_bodies_are_compared() -> None:
    recorded = [
        (Request(op="a", form={"model": "m"}), NONE),
        (Request(op="b", method="GET", path="/x"), NONE),
    ]
    ranked = nearest(Request(op="b", method="GET", path="/y"), recorded, used=[False, False])
    assert ranked is not None
    assert ranked.fields == [FieldDiff(path="path", recorded="/x", sent="/y", verdict="changed")]


def test_counts_are_of_turns_and_tools() -> None:
    assert counts(request_in("chat")) == Counts(messages=5, tools=2)
    assert counts(request_in("responses")) == Counts(messages=6, tools=2)
    assert counts(request_in("gemini")) == Counts(messages=3, tools=1)
    assert counts(Request(op="x", body={"input": "a"})) == Counts(messages=1, tools=0)
    assert counts(Request(op="x", body={"prompt": "a"})) == Counts(messages=0, tools=0)
    assert counts(Request(op="x")) == Counts(messages=0, tools=0)


def test_megabytes_take_seconds_not_minutes() -> None:
    big = [{"role": "user", "content": f"{place} " + "x" * 1000} for place in range(5000)]
    recorded = [(chat(*big[place:]), NONE) for place in range(12)]
    started = perf_counter()
    assert nearest(chat(*big[:-1], "y" * 1_000_000), recorded, used=[False] * 12) is not None
    assert perf_counter() - started < 20
