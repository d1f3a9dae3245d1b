"""A configured provider has everything its kind gives, and nothing that would send a key astray."""

import pytest

from aigw_dev.core.config import Provider
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers import resolve
from aigw_dev.core.providers.resolve import (
    ResolvedProvider,
    check_url,
    models_url,
    resolve_provider,
    upstream_url,
)


def resolved(name: str, provider: Provider | None = None) -> ResolvedProvider:
    outcome = resolve_provider(name, provider or Provider())
    assert isinstance(outcome, ResolvedProvider), outcome.text()
    return outcome


def refused(name: str, provider: Provider) -> Problem:
    outcome = resolve_provider(name, provider)
    assert isinstance(outcome, Problem)
    return outcome


def test_an_empty_entry_takes_everything_from_the_kind_of_its_name() -> None:
    there = resolved("deepseek")
    assert there.kind.name == "deepseek"
    assert there.base_url == "https://api.deepseek.com"
    assert there.origin == "https://api.deepseek.com"
    assert (there.dialect, there.auth) == ("openai-chat", "bearer")
    assert there.key_refs == ("deepseek-api-key",)
    assert there.env == ("DEEPSEEK_API_KEY",)
    assert "deepseek-chat" in there.models
    assert (there.is_local, there.is_overridden, there.has_own_models) == (False, False, False)


def test_a_provider_of_another_name_has_its_own_key_before_the_kinds() -> None:
    assert resolved("work", Provider(kind="openai")).key_refs == ("work-api-key", "openai-api-key")


def test_configured_keys_are_the_only_ones() -> None:
    there = resolved("qwen", Provider(keys=("qwen-spare", "env:MY_KEY")))
    assert there.key_refs == ("qwen-spare", "env:MY_KEY")
    assert there.env == ()


def test_a_usual_variable_is_not_used_with_an_overridden_address() -> None:
    there = resolved("openai", Provider(base_url="https://proxy.example/v1"))
    assert there.is_overridden
    assert there.env == ()
    assert there.origin == "https://proxy.example"


@pytest.mark.parametrize(
    "same", ["https://api.openai.com/v1", "https://api.openai.com/v1/", "https://api.openai.com"]
)
def test_the_kinds_own_address_written_out_is_no_override(same: str) -> None:
    there = resolved("openai", Provider(base_url=same))
    assert not there.is_overridden
    assert there.env == ("OPENAI_API_KEY",)


def test_another_region_is_an_override() -> None:
    there = resolved("qwen", Provider(base_url="https://dashscope.aliyuncs.com/compatible-mode/v1"))
    assert there.is_overridden
    assert there.env == ()


def test_a_kind_that_needs_an_address_says_so_with_an_example() -> None:
    problem = refused("azure-openai", Provider())
    assert problem.path == ("providers", "azure-openai", "base_url")
    assert "RESOURCE.openai.azure.com" in problem.hint


def test_azure_sends_its_key_in_its_own_header_and_never_uses_a_variable_by_itself() -> None:
    there = resolved("azure-openai", Provider(base_url="https://r.openai.azure.com"))
    assert there.auth == "api-key"
    assert there.env == ()


@pytest.mark.parametrize(
    ("name", "provider", "at", "hint"),
    [
        ("openia", Provider(), ("providers", "openia"), "openai"),
        (
            "mine",
            Provider(kind="deepseak", base_url="https://a.example"),
            ("providers", "mine", "kind"),
            "deepseek",
        ),
        ("mine", Provider(kind="zzzzz"), ("providers", "mine", "kind"), "openai-compatible"),
    ],
)
def test_an_unknown_kind_is_refused_with_the_nearest(
    name: str, provider: Provider, at: tuple[str, ...], hint: str
) -> None:
    problem = refused(name, provider)
    assert problem.path == at
    assert hint in problem.hint


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://a.example",
        "https://user:hunter2@a.example/v1",
        "https://a.example/v1?key=1",
        "https://a.example\\@b/v1",
        "nonsense",
    ],
)
def test_an_address_that_can_be_read_in_two_ways_is_refused(base_url: str) -> None:
    problem = refused("openai", Provider(base_url=base_url))
    assert problem.path[-1] == "base_url"
    assert "hunter2" not in problem.text()


@pytest.mark.parametrize("base_url", ["http://169.254.169.254/v1", "http://[fe80::1]/v1"])
def test_a_link_local_address_is_refused(base_url: str) -> None:
    assert "link-local" in refused("vllm", Provider(base_url=base_url)).message


def test_a_key_is_not_sent_in_the_open() -> None:
    problem = refused("openai", Provider(base_url="http://llm.corp.example/v1"))
    assert "plain http" in problem.message
    assert (
        "plain http"
        in refused("vllm", Provider(base_url="http://10.0.0.5:8000/v1", keys=("vllm-key",))).message
    )
    assert (
        "plain http"
        in refused("openai", Provider(base_url="http://a.example/v1", auth="passthrough")).message
    )


def test_a_server_beyond_this_machine_may_be_called_in_the_open_without_a_key() -> None:
    there = resolved("ollama", Provider(base_url="http://10.0.0.5:11434"))
    assert not there.is_local
    assert (there.auth, there.key_refs) == ("none", ())
    assert resolved("openai", Provider(base_url="http://a.example/v1", auth="none")).auth == "none"


@pytest.mark.parametrize("host", ["127.0.0.1:1", "[::1]:1", "localhost:1", "host.docker.internal:1"])
def test_a_key_may_travel_inside_this_machine(host: str) -> None:
    there = resolved("openai", Provider(base_url=f"http://{host}/v1"))
    assert there.auth == "bearer"
    assert there.is_local == (host != "host.docker.internal:1")


def test_a_key_configured_for_a_local_server_is_required_and_sent() -> None:
    there = resolved("vllm", Provider(keys=("vllm-key",)))
    assert (there.auth, there.key_refs, there.is_key_required) == ("bearer", ("vllm-key",), True)


def test_a_subscription_login_passes_through_without_a_stored_key() -> None:
    there = resolved("openai", Provider(auth="passthrough"))
    assert there.is_passthrough
    assert (there.auth, there.key_refs, there.env, there.is_key_required) == ("none", (), (), False)


def test_models_of_the_config_are_the_list() -> None:
    there = resolved("openai", Provider(models=("gpt-4o",)))
    assert there.models == ("gpt-4o",)
    assert there.has_own_models


def test_the_embedded_provider_takes_no_address() -> None:
    assert (
        refused("mock", Provider(base_url="http://127.0.0.1:1")).message
        == "the embedded provider has no address"
    )


def test_timeouts_are_usual_unless_configured() -> None:
    usual = resolved("openai")
    assert usual.connect_timeout_ms == resolve.CONNECT_TIMEOUT_MS
    assert usual.first_packet_timeout_ms == 0
    assert usual.idle_timeout_ms == resolve.IDLE_TIMEOUT_MS
    assert (usual.timeout_ms, usual.stream_timeout_ms) == (resolve.TIMEOUT_MS, resolve.STREAM_TIMEOUT_MS)
    own = resolved("openai", Provider(timeout_ms=5, idle_timeout_ms=0))
    assert (own.timeout_ms, own.stream_timeout_ms, own.idle_timeout_ms) == (5, 5, 0)


@pytest.mark.parametrize(("name", "asks"), [("openai", True), ("mistral", False)])
def test_usage_is_asked_for_only_where_it_is_not_sent_anyway(name: str, asks: bool) -> None:
    assert resolved(name, Provider(usage="inject")).injects_usage is asks
    assert not resolved(name).injects_usage


def test_the_free_check_asks_what_proves_the_key() -> None:
    assert check_url(resolved("openrouter")) == "https://openrouter.ai/api/v1/key"
    assert check_url(resolved("openai")) == "https://api.openai.com/v1/models"
    assert check_url(resolved("perplexity")) is None
    assert models_url(resolved("perplexity")) is None


def test_a_call_goes_to_the_configured_place() -> None:
    there = resolved("local", Provider(kind="openai-compatible", base_url="http://127.0.0.1:11434/v1"))
    assert upstream_url(there, "/embeddings", model="m") == "http://127.0.0.1:11434/v1/embeddings"
    assert there.is_local
