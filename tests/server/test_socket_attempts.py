"""Where a socket is opened, and with whose credential; fallback stands in test_socket_calls."""

from pathlib import Path

import pytest

from aigw_dev.core.config import Provider
from aigw_dev.core.operations import RAW, REALTIME, RESPONSES, Match
from aigw_dev.core.providers import ResolvedProvider
from aigw_dev.core.providers.resolve import resolve_provider
from aigw_dev.server.socket_attempts import socket_place, socket_url
from tests.server.socket_stage import SocketProvider, socket_stage
from tests.server.test_socket_calls import error_of, refused

AZURE = "https://res.openai.azure.com"


def provider(kind: str, base_url: str | None = None) -> ResolvedProvider:
    resolved = resolve_provider("one", Provider(kind=kind, base_url=base_url))
    assert isinstance(resolved, ResolvedProvider)
    return resolved


@pytest.mark.parametrize(
    ("kind", "base_url", "query", "url"),
    [
        ("openai", None, "model=one/m&intent=x", "https://api.openai.com/v1/realtime?model=m&intent=x"),
        ("openai", None, "call_id=rtc_1", "https://api.openai.com/v1/realtime?call_id=rtc_1"),
        ("openai", None, "model=one/m&api_key=secret", "https://api.openai.com/v1/realtime?model=m"),
        ("azure-openai", AZURE, "model=one/m", f"{AZURE}/openai/realtime?{{usual}}deployment=m"),
        ("azure-openai", f"{AZURE}/openai/v1", "deployment=one/m", f"{AZURE}/openai/v1/realtime?model=m"),
    ],
)
def test_the_model_stands_in_the_query_as_the_provider_wants_it(
    kind: str, base_url: str | None, query: str, url: str
) -> None:
    resolved = provider(kind, base_url)
    usual = "".join(f"{name}={value}&" for name, value in resolved.kind.query)
    model = "m" if "/m" in query else ""
    assert socket_url(Match(operation=REALTIME), query, resolved, model) == url.replace("{usual}", usual)


def test_what_is_passed_through_goes_to_the_root_and_a_responses_socket_names_no_model() -> None:
    raw = Match(operation=RAW, rest="/ws/x.Bidi")
    assert socket_url(raw, "alt=json", provider("openai"), "") == "https://api.openai.com/ws/x.Bidi?alt=json"
    behind = provider("openai", "https://proxy.example/tenant-a/v1")
    assert socket_url(raw, "", behind, "") == "https://proxy.example/tenant-a/ws/x.Bidi"
    responses = Match(operation=RESPONSES)
    assert (
        socket_url(responses, "model=one/m", provider("openai"), "m") == "https://api.openai.com/v1/responses"
    )


def test_a_key_is_shown_as_the_dialect_of_the_socket_wants_it() -> None:
    resolved = provider("gemini")
    assert socket_place(Match(operation=RAW), resolved).auth == "x-goog-api-key"
    assert socket_place(Match(operation=REALTIME), resolved).auth == "bearer"
    assert socket_place(Match(operation=RAW), provider("openai")).auth == "bearer"


@pytest.mark.anyio
async def test_a_subscriptions_own_credential_goes_up_and_none_of_ours(tmp_path: Path) -> None:
    async with SocketProvider() as one:
        more = f'  sub: {{kind: openai-compatible, base_url: "{one.url}/v1", auth: passthrough}}\n'
        async with socket_stage(tmp_path, one=one, more=more) as stage:
            shown = {"authorization": "Bearer theirs", "esa_aigw_auth": f"Bearer {stage.token}"}
            async with stage.call("/v1/realtime?model=sub/m", headers=shown) as caller:
                await caller.send("x")
                await caller.recv()
            sent = one.requests[0].headers
            assert sent["authorization"] == "Bearer theirs"
            assert stage.token not in str([*sent.raw_items()])
            response = await refused(stage, "/v1/realtime?model=sub/m")
            assert error_of(response)["code"] == "credential_missing"


@pytest.mark.anyio
async def test_a_providers_own_headers_win_and_forwarded_ones_go_up(tmp_path: Path) -> None:
    more = ", headers: {openai-beta: ours}, forward_headers: [x-mine]"
    async with SocketProvider() as one, socket_stage(tmp_path, one=one, settings=more) as stage:
        shown = {"x-api-key": stage.token, "openai-beta": "theirs", "x-mine": "1", "x-other": "2"}
        async with stage.call(headers=shown) as caller:
            await caller.send("x")
            await caller.recv()
        sent = one.requests[0].headers
        assert (sent["openai-beta"], sent["x-mine"]) == ("ours", "1")
        assert "x-other" not in sent
