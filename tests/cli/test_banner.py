"""What `up` says when it answers."""

import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from aigw_dev.cli.banner import banner
from aigw_dev.secrets.resolve import Chosen, ProviderKeys
from aigw_dev.server.keys import KeyTable
from tests.scripted import ScriptedUpstream
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of

pytestmark = pytest.mark.anyio
URL = "http://127.0.0.1:2449"


@pytest.fixture
def anyio_backend() -> str:
    """What is said is the same on every loop."""
    return "asyncio"


def said(one: House) -> str:
    return "\n".join(banner(one.gateway, URL))


async def test_it_names_config_providers_routes_log_and_how_to_go_on(tmp_path: Path) -> None:
    config = config_of(more="routes:\n  r: {models: [smart], flow: {send: mock/echo}}\n").replace("providers:\n", "providers: {}\n")  # fmt: skip
    async with house(tmp_path, config) as one:
        text = said(one)
        assert f"test  {URL}/v1" in text
        assert "config    a test says so." in text
        assert "mock  no key needed" in text
        assert "dynamic/r as smart" in text
        assert (
            f"{one.gateway.folder / 'log.db'}: request and response bodies are recorded, keys masked" in text
        )
        assert f"OPENAI_BASE_URL={URL}/v1" in text
        assert "ctrl-C" in text


async def test_each_provider_says_which_key_or_why_it_is_off(tmp_path: Path) -> None:
    with ScriptedUpstream() as upstream:
        async with house(tmp_path, config_of(up=upstream), env=KEYS) as one:
            assert "up  key env:FIRST (env)" in said(one)
            assert KEYS["FIRST"] not in said(one)
        async with house(tmp_path, config_of(up=upstream)) as one:
            assert "up  off: " in said(one)
        async with house(tmp_path, config_of(up=upstream), env=KEYS, is_trusted=False) as one:
            assert "up  off: " in said(one)
            assert "held back until `aigw-dev trust`: providers.up.base_url" in said(one)


async def test_a_key_that_is_still_asked_for_is_no_fault(tmp_path: Path) -> None:
    told = threading.Event()

    def stuck(wanted: Sequence[ProviderKeys]) -> list[Chosen]:
        assert told.wait(10)
        return [Chosen(provider=each.provider) for each in wanted]

    async with house(tmp_path, "version: 1\nproviders:\n  openai: {keys: [stored]}\n") as one:
        asked = ProviderKeys(provider="openai", kind="openai", origin="https://api.openai.com")
        keys = KeyTable(([], [asked]), stuck)
        one.gateway.snapshot = msgspec.structs.replace(one.gateway.snapshot, keys=keys)
        keys.start()
        assert "openai  key: asking the keyring" in said(one)
        told.set()
        await keys.settled()
        assert "openai  off: no key is stored" in said(one)


async def test_what_is_not_recorded_is_said(tmp_path: Path) -> None:
    config = "version: 1\nlogging: {record_request: false, record_response: false, keep: 2d}\n"
    async with house(tmp_path, config) as one:
        assert "no bodies are recorded" in said(one)
        assert "kept 2 d" in said(one)


async def test_notices_are_shown_and_nothing_can_move_the_cursor(tmp_path: Path) -> None:
    async with house(tmp_path, "version: 1\n") as one:
        one.gateway.notices.append("two keys\x1b[2J differ")
        assert "note      two keys" in said(one)
        assert "\x1b" not in said(one)
