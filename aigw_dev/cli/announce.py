"""Telling running gateways what a command changed beside them, and writing it into the audit.

Keys, trust and tokens belong to the home and not to one gateway: every gateway of the home is told.
"""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aigw_dev.cli import output
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError
from aigw_dev.secrets.running import list_running

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place
    from aigw_dev.client import AdminClient


def announce(place: "Place", what: str, *, action: str, subject: str, token: str = "") -> int:
    """Have every gateway of this home read `what` again (`keys`, `trust`, `tokens`); how many did.

    `action` and `subject` (`key.added`, a key's name) go into the audit: the running gateways', else that of this
    config's own gateway. `token` is the admin token they know, where it was just replaced. One that does not answer is said and ends nothing: it reads everything at its next start.
    """
    told = 0
    for client in _clients(place, token or place.home.admin_token()):
        with client:
            try:
                client.reload(what, action=action, subject=subject)
                told += 1
            except GatewayError as error:
                output.note(
                    f"warning: the gateway at {client.url} was not told: {harmless.line(error.message)}; "
                    "stop it and start it again"
                )
    if not told:
        write_audit(place, action, subject)
    return told


def write_audit(place: "Place", action: str, subject: str) -> None:
    """Write a line into the audit of this config's gateway, which does not run; nothing where it never ran."""
    from aigw_dev.store.state import StateStore

    folder = place.folder
    if folder is None or not (folder / "state.db").exists():
        return
    store = StateStore(folder / "state.db")
    with contextlib.suppress(GatewayError):
        store.audit(action, subject, at=time.time(), actor="cli", origin="cli")
    store.close()


def _clients(place: "Place", token: str) -> Iterator["AdminClient"]:
    from aigw_dev.cli.place import URL_VARIABLE
    from aigw_dev.client import AdminClient

    named = place.env.get(URL_VARIABLE, "").strip().rstrip("/")
    urls: list[str] = [named] if named else []
    urls += [one.url for one in list_running(place.home) if one.url != named]
    for url in urls:
        yield AdminClient(url, token)
