"""Which tests a run collected, and so which fixtures have lost theirs."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import pytest

from aigw_dev.pytest_plugin import library, markers
from aigw_dev.pytest_plugin.options import Settings


@dataclasses.dataclass(slots=True)
class Collected:
    """What was found, and what keeps it from being the whole."""

    tests: set[str] = dataclasses.field(default_factory=set[str])
    shared: set[str] = dataclasses.field(default_factory=set[str])
    """Fixtures that markers name."""
    scopes: list[Path] = dataclasses.field(default_factory=list[Path])
    """Files and folders that were collected whole."""
    deselected: int = 0
    """By others than this plugin."""
    gap: str = ""
    """Why the collection was not whole; empty = it was."""

    def take(self, config: pytest.Config, items: Iterable[pytest.Item]) -> None:
        """Remember the tests, before anything of ours leaves some out."""
        for item in items:
            self.tests.add(markers.test_id(item))
            named = markers.fixture_of(item)
            if named:
                self.shared.add(named)
        self.scopes = [
            (config.invocation_params.dir / argument).resolve()
            for argument in config.args
            if "::" not in argument
        ]

    def judge(self, config: pytest.Config, *, has_errors: bool) -> None:
        """Find out whether tests may exist that were not collected."""
        option = config.option
        for name, text in (("keyword", "-k"), ("markexpr", "-m"), ("lf", "--lf")):
            if getattr(option, name, None):
                self.gap = f"{text} selects tests"
        if getattr(option, "ignore", None) or getattr(option, "ignore_glob", None):
            self.gap = "--ignore leaves files out"
        if self.deselected:
            self.gap = self.gap or f"{self.deselected} tests were deselected"
        if has_errors:
            self.gap = "a file could not be collected"
        if not self.scopes:
            self.gap = "single tests were selected"


def orphans(collected: Collected, settings: Settings) -> list[Path]:
    """Fixtures whose test is gone, as far as this run can tell: their test's file lies where everything was collected."""
    gone = library.orphans(settings.directory, tests=collected.tests, shared=collected.shared)
    return [path for path in gone if _is_within(settings.root, library.test_of(path), collected.scopes)]


def _is_within(root: Path, test: str, scopes: list[Path]) -> bool:
    file = (root / test.partition("::")[0]).resolve()
    return any(file == scope or scope in file.parents for scope in scopes)
