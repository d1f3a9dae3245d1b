"""The table of commands is whole: every row loads, says the same as its function, and fits every typer."""

import enum
from pathlib import Path

import pytest

from aigw_dev.cli import build, describe
from aigw_dev.cli.registry import COMMANDS, Command, Registry


def words(row: Command) -> str:
    return row.words


@pytest.mark.parametrize("row", COMMANDS.rows, ids=words)
def test_a_row_says_what_its_function_says(row: Command) -> None:
    assert describe.page(row).summary == row.help
    assert row.help.endswith(".")
    assert len(row.help) <= 65, "one line of --help"


@pytest.mark.parametrize("row", COMMANDS.rows, ids=words)
def test_every_option_and_argument_has_help_and_no_clash(row: Command) -> None:
    page = describe.page(row)
    taken = [flag for option in (*page.options, *describe.common_options()) for flag in option.flags]
    assert len(taken) == len(set(taken))
    assert all(each.help for each in (*page.arguments, *page.options))


@pytest.mark.parametrize("row", COMMANDS.rows, ids=words)
def test_every_type_is_one_that_all_supported_typers_know(row: Command) -> None:
    for own in build.parameters(build.function_of(row)):
        kind, _ = describe.unwrapped(own)
        single, _ = describe.single(kind)
        assert single in {str, int, float, bool, Path} or issubclass(single, enum.Enum)


def test_words_are_unique_and_groups_are_described() -> None:
    every = [row.words for row in COMMANDS.rows]
    assert len(every) == len(set(every))
    groups = {row.words.partition(" ")[0] for row in COMMANDS.rows if " " in row.words}
    assert groups == set(COMMANDS.groups)
    assert not groups & set(every), "a word is a command or a group"


def test_the_top_level_lists_each_first_word_once_in_order() -> None:
    table = Registry(
        (
            Command("up", "m:f", "Start."),
            Command("keys add", "m:f", "Add."),
            Command("keys list", "m:f", "List."),
        ),
        {"keys": "Keys."},
    )
    assert table.top_level() == (("up", "Start."), ("keys", "Keys."))
    assert [row.last_word for row in table.members("keys")] == ["add", "list"]
    assert table.find("keys add") == table.rows[1]
    assert table.find("keys") is None
