"""Providers, keys and routes as the admin API gives them."""

from typing import Any

from aigw_dev.tui.providers.board import Board, ProviderLine, read_board

PROVIDERS: list[dict[str, Any]] = [
    {"name": "mock", "kind": "mock", "base_url": "", "dialect": "every", "key": "", "key_source": "none needed",
     "usable": True, "why": "", "models": ["echo"], "is_local": True},
    {"name": "qwen", "kind": "qwen", "base_url": "https://q.test/v1", "dialect": "openai-chat", "key": "qwen-api-key",
     "key_source": "keyring", "usable": True, "why": "", "models": ["qwen3-max"], "is_local": False},
    {"name": "openai", "kind": "openai", "base_url": "https://api.openai.com/v1", "dialect": "openai-chat", "key": "",
     "key_source": "none", "usable": False, "why": "no key is stored", "models": [], "is_local": False},
]  # fmt: skip
KEYS: list[dict[str, Any]] = [
    {"name": "qwen-api-key", "provider": "qwen", "source": "keyring", "origins": ["https://q.test"],
     "fingerprint": "1a2b3c4d…a91f", "added_at": 1_000.0, "last_used_at": None, "used_by": ["qwen"]},
]  # fmt: skip
ROUTES: list[dict[str, Any]] = [
    {"name": "ai-test", "flow": {
        "if": "stream",
        "then": {"send": "qwen/qwen3-max", "key": "qwen-api-key", "fallback": ["openai/gpt-4o", {"send": "mock/echo"}]},
        "else": {"send": "openai/gpt-4o-mini", "key": "openai-eu"}}},
]  # fmt: skip
CONFIG: dict[str, Any] = {
    "path": "/p/aigw-dev.yaml",
    "text": "version: 1\n",
    "digest": "d1",
    "held_back": [],
    "effective": {
        "gateway": {"default_provider": "qwen"},
        "providers": {"qwen": {"keys": ["qwen-api-key", "env:QWEN_SPARE"]}, "openai": {}},
    },
}


def board() -> Board:
    return read_board(providers=PROVIDERS, keys=KEYS, routes=ROUTES, config=CONFIG)


def line(name: str) -> ProviderLine:
    found = board().find(name)
    assert found is not None
    return found
