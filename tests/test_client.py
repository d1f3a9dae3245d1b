"""The admin API's client against a real gateway on a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.client import AdminClient, AdminError
from aigw_dev.core.config import Limits
from aigw_dev.server.door import Door
from aigw_dev.server.door_rules import DoorRules
from aigw_dev.server.serving import serve
from tests.scripted import ScriptedUpstream, json_reply
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of

pytestmark = pytest.mark.anyio
GOOD = "version: 1\nroutes:\n  r: {flow: {send: mock/echo}}\n"
OTHER = GOOD.replace("mock/echo", "mock/think")


@pytest.fixture
def anyio_backend() -> str:
    """The client is synchronous; one loop is enough for the other end."""
    return "asyncio"


@pytest.fixture
def scripted() -> Generator[ScriptedUpstream]:
    """A scripted upstream."""
    with ScriptedUpstream() as upstream:
        yield upstream


@contextlib.asynccontextmanager
async def open_house(
    folder: Path, config: str = GOOD, **env: str
) -> AsyncGenerator[tuple[House, AdminClient]]:
    """A gateway that listens, and a client of its admin API; call the client in threads."""
    async with house(folder, config, env=env) as one:
        server = await serve(Door(one.gateway), rules=DoorRules(limits=Limits()))
        one.gateway.port = server.port
        await one.gateway.renew()  # the door answers for that port now
        try:
            with AdminClient(f"http://127.0.0.1:{server.port}/", one.gateway.home.admin_token()) as client:
                yield one, client
        finally:
            one.gateway.is_draining = True
            await server.stop(0.5)


async def test_it_asks_the_gateway_how_it_is(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (one, client):
        status = await asyncio.to_thread(client.status)
        assert status["port"] == one.gateway.port
        assert (await asyncio.to_thread(lambda: client.pause(is_paused=True))) == {"paused": True}
        assert one.gateway.is_paused
        reloaded = await asyncio.to_thread(lambda: client.reload("keys", action="key.added", subject="k"))
        assert reloaded["generation"] == one.gateway.snapshot.generation
        rows = await asyncio.to_thread(client.audit)
        assert [row["action"] for row in rows] == ["key.added", "logs.pause"]
        await asyncio.to_thread(client.stop)
        await one.gateway.stop.wait()


async def test_it_changes_the_config_and_takes_it_back(tmp_path: Path) -> None:
    def change(client: AdminClient) -> list[dict[str, Any]]:
        shown = client.config()
        assert shown["text"] == GOOD
        assert client.validate(OTHER) == []
        assert client.validate("version: 1\nx: 1\n")
        client.put_config(OTHER, digest=shown["digest"], is_draft=True)
        draft = client.draft()
        assert draft is not None
        assert draft["text"] == OTHER
        client.drop_draft()
        assert client.draft() is None
        client.put_config(OTHER, digest=shown["digest"], note="why")
        with pytest.raises(AdminError) as caught:
            client.deploy()
        assert (caught.value.code, caught.value.status) == ("nothing_to_deploy", 409)
        rows = client.deployments(limit=5)
        assert client.deployment(rows[-1]["number"])["text"] == GOOD
        client.rollback(rows[-1]["number"], note="back")
        return client.deployments(limit=1)

    async with open_house(tmp_path) as (one, client):
        (newest,) = await asyncio.to_thread(change, client)
        assert newest["note"] == "back"
        assert one.gateway.reading.text == GOOD


async def test_it_asks_routes_providers_and_keys(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(*[[json_reply({"object": "list", "data": [{"id": "m-1"}]})]] * 2)
    config = config_of(up=scripted, more="routes:\n  r: {flow: {send: mock/echo}}\n")

    def ask(client: AdminClient) -> None:
        assert [row["name"] for row in client.routes()] == ["r"]
        assert client.explain("r", {"metadata": {}})["decision"]["targets"][0]["model"] == "echo"
        with pytest.raises(AdminError) as caught:
            client.explain("a?b c", {})
        assert "a?b c" in caught.value.message, "a name is one part of the path, whatever is in it"
        assert {row["name"] for row in client.providers()} == {"mock", "up"}
        assert client.check(["up"])[0]["healthy"]
        assert client.fetch_models()[0]["models"] == ["m-1"]
        assert {row["name"] for row in client.keys()} == {"env:FIRST", "env:SPARE"}  # noqa: SIM118  -- a call, not a mapping

    async with open_house(tmp_path, config, **KEYS) as (_, client):
        await asyncio.to_thread(ask, client)


async def test_it_issues_and_revokes_credentials(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (one, client):
        issued = await asyncio.to_thread(lambda: client.issue(kind="run", name="x", metadata={"a": "b"}))
        assert issued["token"]
        assert await asyncio.to_thread(client.revoke, "x") == {"revoked": "x"}
        shown = {"authorization": f"Bearer {issued['token']}", "host": f"127.0.0.1:{one.gateway.port}"}
        assert (await one.chat("mock/echo", headers=shown)).status_code == 401


async def test_it_reads_and_purges_the_log(tmp_path: Path) -> None:
    def read(client: AdminClient) -> None:
        page = client.exchanges(query="provider:mock", limit=1)
        assert len(page["entries"]) == 1
        assert client.exchange("last")["id"] == page["entries"][0]["id"]
        assert len(client.exchanges(before=page["next_before"])["entries"]) == 1
        (group,) = client.stats(since="1h", until="", by=["provider"])["groups"]
        assert group["totals"]["requests"] == 2
        assert client.purge("")["deleted"] == 2

    async with open_house(tmp_path) as (one, client):
        own = one.token() | {"host": f"127.0.0.1:{one.gateway.port}"}
        for text in ("a", "b"):
            assert (await one.chat("mock/echo", text, headers=own)).status_code == 200
        assert one.gateway.recorder.writer.flush()
        await asyncio.to_thread(read, client)


async def test_a_name_of_dots_is_a_name_and_not_what_lies_above(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (one, client):

        def refused(ask: Callable[[], object]) -> tuple[str, int]:
            with pytest.raises(AdminError) as caught:
                ask()
            return caught.value.code, caught.value.status

        def story() -> None:
            digest = client.put_config(OTHER, digest=client.config()["digest"])["digest"]
            client.put_route("mine", {"flow": {"send": "mock/echo"}}, digest)
            assert refused(lambda: client.rollback_route("..", 1)) == ("route_not_found", 404)
            assert refused(lambda: client.remove_route("..", digest)) == ("route_not_found", 404)
            assert refused(lambda: client.route_history(""))[1] == 400
            assert refused(lambda: client.exchange(".."))[0] == "exchange_not_found"
            assert client.draft() is not None
            assert client.config()["text"] == OTHER

        await asyncio.to_thread(story)
        assert one.gateway.reading.text == OTHER
