"""Whose credential goes where, when dialects are translated: callers' never up, providers' never down, headers never torn."""

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.e2e.translating import FOREIGN, KINDS, MODELS, PATHS, Stage, staged
from tests.scripted import Request, ScriptedUpstream, json_reply, reply
from tests.sdk_types import ANTHROPIC, CHAT, GEMINI, RESPONSES
from tests.server.house import House
from tests.server.providers import KEYS
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio

OWN: Final = "sk-ant-oat01-caller-own-0123456789abcdef"
"""A subscription login of the caller."""
SHOWN: Final = ("authorization", "x-api-key", "x-goog-api-key", "api-key", "esa_aigw_auth")
ASK: Final[dict[str, dict[str, Any]]] = {
    CHAT: {"messages": [{"role": "user", "content": "hi"}]},
    RESPONSES: {"input": "hi", "store": False},
    ANTHROPIC: {"max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]},
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}
MORE: Final = """  login: {kind: anthropic, base_url: "UP", auth: passthrough}
  other: {kind: openai-compatible, base_url: "UP", auth: passthrough}
routes:
  after: {flow: {send: login/claude-sonnet-4-5, fallback: [up/m]}}
  before: {flow: {send: up/m, fallback: [login/claude-sonnet-4-5]}}
"""


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the server's own tests run on both."""
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with staged(tmp_path, more=MORE) as made:
        yield made


async def post(
    one: House,
    dialect: str,
    model: str,
    headers: dict[str, str],
    *,
    query: str = "",
    more: dict[str, Any] | None = None,
) -> httpx.Response:
    path = PATHS[dialect].replace("{model}", model) + query
    body = ASK[dialect] | ({} if dialect == GEMINI else {"model": model}) | (more or {})
    return await one.http.post(path, json=body, headers=headers)


def sent_texts(request: Request) -> str:
    """Everything that went up."""
    return request.raw.decode("latin-1")


def kept(one: House) -> bytes:
    """Everything that the gateway has written down."""
    logged(one)
    files = [path for path in one.gateway.folder.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def shown(token: str) -> Iterator[dict[str, str]]:
    """The token in every header that may carry it."""
    for name in SHOWN:
        bare = name in {"x-api-key", "x-goog-api-key", "api-key"}
        yield {name: token if bare else f"Bearer {token}"}


@pytest.mark.parametrize("dialect", PATHS)
async def test_a_callers_credential_never_goes_up_and_the_keys_never_come_down(
    stage: Stage, dialect: str
) -> None:
    one = stage.one
    token = one.gateway.home.token()
    for headers in shown(token):
        for provider in KINDS:
            answer = await post(one, dialect, f"{provider}/{MODELS[provider]}", headers)
            assert answer.status_code in {
                200,
                502,
            }  # 502: the same dialect's bytes are relayed to `bed` by nobody
            assert KEYS["FIRST"] not in answer.text + str(answer.headers)
    assert stage.upstream.requests
    for request in stage.upstream.requests:
        assert token not in sent_texts(request)
        assert sent_texts(request).count(KEYS["FIRST"]) == 1
        assert request.header(b"esa_aigw_auth") == b""
    written = kept(one)
    assert token.encode() not in written
    assert KEYS["FIRST"].encode() not in written


async def test_a_key_in_the_query_goes_nowhere(stage: Stage) -> None:
    one = stage.one
    for provider in ("gem", *FOREIGN[GEMINI]):
        answer = await post(
            one, GEMINI, f"{provider}/{MODELS[provider]}", one.token(), query=f"?key={OWN}&alt=json"
        )
        assert answer.status_code == 200
    assert all(OWN not in sent_texts(request) for request in stage.upstream.requests)
    assert OWN.encode() not in kept(one)


async def test_a_provider_that_echoes_its_key_is_not_believed(stage: Stage) -> None:
    """Some error pages print the request back, headers and all."""
    key = KEYS["FIRST"]
    for caller in (RESPONSES, ANTHROPIC, GEMINI):
        body = {"error": {"message": f"Incorrect API key provided: {key}", "type": "e", "code": key}}
        stage.upstream.enqueue([json_reply(body, status=401)])
        answer = await post(stage.one, caller, "up/m", stage.one.token())
        assert answer.status_code == 401
    assert key.encode() not in kept(stage.one)


async def test_passthrough_sends_the_callers_own_and_nothing_else(stage: Stage) -> None:
    one = stage.one
    for dialect in PATHS:
        headers = {"authorization": f"Bearer {OWN}", "esa_aigw_auth": f"Bearer {one.gateway.home.token()}"}
        assert (await post(one, dialect, "login/claude-sonnet-4-5", headers)).status_code == 200
        sent = stage.upstream.requests[-1]
        assert sent.header(b"authorization") == f"Bearer {OWN}".encode()
        assert "aigwdev-" not in sent_texts(sent)
        assert KEYS["FIRST"] not in sent_texts(sent)
    assert OWN.encode() not in kept(one)


@pytest.mark.parametrize("dialect", PATHS)
async def test_passthrough_never_sends_a_token_of_ours_or_a_stored_key(stage: Stage, dialect: str) -> None:
    one = stage.one
    held = KEYS["FIRST"]
    for secret in (one.gateway.home.token(), one.gateway.home.admin_token(), held):
        for headers in shown(secret):
            for provider in ("login", "other"):
                answer = await post(one, dialect, f"{provider}/{MODELS['claude']}", headers)
                assert answer.status_code == 401, (headers.keys(), answer.text)
    assert stage.upstream.requests == []


async def test_a_login_does_not_travel_on_to_the_next_target(stage: Stage) -> None:
    one = stage.one
    headers = {"x-api-key": OWN, "esa_aigw_auth": f"Bearer {one.gateway.home.token()}"}
    for dialect in PATHS:
        for route in ("after", "before"):
            stage.upstream.requests.clear()
            stage.upstream.enqueue([reply(b"busy", status=503)])
            assert (await post(one, dialect, f"dynamic/{route}", headers)).status_code == 200
            first, second = stage.upstream.requests
            to_login, to_stored = (first, second) if route == "after" else (second, first)
            assert to_login.header(b"x-api-key") == OWN.encode()
            assert KEYS["FIRST"] not in sent_texts(to_login)
            assert to_stored.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()
            assert OWN not in sent_texts(to_stored)


EVIL: Final = "x\r\nx-evil: 1\r\n\r\nboo\x00\x7f\u20ac"


@pytest.mark.parametrize("dialect", PATHS)
async def test_no_word_of_a_caller_tears_a_header(stage: Stage, dialect: str) -> None:
    one = stage.one
    extra: dict[str, Any] = {EVIL: 1, "tools": [{"type": EVIL}, {"type": "function", "name": EVIL}]}
    for provider in FOREIGN[dialect]:
        added: tuple[dict[str, Any], ...] = ({EVIL: 1}, extra)
        for more in added:
            answer = await post(one, dialect, f"{provider}/{MODELS[provider]}", one.token(), more=more)
            check_headers(answer)
    if dialect != GEMINI:
        check_headers(await post(one, dialect, f"up/{EVIL}", one.token()))
    for request in stage.upstream.requests:
        assert request.header(b"x-evil") == b""


def check_headers(answer: httpx.Response) -> None:
    for name, value in answer.headers.raw:
        assert name.isascii()
        assert all(0x20 <= byte < 0x7F for byte in value), (name, value)
    assert len(answer.headers.get("x-aigw-translation", "")) <= 1024


async def test_no_word_of_a_provider_tears_a_header(stage: Stage) -> None:
    body = json.loads(
        json.dumps(
            {"id": EVIL, "model": EVIL, "choices": [{"message": {"content": EVIL}, "finish_reason": EVIL}]}
        )
    )
    for caller in (RESPONSES, ANTHROPIC, GEMINI):
        stage.upstream.enqueue([json_reply(body)])
        answer = await post(stage.one, caller, "up/m", stage.one.token())
        assert answer.status_code == 200
        check_headers(answer)


def test_the_upstream_would_see_a_torn_header() -> None:
    with ScriptedUpstream([json_reply({})]) as upstream:
        httpx.get(upstream.url, headers={"x-evil": "1"})
        assert upstream.requests[0].header(b"x-evil") == b"1"
