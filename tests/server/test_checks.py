"""Asking providers without spending."""

from pathlib import Path

import pytest

from aigw_dev.server import checks
from tests.scripted import ScriptedUpstream, Stall, json_reply, stream_head
from tests.server.house import house
from tests.server.providers import KEYS, config_of, failing

pytestmark = pytest.mark.anyio
MODELS = {"object": "list", "data": [{"id": "m-2"}, {"id": "m-1"}]}


async def test_a_provider_that_answers_is_well(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply(MODELS)])
    async with house(tmp_path, config_of(up=scripted, settings=", headers: {x-team: red}"), env=KEYS) as one:
        found = {check.name: check for check in await checks.check_all(one.gateway.snapshot)}
        assert found["mock"].healthy
        assert (found["up"].healthy, found["up"].status, found["up"].reason) == (True, 200, "")
        sent = scripted.requests[0]
        assert (sent.method, sent.target) == ("GET", "/v1/models")
        assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()
        assert sent.header(b"x-team") == b"red"


async def test_a_refused_key_is_not_well_in_the_providers_words(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(failing(401, "bad key"))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        (found,) = await checks.check_all(one.gateway.snapshot, ["up"])
        assert (found.healthy, found.status, found.reason) == (False, 401, "401 bad key")


async def test_a_key_that_the_provider_repeats_is_not_repeated_further(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(failing(401, f"no such key: {KEYS['FIRST']}"), failing(401, f"no: {KEYS['FIRST']}"))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        (found,) = await checks.check_all(one.gateway.snapshot, ["up"])
        assert found.reason == "401 no such key: [masked]"
        (listing,) = await checks.list_all(one.gateway.snapshot, ["up"])
        assert listing.error == "401 no: [masked]"


async def test_without_a_key_or_trust_nothing_is_asked(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    async with house(tmp_path, config_of(up=scripted)) as one:
        (found,) = await checks.check_all(one.gateway.snapshot, ["up"])
        assert not found.healthy
        assert "FIRST" in found.reason
    async with house(tmp_path, config_of(up=scripted), env=KEYS, is_trusted=False) as one:
        (found,) = await checks.check_all(one.gateway.snapshot, ["up"])
        assert "aigw-dev trust" in found.reason
        (listing,) = await checks.list_all(one.gateway.snapshot, ["up"])
        assert "aigw-dev trust" in listing.error
    assert scripted.accepted == 0


async def test_a_provider_that_does_not_end_its_answer_is_left(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([stream_head(), Stall()])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        (found,) = await checks.check_all(one.gateway.snapshot, ["up"], timeout_s=0.1)
        assert "no answer within 0.1 s" in found.reason
        await scripted.until(lambda: scripted.open_connections == 0)


async def test_models_are_listed_by_all_but_the_embedded_provider(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply(MODELS)])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        (found,) = await checks.list_all(one.gateway.snapshot)
        assert (found.name, set(found.models), found.error) == ("up", {"m-1", "m-2"}, "")


@pytest.mark.parametrize(
    ("script", "words"), [(failing(500, "broken"), "500 broken"), ([json_reply("x")], "no list of models")]
)
async def test_an_answer_that_is_no_list_is_said(
    tmp_path: Path, scripted: ScriptedUpstream, script: list[bytes], words: str
) -> None:
    scripted.enqueue(script)
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        (found,) = await checks.list_all(one.gateway.snapshot)
        assert words in found.error
        assert found.models == ()
