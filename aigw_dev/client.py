"""The admin API's client: what the command line and the TUI use to talk to a running gateway.

One class, synchronous; screens call it from worker threads. Answers are plain JSON values in the shapes that
`/admin/openapi.json` describes; errors leave as `AdminError` with the gateway's own code and message.
"""

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

import msgspec

from aigw_dev.core.errors import GatewayError
from aigw_dev.core.streams.sse import Decoder

if TYPE_CHECKING:
    import httpx

BASE: Final = "/admin/v1"
_TIMEOUT_S: Final = 75.0
"""Longer than the longest thing a person may be asked for (a keyring's prompt: 60 s)."""

Query = Mapping[str, str | int | float | bool | None]


class AdminError(GatewayError):
    """The gateway refused, or did not answer; `status` is the HTTP status, 0 when there was no answer."""

    code = "gateway_unreachable"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", status: int = 0) -> None:
        """As `GatewayError`, with the reply's status."""
        super().__init__(message, code=code, hint=hint)
        self.status = status


class AdminClient:
    """A connection to one gateway's admin API. Use as a context manager, or call `close`."""

    def __init__(self, url: str, token: str, *, transport: "httpx.BaseTransport | None" = None) -> None:
        """`url` is the gateway's base address; `transport` stands in for the network in tests."""
        import httpx

        self.url: Final = url.rstrip("/")
        self._http: Final = httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}", "accept-encoding": "identity"},
            timeout=_TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    # the gateway

    def status(self) -> dict[str, Any]:
        """Who this gateway is, what is in force, what is logged, and every problem it knows of."""
        return self._get("/status")

    def stop(self) -> dict[str, Any]:
        """Ask the gateway to drain and end; answers before it does."""
        return self._post("/stop")

    def reload(self, what: str, *, action: str = "", subject: str = "") -> dict[str, Any]:
        """Read again what a command changed beside the gateway: `keys`, `trust`, `tokens` or `config`.

        `action` and `subject` (`key.added`, a key's name) go into the audit.
        """
        return self._post("/reload", {"what": what, "action": action, "subject": subject})

    def pause(self, *, is_paused: bool) -> dict[str, Any]:
        """Stop or resume the recording of bodies, until the gateway ends."""
        return self._post("/logging", {"paused": is_paused})

    # config and deployments

    def config(self) -> dict[str, Any]:
        """The config's text, digest, path, problems and the effective values."""
        return self._get("/config")

    def put_config(self, text: str, *, digest: str, note: str = "", is_draft: bool = False) -> dict[str, Any]:
        """Write a new config against the digest it was made from, and apply it (or keep it as the draft)."""
        path = "/draft" if is_draft else "/config"
        return self._call("PUT", path, json={"text": text, "note": note}, headers={"if-match": f'"{digest}"'})

    def validate(self, text: str) -> list[dict[str, Any]]:
        """What is wrong with a config; nothing is applied."""
        return self._post("/config/validate", {"text": text})["problems"]

    def draft(self) -> dict[str, Any] | None:
        """The draft and its difference from what is live, or None."""
        return self._get("/draft")["draft"]

    def drop_draft(self) -> dict[str, Any]:
        """Throw the draft away."""
        return self._call("DELETE", "/draft")

    def deploy(self, *, note: str = "") -> dict[str, Any]:
        """Put the draft, or a file that waits under `deploy: manual`, in force."""
        return self._post("/deploy", {"note": note})

    def deployments(self, *, limit: int = 50) -> list[dict[str, Any]]:
        """What was in force, newest first, without the texts."""
        return self._get("/deployments", {"limit": limit})["deployments"]

    def deployment(self, number: int) -> dict[str, Any]:
        """One deployment with its text."""
        return self._get(f"/deployments/{number}")

    def rollback(self, number: int, *, note: str = "") -> dict[str, Any]:
        """Write an earlier deployment's text back, as a new deployment."""
        return self._post("/rollback", {"number": number, "note": note})

    # routes, providers, keys

    def routes(self) -> list[dict[str, Any]]:
        """Every route with its description, the names it claims and its flow."""
        return self._get("/routes")["routes"]

    def explain(self, route: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What a route would decide for `request` (metadata, headers, body ...); nothing is sent."""
        return self._post(f"/routes/{quote(route, safe='')}/explain", request)

    def providers(self) -> list[dict[str, Any]]:
        """Every provider: kind, address, key in force, models, whether it can be used and why not."""
        return self._get("/providers")["providers"]

    def check(self, names: list[str] | None = None) -> list[dict[str, Any]]:
        """Ask providers whether they answer, without spending."""
        return self._post("/providers/check", {"names": names or []})["checks"]

    def fetch_models(self, names: list[str] | None = None) -> list[dict[str, Any]]:
        """Ask providers for their model lists, and keep them."""
        return self._post("/providers/models", {"names": names or []})["lists"]

    def keys(self) -> list[dict[str, Any]]:
        """Every key by name, without its value."""
        return self._get("/keys")["keys"]

    def put_key(
        self, name: str, value: str, *, provider: str, origins: list[str] | None = None
    ) -> dict[str, Any]:
        """Store a key; the answer holds its fingerprint, never the value."""
        body = {"value": value, "provider": provider, "origins": origins or []}
        return self._call("PUT", f"/keys/{quote(name, safe='')}", json=body)

    def remove_key(self, name: str) -> dict[str, Any]:
        """Delete a key from where it is kept."""
        return self._call("DELETE", f"/keys/{quote(name, safe='')}")

    def issue(self, *, kind: str, name: str, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A new credential for a run; the token is in the answer and nowhere else."""
        return self._post("/credentials", {"kind": kind, "name": name, "metadata": dict(metadata or {})})

    def revoke(self, identifier: str) -> dict[str, Any]:
        """End a credential: calls with it are 401 from now on."""
        return self._call("DELETE", f"/credentials/{quote(identifier, safe='')}")

    # exchanges

    def exchanges(self, *, query: str = "", before: int | None = None, limit: int = 50) -> dict[str, Any]:
        """A page of exchanges, newest first."""
        return self._get("/exchanges", {"q": query, "before": before, "limit": limit})

    def exchange(self, name: str) -> dict[str, Any]:
        """One exchange whole, by id, unique prefix, `last` or `-2`."""
        return self._get(f"/exchanges/{quote(name, safe='')}")

    def purge(self, query: str) -> dict[str, Any]:
        """Delete the exchanges that a filter names."""
        return self._post("/exchanges/purge", {"q": query})

    def stats(self, *, since: str, until: str, by: list[str], query: str = "") -> dict[str, Any]:
        """Sums over an interval, grouped, of what passes the filter."""
        return self._get("/stats", {"since": since, "until": until, "by": ",".join(by), "q": query})

    def audit(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """Who changed what, newest first."""
        return self._get("/audit", {"limit": limit})["audit"]

    def live(self, *, query: str = "", on_open: Callable[[], None] | None = None) -> Iterator[dict[str, Any]]:
        """Exchanges as they end, until the gateway goes or the iterator is closed.

        `on_open` is called once, when the gateway has begun to watch: what ends after that comes.
        """
        import httpx

        try:
            with self._http.stream(
                "GET",
                f"{BASE}/exchanges/live",
                params={"q": query},
                timeout=httpx.Timeout(_TIMEOUT_S, read=None),
            ) as reply:
                if reply.status_code >= 400:  # noqa: PLR2004  -- HTTP
                    reply.read()
                    raise _error(reply.status_code, reply.content)
                decoder = Decoder()
                for chunk in reply.iter_raw():
                    if on_open is not None:
                        on_open()
                        on_open = None
                    for event in decoder.feed(chunk):
                        if not event.is_comment:
                            yield msgspec.json.decode(event.data)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    # sending

    def _get(self, path: str, query: Query | None = None) -> Any:
        return self._call("GET", path, params=query)

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._call("POST", path, json=body or {})

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        import httpx

        kept = {key: value for key, value in (params or {}).items() if value is not None}
        try:
            reply = self._http.request(method, f"{BASE}{path}", params=kept, json=json, headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if reply.status_code >= 400:  # noqa: PLR2004  -- HTTP
            raise _error(reply.status_code, reply.content)
        return msgspec.json.decode(reply.content)

    def _unreachable(self, error: Exception) -> AdminError:
        return AdminError(
            f"the gateway at {self.url} does not answer ({type(error).__name__})",
            hint="`aigw-dev status --all` shows which gateways run; `aigw-dev up` starts one",
        )


def _error(status: int, body: bytes) -> AdminError:
    """The gateway's own words, where they are there."""
    try:
        told = msgspec.json.decode(body)["error"]
        return AdminError(told["message"], code=told.get("code"), hint=told.get("hint", ""), status=status)
    except (msgspec.DecodeError, KeyError, TypeError):
        text = body[:200].decode("utf-8", "replace")
        return AdminError(f"the gateway answered {status}: {text}", code="internal_error", status=status)
