"""A streamed reply looks like the whole one, however it was cut, and nothing in it steers the terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from aigw_dev.calling import Piece
from aigw_dev.cli.chat_paint import MarkdownPainter, PlainPainter, markdown, split_blocks

TEXT = """# Title

some **bold** and <i>html</i>

- one
- two

```python
x = 1

y = 2
```

| a | b |
|---|---|
| 1 | 2 |

<div>block</div>

last"""


def drawn(pieces: list[str]) -> str:
    """What stands on a screen that does not move."""
    screen = io.StringIO()
    painter = MarkdownPainter(Console(file=screen, force_terminal=False, width=40, color_system=None))
    for text in pieces:
        painter.take(Piece(text=text))
    painter.close()
    return screen.getvalue()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_markdown_is_drawn_whole_whatever_the_cuts(size: int) -> None:
    shown = drawn([TEXT[at : at + size] for at in range(0, len(TEXT), size)])
    words = ["Title", "bold", "<i>html</i>", "• one", "• two", "x = 1", "y = 2", "<div>block</div>", "last"]
    places = [shown.index(word) for word in words]
    assert places == sorted(places)
    assert all(shown.count(word) == 1 for word in words)
    assert "**" not in shown
    assert "```" not in shown


def test_html_blocks_and_tags_are_shown_not_dropped() -> None:
    assert "<script>alert(1)</script>" in drawn(["<script>alert(1)</script>"])


@pytest.mark.parametrize(
    "text", ["\x1b]0;evil\x07", "&#27;[31m", "[a](<&#155;x>)", "```&#27;\n```", "x\u202ey", "&#x202e;y"]
)
def test_no_control_reaches_the_screen(text: str) -> None:
    shown = drawn([text])
    assert all(char.isprintable() or char == "\n" for char in shown), ascii(shown)


def test_a_link_shows_where_it_leads() -> None:
    assert "https://evil.example" in drawn(["[bank](https://evil.example)"])


def test_only_the_last_block_is_kept_open() -> None:
    assert split_blocks("one\n\ntwo\n\nthr") == ("one\n\ntwo", "thr")
    assert split_blocks("```\na\n\nb\n") == ("", "```\na\n\nb\n")
    assert split_blocks("- a\n- b\n") == ("", "- a\n- b\n")
    assert split_blocks("") == ("", "")


@given(st.text(alphabet="ab-# `|>*1.\n<&;[]()~"))
def test_splitting_loses_no_character_of_text(text: str) -> None:
    finished, rest = split_blocks(text)
    assert "".join(f"{finished}\n{rest}".split()) == "".join(text.split())


@given(st.text())
def test_any_text_can_be_drawn(text: str) -> None:
    assert markdown(text).parsed is not None


def test_reasoning_is_left_out_of_plain_text_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for has_reasoning in (False, True):
        painter = PlainPainter(has_reasoning=has_reasoning)
        painter.take(Piece(reasoning="hm"))
        painter.take(Piece(text="yes"))
        painter.close()
    assert capsys.readouterr().out == "yes\nhm\n\nyes\n"


def test_a_line_end_cut_in_two_is_one_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    painter = PlainPainter(has_reasoning=False)
    for text in ("a\r", "\nb\x1b", "\n"):
        painter.take(Piece(text=text))
    painter.close()
    assert capsys.readouterr().out == "a\nb\\x1b\n"
