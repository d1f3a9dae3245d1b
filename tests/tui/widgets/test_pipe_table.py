"""A table is as wide as its cells, as far as there is room; a long one is laid out by its first rows."""

from rich.cells import cell_len

from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from aigw_dev.tui.widgets.pipe_table import PipeTable, is_rule


def drawn(cells: int, *lines: str) -> list[str]:
    table = PipeTable(lines[0], lines[1], cells, UNICODE)
    rows = [row for line in lines[2:] for row in table.add(line)]
    return [plain(row) for row in [*rows, *table.end()]]


def test_columns_are_aligned_and_missing_cells_are_empty() -> None:
    assert drawn(40, "| a | bb |", "|---|--:|", "| 1 | 2 |", "| x |", "| y | 3 | 4 |") == [
        "a │ bb", "──┼───", "1 │  2", "x │", "y │  3",
    ]  # fmt: skip


def test_wide_cells_wrap_and_every_row_fits() -> None:
    rows = drawn(24, "| name | words |", "|---|---|", "| 你好 | one two three four five six |")
    assert rows[2:] == ["你好 │ one two three", "     │ four five six"]
    many = drawn(10, "|" + " a |" * 9, "|" + "---|" * 9, "|" + " long words |" * 9)
    assert all(row for row in many)


def test_a_long_table_is_final_row_by_row() -> None:
    table = PipeTable("| a |  b |", "|---|---|", 30, UNICODE)
    early = [table.add(f"| {number} | x |") for number in range(60)]
    assert not early[0]
    assert len(early[45]) == 1
    assert all(cell_len(plain(row)) <= 30 for rows in early for row in rows)
    assert table.end() == []


def test_an_escaped_bar_is_no_border() -> None:
    assert drawn(30, "| a |  b |", "|---|---|", "| x\\|y | z |")[2] == "x|y │ z"


def test_a_rule_is_told_from_text() -> None:
    assert [is_rule(line) for line in ("|---|:-:|", "---|---", "| a | b |", "---", "|--|x|")] == [
        True,
        True,
        False,
        False,
        False,
    ]
