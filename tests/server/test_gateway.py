"""The gateway while it lives: what is in force, and how it is replaced."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from aigw_dev.core.credentials import parse_reference
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.vault import Vault
from tests.scripted import ScriptedUpstream
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of, whole
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio
GOOD = "version: 1\nroutes:\n  r: {flow: {send: mock/echo}}\n"
OTHER = GOOD.replace("mock/echo", "mock/think")
KEY = {"authorization": f"Bearer {KEYS['FIRST']}"}


def file_of(one: House) -> Path:
    assert one.gateway.source.path is not None
    return one.gateway.source.path


async def told(one: House, change: Callable[[], Awaitable[object]]) -> list[str]:
    """What the gateway says of a change."""
    said: list[str] = []
    one.gateway.on_change = said.append
    await change()
    return said


async def test_saving_the_file_applies_it(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        applied = asyncio.Event()
        one.gateway.on_change = lambda _: applied.set()
        file_of(one).write_text(OTHER, "utf-8")
        async with asyncio.timeout(10):
            await applied.wait()
        assert (await one.chat("dynamic/r")).headers["x-aigw-upstream"] == "mock/think"
        assert one.gateway.snapshot.generation == 2
        first, second = await one.gateway.changes.history(limit=5)
        assert (first["actor"], second["actor"]) == ("file", "up")


async def test_a_bad_file_leaves_what_is_in_force(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        before = one.gateway.snapshot
        file_of(one).write_text("version: 1\nnonsense: 1\n", "utf-8")
        said = await told(one, one.gateway.reread)
        assert one.gateway.snapshot is before
        assert "was not taken" in said[0]
        assert one.gateway.reading.problems
        assert (await one.chat("dynamic/r")).status_code == 200
        file_of(one).write_text(GOOD, "utf-8")
        await one.gateway.reread()
        assert one.gateway.reading.problems == []
        assert one.gateway.snapshot is before, "it is what was there"


async def test_with_manual_deploys_a_saved_file_waits(tmp_path: Path) -> None:
    config = GOOD + "gateway: {deploy: manual}\n"
    async with house(tmp_path, config) as one:
        file_of(one).write_text(config.replace("echo", "think"), "utf-8")
        said = await told(one, one.gateway.reread)
        assert "routes deploy" in said[0]
        assert (await one.chat("dynamic/r")).headers["x-aigw-upstream"] == "mock/echo"
        await one.gateway.renew()
        assert (await one.chat("dynamic/r")).headers["x-aigw-upstream"] == "mock/echo", (
            "new keys deploy nothing"
        )
        await one.gateway.changes.deploy(note="now", actor="test")
        assert (await one.chat("dynamic/r")).headers["x-aigw-upstream"] == "mock/think"


async def test_new_keys_over_a_broken_file_switch_nothing_untrusted_on(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS, is_trusted=False) as one:
        file_of(one).write_text("version: [\n", "utf-8")
        await one.gateway.renew()
        answer = await one.chat("up/m")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_trusted")
        assert one.gateway.reading.problems, "the broken file is still shown"
        assert scripted.accepted == 0


async def test_trust_takes_effect_without_a_restart(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS, is_trusted=False) as one:
        one.gateway.source.trust()
        await one.gateway.renew()
        assert (await one.chat("up/m")).status_code == 200


async def test_a_runs_credential_counts_until_it_is_revoked(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        issued = await one.gateway.issue_run("nightly")
        shown = {"authorization": f"Bearer {issued['token']}"}
        assert (await one.chat("up/m", headers=shown)).status_code == 200
        assert logged(one).run == "nightly"
        assert await one.gateway.revoke("nightly")
        answer = await one.chat("mock/echo", headers=shown)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "credential_revoked")
        assert not await one.gateway.revoke("nightly"), "it is ended already"


async def test_a_runs_credential_outlives_keys_that_come_late_and_a_new_config(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        issued = await one.gateway.issue_run("")
        shown = {"authorization": f"Bearer {issued['token']}"}
        assert one.gateway.snapshot.keys.changed is not None
        one.gateway.snapshot.keys.changed()
        await one.chat("mock/echo", headers=shown)
        assert logged(one).run == issued["id"]
        late = one.gateway.snapshot.keys.changed
        file_of(one).write_text(OTHER, "utf-8")
        await one.gateway.reread()
        after = one.gateway.snapshot
        late()
        assert one.gateway.snapshot is after, "keys of a config that was replaced change nothing"
        await one.chat("mock/echo", headers=shown)
        assert logged(one).run == issued["id"]


async def test_a_runs_metadata_decides_for_calls_that_send_none(tmp_path: Path) -> None:
    flow = "{if: 'metadata.tier == \"pro\"', then: {send: mock/think}, else: {send: mock/echo}}"
    async with house(tmp_path, f"version: 1\nroutes:\n  r: {{flow: {flow}}}\n") as one:
        issued = await one.gateway.issue_run("x", metadata={"tier": "pro"})
        shown = {"authorization": f"Bearer {issued['token']}"}
        assert (await one.chat("dynamic/r", headers=shown)).headers["x-aigw-upstream"] == "mock/think"
        own = shown | {"x-ai-route-metadata": "tier=free"}
        assert (await one.chat("dynamic/r", headers=own)).headers["x-aigw-upstream"] == "mock/echo"


async def test_a_caller_is_recognised_by_the_providers_key_and_it_stays_out_of_the_log(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        assert (await one.chat("up/m", f"my key is {KEYS['FIRST']}", headers=KEY)).status_code == 200
        body = logged(one).request_body
        assert body is not None
        assert b"my key is" in body
        assert KEYS["FIRST"].encode() not in body


async def test_of_two_keys_that_differ_a_notice_says_which_is_in_force(tmp_path: Path) -> None:
    env = {"OPENAI_API_KEY": "sk-one-0123456789abcdefghij", "STORED": "sk-two-0123456789abcdefghij"}
    reference = parse_reference("env:STORED")
    assert not isinstance(reference, str)
    Vault(Home(tmp_path / "home", env=env), env=env).add_reference(
        "openai-api-key", reference, provider="openai", origins=["https://api.openai.com"]
    )
    async with house(tmp_path, "version: 1\nproviders:\n  openai: {}\n", env=env) as one:
        await one.gateway.snapshot.keys.settled()
        assert len(one.gateway.notices) == 1
        assert "OPENAI_API_KEY differs" in one.gateway.notices[0]
        assert "sk-one" not in one.gateway.notices[0]


async def test_the_last_use_of_a_key_is_written_down_at_the_end(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    reference = parse_reference("env:FIRST")
    assert not isinstance(reference, str)
    vault = Vault(Home(tmp_path / "home", env=KEYS), env=KEYS)
    vault.add_reference("mine", reference, provider="up", origins=[scripted.url])
    config = f"version: 1\nproviders:\n  up: {{kind: openai-compatible, base_url: '{scripted.url}/v1', keys: [mine]}}\n"
    async with house(tmp_path, config, env=KEYS) as one:
        assert (await one.chat("up/m")).status_code == 200
        assert vault.need("mine").last_used_at is None
    assert vault.need("mine").last_used_at is not None


async def test_a_pause_outlives_a_new_config_and_ends_over_a_broken_one(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        one.gateway.pause(is_paused=True)
        file_of(one).write_text(OTHER, "utf-8")
        await one.gateway.reread()
        await one.chat("mock/echo")
        assert logged(one).request_body is None
        file_of(one).write_text("version: [\n", "utf-8")
        await one.gateway.reread()
        one.gateway.pause(is_paused=False)
        await one.chat("mock/echo")
        assert logged(one).request_body is not None


async def test_without_its_state_file_the_gateway_still_serves(tmp_path: Path) -> None:
    folder = Home(tmp_path / "home", env={}).gateway_dir(tmp_path / "aigw-dev.yaml", tmp_path.name)
    (folder / "state.db").mkdir()
    async with house(tmp_path, GOOD) as one:
        assert (await one.chat("mock/echo")).status_code == 200
        assert one.gateway.state_trouble
        assert "deployment was not recorded" in one.gateway.notices[0]


async def test_the_admin_application_is_built_once(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        first, again = await asyncio.gather(one.gateway.inside(), one.gateway.inside())
        assert first is again


async def test_everything_that_ran_beside_the_requests_is_over_after_closing(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await one.chat("mock/echo")
        assert {task.get_name() for task in one.gateway.own_tasks} == {
            "watch-config",
            "keep-books",
            "refused-calls",
        }
    assert all(task.done() for task in one.gateway.own_tasks)
    assert not any(task.get_name() in {"watch-config", "keep-books"} for task in asyncio.all_tasks())
