"""`fixtures list`: every fixture with what is in it, and the broken ones said."""

import json
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.fixtures import fixtures_list, model_of, row_of, size
from aigw_dev.core.recording.fixture import Attempt, Interaction, Request
from aigw_dev.fixture_files.library import Library
from tests.cli.machine import Machine
from tests.fixture_files.examples import chat, picture


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "fx")
    library.write("test_a/test_x", chat(test="tests/test_a.py::test_x"))
    library.write("dot", picture())
    (library.root / "broken.aigw.json").write_bytes(b"{")
    return library


def test_as_a_command(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.run("fixtures", "list").code == 2
    Library(machine.project / "fixtures").write("a", chat())
    assert "gpt-4o-mini" in machine.run("fixtures", "list").out
    shown = machine.run("fixtures", "show", "a", "--plain")
    assert "Paris." in shown.out, shown.err
    assert machine.run("fixtures", "check", "--json").json["ok"]
    (machine.project / "fixtures/broken.aigw.json").write_bytes(b"{")
    assert machine.run("fixtures", "check", "--tests", "-", given="tests/test_a.py::test_x\n").code == 1


def test_each_fixture_is_a_line(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixtures_list(Context(environ={}), library.root) == DONE
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "broken", "dot", "test_a/test_x"]
    assert "broken: " in lines[1]
    assert "gpt-4o-mini" in lines[3]
    assert lines[3].endswith("tests/test_a.py::test_x")
    assert shown.err == ""
    (library.root / "link.aigw.json").symlink_to("x")
    fixtures_list(Context(environ={}), library.root)
    assert "1 file(s) that are not read" in capsys.readouterr().err


def test_json_holds_the_same(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (library.root / "link.aigw.json").symlink_to("x")
    fixtures_list(Context(is_json=True, environ={}), library.root)
    document = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in document["fixtures"]}
    assert rows["broken"]["error"]
    assert rows["test_a/test_x"]["ops"] == ["openai.chat.completions"]
    assert document["odd"][0]["file"] == "link.aigw.json"


def test_an_empty_folder_says_how_to_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixtures_list(Context(environ={}), tmp_path) == DONE
    assert "--record DIR" in capsys.readouterr().err


def test_a_fixture_without_a_date_has_no_age(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    fixture = chat()
    fixture.recorded_at = ""
    library.write("undated", fixture)
    assert row_of(library, "undated").recorded_at == ""
    fixtures_list(Context(environ={}), library.root)
    assert capsys.readouterr().out.splitlines()[-1].split()[4] == "-"


def test_a_model_is_the_one_that_was_asked_for() -> None:
    asked = Interaction(request=Request(op="x", form={"model": "m"}), attempts=[])
    assert model_of(asked) == "m"
    called = Interaction(
        request=Request(op="x", path="/v1beta/models/g"), attempts=[Attempt(upstream="gemini/g")]
    )
    assert model_of(called) == "gemini/g"
    assert model_of(Interaction(request=Request(op="x"), attempts=[])) == ""


def test_sizes_are_short() -> None:
    assert [size(each) for each in (5, 2048, 3 * 1024**2)] == ["5 B", "2 KiB", "3.0 MiB"]
