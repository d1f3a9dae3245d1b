"""The admin API's client: what the command line and the TUI use to talk to a running gateway.

One class, synchronous; screens call it from worker threads. Answers are plain JSON values in the shapes that
`/admin/openapi.json` describes; errors leave as `AdminError` with the gateway's own code and message.
"""

from collections.abc import Mapping
from typing import Any

from aigw_dev.admin_api.choices import ChoiceCalls
from aigw_dev.admin_api.faults import FaultCalls
from aigw_dev.admin_api.intent import IntentCalls
from aigw_dev.admin_api.log import LogCalls
from aigw_dev.admin_api.promoting import PromotingCalls
from aigw_dev.admin_api.sending import BASE, AdminError, segment

__all__ = ["BASE", "AdminClient", "AdminError"]


class AdminClient(LogCalls, IntentCalls, ChoiceCalls, FaultCalls, PromotingCalls):
    """A connection to one gateway's admin API. Use as a context manager, or call `close`."""

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

    # providers, keys

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
        self,
        name: str,
        value: str,
        *,
        provider: str,
        origins: list[str] | None = None,
        place: str = "keyring",
    ) -> dict[str, Any]:
        """Store a key in the `keyring` or the `encrypted` file; the answer holds its fingerprint, never the value."""
        body = {"value": value, "provider": provider, "origins": origins or [], "place": place}
        return self._call("PUT", f"/keys/{segment(name)}", json=body)

    def rotate_key(self, name: str, value: str) -> dict[str, Any]:
        """Put another value in a key's place; the old one is still known for a day."""
        return self._post(f"/keys/{segment(name)}/rotate", {"value": value})

    def remove_key(self, name: str) -> dict[str, Any]:
        """Delete a key from where it is kept."""
        return self._call("DELETE", f"/keys/{segment(name)}")

    def issue(self, *, kind: str, name: str, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A new credential for a run; the token is in the answer and nowhere else."""
        return self._post("/credentials", {"kind": kind, "name": name, "metadata": dict(metadata or {})})

    def revoke(self, identifier: str) -> dict[str, Any]:
        """End a credential: calls with it are 401 from now on."""
        return self._call("DELETE", f"/credentials/{segment(identifier)}")

    def audit(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """Who changed what, newest first."""
        return self._get("/audit", {"limit": limit})["audit"]
