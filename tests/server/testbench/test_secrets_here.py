"""Which secrets a recording must not hold."""

from pathlib import Path

import pytest

from aigw_dev.server.testbench.secrets_here import SecretsHere
from tests.server.house import house
from tests.server.providers import KEYS, config_of

pytestmark = pytest.mark.anyio


async def test_keys_tokens_and_variables_are_all_there(tmp_path: Path) -> None:
    from tests.scripted import ScriptedUpstream

    env = {**KEYS, "MY_TOKEN": "correct-horse-battery", "KEYBOARD": "0123456789abcdef"}
    with ScriptedUpstream() as upstream:
        async with house(tmp_path, config_of(upstream), env=env) as one:
            await one.gateway.snapshot.keys.settled()
            found = SecretsHere(one.gateway, env)()
    assert set(KEYS.values()) <= set(found)
    assert {"correct-horse-battery", one.gateway.home.token(), one.gateway.home.admin_token()} <= set(found)
    assert "0123456789abcdef" not in found
