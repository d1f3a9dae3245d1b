"""Where a gateway lives: its folder, the claim on it, and what is open in it. Moves when its config gets a path.

A gateway is its config's path. One that began on the built-in default has the default's folder; its first save makes a
file, and from then on commands look for the gateway of that file. So the folder moves, log and history with it, and
`running.json` names the file. Calls go on meanwhile: what they log and write waits until the files are open again.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aigw_dev.core.errors import GatewayError, SecretError
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.running import Claim, RunningInfo, require_unserved
from aigw_dev.store.reader import LogReader
from aigw_dev.store.state import StateStore
from aigw_dev.store.writer import LogWriter

LOG: Final = "log.db"
STATE: Final = "state.db"


class Residence:
    """The folder of one gateway. Blocking methods are called in threads, one at a time."""

    def __init__(self, folder: Path, *, home: Home, state: StateStore, writer: LogWriter) -> None:
        """`state` and `writer` have their files in `folder`."""
        self.folder = folder
        self._home: Final = home
        self._state: Final = state
        self._writer: Final = writer
        self._readers: list[LogReader] = []
        self._claim: Claim | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether others can find this gateway; a temporary one cannot be found and stays where it is."""
        return self._claim is not None

    def publish(self, claim: Claim, info: RunningInfo) -> None:
        """Tell others where this gateway answers. Raises `SecretError` where that cannot be written down."""
        self._claim = claim
        claim.publish(info)

    def reader(self) -> LogReader:
        """A reader of the log that follows it when it moves."""
        reader = LogReader(self.folder / LOG)
        self._readers.append(reader)
        return reader

    def move(self, config_path: Path, name: str) -> str:
        """Become the gateway of `config_path`. Blocking. Why that did not work, in words; empty where it did."""
        claim = self._claim
        if claim is None:
            return ""
        try:
            folder = self._home.new_gateway_dir(config_path, name)
            if folder != self.folder:
                self._move_open_files(folder, lambda: claim.move(self._room(folder, config_path)))
            claim.announce(config_path=str(config_path), name=name)
        except (GatewayError, OSError) as error:
            reason = error.message if isinstance(error, GatewayError) else error.strerror or str(error)
            return (
                f"commands do not find this gateway by {config_path} before `aigw-dev down` and `aigw-dev up`: "
                f"{reason}"
            )
        return ""

    def _room(self, folder: Path, config_path: Path) -> Path:
        """The new folder's place; an older one of this config, by whatever name, is in the way and gets that name.

        Not one that another process serves: it goes on working where it is.
        """
        older = self._home.find_gateway_dir(config_path)
        if older is not None and older != folder:
            require_unserved(older)
            try:
                older.rename(folder)
            except OSError as error:
                raise SecretError(f"{older} is in the way: {error.strerror}", code="home_unusable") from error
        return folder

    def _move_open_files(self, folder: Path, act: Callable[[], None]) -> None:
        """Nobody opens a file of the folder from the moment it is closed until it is where it belongs."""

        def held(reader: LogReader, then: Callable[[], None]) -> Callable[[], None]:
            return lambda: reader.move(folder / LOG, then)

        for reader in self._readers:
            act = held(reader, act)
        move_log = act
        self._state.move(folder / STATE, lambda: self._writer.move(folder / LOG, move_log))
        self.folder = folder
