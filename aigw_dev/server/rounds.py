"""What a gateway does by itself now and then: look at its config file, write down when keys were used last."""

import asyncio
import logging
from typing import Final, Protocol

from aigw_dev.config_file.watch import Watcher
from aigw_dev.core.errors import SecretError
from aigw_dev.core.problem import Problem
from aigw_dev.secrets.vault import Vault
from aigw_dev.server.changes import Changes
from aigw_dev.server.recorder import Recorder
from aigw_dev.server.residence import Residence
from aigw_dev.server.sources import ConfigSource

WATCH_S: Final = 0.5
"""How often the config file is looked at: one `stat` a time."""
TOUCH_S: Final = 30.0
"""How often the last use of keys is written down."""

log: Final = logging.getLogger("aigw_dev.gateway")


class Kept(Protocol):
    """The gateway, as far as this room knows it."""

    source: ConfigSource

    @property
    def residence(self) -> Residence:
        """Where it lives."""
        ...

    @property
    def changes(self) -> Changes:
        """How it is changed."""
        ...

    @property
    def recorder(self) -> Recorder:
        """What it logs."""
        ...

    @property
    def vault(self) -> Vault:
        """Its keys."""
        ...

    async def reread(self) -> list[Problem]:
        """Read the file again and put it in force if it is good."""
        ...

    def report(self, error: BaseException) -> None:
        """Write down a fault."""
        ...


async def watch_config(gateway: Kept) -> None:
    """Apply the config when its file changes; become the gateway of a file that is made where there was none."""
    path = gateway.source.path
    watcher = Watcher.of_config(path) if path is not None else None
    is_first = True  # it may have changed between being read and being watched
    while True:
        await asyncio.sleep(WATCH_S)
        try:
            if gateway.source.path is None and gateway.residence.is_claimed:
                await gateway.changes.adopt()
            if path != gateway.source.path and gateway.source.path is not None:
                path = gateway.source.path
                watcher = Watcher.of_config(path)
                is_first = True
            if watcher is not None and (watcher.poll() or is_first):
                is_first = False
                await gateway.reread()
        except Exception as error:  # noqa: BLE001  -- the root of a task: one bad look must not end the watch
            gateway.report(error)


async def keep_books(gateway: Kept) -> None:
    """Write down now and then when keys were used last."""
    while True:
        await asyncio.sleep(TOUCH_S)
        try:
            await touch_keys(gateway)
        except Exception as error:  # noqa: BLE001  -- the root of a task
            gateway.report(error)


async def touch_keys(gateway: Kept) -> None:
    """Write down when keys were used last."""
    used = gateway.recorder.take_used_keys()
    if used:
        try:
            await asyncio.to_thread(gateway.vault.touch, used)
        except SecretError as error:
            log.warning("the last use of keys was not written down: %s", error.message)
