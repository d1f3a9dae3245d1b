"""Ending a running gateway from outside: by its admin API, else by a signal; waits until it is gone."""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aigw_dev.cli.exits import CommandError
from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.secrets.running import RunningInfo, read_running

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place

WAIT_S: Final = 45.0
"""Longer than the usual drain (30 s) and the writing of what is queued."""
_POLL_S: Final = 0.05


def stop(place: "Place", running: RunningInfo, *, wait_s: float = WAIT_S) -> None:
    """Ask a gateway to drain and end, and wait for its end; one that goes on after `wait_s` is an error."""
    try:
        with AdminClient(running.url, place.home.admin_token()) as client:
            client.stop()
    except GatewayError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + wait_s
    while read_running(Path(running.folder)) is not None:
        if time.monotonic() > deadline:
            raise CommandError(
                f"The gateway at {running.url} (process {running.pid}) still runs after {wait_s:g} s.",
                hint="Streams may be open: run `aigw-dev down` again, or end the process.",
                code="gateway_unreachable",
            )
        time.sleep(_POLL_S)
