"""Markdown rows: the same however the text arrived, harmless, as wide as asked, bounded in work."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.lines import plain
from aigw_dev.tui.widgets.markdown import PIECE, Document

LINES = st.sampled_from(
    [
        "# Head", "plain **bold** `code`", "", "- one", "  1. nested", "- [x] done", "> quoted", "---", "```python",
        "def f(x):", "    return 'x'", "```", "| a | b |", "|---|--:|", "| 1 | 2 |", "a | b", "~~~", "你好世界 mixed 文字",
        "`half", "**open", "\x1b[31mred\u202e", "\ttab", "    indented", "word " * 300, "x" * 2500, "end\r",
    ]
)  # fmt: skip
TEXTS = st.lists(LINES, max_size=30).map("\n".join)


def rows_of(
    text: str, *, cells: int = 40, sizes: tuple[int, ...] = (), ascii_only: bool = False
) -> list[str]:
    document = Document(cells, ASCII if ascii_only else UNICODE)
    at = 0
    for size in sizes:
        document.feed(text[at : at + size])
        document.tail()
        at += size
    document.feed(text[at:])
    document.end()
    return [plain(row) for row in document.rows]


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.lists(st.integers(1, 60), max_size=40))
def test_any_chunking_gives_the_same_rows(text: str, sizes: list[int]) -> None:
    assert rows_of(text, sizes=tuple(sizes)) == rows_of(text)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(12, 90))
def test_every_row_fits_and_is_harmless(text: str, cells: int) -> None:
    for row in rows_of(text, cells=cells):
        assert cell_len(row) <= cells
        assert not [c for c in row if unicodedata.category(c) in {"Cc", "Cf"} and c != "\u200d"]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 400))
def test_the_tail_is_what_the_end_would_be(text: str, at: int) -> None:
    """But for emphasis and half fences, whose closing marks may still come."""
    if any(mark in text for mark in ("*", "`", "~")):
        text = text.replace("*", "").replace("`", "").replace("~", "")
    document = Document(40, UNICODE)
    document.feed(text[:at])
    shown = [plain(row) for row in (*document.rows, *document.tail())]
    assert shown == rows_of(text[:at])


def test_what_is_whole_is_final() -> None:
    document = Document(40, UNICODE)
    document.feed("# Head\n\none\ntwo\nthr")
    before = list(document.rows)
    document.feed("ee\n")
    assert document.rows[: len(before)] == before
    assert plain(document.rows[-1]) == "three"


@pytest.mark.parametrize(
    "more", ["word " * 20_000, "x" * 100_000, "- item\n" * 5_000, "| a | b |\n" * 5_000, "line\n" * 5_000]
)
@pytest.mark.parametrize("before", ["", "```python\n", "| h | i |\n|---|---|\n"])
def test_what_may_still_change_stays_small(before: str, more: str) -> None:
    document = Document(40, UNICODE)
    document.feed(before + more)
    assert len(document.tail()) <= 3 * PIECE // 20
    assert len(document.rows) > 1_000


def test_a_code_block_is_copied_as_it_was_written() -> None:
    document = Document(40, UNICODE)
    document.feed("so:\n```py\nif x:\n\tgo('\x1b')\n\n```\nafter\n```\nsecond")
    document.end()
    assert [code.text for code in document.codes] == ["if x:\n\tgo('\x1b')\n", "second"]
    assert [plain(document.rows[code.row]).split()[1] for code in document.codes] == ["py", "text"]


def test_blocks_are_drawn_as_such() -> None:
    text = "# T\n- a\n  - b\n1. c\n- [ ] d\n> q\n---\n| x | y |\n|--|-:|\n| 1 | 22 |\n"
    assert rows_of(text, cells=20) == [
        "T", "• a", "  • b", "1. c", "• [ ] d", "▌ q", "─" * 20, "", "x │  y", "──┼───", "1 │ 22",
    ]  # fmt: skip


def test_ascii_draws_with_ascii() -> None:
    text = "- a\n> q\n```py\nx\n```\n| x | y |\n|--|--|\n| 1 | 2 |\n---\n"
    assert all(row.isascii() for row in rows_of(text, ascii_only=True))


def test_a_line_with_bars_that_is_no_table_stays_text() -> None:
    assert rows_of("a | b\nno rule below") == ["a | b", "no rule below"]


def test_wide_characters_break_anywhere_and_words_at_blanks() -> None:
    assert rows_of("你好世界你好世界", cells=10) == ["你好世界你", "好世界"]
    assert rows_of("one two three", cells=8) == ["one two", "three"]


def test_plain_text_has_no_markdown() -> None:
    document = Document(40, UNICODE, is_plain=True)
    document.feed("# no **head**\n\n\n- x")
    document.end()
    assert [plain(row) for row in document.rows] == ["# no **head**", "", "", "- x"]
