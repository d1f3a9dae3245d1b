"""`logs promote` shows or writes a fixture and a test, never over what is there, and says why a call cannot be one."""

from pathlib import Path

import pytest

from tests.cli.logged import Logged
from tests.cli.machine import Machine
from tests.store.making import exchange

Capture = pytest.CaptureFixture[str]


@pytest.mark.timeout(180)
def test_calls_are_promoted_shown_appended_and_never_written_over(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\ngateway: {name: promote}\n")
    (machine.project / "tests").mkdir()
    assert machine.run("up", "--detach", "--port", "0").code == 0
    try:
        assert machine.run("chat", "mock/echo", "hello there").code == 0
        assert machine.run("chat", "mock/echo", "and you").code == 0

        shown = machine.run("logs", "promote", "last", "--name", "test_shown", "--dry-run")
        assert shown.code == 0, shown.err
        assert "def test_shown(aigw):" in shown.out
        assert '"aigw_fixture": 1' in shown.out
        assert not list(machine.project.rglob("*test_shown*"))

        both = ("logs", "promote", "-2", "-1", "--name", "test_both", "--assert", "status,text")
        done = machine.run(*both)
        assert done.code == 0, done.err
        assert done.out.splitlines() == [
            "wrote tests/llm_fixtures/test_both/test_both.aigw.json",
            "wrote tests/test_both.py",
        ]
        assert "run it: pytest tests/test_both.py::test_both" in done.err
        module = (machine.project / "tests/test_both.py").read_text("utf-8")
        assert module.index("hello there") < module.index("and you")
        assert "call.finish" not in module

        again = machine.run(*both[:-1], "finish")
        assert (again.code, "there already" in again.err, "--append" in again.err) == (2, True, True)
        assert (machine.project / "tests/test_both.py").read_text("utf-8") == module
        more = ("logs", "promote", "last", "--name", "test_more", "--test-file", "tests/test_both.py")
        assert machine.run(*more).code == 2
        assert machine.run(*more, "--append").code == 0
        assert (machine.project / "tests/test_both.py").read_text("utf-8").count("\ndef test_") == 2

        made = machine.run("logs", "promote", "--no-test", "--to", "fx", "--json").json
        assert made["module"] == ""
        (written,) = made["written"]
        assert Path(machine.project, written).is_file()
        assert machine.run("logs", "promote", "--test-file", "/elsewhere/test_a.py").code == 2
        assert machine.run("logs", "promote", "--assert", "colour").code == 2
    finally:
        machine.run("down")


def test_without_a_gateway_nothing_is_promoted(tmp_path: Path, capsys: Capture) -> None:
    assert Logged(tmp_path, [exchange()]).run("logs", "promote", "last") == 2
    assert "`aigw-dev up` starts it." in capsys.readouterr().err
