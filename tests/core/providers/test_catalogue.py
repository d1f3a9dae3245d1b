"""The catalogue names every provider it promises, and each row is whole."""

import re
from collections import Counter

import pytest

from aigw_dev.core import operations, web_address
from aigw_dev.core.credentials import KEY_SHAPES, check_name, origin_of
from aigw_dev.core.providers.catalogue import KINDS, kinds_for_variable, near_kinds
from aigw_dev.core.providers.kind import OPERATIONS, Kind

PROMISED = (
    "openai",
    "deepseek",
    "qwen",
    "mistral",
    "groq",
    "moonshot",
    "zhipu",
    "minimax",
    "xai",
    "openrouter",
    "together",
    "fireworks",
    "azure-openai",
    "ollama",
    "vllm",
    "sglang",
    "tgi",
    "lm-studio",
    "llama-cpp",
    "xinference",
    "openai-compatible",
    "mock",
    "anthropic",
    "gemini",
    "bedrock",
)


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_kind_is_there(name: str) -> None:
    assert KINDS[name].name == name


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_row_is_whole(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", kind.name)
    assert kind.title
    assert check_name(kind.key_name) is None
    assert kind.base_url or kind.base_url_example or kind.is_embedded
    assert not kind.base_url.endswith("/")
    assert all(
        path == "" or path.startswith("/") for path in (kind.api_path, kind.models_path, kind.check_path)
    )
    assert kind.lacks <= set(OPERATIONS)
    assert len(set(kind.default_models)) == len(kind.default_models)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) for variable in kind.env)
    for url in (kind.base_url, *(region.base_url for region in kind.regions)):
        assert not url or web_address.problem_with(url) is None


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.base_url], ids=lambda kind: kind.name
)
def test_a_key_travels_encrypted_or_not_at_all(kind: Kind) -> None:
    is_here = web_address.is_loopback(web_address.host_of(kind.base_url))
    assert kind.is_local == is_here
    assert is_here or kind.base_url.startswith("https://")


def test_no_variable_belongs_to_two_kinds() -> None:
    counted = Counter(variable for kind in KINDS.values() for variable in kind.env)
    assert [variable for variable, times in counted.items() if times > 1] == []


def test_no_two_vendors_share_an_origin() -> None:
    counted = Counter(
        origin_of(kind.base_url) for kind in KINDS.values() if kind.base_url and not kind.is_local
    )
    assert [origin for origin, times in counted.items() if times > 1] == []


def test_keys_are_recognised_for_kinds_that_exist() -> None:
    assert {kind for row in KEY_SHAPES for kind in row.kinds} <= set(KINDS)


def test_operations_are_called_as_the_table_of_paths_calls_them() -> None:
    known = {operation.name for operation in operations.OPERATIONS if operation.is_model_call}
    assert set(OPERATIONS) <= known


@pytest.mark.parametrize(
    ("variable", "kinds"),
    [
        ("OPENAI_API_KEY", ("openai",)),
        ("GOOGLE_API_KEY", ("gemini",)),
        ("DASHSCOPE_API_KEY", ("qwen",)),
        ("PATH", ()),
    ],
)
def test_a_usual_variable_tells_its_kind(variable: str, kinds: tuple[str, ...]) -> None:
    assert kinds_for_variable(variable) == kinds


@pytest.mark.parametrize(
    ("typed", "meant"), [("openia", "openai"), ("Deepseak", "deepseek"), ("lmstudio", "lm-studio")]
)
def test_a_mistyped_kind_has_a_near_one(typed: str, meant: str) -> None:
    assert near_kinds(typed)[0] == meant


def test_nothing_is_near_to_nonsense() -> None:
    assert near_kinds("zzzzzzzz") == []
