"""Async tests of the server run on both event loops the gateway may use."""

from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest

from aigw_dev.server.upstream import Upstream
from tests.certificates import Authority
from tests.scripted import ScriptedUpstream


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Both loops; uvloop is skipped where it is not installed (Windows)."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
def scripted() -> Generator[ScriptedUpstream]:
    """A scripted upstream; tell it what to answer with `enqueue`."""
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """The seam, with an empty environment: no proxies, the system's certificates."""
    made = Upstream({})
    yield made
    await made.aclose()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that nobody else trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))
