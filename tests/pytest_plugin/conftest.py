"""A suite of its own for each test, run by a pytest in a process of its own, against a gateway that is not ours."""

import json
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

FAKE: Final = Path(__file__).with_name("fake_gateway.py")
RECORDED_AT: Final = "2026-11-01T10:15:00Z"
APP: Final = '''
import asyncio, contextlib, json, os, socket, subprocess, sys, urllib.error, urllib.request
import pytest
from decimal import Decimal

def ask(base=None, model="m", **more):
    """What an app does: knows nothing of the gateway but a base URL."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]} | more
    url = (base or os.environ["OPENAI_BASE_URL"]) + "/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]
'''


class Suite:
    """Test files, fixtures and ini options, and runs of them."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester: Final = pytester
        self.root: Final = pytester.path
        self.options: dict[str, str] = {"aigw_command": f'"{sys.executable}" "{FAKE}"'}

    def tests(self, text: str, name: str = "test_app.py") -> None:
        (self.root / name).write_text(APP + textwrap.dedent(text), encoding="utf-8")

    def fixture(
        self, test: str, *interactions: dict[str, Any], name: str = "", at: str = RECORDED_AT
    ) -> Path:
        """A fixture of `test_app.py::<test>`, or shared under a name."""
        test_id = "" if name else f"test_app.py::{test}"
        path = self.root / "llm_fixtures" / f"{name or test_id.replace('::', '-')}.aigw.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"aigw_fixture": 1, "test": test_id, "recorded_at": at, "interactions": list(interactions)}
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return path

    def run(self, *arguments: str, plugins: tuple[str, ...] = ()) -> pytest.RunResult:
        """Run it with nothing but this plugin and those named."""
        lines = "\n".join(f"{name} = {value}" for name, value in self.options.items())
        (self.root / "pytest.ini").write_text(
            f"[pytest]\nfilterwarnings = error\n{lines}\n", encoding="utf-8"
        )
        named = [word for plugin in plugins for word in ("-p", plugin)]
        return self.pytester.runpytest_subprocess(*named, *arguments, timeout=60)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    """A pytest in these tests has no plugin but what is named; as on a developer's machine: no CI."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in (
        "CI",
        "PYTEST_ADDOPTS",
        "PYTEST_XDIST_WORKER",
        "PYTEST_XDIST_WORKER_COUNT",
        "PYTEST_XDIST_TESTRUNUID",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    """An empty suite whose gateway is the fake one."""
    pytester.plugins.append("aigw_dev.pytest_plugin")
    return Suite(pytester)


@pytest.fixture
def log_of_gateways(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What fake gateways wrote when they ended in order: mode, config."""
    path = suite.root / "gateways.log"
    monkeypatch.setenv("FAKE_GATEWAY_LOG", str(path))
    return lambda: path.read_text(encoding="utf-8").splitlines() if path.exists() else []
