"""A model name leads to a provider, to a route, or to a 404 that lists what was probably meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.config import Config, Gateway, Provider, Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.address import AddressTable, Direct, RouteHit, address_table, home_of, resolve

LISTS = {
    "openai": ["gpt-4o", "gpt-4o-mini", "shared"],
    "qwen": ["qwen3-max", "shared", "qwen3-max"],
    "openrouter": ["meta-llama/llama-3", "openai/gpt-4o", "deepseek-chat"],
    "unconfigured": ["ghost"],
}
ROUTES = {
    "ai-test": Route(flow={}, models=("smart", "claude-haiku-*", "gpt-4o-mini", "vendor/claimed")),
    "with/slash": Route(flow={}),
}


def table(*names: str, **gateway: Any) -> AddressTable:
    providers = {name: Provider() for name in names or ("openai", "qwen", "openrouter")}
    return address_table(Config(gateway=Gateway(**gateway), providers=providers, routes=ROUTES), lists=LISTS)


def led(
    model: str, known: AddressTable | None = None, *, dialect: str = "openai-chat"
) -> Direct | RouteHit | Refusal:
    return resolve(model, table=known or table("qwen", "openrouter"), dialect=dialect)


def refused(model: str, known: AddressTable | None = None) -> str:
    refusal = led(model, known)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.code == "model_not_found"
    assert refusal.param == "model"
    return refusal.message


@pytest.mark.parametrize(
    ("model", "provider", "sent"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("openai/never-heard-of", "openai", "never-heard-of"),
        ("openrouter/meta-llama/llama-3", "openrouter", "meta-llama/llama-3"),
        ("qwen//x", "qwen", "/x"),
        ("mock/echo", "mock", "echo"),
        ("openai/模型 🎉", "openai", "模型 🎉"),
        ("openai/ft:gpt-4o:org::id", "openai", "ft:gpt-4o:org::id"),
        ("openai/dynamic/x", "openai", "dynamic/x"),
    ],
)
def test_a_provider_and_a_model_are_split_on_the_first_slash(model: str, provider: str, sent: str) -> None:
    assert led(model, table()) == Direct(provider, sent)


@pytest.mark.parametrize("route", ROUTES)
def test_dynamic_names_a_route(route: str) -> None:
    assert led(f"dynamic/{route}") == RouteHit(route)


def test_an_unknown_route_lists_near_ones() -> None:
    assert "there is no route `ai-tets`; did you mean dynamic/ai-test?" in refused("dynamic/ai-tets")
    assert "dynamic/ai-test or dynamic/with/slash" in refused("dynamic/")
    assert "there is no route ``" in refused("dynamic")


def test_an_unknown_route_does_not_go_to_the_default_provider() -> None:
    refused("dynamic/nope", table(default_provider="openai"))


@pytest.mark.parametrize("model", ["smart", "claude-haiku-4-5", "vendor/claimed"])
def test_a_claimed_name_goes_to_its_route(model: str) -> None:
    assert led(model, table(default_provider="qwen")) == RouteHit("ai-test")


def test_a_claim_comes_before_every_list() -> None:
    assert led("gpt-4o-mini", table()) == RouteHit("ai-test")


def test_the_default_provider_takes_what_no_route_claims() -> None:
    known = table(default_provider="openrouter")
    assert led("qwen3-max", known) == Direct("openrouter", "qwen3-max")
    assert led("meta-llama/llama-4", known) == Direct("openrouter", "meta-llama/llama-4")
    assert led("never-heard-of", known) == Direct("openrouter", "never-heard-of")


def test_a_provider_named_outright_comes_before_the_default() -> None:
    assert led("qwen/qwen3-max", table(default_provider="openai")) == Direct("qwen", "qwen3-max")


@pytest.mark.parametrize(
    ("model", "provider"),
    [("qwen3-max", "qwen"), ("deepseek-chat", "openrouter"), ("meta-llama/llama-3", "openrouter")],
)
def test_the_only_provider_whose_list_has_it_gets_it(model: str, provider: str) -> None:
    assert led(model, table()) == Direct(provider, model)


def test_a_name_that_two_lists_have_goes_home() -> None:
    assert led("shared", table()) == Direct("openai", "shared")


def test_a_name_that_two_lists_have_and_no_home_takes_lists_both() -> None:
    known = address_table(
        Config(providers={"a": Provider(), "b": Provider()}), lists={"a": ["m"], "b": ["m"]}
    )
    assert "several providers list `m`: name one; did you mean a/m or b/m?" in refused("m", known)


@pytest.mark.parametrize(
    ("dialect", "home"),
    [
        ("openai-chat", "openai"),
        ("openai-embeddings", "openai"),
        ("anthropic-messages", "anthropic"),
        ("gemini", "gemini"),
    ],
)
def test_a_name_never_heard_of_goes_to_the_home_provider_of_the_path(dialect: str, home: str) -> None:
    known = table("openai", "anthropic", "gemini")
    assert led("brand-new", known, dialect=dialect) == Direct(home, "brand-new")
    assert led("org/brand-new", known, dialect=dialect) == Direct(home, "org/brand-new")


def test_a_home_that_is_not_configured_takes_nothing() -> None:
    refused("brand-new", table("qwen"))


def test_the_only_provider_of_the_homes_kind_is_the_home() -> None:
    work, play = Provider(kind="openai"), Provider(kind="openai")
    assert home_of(address_table(Config(providers={"work": work}), lists={}), "openai-chat") == "work"
    assert (
        home_of(address_table(Config(providers={"work": work, "play": play}), lists={}), "openai-chat")
        is None
    )
    both = address_table(Config(providers={"work": work, "openai": play}), lists={})
    assert home_of(both, "openai-chat") == "openai"


def test_a_list_of_a_provider_that_is_not_configured_counts_for_nothing() -> None:
    refused("ghost")


@pytest.mark.parametrize("model", ["auto", "auto/cheap"])
def test_auto_is_reserved(model: str) -> None:
    assert "`auto` is reserved" in refused(model, table(default_provider="openai"))


def test_a_request_without_a_model_says_so() -> None:
    refusal = led("")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "model_missing"


def test_a_provider_without_a_model_lists_some_of_its() -> None:
    message = refused("openai/", table())
    assert "`openai/` names a provider and no model; did you mean openai/gpt-4o" in message
    assert "`mock/` names a provider and no model; GET /v1/models" in refused("mock/")


@pytest.mark.parametrize(
    ("model", "near"),
    [
        ("qwen3-mx", "qwen/qwen3-max"),
        ("QWEN3-MAX", "qwen/qwen3-max"),
        ("qwn/qwen3-max", "qwen/qwen3-max"),
        ("smrt", "smart"),
        ("ai-test", "dynamic/ai-test"),
        ("meta-lama/llama-3", "openrouter/meta-llama/llama-3"),
    ],
)
def test_a_name_that_leads_nowhere_gets_near_ones(model: str, near: str) -> None:
    assert near in refused(model)


def test_the_near_one_is_found_among_many() -> None:
    lists = {"big": [f"vendor{number % 40}/model-{number}-instruct" for number in range(2000)]}
    known = address_table(Config(providers={"big": Provider(), "other": Provider()}), lists=lists)
    assert "big/vendor33/model-1233-instruct" in refused("vendor33/modl-1233-instrct", known)


def test_a_first_part_that_is_no_provider_is_said_to_be_none() -> None:
    assert "there is no provider `opnai`" in refused("opnai/gpt-9")


def test_without_any_provider_it_says_how_to_add_one() -> None:
    known = address_table(Config(), lists={})
    assert "`aigw-dev keys add PROVIDER`" in refused("gpt-4o", known)
    assert "`aigw-dev keys add PROVIDER`" in refused("openai/gpt-4o", known)


def test_a_name_with_nothing_near_is_refused_plainly() -> None:
    assert "`zzzzzzzzzzzz`; GET /v1/models" in refused("zzzzzzzzzzzz")


def test_a_huge_name_is_refused_shortly_and_not_sent_to_a_default() -> None:
    message = refused("x" * 1_000_000, table(default_provider="openai"))
    assert len(message) < 500
    assert len(refused("y" * 500_000 + "/" + "x" * 500_000)) < 700


def test_a_steering_name_is_made_harmless() -> None:
    assert "\x1b" not in refused("\x1b[31mred")


@given(st.text(max_size=40), st.sampled_from(["openai-chat", "gemini", "nothing-known"]))
def test_every_name_leads_somewhere(model: str, dialect: str) -> None:
    for known in (table(), table("qwen"), table(default_provider="qwen"), address_table(Config(), lists={})):
        place = resolve(model, table=known, dialect=dialect)
        if isinstance(place, Direct):
            assert model in {place.model, f"{place.provider}/{place.model}"}


@given(st.sampled_from(["openai", "qwen", "mock"]), st.text(min_size=1, max_size=30))
def test_a_provider_named_outright_always_gets_the_rest(provider: str, model: str) -> None:
    assert led(f"{provider}/{model}", table(default_provider="openrouter")) == Direct(provider, model)
