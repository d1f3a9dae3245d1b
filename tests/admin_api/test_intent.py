"""The client's calls about config, draft, deployments and routes, against a real gateway on a socket."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.client import AdminClient, AdminError
from tests.test_client import GOOD, open_house

pytestmark = pytest.mark.anyio
ECHO: Any = {"flow": {"send": "mock/echo"}}
THINK: Any = {"flow": {"send": "mock/think"}}


@pytest.fixture
def anyio_backend() -> str:
    """The client is synchronous; one loop is enough for the other end."""
    return "asyncio"


async def story(folder: Path, told: Callable[[AdminClient, Path], None]) -> None:
    """A screen's calls, in a thread as screens make them."""
    async with open_house(folder) as (_, client):
        await asyncio.to_thread(told, client, folder / "aigw-dev.yaml")


async def test_a_draft_is_edited_route_by_route_and_deployed_in_part(tmp_path: Path) -> None:
    def told(client: AdminClient, file: Path) -> None:
        digest = client.config()["digest"]
        assert client.put_route("a", THINK, digest)["routes"][1]["state"] == "new"
        assert client.put_route("b", THINK, digest, rename_from="a")["routes"][1]["name"] == "b"
        client.duplicate_route("b", "c-d", digest)
        client.rename_route("c-d", "c", digest)
        draft = client.remove_route("r", digest)
        states = {row["name"]: row["state"] for row in draft["routes"]}
        assert states == {"b": "new", "c": "new", "r": "removed"}
        client.revert_route("r")
        done = client.deploy("only b", ["b"])
        assert (done["number"], done["path"]) == (2, str(file))
        assert {row["name"]: row["version"] for row in client.routes()} == {"r": 1, "b": 2}
        draft = client.draft()
        assert draft is not None
        assert [row["state"] for row in draft["routes"]] == ["same", "same", "new"]

    await story(tmp_path, told)


async def test_a_name_that_no_path_can_hold_is_refused(tmp_path: Path) -> None:
    def told(client: AdminClient, _: Path) -> None:
        digest = client.config()["digest"]
        for call in (
            lambda: client.put_route("a/b", THINK, digest),
            lambda: client.rename_route("r", "a/b", digest),
            lambda: client.duplicate_route("r", "", digest),
        ):
            with pytest.raises(AdminError) as caught:
                call()
            assert caught.value.code == "config_edit_refused"

    await story(tmp_path, told)


async def test_a_conflict_carries_the_difference(tmp_path: Path) -> None:
    def told(client: AdminClient, file: Path) -> None:
        client.put_route("r", THINK, client.config()["digest"])
        file.write_text(GOOD.replace("mock/echo", "mock/tools"), "utf-8")
        with pytest.raises(AdminError) as caught:
            client.deploy()
        assert (caught.value.status, caught.value.code) == (409, "config_conflict")
        assert "+  r: {flow: {send: mock/tools}}" in caught.value.detail

    await story(tmp_path, told)


async def test_a_route_has_a_history_and_goes_back_alone(tmp_path: Path) -> None:
    def told(client: AdminClient, file: Path) -> None:
        client.put_route("r", THINK, client.config()["digest"])
        client.put_route("s", ECHO, client.config()["digest"])
        client.deploy("both")
        assert [(row["number"], row["note"], row["tree"]) for row in client.route_history("r")] == [
            (2, "both", THINK), (1, "started", ECHO),
        ]  # fmt: skip
        assert client.rollback_route("r", 1)["number"] == 3
        assert {row["name"]: row["flow"]["send"] for row in client.routes()} == {
            "r": "mock/echo",
            "s": "mock/echo",
        }
        assert "mock/think" not in file.read_text("utf-8")
        with pytest.raises(AdminError) as caught:
            client.rollback_route("r", 1)
        assert caught.value.code == "nothing_to_deploy"

    await story(tmp_path, told)


async def test_settings_are_set_taken_out_and_renamed(tmp_path: Path) -> None:
    def told(client: AdminClient, _: Path) -> None:
        done = client.set_values([{"path": ["providers", "groq"], "value": {}}], client.config()["digest"])
        done = client.set_values([{"path": ["providers", "groq"], "rename": "fast"}, {"path": ["providers", "fast", "kind"], "value": "groq"}], done["digest"])  # fmt: skip
        assert list(client.config()["effective"]["providers"]) == ["fast"]
        client.set_values([{"path": ["providers", "fast"], "delete": True}], done["digest"], "gone")
        assert client.deployments(limit=1)[0]["note"] == "gone"
        with pytest.raises(AdminError) as caught:
            client.set_values([{"path": ["gateway", "name"], "valu": 1}], client.config()["digest"])
        assert caught.value.status == 400

    await story(tmp_path, told)
