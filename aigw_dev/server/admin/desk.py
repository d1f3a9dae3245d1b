"""What the admin handlers share: the gateway they serve, and how a refusal becomes an answer."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NoReturn, ParamSpec, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from aigw_dev.core.errors import CODES, GatewayError, Refusal
from aigw_dev.server.gateway import Gateway

T = TypeVar("T")
P = ParamSpec("P")
Answer = Response[dict[str, Any]]
"""An answer that is JSON already."""
_READERS: Final = 2
"""Reads of the log at a time: they wait for each other anyway, and the threads are everybody's."""


class Desk:
    """One per application: the gateway, and a reader of its log."""

    def __init__(self, gateway: Gateway) -> None:
        """The reader opens the log when it is first asked."""
        self.gateway: Final = gateway
        self.logs: Final = gateway.residence.reader()
        self._reading: Final = asyncio.Semaphore(_READERS)

    async def read(self, ask: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What `ask` says of the log, in a thread; calls beyond a few wait their turn without one."""
        async with self._reading:
            return await asyncio.to_thread(ask, *args, **named)

    async def answer(self, ask: Callable[P, object], *args: P.args, **named: P.kwargs) -> Answer:
        """The same as the answer, made JSON in the thread: a long one would hold up every stream of the event loop."""
        return answered(await self.read(_encoded, partial(ask, *args, **named)))

    def audit(self, action: str, detail: str = "") -> None:
        """Write down what an admin call changed. Blocking."""
        self.gateway.state.audit(
            action, at=time.time(), actor="admin", origin="admin", detail={"detail": detail} if detail else {}
        )


def answered(content: bytes) -> Answer:
    """The answer that consists of this JSON."""
    # Litestar sends bytes as they are; the type is what its description of the API says of them.
    return Response(cast("dict[str, Any]", content), media_type="application/json")


def _encoded(ask: Callable[[], object]) -> bytes:
    return msgspec.json.encode(granted(ask()))


class AdminRefusal(HTTPException):
    """An answer with a code of `CODES`."""

    def __init__(self, refusal: Refusal, *, hint: str = "") -> None:
        """Status and message are the refusal's."""
        status = refusal.status or CODES[refusal.code].status or 400
        super().__init__(detail=refusal.message, status_code=status)
        self.code = refusal.code
        self.hint = hint


def refuse(code: str, message: str, *, status: int = 0, hint: str = "") -> NoReturn:
    """Answer with an error."""
    raise AdminRefusal(Refusal(code=code, message=message, status=status), hint=hint)


def granted(value: T | Refusal) -> T:
    """The value, or the refusal as the answer."""
    if isinstance(value, Refusal):
        raise AdminRefusal(value)
    return value


def error_body(code: str, message: str, hint: str = "", detail: str = "") -> dict[str, Any]:
    """The one shape of the admin API's errors; `detail` is there where there is something to look at."""
    told = {
        "code": code,
        "message": message,
        "hint": hint or CODES[code].remedy if code in CODES else hint,
    }
    return {"error": told | ({"detail": detail} if detail else {})}


def on_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Litestar's own refusals (no such path, a body that does not fit) and ours, in the one shape."""
    code = getattr(error, "code", "invalid_request" if error.status_code < 500 else "internal_error")  # noqa: PLR2004  -- HTTP
    extra = getattr(error, "extra", None)
    message = f"{error.detail} {msgspec.json.encode(extra).decode()}" if extra else error.detail
    return Response(error_body(code, message, getattr(error, "hint", "")), status_code=error.status_code)


def on_gateway(_: Request[Any, Any, Any], error: GatewayError) -> Response[dict[str, Any]]:
    """What the gateway's rooms raise: a config that changed meanwhile, a keyring that does not answer."""
    known = CODES.get(error.code)
    status = known.status if known and known.status else 409 if error.code == "config_changed" else 400
    body = error_body(error.code, error.message, error.hint, error.detail)
    return Response(body, status_code=status)


def on_fault(desk: Desk) -> Callable[[Request[Any, Any, Any], Exception], Response[dict[str, Any]]]:
    """What nobody foresaw: reported with its trace, answered without it."""

    def handler(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
        desk.gateway.report(error)
        text = f"the gateway has a fault: {type(error).__name__}"
        return Response(error_body("internal_error", text), status_code=500)

    return handler
