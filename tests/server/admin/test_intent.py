"""Config, draft, deployments and routes over the admin API."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.house import House, house
from tests.server.test_gateway import GOOD, OTHER, file_of

pytestmark = pytest.mark.anyio


async def ask(
    one: House, method: str, path: str, body: object = None, *, digest: str | None = None
) -> httpx.Response:
    """An admin call."""
    headers = one.admin() | ({"if-match": f'"{digest}"'} if digest is not None else {})
    return await one.http.request(method, f"/admin/v1{path}", json=body, headers=headers)


async def got(one: House, path: str) -> Any:
    """What a GET answers."""
    reply = await ask(one, "GET", path)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_the_config_is_shown_with_text_digest_and_effective_values(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        shown = await got(one, "/config")
        assert (shown["text"], shown["path"], shown["is_in_force"]) == (GOOD, str(file_of(one)), True)
        assert shown["effective"]["routes"]["r"]["flow"] == {"send": "mock/echo"}
        file_of(one).write_text("version: 1\nx: 1\n", "utf-8")
        await one.gateway.reread()
        shown = await got(one, "/config")
        assert shown["is_in_force"] is False
        assert shown["problems"][0]["severity"] == "error"
        assert "2" in shown["problems"][0]["where"]


async def test_a_config_is_written_against_the_digest_it_was_made_from(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        digest = (await got(one, "/config"))["digest"]
        written = await ask(one, "PUT", "/config", {"text": OTHER, "note": "n"}, digest=digest)
        assert written.json()["generation"] == 2
        again = await ask(one, "PUT", "/config", {"text": GOOD}, digest=digest)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "config_changed")
        assert file_of(one).read_text("utf-8") == OTHER


async def test_validating_writes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        bad = (await ask(one, "POST", "/config/validate", {"text": "version: 1\nx: 1\n"})).json()
        assert bad["is_usable"] is False
        assert bad["problems"]
        assert (await ask(one, "POST", "/config/validate", {"text": OTHER})).json()["is_usable"] is True
        assert file_of(one).read_text("utf-8") == GOOD


async def test_a_draft_is_put_shown_deployed_and_gone(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        assert (await got(one, "/draft"))["draft"] is None
        digest = one.gateway.reading.digest
        assert (await ask(one, "PUT", "/draft", {"text": OTHER}, digest=digest)).json()["draft"][
            "text"
        ] == OTHER
        deployed = await ask(one, "POST", "/deploy", {"note": "go"})
        assert deployed.json() == {
            "generation": 2, "number": 2, "path": str(file_of(one)), "problems": [],
        }  # fmt: skip
        assert (await got(one, "/draft"))["draft"] is None


async def test_a_deployment_is_shown_with_its_difference_and_rolled_back_to(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await ask(one, "PUT", "/config", {"text": OTHER}, digest=one.gateway.reading.digest)
        rows = (await got(one, "/deployments?limit=1"))["deployments"]
        assert [row["is_live"] for row in rows] == [True]
        first = await got(one, "/deployments/1")
        assert first["text"] == GOOD
        assert "mock/echo" in str(first["diff"])
        assert (await ask(one, "POST", "/rollback", {"number": 1})).json()["generation"] == 3
        assert file_of(one).read_text("utf-8") == GOOD


async def test_routes_are_listed_drawn_and_explained(tmp_path: Path) -> None:
    config = """version: 1
routes:
  r:
    flow:
      if: body.messages.length > 1
      then: {send: mock/think}
      else: {send: mock/echo}
""".replace("body.messages.length > 1", 'metadata.tier == "pro"')
    async with house(tmp_path, config) as one:
        assert [row["name"] for row in (await got(one, "/routes"))["routes"]] == ["r"]
        drawn = (await got(one, "/routes/r?is_ascii=true&width=60"))["text"]
        assert "mock/think" in drawn
        assert drawn.isascii()
        found = (await ask(one, "POST", "/routes/r/explain", {"metadata": {"tier": "pro"}})).json()
        assert found["decision"]["targets"][0]["model"] == "think"
        missing = await ask(one, "POST", "/routes/r/explain", {})
        assert missing.status_code in {200, 400}


async def test_more_changes_than_anybody_makes_by_hand_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        change = {"path": ["gateway", "notes"], "value": "n"}
        digest = (await got(one, "/config"))["digest"]
        reply = await ask(one, "POST", "/config/values", {"changes": [change] * 201}, digest=digest)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_request")
        assert file_of(one).read_text("utf-8") == GOOD
