"""Whose things at providers are, on disk."""

from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.store import affinity_rows
from aigw_dev.store.affinity_rows import AffinityRow, AffinityRows
from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import WriteBehind


def row(
    id_: str, *, provider: str = "openai", at: float = 1.0, kind: str = "file", consumer: str = "alice"
) -> AffinityRow:
    return AffinityRow(
        kind=kind,
        id=id_,
        provider=provider,
        provider_kind="openai",
        key_name="openai-api-key",
        model="gpt",
        consumer=consumer,
        at=at,
    )


@pytest.fixture
def rows(tmp_path: Path) -> Generator[AffinityRows]:
    file = StateFile(tmp_path / "state.db", clock=lambda: 0.0)
    writer = WriteBehind(file)
    yield AffinityRows(file, writer)
    assert writer.close()
    assert writer.dropped == 0
    file.close()


def test_reading_before_anything_was_written_finds_nothing_and_makes_no_file(
    rows: AffinityRows, tmp_path: Path
) -> None:
    assert (rows.find("file", "a"), rows.newest(9)) == (None, [])
    assert not (tmp_path / "state.db").exists()


def test_what_was_put_is_found_at_once(rows: AffinityRows) -> None:
    rows.put(row("a"))
    assert rows.find("file", "a") == row("a")
    assert rows.find("batch", "a") is None
    rows.put(row("a", provider="other"))
    assert rows.find("file", "a") == row("a", provider="other")
    rows.delete("file", "a")
    assert rows.find("file", "a") is None


def test_what_was_only_seen_replaces_nothing(rows: AffinityRows) -> None:
    rows.put(row("a"))
    rows.put(row("a", consumer="bob"), is_seen_only=True)
    rows.put(row("b", consumer="bob"), is_seen_only=True)
    found = [rows.find("file", id_) for id_ in ("a", "b")]
    assert [one.consumer for one in found if one is not None] == ["alice", "bob"]


def test_the_newest_are_read_the_oldest_of_them_first(
    rows: AffinityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affinity_rows, "MOST_ROWS", 3)
    for number in range(6):
        rows.put(row(f"f{number}", at=float(number)))
    assert rows.find("file", "f0") is not None
    assert [one.id for one in rows.newest(2)] == ["f4", "f5"]
    assert [one.id for one in rows.newest(1)] == ["f5"]
    assert rows.find("file", "f2") is None  # beyond the most that are kept
    assert [one.id for one in rows.newest(9)] == ["f3", "f4", "f5"]


def test_a_text_that_is_no_unicode_does_not_stop_the_writer(rows: AffinityRows) -> None:
    rows.put(row("a", consumer="\ud800"))
    found = rows.find("file", "a")
    assert found is not None
    assert found.consumer == "?"
