"""Faults of the whole gateway over the admin API."""

from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from tests.server.house import House, house

pytestmark = pytest.mark.anyio


async def ask(one: House, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    reply = await one.http.request(method, f"/admin/v1{path}", json=body, headers=one.admin())
    return reply.status_code, reply.json()


async def test_a_fault_is_put_in_force_counted_and_taken_back(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        status, made = await ask(one, "POST", "/faults", {"fault": "http.429;message=wait", "times": 2})
        assert status == 200
        assert (await one.chat("mock/echo")).json()["error"]["message"] == "wait"
        _, listed = await ask(one, "GET", "/faults")
        (row,) = listed["faults"]
        assert (row["id"], row["fault"], row["edge"], row["fired"]) == (
            made["fault_id"],
            "http.429",
            "client",
            1,
        )
        assert await ask(one, "DELETE", f"/faults/{made['fault_id']}") == (200, {"faults": []})
        assert (await one.chat("mock/echo")).status_code == 200
        assert (await ask(one, "DELETE", f"/faults/{made['fault_id']}"))[0] == 404


async def test_all_are_taken_back_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await ask(one, "POST", "/faults", {"fault": "http.429"})
        await ask(one, "POST", "/faults", {"fault": "http.500@provider:mock"})
        assert await ask(one, "DELETE", "/faults") == (200, {"faults": []})
        assert (await one.chat("mock/echo")).status_code == 200


@pytest.mark.parametrize("body", [{"fault": "http.999"}, {"fault": "http.429", "times": 0}, {}])
async def test_what_cannot_be_done_is_said(tmp_path: Path, body: dict[str, Any]) -> None:
    async with house(tmp_path) as one:
        status, told = await ask(one, "POST", "/faults", body)
        assert (status, told["error"]["code"]) == (400, "fault_unknown")
        assert one.gateway.faults.is_empty


async def test_the_catalogue_is_all_there(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        _, told = await ask(one, "GET", "/faults/catalogue")
        assert [row["id"] for row in told["faults"]] == list(CATALOGUE)
        cut = next(row for row in told["faults"] if row["id"] == "stream.cut.clean")
        assert "after_events" in cut["takes"]
        assert cut["openai_sdk"]
