"""A service account becomes a token once, and again when the token ends; plain keys pass as they are."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.server.call import Call, Reply
from aigw_dev.server.embedded import EmbeddedReply
from aigw_dev.server.google_keys import EARLY_S, GoogleKeys
from aigw_dev.server.keys import ReadyKey

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def account() -> ReadyKey:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fields = {"type": "service_account", "client_email": "a@b.iam", "private_key": pem.decode()}
    return ReadyKey(name="vertex-api-key", value=json.dumps(fields).encode())


class Google:
    """Gives a token a call; `status` and `life_s` as told."""

    def __init__(self, *, status: int = 200, life_s: int = 3600) -> None:
        self.calls: list[Call] = []
        self.status = status
        self.life_s = life_s

    async def send(self, call: Call) -> Reply:
        self.calls.append(call)
        await asyncio.sleep(0)
        if self.status == 0:
            raise UpstreamError("nobody there", code="connect_failed", is_sent=False)
        body = {"access_token": f"t{len(self.calls)}", "expires_in": self.life_s}
        said = (
            body if self.status == 200 else {"error": "invalid_grant", "error_description": "no such account"}
        )
        return EmbeddedReply(self.status, [], [json.dumps(said).encode()])

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_plain_key_passes_as_it_is() -> None:
    google = Google()
    key = ReadyKey(name="k", value=b"ya29.token")
    assert await GoogleKeys(google).ready(key) is key
    assert google.calls == []


async def test_a_token_is_asked_for_once_however_many_want_it(account: ReadyKey) -> None:
    google = Google()
    keys = GoogleKeys(google)
    found = await asyncio.gather(*(keys.ready(account) for _ in range(5)))
    assert {one.value for one in found if isinstance(one, ReadyKey)} == {b"t1"}
    assert len(google.calls) == 1
    assert google.calls[0].url == "https://oauth2.googleapis.com/token"
    assert b"jwt-bearer" in (google.calls[0].body if isinstance(google.calls[0].body, bytes) else b"")
    assert "t1" not in repr(found)


async def test_a_token_that_ends_is_asked_for_anew(account: ReadyKey) -> None:
    google = Google(life_s=int(EARLY_S) - 10)
    keys = GoogleKeys(google)
    await keys.ready(account)
    assert google.calls
    first = len(google.calls)
    async with asyncio.timeout(5):
        while len(google.calls) == first:
            await keys.ready(account)
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "key_unreadable"), (503, "upstream_failed"), (0, "upstream_failed")]
)
async def test_why_there_is_no_token_is_said(account: ReadyKey, status: int, code: str) -> None:
    refusal = await GoogleKeys(Google(status=status)).ready(account)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert b"PRIVATE" not in refusal.message.encode()


async def test_json_that_is_no_credential_is_refused_and_sent_nowhere() -> None:
    google = Google()
    refusal = await GoogleKeys(google).ready(ReadyKey(name="k", value=b'{"type":"external_account"}'))
    assert isinstance(refusal, Refusal)
    assert google.calls == []


async def test_a_reply_that_is_not_read_to_its_end_is_let_go_of(account: ReadyKey) -> None:
    class Endless(EmbeddedReply):
        is_let_go = False

        async def read(self, limit: int) -> bytes:
            raise UpstreamError(f"more than {limit}", code="upstream_protocol")

        def cancel(self) -> None:
            self.is_let_go = True

    class Chatty(Google):
        reply = Endless(200, [], [])

        async def send(self, call: Call) -> Reply:
            return self.reply

    google = Chatty()
    assert isinstance(await GoogleKeys(google).ready(account), Refusal)
    assert google.reply.is_let_go
