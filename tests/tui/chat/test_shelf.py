"""Conversations are files of their own, and strange ones are left alone."""

from pathlib import Path

import pytest

from aigw_dev.tui.chat.shelf import Shelf, new_id
from aigw_dev.tui.chat.talk import Strand, Talk, Turn, encode


def a_talk(talk_id: str, began_at: float) -> Talk:
    turns = [Turn(role="user", message={"content": "one"})]
    return Talk(id=talk_id, began_at=began_at, strands=[Strand(model="m", turns=turns)])


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_shelf_lists_newest_first_and_gives_back_what_it_took(tmp_path: Path, is_kept: bool) -> None:
    shelf = Shelf(tmp_path if is_kept else None)
    for number in range(3):
        shelf.save(f"abc{number}", encode(a_talk(f"abc{number}", float(number))))
    shelf.save("abcd", encode(Talk(id="abcd")))
    assert [row.id for row in shelf.list()] == ["abc2", "abc1", "abc0"]
    assert shelf.load("abc1") == a_talk("abc1", 1.0)
    gone = shelf.remove("abc1")
    assert gone is not None
    assert shelf.load("abc1") is None
    shelf.save("abc1", gone)
    assert len(shelf.list()) == 3


def test_strange_files_are_left_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.list() == []
    shelf.save("abcd", b"broken")
    (tmp_path / "conversations" / "notes.json").write_text("{}")
    assert shelf.list() == []
    assert shelf.load("../memory") is None


def test_ids_sort_by_time() -> None:
    assert new_id(2_000_000_000) > new_id(1_000_000_000)
