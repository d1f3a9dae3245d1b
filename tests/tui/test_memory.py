"""What is remembered."""

import stat
from pathlib import Path

from aigw_dev.tui.memory import Memory


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "one.json"
    memory = Memory(path)
    memory.put("logs", {"filter": "status:500"})
    memory.save(memory.encoded())
    assert Memory(path).room("logs") == {"filter": "status:500"}
    assert Memory(path).room("chat") == {}
    assert Memory(path).folder == path.parent


def test_the_file_is_private_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "one.json")
    memory.put("chat", {"prompt": "secret plans"})
    memory.save(memory.encoded())
    assert stat.S_IMODE((tmp_path / "one.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    memory = Memory(path)
    memory.save(memory.encoded())
    path.unlink()
    memory.save(memory.encoded())
    assert not path.exists()


def test_a_broken_file_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    for content in (b"{", b"[1]", b"\xff"):
        path.write_bytes(content)
        assert Memory(path).kept == {}
        assert path.with_suffix(".broken").read_bytes() == content


def test_without_a_path_nothing_is_kept() -> None:
    memory = Memory(None)
    memory.put("logs", {"x": 1})
    memory.save(memory.encoded())
    assert memory.folder is None
    assert memory.room("logs") == {"x": 1}


def test_a_room_that_is_no_mapping_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text('{"logs": 3}')
    assert Memory(path).room("logs") == {}
