"""The client's call that promotes, against a real gateway on a socket."""

import asyncio
from pathlib import Path

import httpx
import pytest

from aigw_dev.client import AdminClient, AdminError
from tests.test_client import open_house

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The client is synchronous; one loop is enough for the other end."""
    return "asyncio"


async def test_texts_come_back_and_a_refusal_keeps_its_code(tmp_path: Path) -> None:
    def told(client: AdminClient, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        for text in ("one", "two"):
            body = {"model": "mock/echo", "messages": [{"role": "user", "content": text}]}
            url = f"{client.url}/v1/chat/completions"
            assert httpx.post(url, json=body, headers=headers, trust_env=False).status_code == 200
        made = client.promote(["-2", "last"], name="test_two", folder="unit", asserts=["text"])
        assert made["test_id"] == "unit/test_two.py::test_two"
        assert made["function"].index('"one"') < made["function"].index('"two"')
        assert client.promote(["last"], has_test=False)["module"] == ""
        with pytest.raises(AdminError, match="can be asserted") as raised:
            client.promote(["last"], asserts=["colour"])
        assert raised.value.code == "invalid_request"
        with pytest.raises(AdminError, match="a name is wanted"):
            client.promote([])

    async with open_house(tmp_path) as (one, client):
        await asyncio.to_thread(told, client, one.gateway.home.token())
