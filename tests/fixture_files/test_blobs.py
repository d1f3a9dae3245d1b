"""Blobs: written once, by their hash; read only where the whole hash is right."""

import os
from pathlib import Path

import pytest

from aigw_dev.core.recording.fixture import Blob
from aigw_dev.fixture_files import blobs, limits
from aigw_dev.fixture_files.limits import FixtureFileError
from tests.fixture_files.at_once import run_at_once

SOUND = b"RIFF" + bytes(60)


def written(root: Path, content: bytes = SOUND, media_type: str = "audio/wav") -> Blob:
    blob = blobs.describe(content, media_type)
    blobs.write(root, blob, content)
    return blob


def test_a_blob_lies_under_its_hash_and_comes_back(tmp_path: Path) -> None:
    blob = written(tmp_path)
    assert (blob.bytes, blob.type) == (64, "audio/wav")
    assert os.listdir(tmp_path / "_blobs") == [f"{blob.sha256[:16]}.wav"]  # noqa: PTH208 - the names
    assert blobs.read(tmp_path, blob) == SOUND


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [("image/png", "png"), ("AUDIO/MPEG; rate=1", "mp3"), ("", "bin"), ("x/../../etc", "bin")],
)
def test_the_ending_fits_the_media_type(media_type: str, ending: str) -> None:
    file = blobs.file_of(blobs.describe(b"x", media_type))
    assert file.endswith(f".{ending}")
    assert blobs.is_blob_file(file.rpartition("/")[2])


def test_other_bytes_are_no_blob(tmp_path: Path) -> None:
    blob = written(tmp_path)
    path = tmp_path / blobs.file_of(blob)
    path.write_bytes(SOUND + b"x")
    with pytest.raises(FixtureFileError, match=r"\.wav: its bytes have the sha256"):
        blobs.read(tmp_path, blob)
    blobs.write(tmp_path, blob, SOUND)
    assert blobs.read(tmp_path, blob) == SOUND


def test_another_length_is_said(tmp_path: Path) -> None:
    blob = written(tmp_path)
    with pytest.raises(FixtureFileError, match="64 bytes, the fixture says 3"):
        blobs.read(tmp_path, Blob(sha256=blob.sha256, type=blob.type, bytes=3))


def test_a_media_type_edited_by_hand_does_not_lose_the_bytes(tmp_path: Path) -> None:
    blob = written(tmp_path)
    assert blobs.read(tmp_path, Blob(sha256=blob.sha256, type="audio/ogg")) == SOUND


def test_a_missing_blob_says_where_it_should_be(tmp_path: Path) -> None:
    blob = blobs.describe(b"gone", "image/png")
    with pytest.raises(FixtureFileError, match=rf"_blobs/{blob.sha256[:16]}\.png: this blob is missing"):
        blobs.read(tmp_path, blob)


@pytest.mark.parametrize("sha256", ["", "../../../../etc/passwd", "A" * 64, "a" * 63, "../" * 21 + "a"])
def test_a_hash_that_is_none_leads_nowhere(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(FixtureFileError, match="64 hex digits"):
        blobs.read(tmp_path, Blob(sha256=sha256))


def test_a_blob_is_not_read_or_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "_blobs").symlink_to(outside)
    blob = blobs.describe(SOUND, "audio/wav")
    with pytest.raises(FixtureFileError, match="a link"):
        blobs.write(root, blob, SOUND)
    with pytest.raises(FixtureFileError, match="a link"):
        blobs.read(root, blob)
    assert list(outside.iterdir()) == []


def test_a_blob_past_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST_BYTES", 10)
    with pytest.raises(FixtureFileError, match="more than"):
        written(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_blob_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / blobs.file_of(written(tmp_path))
    before = path.stat()
    written(tmp_path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


WRITE_MANY = """
import sys
from pathlib import Path
from aigw_dev.fixture_files import blobs
for at in range(20):
    content = bytes([at]) * 1000
    blobs.write(Path(sys.argv[1]), blobs.describe(content, "audio/wav"), content)
"""


def test_several_processes_write_the_same_blobs(tmp_path: Path) -> None:
    run_at_once(WRITE_MANY, tmp_path)
    for at in range(20):
        content = bytes([at]) * 1000
        assert blobs.read(tmp_path, blobs.describe(content, "audio/wav")) == content
    assert not [each for each in (tmp_path / "_blobs").iterdir() if each.name.startswith(".")]
