"""The example tests that the documentation shows: they pass, offline, however pytest is run; and they can fail."""

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import AIGW
from tests.e2e.examples_run import EXAMPLES, FEWEST, copied, run

RUNS: Final = {
    "as they are": ("-p", "no:randomly"),
    "in any order, on two workers": ("-p", "randomly", "-n", "2"),
    "without a cache": ("-p", "no:cacheprovider", "-p", "no:xdist"),
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("examples")]


@pytest.mark.parametrize("how", RUNS)
def test_the_examples_pass_from_the_repository_root(how: str, tmp_path: Path) -> None:
    cache = () if how == "without a cache" else ("-o", f"cache_dir={tmp_path}")
    done = run(EXAMPLES, *RUNS[how], *cache)
    assert done.code == 0, done.text
    assert done.count("passed") >= FEWEST, done.text
    assert done.count("skipped") <= 2, "only what needs Node or LangChain may be left out"


def test_the_examples_pass_inside_their_own_folder(tmp_path: Path) -> None:
    done = run(cwd=copied(tmp_path))
    assert done.code == 0, done.text
    assert done.count("passed") >= FEWEST


def test_one_example_can_be_run_by_its_name(tmp_path: Path) -> None:
    done = run("-p", "no:cacheprovider", "tests/test_openai_sdk.py::test_capital", cwd=copied(tmp_path))
    assert done.code == 0, done.text
    assert done.count("passed") == 1


def test_a_changed_prompt_fails_its_example_and_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    test = folder / "tests" / "test_openai_sdk.py"
    test.write_text(test.read_text("utf-8").replace("You are terse.", "You are brief."), "utf-8")
    done = run("-p", "no:cacheprovider", "tests/test_openai_sdk.py", cwd=folder)
    assert done.code == 1
    for words in (
        "no recorded response for this request",
        "messages[0].content",
        "You are brief.",
        "--aigw=record",
    ):
        assert words in done.text, done.text


def test_an_answer_taken_away_fails_its_example(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "tests" / "llm_fixtures" / "test_openai_sdk" / "test_capital.aigw.json").unlink()
    done = run("-p", "no:cacheprovider", "tests/test_openai_sdk.py", cwd=folder)
    assert done.code == 1
    assert "test_capital.aigw.json" in done.text


def test_a_recording_that_nobody_asks_for_fails_its_example(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder / "tests" / "llm_fixtures" / "test_openai_sdk" / "test_capital.aigw.json"
    document = json.loads(path.read_text("utf-8"))
    again = json.loads(json.dumps(document["interactions"][0]).replace("Capital of France?", "And of Spain?"))
    del again["key"]
    document["interactions"].append(again)
    path.write_text(json.dumps(document), "utf-8")
    done = run("-p", "no:cacheprovider", "tests/test_openai_sdk.py", cwd=folder)
    assert done.code == 1
    assert "interaction 2 of 2" in done.text, done.text
    assert "never requested" in done.text


@pytest.mark.parametrize("command", [["fmt", "--check"], ["check", "--strict"]], ids=" ".join)
def test_their_fixtures_are_in_canonical_form_and_whole(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*AIGW, "fixtures", *command, str(REPOSITORY / EXAMPLES / "tests" / "llm_fixtures")],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
