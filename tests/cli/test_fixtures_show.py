"""`fixtures show`: a fixture as text, raw, as JSON, and as what git shows."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixtures_show import fixtures_show
from aigw_dev.fixture_files.git_setup import TEXTCONV
from aigw_dev.fixture_files.library import Library
from tests.cli.machine import Machine, command
from tests.fixture_files.examples import chat, picture

CONTEXT = Context(environ={})


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(tmp_path / "fixtures")
    fixture = chat()
    fixture.interactions += chat("Oslo.", question="Capital of Norway?").interactions
    library.write("mod/a", fixture)
    library.write("dot", picture())
    monkeypatch.chdir(tmp_path)
    return library


def test_by_file_or_by_name(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixtures_show(CONTEXT, library.root / "mod/a.aigw.json") == DONE
    by_file = capsys.readouterr().out
    fixtures_show(CONTEXT, Path("mod/a"))
    assert capsys.readouterr().out == by_file
    assert "Capital of France?" in by_file
    assert "12 ms" in by_file


def test_one_interaction(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    fixtures_show(CONTEXT, Path("mod/a"), interaction=1)
    shown = capsys.readouterr().out
    assert "Oslo." in shown
    assert "Paris." not in shown
    with pytest.raises(CommandError, match="There is no interaction 2: the file has 2"):
        fixtures_show(CONTEXT, Path("mod/a"), interaction=2)


def test_raw_is_the_file_and_json_one_document(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    fixtures_show(CONTEXT, Path("mod/a"), raw=True)
    assert capsys.readouterr().out.encode() == library.content("mod/a")
    fixtures_show(CONTEXT, Path("mod/a"), raw=True, interaction=1)
    assert json.loads(capsys.readouterr().out)["attempts"][0]["upstream"] == "openai/gpt-4o-mini"
    fixtures_show(Context(is_json=True, environ={}), Path("mod/a"))
    assert json.loads(capsys.readouterr().out)["aigw_fixture"] == 1
    with pytest.raises(CommandError, match="no interaction 9"):
        fixtures_show(CONTEXT, Path("mod/a"), raw=True, interaction=9)


def test_a_fixture_alone_needs_no_blobs(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "elsewhere_dot.aigw.json"
    alone.write_bytes(library.content("dot"))
    assert fixtures_show(CONTEXT, alone, plain=True) == DONE
    assert "a dot" in capsys.readouterr().out


def test_what_is_broken_is_an_error_but_in_a_diff(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    path = library.root / "broken.aigw.json"
    path.write_bytes(b'{"x": \n1')
    with pytest.raises(CommandError, match=r"broken\.aigw\.json"):
        fixtures_show(CONTEXT, path)
    assert fixtures_show(CONTEXT, path, plain=True) == DONE
    assert capsys.readouterr().out.startswith("broken: ")


def test_what_is_absent_says_how_to_find_names(library: Library) -> None:
    for file in (Path("none"), Path("none.aigw.json"), library.root / "none"):
        with pytest.raises(CommandError, match="there is no such file"):
            fixtures_show(CONTEXT, file)


def test_no_link_is_followed(library: Library, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", "utf-8")
    (library.root / "link.aigw.json").symlink_to(tmp_path / "secret")
    for file in (Path("link"), library.root / "link.aigw.json"):
        with pytest.raises(CommandError, match="this is a link"):
            fixtures_show(CONTEXT, file, plain=True)
    with pytest.raises(CommandError, match="no name of a fixture"):
        fixtures_show(CONTEXT, Path("../fixtures/mod/a"))


def test_git_shows_prompts_and_answers(tmp_path: Path) -> None:
    program = shutil.which("git")
    if program is None:
        pytest.skip("there is no git here")
    machine = Machine(tmp_path)
    (machine.project / ".git").rmdir()

    def git(*words: str) -> str:
        own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        done = subprocess.run(
            [program, *words],
            cwd=machine.project,
            env=machine.env | own,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    git("init", "-q")
    library = Library(machine.project / "tests/llm_fixtures")
    library.write("a", chat())
    git("add", ".")
    _, *words, shown_by = TEXTCONV.split(" ", 3)
    git(*words, shown_by.strip('"').replace("aigw-dev", command()[0]))
    library.write("a", chat("Rome."))
    diff = git("diff")
    assert "-answer    Paris." in diff
    assert "+answer    Rome." in diff
