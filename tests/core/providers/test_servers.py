"""Model servers on this machine work without a key, on the port they choose themselves."""

import pytest

from aigw_dev.core.config import Provider
from aigw_dev.core.providers.resolve import ResolvedProvider, resolve_provider, upstream_url
from aigw_dev.core.providers.servers import SERVERS

CHAT = {
    "ollama": "http://127.0.0.1:11434/v1/chat/completions",
    "vllm": "http://127.0.0.1:8000/v1/chat/completions",
    "sglang": "http://127.0.0.1:30000/v1/chat/completions",
    "tgi": "http://127.0.0.1:8080/v1/chat/completions",
    "lm-studio": "http://127.0.0.1:1234/v1/chat/completions",
    "llama-cpp": "http://127.0.0.1:8080/v1/chat/completions",
    "xinference": "http://127.0.0.1:9997/v1/chat/completions",
    "tei": "http://127.0.0.1:8080/v1/chat/completions",
    "infinity": "http://127.0.0.1:7997/chat/completions",
    "docker-model-runner": "http://127.0.0.1:12434/engines/v1/chat/completions",
}


@pytest.mark.parametrize("name", [kind.name for kind in SERVERS if kind.is_local])
def test_a_local_server_needs_neither_key_nor_address(name: str) -> None:
    there = resolve_provider(name, Provider())
    assert isinstance(there, ResolvedProvider)
    assert there.is_local
    assert not there.is_key_required
    assert upstream_url(there, "/chat/completions") == CHAT[name]


def test_the_embedded_provider_has_no_address_and_never_a_key() -> None:
    mock = resolve_provider("mock", Provider())
    assert isinstance(mock, ResolvedProvider)
    assert mock.is_local
    assert (mock.base_url, mock.origin, mock.auth, mock.key_refs, mock.env) == ("", "", "none", (), ())
    assert "echo" in mock.models
