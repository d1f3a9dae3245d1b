"""The loop for the TUI's tests: asyncio, as Textual wants it."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
