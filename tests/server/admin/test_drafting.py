"""The draft over the admin API, route by route."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.admin.test_intent import ask, got
from tests.server.house import house
from tests.server.test_gateway import GOOD, file_of

pytestmark = pytest.mark.anyio
THINK: Any = {"tree": {"flow": {"send": "mock/think"}}}


async def test_routes_are_edited_in_the_draft_and_the_file_stays(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        digest = one.gateway.reading.digest
        for method, path, body in [
            ("PUT", "/draft/routes/n", THINK),
            ("POST", "/draft/routes/n/duplicate", {"to": "m"}),
            ("POST", "/draft/routes/n/rename", {"to": "o"}),
            ("DELETE", "/draft/routes/m", None),
        ]:
            reply = await ask(one, method, path, body, digest=digest)
            assert reply.status_code == 200, reply.text
        draft = (await got(one, "/draft"))["draft"]
        assert [(row["name"], row["state"]) for row in draft["routes"]] == [("r", "same"), ("o", "new")]
        reverted = (await ask(one, "POST", "/draft/routes/o/revert", {})).json()["draft"]
        assert reverted["is_empty"]
        assert (await got(one, "/draft"))["draft"] is None
        assert file_of(one).read_text("utf-8") == GOOD


async def test_what_is_no_route_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        digest = one.gateway.reading.digest
        missing = await ask(one, "DELETE", "/draft/routes/none", digest=digest)
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "route_not_found")
        assert (await ask(one, "PUT", "/draft/routes/r", {"tree": 5}, digest=digest)).status_code == 400
        assert (await ask(one, "PUT", "/draft/routes/r", THINK)).status_code == 428
        stale = await ask(one, "PUT", "/draft/routes/r", THINK, digest="0" * 64)
        assert (stale.status_code, stale.json()["error"]["code"]) == (409, "config_changed")
