"""A promoted fixture and its test are put beside what is there, never over it unless that is asked for."""

import ast
import base64
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.fixture_files import promoted
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.promoted import Place, appended, write

CONTENT = '{"aigw_fixture": 1, "test": "test_a.py::test_a", "interactions": []}\n'
FUNCTION = "def test_a(aigw):\n    httpx.get(aigw.openai_url)\n"
MADE: dict[str, Any] = {
    "fixture": "test_a/test_a",
    "content": CONTENT,
    "blobs": [{"sha256": "", "type": "image/png", "base64": base64.b64encode(b"\x89PNG").decode()}],
    "file": "tests/test_a.py",
    "name": "test_a",
    "imports": ["import httpx"],
    "function": FUNCTION,
    "module": f"import httpx\n\n\n{FUNCTION}",
}


def nothing(content: bytes) -> list[str]:
    """Finds no secret."""
    del content
    return []


def place(folder: Path, **how: bool) -> Place:
    return Place(project=folder, fixtures=folder / "tests" / "llm_fixtures", **how)


def test_both_are_written_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    first = write(MADE, place(tmp_path), leftovers=nothing)
    assert [one.relative_to(tmp_path).as_posix() for one in first] == [
        "tests/llm_fixtures/test_a/test_a.aigw.json",
        "tests/test_a.py",
    ]
    assert first[0].read_text("utf-8") == CONTENT
    assert first[1].read_text("utf-8") == MADE["module"]
    assert [one.read_bytes() for one in (tmp_path / "tests" / "llm_fixtures" / "_blobs").iterdir()] == [
        b"\x89PNG"
    ]
    assert write(MADE, place(tmp_path), leftovers=nothing) == first


@pytest.mark.parametrize("which", ["content", "module"])
def test_what_is_there_and_says_something_else_stays(tmp_path: Path, which: str) -> None:
    write(MADE, place(tmp_path), leftovers=nothing)
    other = MADE | {which: MADE[which] + "# other\n"}
    with pytest.raises(FixtureFileError, match="there already") as raised:
        write(other, place(tmp_path), leftovers=nothing)
    assert "--force" in raised.value.hint
    assert (tmp_path / "tests" / "test_a.py").read_text("utf-8") == MADE["module"]
    assert Library(place(tmp_path).fixtures).content("test_a/test_a") == CONTENT.encode()
    written = write(other, place(tmp_path, is_forced=True), leftovers=nothing)
    assert any(one.read_text("utf-8").endswith("# other\n") for one in written)


def test_nothing_is_written_where_a_secret_is_left(tmp_path: Path) -> None:
    def finds(content: bytes) -> list[str]:
        return ["line 1: a secret"] if b"httpx" in content else []

    with pytest.raises(FixtureFileError, match="looks like a secret") as raised:
        write(MADE, place(tmp_path), leftovers=finds)
    assert raised.value.code == "fixture_unsafe"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", ["../test_a.py", "a/../../test_a.py", "/etc/test_a.py", "con.py"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, file: str) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(FixtureFileError):
        write(MADE | {"file": file}, place(tmp_path / "in"), leftovers=nothing)
    with pytest.raises(FixtureFileError):
        write(MADE | {"fixture": file}, place(tmp_path / "in"), leftovers=nothing)
    assert [one.name for one in tmp_path.rglob("*")] == ["in"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tests").symlink_to(tmp_path / "out")
    with pytest.raises(FixtureFileError):
        write(MADE, place(tmp_path / "in"), leftovers=nothing)
    assert not list((tmp_path / "out").iterdir())


def test_a_fixture_alone_is_written_without_a_test(tmp_path: Path) -> None:
    (only,) = write(MADE | {"file": "", "module": ""}, place(tmp_path), leftovers=nothing)
    assert only.name == "test_a.aigw.json"


def test_a_module_that_is_there_gets_the_test_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "tests" / "test_a.py"
    path.parent.mkdir()
    path.write_text('"""Ours."""\n\nimport os\n\n\ndef test_old():\n    assert os\n', "utf-8")
    write(MADE, place(tmp_path, is_appended=True), leftovers=nothing)
    assert path.read_text("utf-8") == (
        f'"""Ours."""\n\nimport os\nimport httpx\n\n\ndef test_old():\n    assert os\n\n\n{FUNCTION}'
    )


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("", f"import httpx\n\n{FUNCTION}"),
        ('"""Doc."""\n', f'"""Doc."""\n\nimport httpx\n\n\n{FUNCTION}'),
        (
            "from __future__ import annotations\nx = 1",
            f"from __future__ import annotations\nimport httpx\nx = 1\n\n\n{FUNCTION}",
        ),
        ("import httpx\nimport os\n", f"import httpx\nimport os\n\n\n{FUNCTION}"),
        ("import httpx as h\n", f"import httpx as h\nimport httpx\n\n\n{FUNCTION}"),
        ("x = 1\n", f"import httpx\n\nx = 1\n\n\n{FUNCTION}"),
    ],
)
def test_imports_go_where_imports_are(source: str, made: str) -> None:
    found = appended(source, imports=["import httpx"], function=FUNCTION, name="test_a", file="test_a.py")
    ast.parse(found)
    assert found.replace("\n\n\n", "\n\n") == made.replace("\n\n\n", "\n\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def test_a(): pass\n", "a test test_a already"),
        ("def (", "no Python"),
        ("async def test_a(): pass\n", "already"),
    ],
)
def test_a_module_that_cannot_take_it_says_why(source: str, said: str) -> None:
    with pytest.raises(FixtureFileError, match=said):
        appended(source, imports=[], function=FUNCTION, name="test_a", file="test_a.py")


def test_a_module_in_another_encoding_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tests" / "test_a.py"
    path.parent.mkdir()
    path.write_bytes(b"# \xff\n")
    with pytest.raises(FixtureFileError, match="UTF-8"):
        write(MADE, place(tmp_path, is_appended=True), leftovers=nothing)
    assert path.read_bytes() == b"# \xff\n"


def test_the_usual_places_are_where_the_plugin_looks(tmp_path: Path) -> None:
    assert promoted.usual_fixtures(tmp_path) == tmp_path / "llm_fixtures"
    assert promoted.usual_tests(tmp_path) == ""
    (tmp_path / "tests").mkdir()
    assert promoted.usual_fixtures(tmp_path) == tmp_path / "tests" / "llm_fixtures"
    assert promoted.usual_tests(tmp_path) == "tests"
