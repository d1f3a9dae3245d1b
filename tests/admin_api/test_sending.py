"""What leaves a call to the admin API that did not go well."""

import asyncio
from pathlib import Path

import httpx
import pytest

from aigw_dev.client import AdminClient, AdminError
from tests.scripted import refusing_port
from tests.test_client import open_house


@pytest.fixture
def anyio_backend() -> str:
    """The client is synchronous; one loop is enough for the other end."""
    return "asyncio"


@pytest.mark.anyio
async def test_the_gateways_own_words_leave_as_an_error(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (_, client):
        with pytest.raises(AdminError) as caught:
            await asyncio.to_thread(client.exchange, "ffff")
        assert (caught.value.code, caught.value.status) == ("exchange_not_found", 404)
        assert caught.value.hint
        with AdminClient(client.url, "wrong") as stranger, pytest.raises(AdminError) as caught:
            await asyncio.to_thread(stranger.status)
        assert (caught.value.code, caught.value.status) == ("admin_token_required", 401)


def test_a_gateway_that_is_not_there_is_unreachable_and_says_what_to_do() -> None:
    with refusing_port() as port, AdminClient(f"http://127.0.0.1:{port}", "t") as client:
        with pytest.raises(AdminError) as caught:
            client.status()
        assert (caught.value.code, caught.value.status) == ("gateway_unreachable", 0)
        assert "aigw-dev up" in caught.value.hint
        with pytest.raises(AdminError) as caught:
            list(client.live())
        assert caught.value.code == "gateway_unreachable"


def test_an_answer_in_nobodys_shape_is_an_error_too() -> None:
    stranger = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>nginx"))
    with (
        AdminClient("http://127.0.0.1:1", "t", transport=stranger) as client,
        pytest.raises(AdminError) as caught,
    ):
        client.status()
    assert (caught.value.code, caught.value.status) == ("internal_error", 502)
    assert "nginx" in caught.value.message
