"""What can be picked, from the rows of the admin API."""

from aigw_dev.tui.graph.catalogue import Catalogue, Key, Model, read_catalogue
from tests.tui.graph.bare import CATALOGUE


def test_routes_are_no_providers() -> None:
    assert CATALOGUE.providers == ("mock", "openai", "azure")
    assert all(model.provider != "dynamic" for model in CATALOGUE.models)


def test_models_have_price_and_reason() -> None:
    assert CATALOGUE.of_provider("azure") == (
        Model(provider="azure", name="gpt-4o", is_usable=False, why="no key is stored"),
    )
    assert CATALOGUE.of_provider("openai")[1].price == "$0.15 / $0.6 per M"
    assert CATALOGUE.like("openai", "gpt4o-mini") == "gpt-4o-mini"


def test_a_key_belongs_to_all_that_use_it() -> None:
    found = read_catalogue(
        keys=[{"name": "k", "provider": "openai", "used_by": ["openai", "proxy"], "source": "env"}]
    )
    assert found.keys_of("proxy") == (Key(provider="proxy", name="k", detail="env"),)
    assert len(found.keys_of("openai")) == 1


def test_keys_that_a_config_names_can_be_picked_before_they_are_stored() -> None:
    found = read_catalogue(
        providers=[{"name": "qwen", "keys": ["a", "b"]}], keys=[{"name": "a", "provider": "qwen"}]
    )
    assert [key.name for key in found.keys_of("qwen")] == ["a", "b"]
    assert found.for_core() == {"qwen": ("a", "b")}


def test_nothing_known_is_nothing_checked() -> None:
    assert Catalogue().for_core() is None
    assert read_catalogue() == Catalogue()
