"""What the tests of this room share."""

from collections.abc import Generator

import pytest

from tests.store.making import close_opened


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Generator[None]:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    """Connections that a test opened are closed: later Pythons warn about those that are not."""
    yield
    close_opened()
