"""The admin API is the same on every event loop: one is enough here."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The standard one."""
    return "asyncio"
