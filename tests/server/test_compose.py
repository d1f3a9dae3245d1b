"""A config becomes a snapshot: what can be used of it, whose keys are asked for where, and who is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import aigw_dev
from aigw_dev.core.config import Config, Gateway, Provider, Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.core.pricing import PriceBook
from aigw_dev.core.problem import Problem
from aigw_dev.secrets.resolve import Chosen, ProviderKeys
from aigw_dev.server.compose import Surroundings, compose, make_roll
from aigw_dev.server.embedded import Embedded
from aigw_dev.server.google_keys import GoogleKeys
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.upstream import Upstream
from tests.server.house import house

pytestmark = pytest.mark.anyio
PRICES = Path(aigw_dev.__file__).parent / "data" / "prices.json"


def around(asked: list[list[str]] | None = None, **more: Any) -> Surroundings:
    """Surroundings where nothing is stored; `asked` is told which providers were resolved together."""

    def resolve(wanted: Sequence[ProviderKeys]) -> list[Chosen]:
        if asked is not None:
            asked.append([one.provider for one in wanted])
        return [Chosen(provider=one.provider) for one in wanted]

    plain: dict[str, Any] = {
        "gateway": "g", "port": 2449, "host": "127.0.0.1", "upstream": Upstream({}), "embedded": Embedded(),
        "google": GoogleKeys(Upstream({})),
        "prices": PriceBook(PRICES.read_bytes()), "resolve": resolve, "recorded_kinds": frozenset[str](), "untrusted": {},
        "is_config_trusted": True, "tokens": {b"t": Identity(kind="token", providers=None)}, "revoked": frozenset({b"r"}),
        "listed": {},
    }  # fmt: skip
    return Surroundings(**(plain | more))


def composed(providers: Mapping[str, Provider], **more: Any) -> tuple[Snapshot, list[Problem]]:
    return compose(Config(providers=dict(providers)), around(**more), generation=3, digest="d")


async def test_mock_is_always_there_and_a_bad_provider_keeps_out_nothing_else() -> None:
    snapshot, problems = composed({"openai": Provider(), "nowhere": Provider(kind="openai-compatible")})
    assert set(snapshot.providers) == {"mock", "openai"}
    assert problems[0].path[:2] == ("providers", "nowhere")
    assert (snapshot.generation, snapshot.digest, snapshot.gateway) == (3, "d", "g")


async def test_a_route_that_does_not_compile_is_a_problem_and_the_others_serve() -> None:
    config = Config(
        routes={"good": Route(flow={"send": "mock/echo"}), "bad": Route(flow={"sned": "mock/echo"})}
    )
    snapshot, problems = compose(config, around(), generation=1, digest="")
    assert set(snapshot.routes) == {"good"}
    assert problems


async def test_an_untrusted_provider_is_off_and_one_with_passthrough_asks_for_no_key() -> None:
    asked: list[list[str]] = []
    refusal = Refusal(code="not_trusted", message="no")
    snapshot, _ = composed(
        {"openai": Provider(), "mistral": Provider(auth="passthrough")},
        asked=asked,
        untrusted={"openai": refusal},
    )
    assert snapshot.providers["openai"].refusal == refusal
    assert snapshot.providers["mistral"].refusal is None
    snapshot.keys.start()
    await snapshot.keys.settled()
    assert asked == []


async def test_providers_that_may_need_the_keyring_are_resolved_apart() -> None:
    asked: list[list[str]] = []
    providers = {
        "openai": Provider(keys=("env:A", "file:b")), "deepseek": Provider(), "mistral": Provider(keys=("stored",)),
        "groq": Provider(),
    }  # fmt: skip
    snapshot, _ = composed(providers, asked=asked, recorded_kinds=frozenset({"groq"}))
    snapshot.keys.start()
    await snapshot.keys.settled()
    assert sorted(asked) == [["mistral", "groq"], ["openai", "deepseek"]]


async def test_models_are_the_configured_ones_then_the_listed_ones_then_the_shipped_ones() -> None:
    providers = {"openai": Provider(models=("mine",)), "mistral": Provider(), "deepseek": Provider()}
    snapshot, _ = composed(providers, listed={"openai": ["x"], "mistral": ["listed"]})
    assert snapshot.lists["openai"] == ("mine",)
    assert snapshot.lists["mistral"] == ("listed",)
    assert "echo" in snapshot.lists["mock"]


async def test_a_providers_key_stands_for_all_only_where_this_machine_alone_can_call() -> None:
    here = make_roll(Config(), around(), {b"k": "openai"})
    assert here.known[b"k"].providers is None
    abroad = make_roll(Config(), around(host="0.0.0.0"), {b"k": "openai"})  # noqa: S104  -- nothing is bound
    assert abroad.known[b"k"].providers == frozenset({"openai"})
    assert abroad.known[b"t"].providers is None
    assert abroad.revoked == {b"r"}


async def test_verification_switched_off_opens_only_a_gateway_bound_to_loopback() -> None:
    config = Config(gateway=Gateway(identity_verification=False))
    assert make_roll(config, around(), {}).is_open
    assert not make_roll(config, around(host="192.168.1.5"), {}).is_open, (
        "what is bound counts, not what is written"
    )


async def test_the_door_answers_for_the_address_that_is_bound() -> None:
    snapshot, _ = composed({}, host="192.168.1.5")
    assert b"192.168.1.5:2449" in snapshot.front.hosts


async def test_a_key_that_only_a_route_names_is_used_there_and_nowhere_else(tmp_path: Path) -> None:
    config = """version: 1
providers:
  there: {kind: openai-compatible, base_url: "http://127.0.0.1:9/v1"}
routes:
  r: {flow: {send: there/m, key: "env:SPECIAL"}}
"""
    async with house(tmp_path, config, env={"SPECIAL": "sk-special-0123456789"}) as one:
        keys = one.gateway.snapshot.keys
        named = await keys.get("there", "env:SPECIAL")
        assert isinstance(named, ReadyKey)
        assert named.value == b"sk-special-0123456789"
        assert isinstance(await keys.get("there", None), Refusal)
        assert set(keys.digests().values()) == {"there"}
