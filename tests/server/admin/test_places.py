"""Status, providers, issued credentials and the audit over the admin API."""

from pathlib import Path

import pytest

from tests.scripted import ScriptedUpstream, json_reply
from tests.server.admin.test_intent import ask, got
from tests.server.house import house
from tests.server.providers import KEYS, config_of
from tests.server.test_gateway import GOOD, file_of

pytestmark = pytest.mark.anyio


async def test_status_tells_what_is_in_force_and_what_is_wrong(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD + "gateway: {name: mine, notes: for tests}\n") as one:
        await one.chat("mock/echo")
        await one.http.post("/v1/chat/completions", data={"a": "b"})
        status = await got(one, "/status")
        assert (status["name"], status["notes"], status["port"], status["host"]) == (
            "mine",
            "for tests",
            2449,
            "127.0.0.1",
        )
        assert (status["config"]["generation"], status["config"]["is_newest"]) == (1, True)
        assert (status["ended"], status["turned_away"]) == (1, {"unsupported_media_type": 1})
        assert status["logging"]["paused"] is False
        file_of(one).write_text("version: 1\nx: 1\n", "utf-8")
        await one.gateway.reread()
        config = (await got(one, "/status"))["config"]
        assert config["is_newest"] is False
        assert config["problems"]


async def test_status_names_what_is_held_back(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS, is_trusted=False) as one:
        config = (await got(one, "/status"))["config"]
        assert config["is_trusted"] is False
        assert any("providers.up.base_url" in text for text in config["held_back"])
        rows = {row["name"]: row for row in (await got(one, "/providers"))["providers"]}
        assert (rows["up"]["usable"], rows["mock"]["usable"]) == (False, True)
        file_of(one).write_text("version: [\n", "utf-8")
        await one.gateway.reread()
        rows = {row["name"]: row for row in (await got(one, "/providers"))["providers"]}
        assert rows["up"]["usable"] is False, "what is in force counts, not what was read last"


async def test_providers_are_checked_and_their_models_kept(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(*[[json_reply({"object": "list", "data": [{"id": "m-1"}]})]] * 2)
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        checks = (await ask(one, "POST", "/providers/check", {"names": ["up"]})).json()["checks"]
        assert [(check["name"], check["healthy"]) for check in checks] == [("up", True)]
        lists = (await ask(one, "POST", "/providers/models", {})).json()["lists"]
        assert lists == [{"name": "up", "models": ["m-1"], "error": ""}]
        assert one.gateway.snapshot.lists["up"] == ("m-1",)
        assert one.gateway.state.models()["up"].models == ("m-1",)


async def test_a_reload_reads_again_and_is_audited_as_what_the_command_did(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        told = {"what": "keys", "action": "key.added", "subject": "openai-api-key"}
        assert (await ask(one, "POST", "/reload", told)).json() == {"generation": 2, "problems": []}
        (row,) = (await got(one, "/audit"))["audit"]
        assert (row["action"], row["subject"], row["actor"]) == ("key.added", "openai-api-key", "cli")
        file_of(one).write_text(GOOD.replace("echo", "think"), "utf-8")
        assert (await ask(one, "POST", "/reload", {"what": "config"})).json()["generation"] == 3
        file_of(one).write_text("version: 1\nx: 1\n", "utf-8")
        assert (await ask(one, "POST", "/reload", {"what": "config"})).json()["problems"]


async def test_a_credential_is_issued_once_and_revoked(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        issued = await ask(one, "POST", "/credentials", {"name": "one", "metadata": {"tier": "pro"}})
        assert issued.status_code == 201
        shown = {"authorization": f"Bearer {issued.json()['token']}"}
        assert (await one.chat("mock/echo", headers=shown)).status_code == 200
        assert (await ask(one, "DELETE", "/credentials/one")).json() == {"revoked": "one"}
        assert (await one.chat("mock/echo", headers=shown)).status_code == 401


async def test_stopping_answers_first(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        assert (await ask(one, "POST", "/stop", {})).json() == {"stopping": True}
        await one.gateway.stop.wait()
