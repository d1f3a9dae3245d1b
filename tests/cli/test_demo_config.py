"""The config of the demo."""

from aigw_dev.cli.demo_config import demo_config
from aigw_dev.cli.demo_models import MODELS
from aigw_dev.config_file.read import parse_text
from aigw_dev.core.default_config import rules


def test_it_has_no_problem_and_names_nothing_but_loopback() -> None:
    loaded = parse_text(demo_config(4321), rules=rules())
    assert not loaded.problems
    assert loaded.config is not None
    providers = loaded.config.providers
    assert {*providers} == {one.provider for one in MODELS}
    assert all(
        (provider.base_url or "").startswith("http://127.0.0.1:4321/") for provider in providers.values()
    )
    assert all(provider.auth == "none" for provider in providers.values())
    assert loaded.config.gateway.name == "demo"


def test_its_routes_show_what_routes_can_do() -> None:
    text = demo_config(4321)
    assert all(
        word in text for word in ("if:", "else:", "split:", "fallback:", "retry:", "first_packet_timeout_ms:")
    )
