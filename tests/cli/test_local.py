"""A snapshot without a gateway: the config's own providers, keys and lists."""

from pathlib import Path

import pytest

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.local import check_key, config_of, listed_models, with_snapshot
from aigw_dev.core.config import Provider
from aigw_dev.secrets.secret import Secret
from aigw_dev.server.snapshot import Snapshot
from tests.cli.machine import GOOD, Machine, config_for, vendor


def test_a_snapshot_holds_what_the_config_says_with_keys_resolved(tmp_path: Path) -> None:
    place = Machine(tmp_path, "version: 1\nproviders:\n  mistral: {keys: ['env:SOME']}\n").place(
        env={"SOME": GOOD}
    )

    async def ask(snapshot: Snapshot) -> tuple[list[str], bool]:
        return list(snapshot.providers), bool(snapshot.keys.chosen()["mistral"].secrets)

    assert with_snapshot(place, ask) == (["mock", "mistral"], True)


def test_a_key_on_trial_is_the_only_one_used(tmp_path: Path) -> None:
    with vendor() as upstream:
        place = Machine(tmp_path, config_for(upstream, keys="['env:SOME']")).place(env={"SOME": "other-key"})
        provider = Provider(kind="openai-compatible", base_url=f"{upstream.url}/v1")
        found = check_key(place, Secret("new", GOOD, "keyring"), name="local", provider=provider)
    assert found.healthy
    assert [request.header(b"authorization") for request in upstream.requests] == [f"Bearer {GOOD}".encode()]


def test_a_config_with_an_error_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        config_of(Machine(tmp_path, "version: 1\nproviders: 3\n").place())
    assert "providers" in caught.value.message


def test_where_no_gateway_ran_nothing_is_listed(tmp_path: Path) -> None:
    assert listed_models(Machine(tmp_path, "version: 1\n").place()) == {}
