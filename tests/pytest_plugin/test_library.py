"""What the fixtures' first lines say."""

import json
from decimal import Decimal
from pathlib import Path

from aigw_dev.pytest_plugin import library


def write(folder: Path, name: str, test: str, **more: object) -> Path:
    path = folder / f"{name}.aigw.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document: dict[str, object] = {
        "aigw_fixture": 1,
        "test": test,
        "recorded_at": "2026-08-21T10:15:00Z",
        "interactions": [],
    }
    document |= more
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return path


def test_a_head_is_read_without_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "a/b", 'tests/a.py::test_"é"', interactions=[{"test": "not this", "expires": "nor this"}])
    assert library.head_of(tmp_path, "a/b") == library.Head(
        'tests/a.py::test_"é"', "2026-08-21T10:15:00Z", ""
    )
    assert library.head_of(tmp_path, "missing") == library.Head()
    (tmp_path / "odd.aigw.json").write_bytes(b'\xff\x00{"test": "\\x"')
    assert library.head_of(tmp_path, "odd") == library.Head()


def test_an_orphan_is_a_pytest_tests_and_nobody_claims_it(tmp_path: Path) -> None:
    write(tmp_path, "kept", "a.py::test_kept")
    gone = write(tmp_path, "deep/gone", "a.py::test_gone")
    write(tmp_path, "_shared/named", "a.py::test_first")
    write(tmp_path, "by-hand", "")
    write(tmp_path, "other-runner", "suite > case")
    found = library.orphans(tmp_path, tests={"a.py::test_kept"}, shared={"_shared/named"})
    assert found == [gone]
    assert library.orphans(tmp_path / "nowhere", tests=set(), shared=set()) == []
    assert library.test_of(gone) == "a.py::test_gone"


def test_pruning_takes_blobs_along_that_nobody_names_any_more(tmp_path: Path) -> None:
    shas = ["a" * 64, "b" * 64]
    gone = write(tmp_path, "gone", "a.py::test_gone", blob=f"sha256:{shas[0]}")
    write(tmp_path, "kept", "a.py::test_kept", blob=f"sha256:{shas[1]}")
    blobs = tmp_path / "_blobs"
    blobs.mkdir()
    for sha in shas:
        (blobs / f"{sha[:16]}.wav").write_bytes(b"")
    (blobs / "README.md").write_bytes(b"")
    assert library.prune(tmp_path, [gone]) == [gone, blobs / f"{'a' * 16}.wav"]
    assert sorted(path.name for path in blobs.iterdir()) == ["README.md", f"{'b' * 16}.wav"]
    assert library.prune(tmp_path, [gone]) == []


def test_what_a_recording_cost(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a",
        "t.py::a",
        interactions=[{"usage": {"cost_usd": "0.25"}}, {"usage": {"cost_usd": "unknown"}}],
    )
    write(tmp_path, "b", "t.py::b", interactions=[{"usage": {"cost_usd": "1"}}])
    assert library.recorded_cost(tmp_path, {"t.py::a"}) == Decimal("0.25")
