"""Conditions as people say them mean what the language means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.conditions import Condition, Fault, format, parse  # noqa: A004  -- the module's own name
from aigw_dev.core.routing.terms import And, Or
from aigw_dev.tui.graph.shorthand import short, spelled

NAMES = st.sampled_from(
    ["metadata.tier", "metadata.model", "metadata.in", "header.x-canary", "model", "body.messages.0.role"]
)
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8).map(
        lambda said: '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
    st.sampled_from(
        ["1", "-2.5", "1e3", "true", "false", '"and"', '"in"', '"1"', '"a b"', '"-> x"', '"gpt-4o"']
    ),
)
COMPARES = st.one_of(
    st.builds("{} {} {}".format, NAMES, st.sampled_from(["==", "!=", "contains", "starts_with"]), VALUES),
    st.builds("{} not in [{}, {}]".format, NAMES, VALUES, VALUES),
    st.builds("{} exists".format, NAMES),
    st.sampled_from(["stream", "has_tools", "input_chars > 100"]),
)
CONDITIONS = st.recursive(
    COMPARES,
    lambda below: (
        st.builds("not ({})".format, below)
        | st.builds("({}) and ({})".format, below, below)
        | st.builds("({}) or ({})".format, below, below)
    ),
    max_leaves=5,
)


@given(CONDITIONS)
def test_the_short_spelling_has_the_same_meaning(text: str) -> None:
    long = parse(text)
    if isinstance(long, Fault):
        return  # `contains 1` and such
    again = spelled(short(long.root))
    assert isinstance(again, Condition), short(long.root)
    assert again.root == long.root


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tier == gold", 'metadata.tier == "gold"'),
        ('metadata.tier == "gold"', 'metadata.tier == "gold"'),
        ("tokens > 32000", "metadata.tokens > 32000"),
        ("region in eu,uk", 'metadata.region in ["eu", "uk"]'),
        ("region not in [eu, uk] and stream", 'metadata.region not in ["eu", "uk"] and stream'),
        ("model == gpt-4o", 'model == "gpt-4o"'),
        ("model == openai/gpt-4o", 'model == "openai/gpt-4o"'),
        ("not (a == 1 or pii exists)", "not (metadata.a == 1 or metadata.pii exists)"),
        ("header.x-canary == yes", 'header.x-canary == "yes"'),
        ("a matches ^gpt", 'metadata.a matches "^gpt"'),
    ],
)
def test_bare_words_are_metadata_keys_and_texts(said: str, meant: str) -> None:
    read = spelled(said)
    assert isinstance(read, Condition), read
    assert format(read) == meant


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ("tier == ", 9),
        ("tier = gold", 6),
        ("tier == gold gold", 14),
        ("metdata.tier == x", 1),
        ("", 1),
        ("tier ==gold and (x == 1", 17),
    ],
)
def test_what_is_wrong_is_told_at_its_column_in_the_text_as_typed(said: str, column: int) -> None:
    read = spelled(said)
    assert isinstance(read, Fault)
    assert (read.text, read.column) == (said, column)


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    read = spelled(text)
    if isinstance(read, Fault):
        assert 1 <= read.column <= max(len(text) + 1, 1)
        assert read.text == text


def test_joined_parts_keep_their_brackets() -> None:
    read = parse('(metadata.a == "b" or stream) and not (has_tools and stream)')
    assert isinstance(read, Condition)
    assert isinstance(read.root, And)
    assert isinstance(read.root.parts[0], Or)
    assert short(read.root) == "(a == b or stream) and not (has_tools and stream)"
