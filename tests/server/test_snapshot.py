"""What a snapshot says of itself: whose calls spend a stored key."""

from collections.abc import Sequence

import pytest

from aigw_dev.core.config import Config, Provider
from aigw_dev.secrets.resolve import Chosen, ProviderKeys
from aigw_dev.secrets.secret import Secret
from aigw_dev.server.compose import compose
from tests.server.test_compose import around

pytestmark = pytest.mark.anyio


async def test_a_call_spends_where_a_key_is_needed_or_found() -> None:
    providers = {"openai": Provider(), "bare": Provider(kind="ollama"), "guarded": Provider(kind="ollama")}
    key = Secret("env:K", "sk-1", "env")

    def resolve(wanted: Sequence[ProviderKeys]) -> list[Chosen]:
        return [
            Chosen(provider=one.provider, secrets=(key,) if one.provider == "guarded" else ())
            for one in wanted
        ]

    made = around(resolve=resolve)
    snapshot, _ = compose(Config(providers=providers), made, generation=1, digest="")
    snapshot.keys.start()
    await snapshot.keys.settled()
    assert {name: snapshot.spends(name) for name in snapshot.providers} == {
        "mock": False, "openai": True, "bare": False, "guarded": True,
    }  # fmt: skip


async def test_a_snapshot_cannot_be_changed() -> None:
    snapshot, _ = compose(Config(), around(), generation=1, digest="")
    with pytest.raises(AttributeError):
        snapshot.generation = 2  # pyright: ignore[reportAttributeAccessIssue]  -- what is tested
