"""What `fixtures check` finds: each kind of fault once, and nothing in what is right."""

from pathlib import Path

import msgspec
import pytest

from aigw_dev.core.recording.redaction import Redactor
from aigw_dev.fixture_files.checking import Finding, Rules, check_folder, check_one, is_orphan, moment
from aigw_dev.fixture_files.library import Library
from tests.fixture_files.examples import chat, picture

NOW_S = 1_787_400_000.0
"""The day after the examples were recorded."""
SECRET = "tok-planted-0123456789"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "fx")


def check(library: Library, name: str = "a", **asked: object) -> list[Finding]:
    rules = msgspec.convert({"now_s": NOW_S, **asked}, Rules)
    return check_one(library, name, leftovers=Redactor([SECRET]).leftovers, rules=rules)


def rewrite(library: Library, old: bytes, new: bytes, name: str = "a") -> None:
    path = library.root / f"{name}.aigw.json"
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def test_what_is_right_has_no_finding(library: Library) -> None:
    library.write("a", chat())
    library.write("b", picture())
    assert check(library) == []
    assert check(library, "b") == []
    assert list(check_folder(library)) == []


def test_a_file_that_cannot_be_read_says_where(library: Library) -> None:
    library.write("a", chat())
    rewrite(library, b'"op"', b'"opp"')
    (found,) = check(library)
    assert found.file == "a.aigw.json"
    assert "opp" in found.hint
    assert found.where == "$.interactions[0].request"


def test_a_summary_that_disagrees_is_found(library: Library) -> None:
    fixture = chat()
    fixture.interactions[0].summary = {"text": "Rome."}
    library.write("a", fixture)
    assert any("summary" in each.where + each.message for each in check(library))


def test_a_key_that_disagrees_is_found(library: Library) -> None:
    fixture = chat()
    fixture.interactions[0].key = "k1:" + "0" * 24
    library.write("a", fixture)
    assert any("key" in each.where + each.message for each in check(library))


def test_a_blob_that_is_missing_or_other_is_found(library: Library) -> None:
    library.write("a", picture())
    (blob,) = (library.root / "_blobs").iterdir()
    blob.write_bytes(b"other")
    assert any("sha256" in each.message for each in check(library))
    blob.unlink()
    assert any("missing" in each.message for each in check(library))


def test_a_secret_that_is_left_is_found_and_not_told(library: Library) -> None:
    library.write("a", chat(SECRET))
    found = [each for each in check(library) if "secret" in each.message]
    assert found
    assert not found[0].is_warning
    assert all(SECRET not in each.message + each.hint for each in found)


def test_another_layout_is_a_warning(library: Library) -> None:
    library.write("a", chat())
    rewrite(library, b"\n", b"\n\n")
    (found,) = check(library)
    assert found.is_warning
    assert "fixtures fmt" in found.hint


def test_age_counts_where_it_is_asked_for(library: Library) -> None:
    library.write("a", chat())
    assert check(library, max_age_s=90 * 86_400) == []
    (found,) = check(library, max_age_s=3600)
    assert (found.where, "stale" in found.message) == ("$.recorded_at", True)


def test_a_fixture_that_is_over_is_found(library: Library) -> None:
    fixture = chat()
    fixture.expires = "2026-08-22"
    library.write("a", fixture)
    assert [each.where for each in check(library)] == ["$.expires"]
    fixture.expires = "soon"
    library.write("a", fixture)
    assert "no moment" in check(library)[0].message


def test_a_fixture_without_its_test_is_an_orphan(library: Library) -> None:
    test = "tests/test_a.py::test_x"
    library.write("test_a/test_x", chat(test=test))
    assert check(library, "test_a/test_x", tests={test}) == []
    assert [each.where for each in check(library, "test_a/test_x", tests={"other"})] == ["$.test"]
    assert not is_orphan(chat(test=test), "_shared/greeting", {"other"})
    assert not is_orphan(chat(), "by_hand", {"other"})


def test_the_folder_is_looked_at_as_a_whole(library: Library) -> None:
    library.write("dot", picture())
    library.delete("dot")
    found = list(check_folder(library))
    assert [each.is_warning for each in found] == [True]
    assert "no fixture wants this blob" in found[0].message
    (library.root / "link.aigw.json").symlink_to("x")
    found = list(check_folder(library))
    assert (found[0].file, found[0].is_warning) == ("link.aigw.json", False)
    assert "cannot be told" in found[1].message


@pytest.mark.parametrize(
    ("text", "at"),
    [("2026-08-21T10:15:00Z", 1787307300), ("2026-08-21", 1787270400), ("2026-08-21T12:15:00+02:00", 1787307300), ("x", None)],
)  # fmt: skip
def test_a_moment_is_read_in_utc_unless_it_says_otherwise(text: str, at: float | None) -> None:
    assert moment(text) == at
