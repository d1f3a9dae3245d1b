"""Access tokens for keys that are Google credentials: asked for when first needed, kept until shortly before they end."""

import asyncio
import time
from hashlib import sha256
from typing import Final

import msgspec

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.providers import google_tokens
from aigw_dev.server.call import Call, Sender
from aigw_dev.server.keys import ReadyKey

EARLY_S: Final = 120.0
"""A token is not used for its last seconds: the call that carries it takes time too."""
_LIMIT_BYTES: Final = 64 * 1024
_TIMEOUT_S: Final = 20.0


class _Kept(msgspec.Struct, frozen=True):
    value: bytes
    until_s: float
    """On the monotonic clock."""


class GoogleKeys:
    """Turns stored credentials into tokens. Used from the event loop only."""

    def __init__(self, sender: Sender) -> None:
        """`sender` reaches Google."""
        self._sender = sender
        self._kept: dict[bytes, _Kept] = {}
        self._asking: dict[bytes, asyncio.Lock] = {}

    async def ready(self, key: ReadyKey) -> ReadyKey | Refusal:
        """A key that can be sent as Bearer: itself, where it is no Google credential; else a token for it."""
        if not key.value.lstrip().startswith(b"{"):
            return key
        digest = sha256(key.value).digest()
        kept = self._kept.get(digest)
        if kept is None or kept.until_s < time.monotonic():
            async with self._asking.setdefault(digest, asyncio.Lock()):
                kept = self._kept.get(digest)
                if kept is None or kept.until_s < time.monotonic():
                    asked = await self._ask(key)
                    if isinstance(asked, Refusal):
                        return asked
                    kept = self._kept[digest] = asked
        return ReadyKey(name=key.name, value=kept.value)

    async def _ask(self, key: ReadyKey) -> _Kept | Refusal:
        credentials = google_tokens.read_credentials(key.value.decode("utf-8", "replace"))
        if credentials is None:
            return Refusal(code="key_unreadable", message=f"key {key.name} looks like JSON and is none")
        if isinstance(credentials, Refusal):
            return credentials
        # Signing takes milliseconds: not on the event loop.
        request = await asyncio.to_thread(google_tokens.token_request, credentials, now_s=int(time.time()))
        if isinstance(request, Refusal):
            return request
        headers = [(name.encode(), value.encode()) for name, value in request.headers]
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                reply = await self._sender.send(
                    Call(method="POST", url=request.url, headers=headers, body=request.body)
                )
                try:
                    body = await reply.read(_LIMIT_BYTES)
                finally:
                    reply.cancel()
        except (UpstreamError, TimeoutError) as error:
            return Refusal(
                code="upstream_failed",
                message=f"Google's token service was not reached for key {key.name}: {error}",
            )
        token = google_tokens.read_token_reply(reply.status, body)
        if isinstance(token, Refusal):
            return token
        lifetime_s = max(token.expires_in_s - EARLY_S, 1.0)
        return _Kept(token.value.encode(), time.monotonic() + lifetime_s)
