"""`doctor` says which SQLite this is."""

import sqlite3

from aigw_dev.store import library


def test_the_version_is_the_librarys_own() -> None:
    assert library.version() == sqlite3.sqlite_version


def test_fixed_is_decided_by_number_and_not_by_text() -> None:
    numbers = tuple(int(part) for part in library.version().split("."))
    assert library.is_fixed() == (numbers >= (3, 51, 3))
