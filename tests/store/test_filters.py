import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.config import Logging
from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.exchange import MARKS
from aigw_dev.core.rollup import COUNTERS
from aigw_dev.store import filters
from aigw_dev.store.filters import Filter, NameTest, moment, parse
from tests.store.making import NOON


def good(text: str) -> Filter:
    found = parse(text, now_s=NOON)
    assert isinstance(found, Filter), found
    return found


def bad(text: str) -> str:
    found = parse(text, now_s=NOON)
    assert isinstance(found, Refusal), found
    assert found.code == "filter_invalid"
    assert found.code in CODES
    return found.message


def clauses(text: str) -> list[tuple[str, tuple[Any, ...]]]:
    return [(clause.sql, clause.parameters) for clause in good(text).clauses]


def test_nothing_written_finds_everything() -> None:
    assert good("  ") == Filter()


@pytest.mark.parametrize(
    ("text", "sql", "parameters"),
    [
        ("status:429", "e.status = ?", (429,)),
        ("status:>=400", "e.status >= ?", (400,)),
        ("status:5xx", "e.status BETWEEN ? AND ?", (500, 599)),
        ("status:!=200", "e.status <> ?", (200,)),
        ("status:400..404", "e.status BETWEEN ? AND ?", (400, 404)),
        ("ms:>2000", "e.duration_s > ?", (2.0,)),
        ("ttft:<=250", "e.ttft_s <= ?", (0.25,)),
        ("tokens:>1000", "(e.input_tokens + e.output_tokens) > ?", (1000,)),
        ("cost:unknown", "e.cost_status = ?", (5,)),
        ("cost:>0.01", "e.cost_nanousd > ?", (10_000_000,)),
        ("cost:$2", "e.cost_nanousd = ?", (2_000_000_000,)),
        ("mark:fallback,retried", "(e.marks & ?) <> 0", (12,)),
        ("outcome:failed", "(e.outcome = ? AND e.state = 0)", (1,)),
        ("state:open", "e.state = ?", (1,)),
        ("stream:yes", "e.is_stream = ?", (1,)),
        ("session:abc*", "e.session GLOB ?", ("abc*",)),
        ("id:4bf9", "e.id GLOB ?", ("4bf9*",)),
        ("trace:4BF9", "lower(hex(e.trace_id)) GLOB ?", ("4bf9*",)),
        ("since:5m", "(e.started_at + ifnull(e.duration_s, 0)) >= ?", (NOON - 300,)),
        ("until:2026-11-18T12:00:00Z", "(e.started_at + ifnull(e.duration_s, 0)) < ?", (NOON,)),
        ("-mark:cached", "((e.marks & ?) <> 0) IS NOT TRUE", (16,)),
        ("session:[a-z]", "e.session GLOB ?", ("[[]a-z]",)),
    ],
)
def test_a_term_becomes_a_condition_with_parameters(text: str, sql: str, parameters: tuple[Any, ...]) -> None:
    assert clauses(text) == [(sql, parameters)]


def test_names_match_by_pattern_whatever_the_case() -> None:
    test = good("model:GPT*,o?-mini").dims[0]
    assert test == NameTest(("original_model", "request_model", "response_model"), ("GPT*", "o?-mini"))
    assert test.holds(("", "gpt-4o", ""))
    assert test.holds(("", "", "o3-mini"))
    assert not test.holds(("claude", "", ""))
    assert not good("-provider:openai").dims[0].holds(("openai",))
    assert good("provider:[x]").dims[0].holds(("[x]",))
    assert good('route:"\\"').dims[0].patterns == ("\\",)


def test_an_operation_is_found_without_its_dialect() -> None:
    test = good("operation:chat.completions").dims[0]
    assert test.holds(("openai.chat.completions",))
    assert not test.holds(("openai.completions",))


@pytest.mark.parametrize(
    ("text", "is_notable"),
    [
        ("status:>=400", True),
        ("status:429", True),
        ("status:5xx", True),
        ("status:>300", False),
        ("status:200", False),
        ("-status:429", False),
        ("status:<500", False),
        ("mark:fallback", True),
        ("-mark:fallback", False),
        ("error:*timeout", True),
        ("-error:x", False),
        ("outcome:failed", True),
        ("outcome:ok", False),
        ("-outcome:ok", True),
        ("state:open", True),
        ("-state:ended", True),
        ("state:ended", False),
        ("provider:x", False),
    ],
)
def test_only_what_is_rare_is_looked_up_in_the_small_index(text: str, is_notable: bool) -> None:
    assert good(text).is_notable is is_notable


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("card declined", '"card" AND "declined"'),
        ('"card declined"', '"card declined"'),
        ('text:"foo" bar*', '"foo" AND "bar"*'),
        ('request:foo response:"a b"', 'request : "foo" AND response : "a b"'),
        ("foo -bar -baz", '("foo") NOT ("bar" OR "baz")'),
        ("AND OR NOT NEAR(", '"AND" AND "OR" AND "NOT" AND "NEAR("'),
        ("价格", '" 价  格 "'),
        ("it's", '"it\'s"'),
    ],
)
def test_words_become_a_query_in_which_nothing_is_syntax(text: str, match: str) -> None:
    assert good(text).match == match


def test_words_for_rows_without_an_index_are_the_same_words() -> None:
    assert good("Foo -request:BAR*").words == (("", "foo", False), ("request", "bar", True))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("modle:gpt-4", "did you mean model:"),
        ("xyzzy:1", "fields are"),
        ("http://x", "quote it"),
        ("status:abc", "wants a number"),
        ("status:1..x", "wants a number"),
        ("ms:1...2", "two numbers"),
        ("mark:nice", "is one of throttled"),
        ("outcome:good", "is one of ok"),
        ("state:shut", "is one of ended"),
        ("stream:maybe", "yes or no"),
        ("trace:xyz", "hex digits"),
        ("since:yesterday", "how long ago"),
        ("-since:5m", "how long ago"),
        ("until:", "has no value"),
        ("-until:5m", "how long ago"),
        ("cost:cheap", "wants USD"),
        ('text:"never closed', "never closed"),
        ('"', "never closed"),
        ("???", "nothing to search for"),
        ("-", "nothing to search for"),
        ("-foo", "at least one word"),
        ("x" * 3000, "longer than"),
        ("a " * 41, "more than 40"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_would_be_right(text: str, says: str) -> None:
    assert says in bad(text)


def test_several_times_narrow_each_other() -> None:
    found = good("since:2h since:1h until:10m until:5m")
    assert (found.since_s, found.until_s) == (NOON - 3600, NOON - 600)


def test_a_time_is_an_age_or_an_iso_date_local_unless_it_says_otherwise() -> None:
    assert moment("90s", now_s=NOON) == NOON - 90
    assert moment("7d", now_s=NOON) == NOON - 7 * 86_400
    assert moment("2026-11-18T13:00:00+01:00", now_s=0) == NOON
    assert moment("2026-11-18T12:00", now_s=0) == dt.datetime(2026, 11, 18, 12).timestamp()  # noqa: DTZ001 -- local on purpose
    assert moment("0001-01-01", now_s=0) is None or moment("0001-01-01", now_s=0)
    assert moment("soon", now_s=0) is None


@given(st.text(max_size=60))
def test_no_text_makes_an_error_or_a_bad_query(text: str) -> None:
    found = parse(text, now_s=NOON)
    if isinstance(found, Filter) and found.match:
        db = sqlite3.connect(":memory:")
        db.execute("CREATE VIRTUAL TABLE t USING fts5(request, response)")
        db.execute("SELECT * FROM t WHERE t MATCH ?", (found.match,)).fetchall()
        db.close()


@given(st.sampled_from(filters.FIELDS), st.sampled_from(["", "-"]), st.text(max_size=20))
def test_no_value_makes_an_error(field: str, sign: str, value: str) -> None:
    parse(f"{sign}{field}:{value}", now_s=NOON)
    parse(f'{sign}{field}:"{value}"', now_s=NOON)


def test_the_page_on_logs_explains_every_field_and_every_number(repository: Path) -> None:
    page = (repository / "docs" / "logs.md").read_text(encoding="utf-8")
    assert [field for field in filters.FIELDS if f"`{field}:`" not in page] == []
    assert [name for name in COUNTERS if f"`{name}`" not in page] == []
    assert [mark for mark in MARKS if mark not in page] == []
    assert [name for name in Logging.__struct_fields__ if name not in page and name != "keep_s"] == []
