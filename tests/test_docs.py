"""The docs say what there is: every command, config key, error code and provider kind; the README's commands are CI's."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from aigw_dev.cli import describe
from aigw_dev.cli.registry import COMMANDS, Command
from aigw_dev.core import config_fields
from aigw_dev.core.errors import CODES
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.routing.leaf import LEAF_KEYS
from aigw_dev.core.routing.names import ROOTS

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
PAGES: Final = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]
FLOW_KEYS: Final = (
    "if",
    "then",
    "else",
    "split",
    "weight",
    "sticky",
    "attempts",
    "backoff_ms",
    "max_wait_ms",
)
CONFIG_KEYS: Final = sorted(
    {"version", "gateway", "providers", "routes", "logging", "limits", "kind", "flow"}
    | set(config_fields.GATEWAY)
    | set(config_fields.LIMITS)
    | set(config_fields.PROVIDER)
    | set(config_fields.ROUTE)
    | set(config_fields.LOGGING)
    | set(LEAF_KEYS)
    | set(FLOW_KEYS)
)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fenced_lines(page: Path) -> Iterator[str]:
    """The lines inside fenced blocks, in order."""
    is_inside = False
    for line in text(page).splitlines():
        if line.startswith("```"):
            is_inside = not is_inside
        elif is_inside:
            yield line


def named(page: Path) -> set[str]:
    """Every word that stands in backticks on a page."""
    return {
        word
        for quoted in re.findall(r"`([^`\n]+)`", text(page))
        for word in re.split(r"[ ,:{}()\[\]]+", quoted)
    }


def words(row: Command) -> str:
    return row.words


def test_the_generated_pages_are_what_the_generator_prints() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("row", COMMANDS.rows, ids=words)
def test_every_command_and_option_is_in_the_reference(row: Command) -> None:
    page = text(DOCS / "commands.md")
    described = describe.page(row)
    assert described.usage() in page
    for option in described.options:
        assert option.flags[0] in page


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_every_config_key_is_described(key: str) -> None:
    assert key in named(DOCS / "config.md")


@pytest.mark.parametrize("name", sorted(ROOTS))
def test_every_name_of_a_condition_is_described(name: str) -> None:
    assert name in {word.partition(".")[0] for word in named(DOCS / "config.md")}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_code_is_described(code: str) -> None:
    assert f"| `{code}` |" in text(DOCS / "errors.md")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_provider_is_described(kind: str) -> None:
    assert f"| `{kind}` |" in text(DOCS / "providers.md")


def test_the_readme_opens_with_the_two_commands() -> None:
    first, second, *_ = fenced_lines(ROOT / "README.md")
    assert first.endswith('.venv/bin/aigw-dev chat mock/echo "hello"')
    assert second.endswith(".venv/bin/pytest -q")
    for command in (first, second):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")


def test_ci_runs_the_readmes_test_command_as_it_stands() -> None:
    _, second, *_ = fenced_lines(ROOT / "README.md")
    assert second in text(ROOT / ".ci" / "run").splitlines()


def test_every_command_the_readme_shows_exists() -> None:
    shown = re.findall(r"aigw-dev ((?:[a-z]+ ?)+)", "\n".join(fenced_lines(ROOT / "README.md")))
    known = {row.words for row in COMMANDS.rows}
    assert shown
    for command in shown:
        first, *rest = command.split()
        assert first in known or (rest and f"{first} {rest[0]}" in known), f"aigw-dev {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text(page))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_index() -> None:
    index = text(DOCS / "index.md")
    absent = [
        page.name for page in DOCS.glob("*.md") if page.name != "index.md" and f"({page.name})" not in index
    ]
    assert not absent


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:3]) for page in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
