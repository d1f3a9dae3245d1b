"""Files become the content parts that chat completions take."""

import base64
from pathlib import Path

import pytest

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.chat import attach


def test_every_kind_of_file_has_its_part() -> None:
    png = attach.part_of("a.png", b"\x89PNG")
    assert png["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    assert attach.part_of("a.wav", b"RIFF")["input_audio"] == {
        "data": base64.b64encode(b"RIFF").decode(),
        "format": "wav",
    }
    assert attach.part_of("a.md", "ü".encode()) == {"type": "text", "text": "a.md:\n\nü"}
    assert attach.part_of("a.pdf", b"%PDF")["file"]["file_data"].startswith("data:application/pdf;base64,")
    assert attach.part_of("a.bin", b"\xff\xfe")["file"]["filename"] == "a.bin"


def test_a_file_is_read_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello", "utf-8")
    assert attach.load(path).label == "x.txt 5 B"


def test_what_cannot_be_sent_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GatewayError, match="cannot be read"):
        attach.load(tmp_path / "none")
    (tmp_path / "big").write_bytes(b"x" * 11)
    monkeypatch.setattr(attach, "MOST_BYTES", 10)
    with pytest.raises(GatewayError, match="the most is 10 B"):
        attach.load(tmp_path / "big")


def test_a_folder_lists_folders_first_and_nothing_hidden(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("x", "utf-8")
    (tmp_path / ".hidden").write_text("x", "utf-8")
    options = attach.listing(tmp_path)
    assert [(option.label, option.detail) for option in options[1:]] == [("sub/", ""), ("a.txt", "1 B")]
    assert options[0].value == str(tmp_path.parent)
    assert attach.listing(tmp_path / "none")[1].style == "bad"
