import time
from typing import Any

import pytest

from aigw_dev.core import literal_keys

OPENAI = "sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv"
PLANTED = [
    OPENAI,
    "sk-0123456789abcdef0123456789abcdef",
    "sk-ant-api03-Zm9vYmFyYmF6cXV4MTIz-ABC_def",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "gsk_0123456789abcdefghijABCDEFGHIJ",
    "hf_aBcDeFgHiJkLmNoPqRsT12345",
    "aigwdev-abcdefghijklmnop0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "Bearer abcdef1234567890",
]


@pytest.mark.parametrize("key", PLANTED)
def test_a_key_in_free_text_is_found_and_masked(key: str) -> None:
    assert literal_keys.holds_key(f"my key is {key}, hush")
    assert key not in literal_keys.mask(f"<{key}>")
    assert literal_keys.HIDDEN in literal_keys.mask(f"<{key}>")


@pytest.mark.parametrize(
    "key",
    [
        *PLANTED,
        "sk-test",
        "0123456789abcdef0123456789abcdef",
        "123e4567-e89b-12d3-a456-426614174000",
        f'"{OPENAI}"',
        f"export OPENAI_API_KEY={OPENAI}",
        "Zx9Kq2Lm8Vb4Nc7Wd1Re5Ty6Ui3Op0As",
    ],
)
def test_where_a_name_is_expected_less_is_enough(key: str) -> None:
    assert literal_keys.is_key(key)


@pytest.mark.parametrize(
    "text",
    ["qwen-api-key", "qwen-spare", "openai", "env:OPENAI_API_KEY", "file:/run/secrets/openai", "my.key_2", "", "production-eu-west-1-openai"],
)  # fmt: skip
def test_a_reference_is_not_a_key(text: str) -> None:
    assert not literal_keys.is_key(text)
    assert not literal_keys.holds_key(text)


@pytest.mark.parametrize(
    "text",
    ["a risk-averse-route-for-2025", "sk-learn-pipeline", "xai-grok-4-fast-reasoning-2025", "bearer of good news", "https://api.x.ai/v1", "claude-haiku-*"],
)  # fmt: skip
def test_words_are_not_keys(text: str) -> None:
    assert not literal_keys.holds_key(text)


@pytest.mark.parametrize(
    "name", ["authorization", "Proxy-Authorization", "x-api-key", "x-goog-api-key", "api_key", "apikey", "helicone-auth", "cookie", "client-secret", "access_token"]
)  # fmt: skip
def test_names_that_carry_credentials(name: str) -> None:
    assert literal_keys.is_credential_name(name)


@pytest.mark.parametrize(
    "name",
    ["x-title", "idempotency-key", "x-auth-mode", "authority", "notes", "keyboard", "openai-organization"],
)
def test_names_that_do_not(name: str) -> None:
    assert not literal_keys.is_credential_name(name)


@pytest.mark.parametrize(
    ("tree", "path", "command"),
    [
        ({"providers": {"qwen": {"keys": [OPENAI]}}}, ("providers", "qwen", "keys", 0), "keys add qwen --name qwen-api-key`"),
        ({"providers": {"qwen": {"keys": ["a", OPENAI]}}}, ("providers", "qwen", "keys", 1), "keys add qwen --name qwen-api-key-2`"),
        ({"providers": {"x": {"keys": OPENAI}}}, ("providers", "x", "keys"), "keys add x --name x-api-key`"),
        ({"providers": {"x": {"api_key": "0123456789abcdef0123456789abcdef"}}}, ("providers", "x", "api_key"), "keys add x "),
        ({"providers": {"x": {"headers": {"x-app": "0123456789abcdef0123456789abcdef"}}}}, ("providers", "x", "headers", "x-app"), "keys add x "),
        ({"providers": {"My_Q": {"keys": [OPENAI]}}}, ("providers", "My_Q", "keys", 0), "keys add My_Q --name my-q-api-key`"),
        ({"providers": {"a b": {"keys": [OPENAI]}}}, ("providers", "a b", "keys", 0), "keys add PROVIDER --name provider-api-key`"),
        ({"gateway": {"notes": f"use {OPENAI}"}}, ("gateway", "notes"), "keys add PROVIDER "),
        ({"routes": {"r": {"flow": {"send": "qwen/x", "key": OPENAI}}}}, ("routes", "r", "flow", "key"), "keys add qwen "),
        ({"routes": {"r": {"flow": {"fallback": [{"send": "q/x", "key": OPENAI}]}}}}, ("routes", "r", "flow", "fallback", 0, "key"), "keys add q "),
        ({"routes": {"r": {"flow": {"send": 5, "key": OPENAI}}}}, ("routes", "r", "flow", "key"), "keys add PROVIDER "),
        (OPENAI, (), "keys add PROVIDER "),
        ([OPENAI], (0,), "keys add PROVIDER "),
    ],
)  # fmt: skip
def test_a_literal_key_is_found_with_the_command_that_moves_it(
    tree: Any, path: tuple[Any, ...], command: str
) -> None:
    (problem,) = literal_keys.find(tree)
    assert problem.path == path
    assert f"aigw-dev {command}" in problem.hint
    assert literal_keys.is_refusal(problem)
    assert OPENAI not in problem.text()


def test_a_config_with_names_only_has_none() -> None:
    tree = {
        "version": 1,
        "providers": {
            "qwen": {"keys": ["qwen-api-key", "env:DASHSCOPE_API_KEY"], "headers": {"x-title": "my app"}}
        },
        "routes": {"r": {"flow": {"send": "qwen/qwen3-max", "key": "qwen-api-key", "params": {"seed": 7}}}},
    }
    assert literal_keys.find(tree) == []


@pytest.mark.parametrize(
    "part", ["eyJ", "-eyJ", "gsk_", "sk-", "bearer ", "bearer\t", "a1", "sk-a-b-c-", "AIza_"]
)
def test_hostile_text_is_searched_in_no_time(part: str) -> None:
    text = part * (250_000 // len(part))
    begin = time.perf_counter()
    literal_keys.holds_key(text)
    literal_keys.is_key(text)
    literal_keys.mask(text)
    assert time.perf_counter() - begin < 2
