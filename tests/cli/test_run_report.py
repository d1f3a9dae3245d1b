"""Reports for machines: XML that every reader can read and lines that GitHub's runner reads back, whatever tests are called."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.cli import run_report
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.run_fixtures import OneTest, Outcome, Problem


def outcome_of(problems: list[Problem], *names: str) -> Outcome:
    return Outcome(
        mode="replay",
        dir="fx",
        exit_code=1 if problems else 0,
        calls=len(names),
        tests=[OneTest(name=one, calls=1, duration_s=0.25) for one in names],
        problems=problems,
        written=[],
    )


def read(text: str) -> ET.Element:
    return ET.fromstring(text.encode())  # noqa: S314  -- what we have just written


def test_each_test_is_one_case_and_fails_with_all_that_did_not_hold_there() -> None:
    problems = [
        Problem(kind="miss", test="a", path="fx/a.aigw.json", text="first\nline"),
        Problem(kind="unused", test="a", path="fx/a.aigw.json", text="second"),
        Problem(kind="unused", test="gone", path="fx/gone.aigw.json", text="third"),
    ]
    root = read(run_report.junit(outcome_of(problems, "a", "b", "session")))
    cases = {one.get("name"): one for one in root.iter("testcase")}
    assert list(cases) == ["a", "b", "session", "gone"]
    failure = cases["a"].find("failure")
    assert failure is not None
    assert failure.text == "first\nline\n\nsecond"
    assert failure.get("message") == "no recorded response; recorded, never requested"
    assert cases["a"].get("file") == "fx/a.aigw.json"
    assert cases["b"].find("failure") is None
    assert cases["gone"].find("failure") is not None
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("4", "2", "0.750")


@given(st.text(), st.text(), st.text())
def test_whatever_tests_and_answers_hold_the_xml_is_read_back(name: str, path: str, text: str) -> None:
    problem = Problem(kind="miss", test=name, path=path, text=text)
    root = read(run_report.junit(outcome_of([problem], name)))
    (case,) = root.iter("testcase")
    assert case.find("failure") is not None


@given(st.text(), st.text(), st.text())
def test_an_annotation_is_one_line_with_three_parts(name: str, path: str, text: str) -> None:
    line = run_report.annotation(Problem(kind="miss", test=name, path=path, text=text), root=Path("/x"))
    assert line.splitlines() == [line]
    head, _, _ = line.removeprefix("::error ").partition("::")
    assert [one.partition("=")[0] for one in head.split(",")] == ["file", "title"]


def test_an_annotation_names_the_file_within_the_checkout(tmp_path: Path) -> None:
    problem = Problem(kind="unused", test="a: b, c", path=str(tmp_path / "fx/a.aigw.json"), text="50 %\nnext")
    assert run_report.annotation(problem, root=tmp_path) == (
        "::error file=fx/a.aigw.json,title=recorded%2C never requested%3A a%3A b%2C c::50 %25%0Anext"
    )


def test_reports_are_written_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = outcome_of([Problem(kind="miss", test="a", path="fx/a", text="t")], "a")
    run_report.write(outcome, ["junit", "junit:out/own.xml", "github"])
    assert read((tmp_path / run_report.JUNIT_FILE).read_text("utf-8")).tag == "testsuites"
    assert (tmp_path / "out/own.xml").exists()
    assert "::error file=fx/a," in capsys.readouterr().err
    with pytest.raises(CommandError, match="cannot be written"):
        run_report.write(outcome, [f"junit:{tmp_path}"])


@pytest.mark.parametrize("form", ["html", "junit:", "github:x", ""])
def test_a_report_that_nobody_knows_is_refused(form: str) -> None:
    with pytest.raises(CommandError, match="--report"):
        run_report.checked([form])


def test_known_reports_pass() -> None:
    assert run_report.checked(["junit", "junit:a:b", "github"]) == ("junit", "junit:a:b", "github")
