"""Operations that a provider offers in a form of its own: what must be asked of it so that the caller gets the usual one.

An adapter is a generator without I/O: it yields what to ask and what to wait for, is sent the answers, and returns what
the caller gets. The server's attempts drive it. One adapter serves one operation of one kind of provider; the catalogue
(`Kind.adapters`) names it by module and operation.

    def rerank(asked: Asked) -> Adapter:
        answer = yield Ask(method="POST", path="/services/rerank/...", body=...)
        if answer.status >= 400: return refused(answer)
        return Given(status=200, body=...)
"""

import importlib
from collections.abc import Generator
from typing import Final, Protocol, cast

import msgspec

from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger

JSON_HEADERS: Final = (("content-type", "application/json"),)


class Asked(msgspec.Struct, kw_only=True):
    """What the caller wants."""

    operation: str
    """`openai.images.generations`."""
    model: str
    """The provider's name of the model."""
    body: RequestBody | None = None
    """The caller's JSON; None for an upload, whose fields stand in `fields`."""
    fields: dict[str, str] = {}
    """Text fields of a multipart form."""
    files: dict[str, bytes] = {}
    """Small files of a multipart form by field name; an adapter that needs one reads it here."""
    resource_id: str = ""
    """What the path's `{id}` stands for, as an earlier reply of the same adapter named it; empty else."""
    method: str = "POST"
    """The caller's: `openai.videos.item` is read with GET and deleted with DELETE."""
    ledger: Ledger
    id_seed: str = ""
    created: int = 0
    """UTC seconds."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Send this to the provider; the key is added by the server."""

    method: str = "POST"
    path: str
    """Behind the provider's own API (its `native` port), beginning with a slash, percent-encoded; may end in a query."""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = JSON_HEADERS
    limit_bytes: int = 64 * 1024 * 1024
    """The most that the answer may hold."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """Read a result from a URL that the provider's own answer names (signed storage links), without any key.

    The server reads only https URLs of hosts outside private networks, follows no redirect, and bounds the size.
    """

    url: str
    limit_bytes: int = 64 * 1024 * 1024


class Pause(msgspec.Struct, frozen=True):
    """Wait before the next step."""

    seconds: float


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for an `Ask` or a `Fetch`."""

    status: int
    content_type: str = ""
    body: bytes = b""
    headers: dict[str, str] = {}
    """Headers of the provider's that an adapter may need, by lower-case name (`x-amzn-bedrock-input-token-count`)."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller gets."""

    status: int
    body: bytes
    content_type: str = "application/json"
    usage: Usage | None = None
    """None where nothing was counted: the reply is then read as its dialect's."""
    is_error: bool = False
    """The provider's own error, with its status; `body` is what it said."""
    resource_id: str = ""
    """The id of a job that the reply names, where later calls must come back to this provider and key."""


Step = Ask | Fetch | Pause
Adapter = Generator[Step, Answer | None, Given | Refusal]


class Start(Protocol):
    """Begins an adapter."""

    def __call__(self, asked: Asked, /) -> Adapter:
        """A new run for one request; a `Refusal` returned before the first `Ask` means that nothing was sent."""
        ...


def refused(answer: Answer) -> Given:
    """The provider said no: its words go on as they are."""
    return Given(status=answer.status, body=answer.body, content_type=answer.content_type, is_error=True)


def find(module: str, operation: str) -> Start | None:
    """The adapter of an operation in a module of `core.providers` (its table `ADAPTERS`), imported when first needed."""
    table = importlib.import_module(f"aigw_dev.core.providers.{module}").ADAPTERS
    return cast("Start | None", table.get(operation))
