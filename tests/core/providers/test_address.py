"""A base URL works with or without the path of the API, and a model name cannot leave its place in a URL."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aigw_dev.core.providers.address import api_base, full_url
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.kind import Kind

AZURE = KINDS["azure-openai"]


@pytest.mark.parametrize(
    ("kind", "base_url", "address"),
    [
        # as OpenAI's SDK takes it, and as people write it
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com", "https://api.openai.com/v1"),
        ("openai", "http://127.0.0.1:9000/", "http://127.0.0.1:9000/v1"),
        ("openai", "https://proxy.example/openai", "https://proxy.example/openai"),
        ("openai-compatible", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("openai-compatible", "https://host.example/.", "https://host.example"),
        ("openai-compatible", "https://api.z.ai/api/paas/v4", "https://api.z.ai/api/paas/v4"),
        # vendors whose SDK adds the path
        ("ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("anthropic", "https://proxy.example/anthropic", "https://proxy.example/anthropic/v1"),
        ("groq", "https://api.groq.com", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/openai", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
        ("groq", "http://127.0.0.1:9000/v1", "http://127.0.0.1:9000/v1"),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            "https://generativelanguage.googleapis.com/v1beta/openai",
        ),
        ("gemini", "http://127.0.0.1:9000/v1", "http://127.0.0.1:9000/v1"),
        # vendors that have none
        ("deepseek", "https://api.deepseek.com", "https://api.deepseek.com"),
        ("deepseek", "https://api.deepseek.com/v1", "https://api.deepseek.com/v1"),
        # Azure: the resource, the resource with its path, the version-less API
        ("azure-openai", "https://r.openai.azure.com", "https://r.openai.azure.com/openai"),
        ("azure-openai", "https://r.openai.azure.com/openai", "https://r.openai.azure.com/openai"),
        ("azure-openai", "https://r.openai.azure.com/openai/v1", "https://r.openai.azure.com/openai/v1"),
    ],
)
def test_a_base_url_becomes_an_address(kind: str, base_url: str, address: str) -> None:
    assert api_base(KINDS[kind], base_url) == address


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.base_url], ids=lambda kind: kind.name
)
def test_an_address_is_complete_once_it_is(kind: Kind) -> None:
    once = api_base(kind, kind.base_url)
    assert api_base(kind, once) == once


def test_the_table_in_the_documentation_is_true(repository: Path) -> None:
    page = (repository / "docs" / "addresses.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (nothing|`\S+`) \| ([^|]+) \| `(\S+)` \|$", page, re.MULTILINE)
    assert len(rows) > 5
    for written, kinds, url in rows:
        for name in re.findall(r"`([^`]+)`", kinds):
            kind = KINDS[name]
            base_url = kind.base_url if written == "nothing" else written.strip("`")
            assert full_url(kind, api_base(kind, base_url), "/chat/completions", model="MODEL") == url


def test_azure_names_the_deployment_in_the_path_and_the_version_in_the_query() -> None:
    address = api_base(AZURE, "https://r.openai.azure.com")
    assert full_url(AZURE, address, "/chat/completions", model="gpt-4o") == (
        "https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    )
    assert (
        full_url(AZURE, address, "/models")
        == "https://r.openai.azure.com/openai/models?api-version=2024-10-21"
    )


def test_a_caller_may_choose_azures_version() -> None:
    address = api_base(AZURE, "https://r.openai.azure.com")
    url = full_url(AZURE, address, "/chat/completions", model="d", query="api-version=2025-04-01-preview&x=1")
    assert url.endswith("/deployments/d/chat/completions?api-version=2025-04-01-preview&x=1")


def test_azures_versionless_api_takes_the_model_in_the_body() -> None:
    address = api_base(AZURE, "https://r.openai.azure.com/openai/v1")
    assert full_url(AZURE, address, "/chat/completions", model="gpt-4o") == f"{address}/chat/completions"


@pytest.mark.parametrize("query", ["key=sk-1", "api_key=1&Access_Token=2", "code=1"])
def test_a_credential_in_the_callers_query_stays_here(query: str) -> None:
    assert (
        full_url(KINDS["openai"], "https://a.example/v1", "/models", query=query)
        == "https://a.example/v1/models"
    )


def test_the_callers_query_goes_up() -> None:
    url = full_url(KINDS["openai"], "https://a.example/v1", "/models", query="beta=true&empty=")
    assert url == "https://a.example/v1/models?beta=true&empty="


@example("..")
@example("../../evil?x=1#y")
@given(st.text(min_size=1, max_size=40))
def test_no_model_name_leaves_its_place_in_the_path(model: str) -> None:
    address = api_base(AZURE, "https://r.openai.azure.com")
    try:
        url = full_url(AZURE, address, "/chat/completions", model=model)
    except UnicodeEncodeError:
        return  # a lone surrogate is no text; the body was refused before
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "r.openai.azure.com")
    assert parts.query == "api-version=2024-10-21"
    steps = parts.path.split("/")
    assert steps[:3] == ["", "openai", "deployments"]
    assert steps[4:] == ["chat", "completions"]
    assert steps[3].strip(".") != ""
