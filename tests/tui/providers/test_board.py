"""What the screen knows, put together from the gateway's answers."""

from aigw_dev.tui.providers.board import Board, read_board, read_health
from tests.tui.providers.known import CONFIG, KEYS, PROVIDERS, ROUTES, board, line


def test_a_key_that_a_route_or_the_config_names_and_nobody_has_is_missing() -> None:
    assert board().missing() == (("qwen", "env:QWEN_SPARE"), ("openai", "openai-eu"))
    missing = line("openai").keys[0]
    assert (missing.is_missing, missing.routes, missing.is_stored) == (True, ("ai-test",), False)


def test_a_stored_key_is_known_by_place_and_fingerprint_and_comes_first() -> None:
    key = line("qwen").keys[0]
    assert (key.name, key.where, key.fingerprint) == ("qwen-api-key", "OS keyring", "1a2b3c4d…a91f")
    assert key.is_in_force
    assert key.is_stored
    assert key.is_configured


def test_a_key_of_another_provider_that_the_config_names_is_shown_too() -> None:
    config = {"effective": {"providers": {"openai": {"keys": ["qwen-api-key"]}}}}
    found = read_board(providers=PROVIDERS, keys=KEYS, routes=[], config=config).find("openai")
    assert found is not None
    assert [key.name for key in found.keys] == ["qwen-api-key"]


def test_a_provider_knows_its_routes_and_whether_the_config_has_it() -> None:
    assert line("mock").routes == ("ai-test",)
    assert not line("mock").is_written
    assert not line("mock").wants_key
    assert line("qwen").is_written
    assert board().default_provider == "qwen"


def test_one_that_is_held_back_by_trust_is_told_from_one_without_a_key() -> None:
    rows = [PROVIDERS[2] | {"why": "base_url is not trusted; run `aigw-dev trust`"}]
    held = read_board(providers=rows, keys=[], routes=ROUTES, config=CONFIG).find("openai")
    assert held is not None
    assert held.is_held_back
    assert not line("openai").is_held_back


def test_a_providers_words_are_kept_without_what_looks_like_a_key() -> None:
    health = read_health(
        {
            "healthy": False,
            "reason": "401 Incorrect API key: sk-proj-0123456789abcdefghijklmnop",
            "status": 401,
        },
        at=5.0,
    )
    assert "0123456789" not in health.reason
    assert (health.status, health.at, health.is_well) == (401, 5.0, False)


def test_an_empty_board_finds_nothing() -> None:
    assert Board().find("qwen") is None
