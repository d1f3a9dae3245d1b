"""`edit`: your own editor on a copy; nothing is written before it is good."""

import sys
from pathlib import Path

import pytest

from aigw_dev.cli.edit import editor, with_remarks, without_remarks
from aigw_dev.cli.exits import CommandError
from aigw_dev.core.problem import Problem
from tests.cli.machine import Machine

TEXT = "version: 1\ngateway: {notes: one}\n"


def editing(folder: Path, *steps: str) -> str:
    """An EDITOR that does one of the steps at each call: Python over `text`."""
    script = folder / "editor.py"
    count = folder / "count"
    script.write_text(
        "import sys, pathlib\n"
        f"count = pathlib.Path({str(count)!r}); number = len(count.read_text()) if count.exists() else 0\n"
        "count.write_text('x' * (number + 1))\n"
        "file = pathlib.Path(sys.argv[1]); text = file.read_text()\n"
        f"steps = {list(steps)!r}\n"
        "scope = {'text': text}; exec(steps[number], scope); file.write_text(scope['text'])\n"
    )
    return f"{sys.executable} {script}"


def test_what_was_saved_is_written_and_comments_stay(tmp_path: Path) -> None:
    machine = Machine(tmp_path, f"# mine\n{TEXT}")
    done = machine.run("edit", EDITOR=editing(tmp_path, "text = text.replace('one', 'two')"))
    assert done.code == 0, done.err
    assert machine.config.read_text("utf-8") == "# mine\n" + TEXT.replace("one", "two")


def test_an_error_opens_the_editor_again_with_the_problem_on_top(tmp_path: Path) -> None:
    machine = Machine(tmp_path, TEXT)
    mended = "text = text.replace('bad: 1\\n', '').replace('one', 'three')"
    steps = (
        "text = text + 'bad: 1\\n'",
        f"assert text.startswith('#! aigw-dev.yaml:6:1') and 'bad' in text, text; {mended}",
    )
    done = machine.run("edit", EDITOR=editing(tmp_path, *steps))
    assert done.code == 0, done.err
    assert machine.config.read_text("utf-8") == TEXT.replace("one", "three")


def test_leaving_the_error_gives_up_and_keeps_the_text(tmp_path: Path) -> None:
    machine = Machine(tmp_path, TEXT)
    done = machine.run("edit", EDITOR=editing(tmp_path, "text = text + 'bad: 1\\n'", "pass"))
    assert (done.code, "your text is kept in" in done.err) == (2, True)
    assert machine.config.read_text("utf-8") == TEXT


def test_nothing_changed_and_a_failing_editor_write_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, TEXT)
    assert "nothing was changed" in machine.run("edit", EDITOR="true").err
    assert machine.run("edit", EDITOR="false").code == 2
    assert machine.config.read_text("utf-8") == TEXT


def test_a_running_gateway_takes_it_at_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path, TEXT)
    with machine.gateway():
        assert machine.run("edit", EDITOR=editing(tmp_path, "text = text.replace('one', 'live')")).code == 0
        assert machine.run("status", "--json").json["notes"] == "live"


def test_remarks_come_off_and_their_lines_count() -> None:
    problem = Problem(path=("x",), message="bad\nreally", file="f", line=2, column=1)
    text = with_remarks(TEXT, [problem])
    assert text.splitlines()[0] == "#! f:5:1 x: bad"
    assert without_remarks(text) == TEXT


def test_the_editor_is_the_one_that_is_named() -> None:
    assert editor({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor({"EDITOR": "vi"}) == ["vi"]
    with pytest.raises(CommandError):
        editor({})
