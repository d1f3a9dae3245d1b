from pathlib import Path

from aigw_dev.store.raw_rows import COLUMNS, RawRow
from tests.store.making import exchange, quick_log, write


def test_a_raw_row_has_the_columns_of_the_table_in_their_order(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange()])
    db = quick_log(tmp_path / "log.db")
    names = [row[1] for row in db.execute("PRAGMA table_info(exchange)")]
    assert list(RawRow._fields) == names
    assert [column.strip().removeprefix("e.") for column in COLUMNS.split(",")] == names
    assert RawRow(*db.execute("SELECT * FROM exchange").fetchone()).seq == 1
    db.close()
