"""The client's calls about what there is to choose from, against a real gateway on a socket."""

import asyncio
from pathlib import Path

import pytest

from aigw_dev.client import AdminClient
from tests.test_client import open_house

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The client is synchronous; one loop is enough for the other end."""
    return "asyncio"


async def test_models_kinds_and_keys_are_listed(tmp_path: Path) -> None:
    def told(client: AdminClient) -> None:
        models = {f"{row['provider']}/{row['model']}" for row in client.models("chat")}
        assert {"dynamic/r", "mock/echo"} <= models
        assert "mock/embed" not in models
        assert "mock/embed" in {f"{row['provider']}/{row['model']}" for row in client.models()}
        assert "openai" in {row["name"] for row in client.kinds()}
        assert client.found_keys() == []
        assert client.import_keys(["NONE"])[0]["state"] == "refused"
        assert client.keyring()["state"] in {"ok", "locked", "none"}

    async with open_house(tmp_path) as (_, client):
        await asyncio.to_thread(told, client)
