"""A provider for the Chat screen's tests."""

from collections.abc import Generator

import pytest

from tests.scripted import ScriptedUpstream


@pytest.fixture
def upstream() -> Generator[ScriptedUpstream]:
    """A provider that does what a test says."""
    with ScriptedUpstream() as made:
        yield made
