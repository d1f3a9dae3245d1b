"""`aigw-dev run --replay` with the examples in `fixtures/examples`: every runner's own process, under parallel workers.

Plain `node` runs wherever it is. What needs packages runs where `AIGW_DEV_NODE_MODULES` names a `node_modules` folder that
holds them, or where `npm install` gets them: once, into a folder beside the system's temporary files. The page of the
Playwright example wants a browser: `chromium`, or Playwright's own.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import AIGW

EXAMPLES: Final = REPOSITORY / "fixtures/examples"
INSTALL_S: Final = 100
LIMIT_S: Final = 100
RUNNERS: Final = {
    "vitest": ("vitest", "run"),
    "jest": ("jest", "--maxWorkers=2"),
    "playwright": ("playwright", "test"),
}
MORE: Final = {"vitest": (5, 6), "jest": (5, 5), "playwright": (4, 4)}
"""Tests and calls of each example."""

Run = Callable[..., tuple[int, dict[str, Any], str]]
pytestmark = pytest.mark.xdist_group("node-examples")  # the packages are fetched once


def program(name: str) -> str:
    """Where a program is; the test is skipped where it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on this machine")
    return found


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of an example that a test may change."""

    def copy(name: str) -> Path:
        target = tmp_path / name.replace("/", "-")
        left_out = shutil.ignore_patterns("node_modules", "test-results", "package-lock.json")
        shutil.copytree(EXAMPLES / name, target, ignore=left_out)
        return target

    return copy


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command over the fixtures of a folder: exit code, the fixtures' part of the report, everything it printed."""

    def go(folder: Path, *command: str, words: tuple[str, ...] = ()) -> tuple[int, dict[str, Any], str]:
        kept = {"PATH", "SystemRoot", "TEMP", "TMP", "TMPDIR"}
        browser = shutil.which("chromium") or shutil.which("chromium-browser") or ""
        env = {
            **{name: value for name, value in os.environ.items() if name in kept},
            "HOME": str(tmp_path),
            "AIGW_DEV_HOME": str(tmp_path / "no-home"),
            "CHROMIUM": browser,
            "CI": "true",
        }
        done = subprocess.run(
            [*AIGW, "run", "--replay", "llm_fixtures", "--json", *words, "--", *command],
            cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=LIMIT_S, encoding="utf-8",
        )  # fmt: skip
        told = f"{done.stdout}\n{done.stderr}"
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"run":')]
        assert lines, told
        assert not (tmp_path / "no-home").exists(), "a replay leaves and reads nothing of its user"
        return done.returncode, json.loads(lines[-1])["fixtures"], told

    return go


def wanted_packages() -> dict[str, str]:
    """Everything that the Node examples need."""
    found: dict[str, str] = {}
    for file in sorted(EXAMPLES.glob("node/*/package.json")):
        package = json.loads(file.read_text("utf-8"))
        found |= {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    return found


@pytest.fixture(scope="session")
def modules() -> Path:
    """A `node_modules` folder with the packages of every example."""
    program("node")
    wanted = wanted_packages()
    named = os.environ.get("AIGW_DEV_NODE_MODULES", "")
    if named and all((Path(named) / one / "package.json").exists() for one in wanted):
        return Path(named)
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:12]
    place = Path(tempfile.gettempdir()) / f"aigw-dev-node-{digest}"
    if not (place / "installed").exists():
        install(place, wanted)
    return place / "node_modules"


def install(place: Path, wanted: dict[str, str]) -> None:
    """Get the packages, once for all runs: the folder appears whole or not at all."""
    npm = program("npm")
    scratch = Path(tempfile.mkdtemp(prefix="aigw-dev-npm-"))
    (scratch / "package.json").write_text(json.dumps({"private": True, "dependencies": wanted}), "utf-8")
    words = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--fetch-retries=0")
    env = {**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    try:
        done = subprocess.run(
            [npm, "install", *words], cwd=scratch, env=env, capture_output=True, text=True, check=False, timeout=INSTALL_S,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"npm install cannot get the packages here: {done.stderr.strip()[-200:]}")
        (scratch / "installed").write_text("", "utf-8")
        with contextlib.suppress(OSError):  # another run was quicker
            scratch.rename(place)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm install did not end within {INSTALL_S} s")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def with_packages(folder: Path, modules: Path) -> Path:
    (folder / "node_modules").symlink_to(modules, target_is_directory=True)
    return folder


def tool(modules: Path, name: str) -> str:
    """The runner's own start file, which needs no shell on any platform."""
    return str(modules / ".bin" / (f"{name}.cmd" if sys.platform == "win32" else name))


def without_one_recording(folder: Path) -> str:
    """Take a recording away; the name of its test."""
    path = min((folder / "llm_fixtures").rglob("*.aigw.json"))
    test: str = json.loads(path.read_text("utf-8")).get("test", "session")
    path.unlink()
    return test


def test_a_plain_node_program_is_answered_from_fixtures(example: Callable[[str], Path], run: Run) -> None:
    node, folder = program("node"), example("node/script")
    code, outcome, told = run(folder, node, "by_fetch.mjs", words=("--allow-unused",))
    assert code == 0, told
    assert "Paris" in told.splitlines()
    assert (outcome["calls"], outcome["problems"], outcome["unused_allowed"]) == (1, [], 1)
    code, outcome, told = run(folder, node, "by_fetch.mjs")
    assert (code, [one["kind"] for one in outcome["problems"]]) == (1, ["unused"]), told


def test_the_openai_package_unchanged_is_answered_from_fixtures(
    example: Callable[[str], Path], run: Run, modules: Path
) -> None:
    folder = with_packages(example("node/script"), modules)
    code, outcome, told = run(folder, program("node"), "all.mjs")
    assert (code, outcome["calls"], outcome["problems"]) == (0, 2, []), told
    assert {"Paris", "One, two, three."} <= set(told.splitlines())


def test_a_program_of_the_standard_library_alone(example: Callable[[str], Path], run: Run) -> None:
    folder = example("python/unittest")
    code, outcome, told = run(folder, sys.executable, "-m", "unittest")
    assert (code, outcome["calls"], outcome["problems"]) == (0, 2, []), told
    missing = without_one_recording(folder)
    code, outcome, told = run(folder, sys.executable, "-m", "unittest")
    assert code == 1, "unittest's own exit code"
    assert [(one["kind"], one["test"]) for one in outcome["problems"]] == [("no_fixture", missing)], told


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNNERS)
def test_a_runners_parallel_tests_each_find_their_own_recordings(
    name: str, example: Callable[[str], Path], run: Run, modules: Path
) -> None:
    if name == "playwright" and not has_browser():
        pytest.skip("there is no browser for Playwright on this machine")
    folder = with_packages(example(f"node/{name}"), modules)
    command = (tool(modules, RUNNERS[name][0]), *RUNNERS[name][1:])
    code, outcome, told = run(folder, *command, words=("--report", "junit:out.xml"))
    assert code == 0, told
    assert (len(outcome["tests"]), outcome["calls"], outcome["problems"]) == (*MORE[name], []), told
    assert "session" not in {one["name"] for one in outcome["tests"]}, "no call went past its test"
    assert 'failures="0"' in (folder / "out.xml").read_text("utf-8")
    missing = without_one_recording(folder)
    code, outcome, told = run(folder, *command)
    assert code == 1, told
    assert {(one["kind"], one["test"]) for one in outcome["problems"]} == {("no_fixture", missing)}, told


def has_browser() -> bool:
    """Whether Playwright finds one: on the PATH, or its own."""
    own = Path.home() / ".cache/ms-playwright"
    return bool(shutil.which("chromium") or shutil.which("chromium-browser") or own.exists())


def test_the_examples_name_what_they_need_by_ranges_and_hold_no_address_or_key() -> None:
    for file in [*(EXAMPLES / "node").rglob("*"), *(EXAMPLES / "python/unittest").rglob("*")]:
        if not file.is_file() or {"node_modules", "test-results", "__pycache__", "package-lock.json"} & set(
            file.parts
        ):
            continue
        text = file.read_text("utf-8")
        assert not re.search(r"sk-[a-z]|127\.0\.0\.1:\d{4}", text), file
    assert "package-lock.json" in (EXAMPLES / "node/.gitignore").read_text("utf-8")
    assert all(re.match(r"[>^~]", one) for one in wanted_packages().values())


def test_two_runs_at_once_do_not_disturb_each_other(example: Callable[[str], Path], tmp_path: Path) -> None:
    folder = example("python/unittest")
    env = {**os.environ, "AIGW_DEV_HOME": str(tmp_path / "home")}
    command = [*AIGW, "run", "-q", "--replay", "llm_fixtures", "--", sys.executable, "-m", "unittest"]
    began = [
        subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    deadline = time.monotonic() + LIMIT_S
    for one in began:
        _, told = one.communicate(timeout=deadline - time.monotonic())
        assert one.returncode == 0, told
