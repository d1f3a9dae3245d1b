"""A filter is completed with what this log holds."""

from pathlib import Path

import pytest

from aigw_dev.store.completion import MOST_WORDS, words
from aigw_dev.store.filters import FIELDS, Filter, parse
from tests.store.making import exchange, log_reader, refused, write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write(
        tmp_path / "log.db",
        [
            exchange(),
            exchange(provider="qwen", route="ai-test", session="s1", finish="length"),
            refused(original_model="gpt-4o-mini"),
        ],
    )
    return tmp_path / "log.db"


@pytest.mark.parametrize(
    ("field", "prefix", "found"),
    [
        ("provider", "", ["openai", "qwen"]),
        ("provider", "Q", ["qwen"]),
        (
            "model",
            "mini",
            ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "qwen/gpt-4o-mini"],
        ),
        ("route", "ai", ["ai-test"]),
        ("error", "", ["model_not_found"]),
        ("finish", "l", ["length"]),
        ("session", "", ["s1"]),
        ("state", "o", ["open"]),
        ("mark", "ca", ["cached", "cancelled"]),
        ("", "ro", ["route", "provider", "error"]),
        ("", "pro", ["provider"]),
        ("id", "", []),
        ("nothing", "", []),
    ],
)
def test_values_that_begin_so_come_first(log: Path, field: str, prefix: str, found: list[str]) -> None:
    assert words(log_reader(log), field, prefix) == found


def test_what_begins_so_stands_before_what_only_holds_it(log: Path) -> None:
    assert words(log_reader(log), "model", "gpt")[:2] == ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"]


def test_every_word_offered_makes_a_filter(log: Path) -> None:
    for field in FIELDS:
        for word in words(log_reader(log), field):
            assert isinstance(parse(f"{field}:{word}", now_s=0), Filter), f"{field}:{word}"


def test_no_log_knows_the_language_alone(tmp_path: Path) -> None:
    reader = log_reader(tmp_path / "log.db")
    assert words(reader, "provider") == []
    assert words(reader, "outcome")[0] == "ok"


def test_the_list_stays_short(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange(provider=f"p{number}") for number in range(MOST_WORDS + 9)])
    assert len(words(log_reader(tmp_path / "log.db"), "provider")) == MOST_WORDS
