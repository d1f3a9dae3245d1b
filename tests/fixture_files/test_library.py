"""A folder of fixtures: what is written comes back, what is hostile is refused by name, nothing lands outside."""

from pathlib import Path

import pytest

from aigw_dev.core.recording.fixture import Fixture
from aigw_dev.fixture_files import library as library_module
from aigw_dev.fixture_files import limits
from aigw_dev.fixture_files.library import Library, Odd
from aigw_dev.fixture_files.limits import FixtureFileError
from tests.fixture_files.at_once import run_at_once
from tests.fixture_files.examples import PICTURE, chat, picture


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "llm_fixtures")


def blobs_in(library: Library) -> list[Path]:
    return sorted((library.root / "_blobs").glob("*"))


def test_a_folder_that_is_absent_holds_nothing(library: Library) -> None:
    assert library.names() == []
    assert library.odd() == []
    assert not library.root.exists()


def test_what_is_written_comes_back(library: Library) -> None:
    path = library.write("test_a/test_x[1]", chat())
    assert path == library.root / "test_a/test_x[1].aigw.json"
    assert library.names() == ["test_a/test_x[1]"]
    answer = library.read("test_a/test_x[1]").interactions[0].attempts[0].response
    assert answer is not None
    assert answer.body["choices"][0]["message"]["content"] == "Paris."


def test_media_lie_in_blobs_and_come_back(library: Library) -> None:
    library.write("dot", picture())
    (blob,) = blobs_in(library)
    assert blob.read_bytes() == PICTURE
    assert library.render(library.read("dot")).content == (library.root / "dot.aigw.json").read_bytes()


def test_a_recording_that_says_the_same_does_not_touch_the_file(library: Library) -> None:
    path = library.write("a", chat())
    before = path.stat()
    library.write("a", chat())
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    library.write("a", chat("Rome."))
    assert b"Rome." in path.read_bytes()


def test_a_secret_that_is_left_keeps_everything_from_being_written(library: Library) -> None:
    def leftovers(content: bytes) -> list[str]:
        return ["openai key at $.x"] if b"Paris" in content or content == PICTURE else []

    for name, fixture in (("a", chat()), ("b", picture())):
        with pytest.raises(FixtureFileError, match="openai key") as refused:
            library.write(name, fixture, leftovers=leftovers)
        assert refused.value.code == "fixture_unsafe"
    assert not library.root.exists()
    library.write("c", chat("Rome."), leftovers=leftovers)


def test_a_fixture_is_deleted_and_its_blobs_stay(library: Library) -> None:
    library.write("dot", picture())
    assert library.delete("dot")
    assert not library.delete("dot")
    assert not library.has("dot")
    assert len(blobs_in(library)) == 1


@pytest.mark.parametrize(
    "name",
    ["", "../a", "/etc/passwd", "a/../../b", "_blobs/x", "_BLOBS/x", ".a", "a\x00b", "C:/a", "con", "a//b"],
)
def test_a_name_that_leads_elsewhere_is_refused(library: Library, name: str) -> None:
    for act in (library.content, library.delete, library.has):
        with pytest.raises(FixtureFileError):
            act(name)
    with pytest.raises(FixtureFileError):
        library.write(name, chat())
    assert list(library.root.parent.iterdir()) == []


def test_an_absent_fixture_says_where_it_was_looked_for(library: Library) -> None:
    with pytest.raises(FixtureFileError, match=r"a\.aigw\.json: there is no such file in .*llm_fixtures"):
        library.read("a")


def test_a_broken_fixture_names_file_and_place(library: Library) -> None:
    library.root.mkdir()
    (library.root / "a.aigw.json").write_bytes(b'{"aigw_fixture": 1,\n "interactions": [}')
    with pytest.raises(FixtureFileError, match=r"^a\.aigw\.json: line 2") as refused:
        library.read("a")
    assert refused.value.where.startswith("line 2")


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"", b"\x00" * 100, b"[]", b"null"])
def test_hostile_content_is_a_clear_error(library: Library, content: bytes) -> None:
    library.root.mkdir()
    (library.root / "a.aigw.json").write_bytes(content)
    with pytest.raises(FixtureFileError, match=r"^a\.aigw\.json: "):
        library.read("a")


def test_links_and_oddities_are_not_listed_but_told(library: Library, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Library(outside).write("stolen", chat())
    library.write("good", chat())
    (library.root / "link.aigw.json").symlink_to(outside / "stolen.aigw.json")
    (library.root / "dangling.aigw.json").symlink_to("nowhere")
    (library.root / "away").symlink_to(outside)
    (library.root / "loop").symlink_to(library.root)
    (library.root / "folder.aigw.json").mkdir()
    (library.root / ".hidden.aigw.json").write_bytes(b"")
    assert library.names() == ["good"]
    assert [each.file for each in library.odd()] == [
        "dangling.aigw.json",
        "folder.aigw.json",
        "link.aigw.json",
    ]
    for name in ("link", "dangling", "folder"):
        with pytest.raises(FixtureFileError):
            library.read(name)
    for name in ("away/stolen", "away/new", "link"):
        with pytest.raises(FixtureFileError):
            library.write(name, chat())
    assert sorted(each.name for each in outside.iterdir()) == ["stolen.aigw.json"]


def test_the_root_itself_may_be_a_link(library: Library, tmp_path: Path) -> None:
    library.write("a", chat())
    (tmp_path / "there").symlink_to(library.root)
    assert Library(tmp_path / "there").names() == ["a"]
    Library(tmp_path / "there").write("b", chat())
    assert library.names() == ["a", "b"]


def test_names_that_differ_in_capitals_only_are_noticed(library: Library) -> None:
    library.write("mod/test_a", chat())
    for name in ("mod/Test_A", "MOD/test_b"):
        with pytest.raises(FixtureFileError, match="capitals only"):
            library.write(name, chat())
    (library.root / "mod/Test_A.aigw.json").write_bytes(b"{}")
    assert library.odd() == [
        Odd(
            "mod/test_a.aigw.json",
            "differs from mod/Test_A.aigw.json in capitals only: one file on Windows and macOS",
        )
    ]


def test_where_capitals_do_not_count_a_file_of_another_name_is_not_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "FOLDS_CASE", True)
    library.write("test_a", chat())
    assert library.content("test_a")
    with pytest.raises(FixtureFileError, match="capitals only"):
        library.content("Test_A")


def test_a_folder_of_endless_depth_or_size_ends(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = library.root.joinpath(*("d" for _ in range(limits.DEEPEST + 5)))
    deep.mkdir(parents=True)
    (deep / "a.aigw.json").write_bytes(b"{}")
    assert library.names() == []
    monkeypatch.setattr(limits, "MOST_ENTRIES", 2)
    for name in ("a", "b", "c"):
        library.write(name, chat())
    with pytest.raises(FixtureFileError, match="more than 2 files"):
        library.names()


def test_a_fixture_past_the_limit_is_not_written(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST_BYTES", 100)
    with pytest.raises(FixtureFileError, match="more than"):
        library.write("a", chat())
    assert not library.root.exists()


def test_a_blob_named_a_thousand_times_does_not_fill_the_memory(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture = picture()
    fixture.interactions *= 5
    library.write("five", fixture)
    assert len(library.read("five").interactions) == 5
    monkeypatch.setattr(library_module, "MOST_BLOB_BYTES", 4 * len(PICTURE))
    with pytest.raises(FixtureFileError, match=r"five\.aigw\.json: its blobs hold more than"):
        library.read("five")


def test_what_cannot_be_removed_is_named(library: Library) -> None:
    (library.root / "a.aigw.json").mkdir(parents=True)
    with pytest.raises(FixtureFileError, match=r"a\.aigw\.json: cannot be removed"):
        library.delete("a")


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FixtureFileError, match=r"a\.aigw\.json: cannot be written"):
        Library(tmp_path / "file").write("a", chat())


def test_git_is_told_once_where_there_is_git(library: Library) -> None:
    (library.root.parent / ".git").mkdir()
    library.write("a", chat())
    attributes = library.root / ".gitattributes"
    assert attributes.exists()
    attributes.unlink()
    library.write("b", chat())
    assert not attributes.exists()


RECORD_OFTEN = """
import sys
from pathlib import Path
from aigw_dev.fixture_files.library import Library
from tests.fixture_files.at_once import run_at_once
from tests.fixture_files.examples import chat, picture
library = Library(Path(sys.argv[1]))
own = sys.argv[2]
for at in range(10):
    library.write("shared", chat(f"{own} {at}"))
    library.write(f"own_{own}/{at}", picture())
    assert library.read("shared").interactions
"""


def test_several_processes_write_without_disturbing_each_other(library: Library) -> None:
    run_at_once(RECORD_OFTEN, library.root)
    assert len(library.names()) == 31
    assert len(blobs_in(library)) == 1
    fixtures: list[Fixture] = [library.read(name) for name in library.names()]
    assert all(each.interactions for each in fixtures)
    assert not list(library.root.rglob(".*"))
