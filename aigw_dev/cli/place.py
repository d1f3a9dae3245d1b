"""Which gateway a command talks to: the one of the config it would discover itself, or `AIGW_DEV_URL` (CONTRACT 1).

Where it runs, commands ask its admin API; where none runs they work on the files.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.secrets.home import Home, find_home
from aigw_dev.secrets.running import RunningInfo, list_running, read_running

if TYPE_CHECKING:
    from aigw_dev.client import AdminClient
    from aigw_dev.secrets.vault import Vault
    from aigw_dev.server.sources import ConfigSource, Reading

URL_VARIABLE: Final = "AIGW_DEV_URL"


class Place:
    """Where a command was called: its config, its home, its gateway."""

    def __init__(self, context: Context) -> None:
        """Reads nothing yet."""
        self.context: Final = context
        self.env: Final = context.environ

    @cached_property
    def home(self) -> Home:
        """The state directory."""
        return Home(find_home(self.context.home_option, self.env), env=self.env)

    @cached_property
    def source(self) -> "ConfigSource":
        """The config that is discovered from here."""
        from aigw_dev.config_file.discover import discover
        from aigw_dev.server.sources import ConfigSource

        found = discover(
            explicit=self.context.config_option,
            env=self.env,
            cwd=Path.cwd(),
            home=Path.home(),
            user_config_dir=self.context.user_config_dir(),
        )
        return ConfigSource(found, home=self.home, env=self.env)

    @cached_property
    def reading(self) -> "Reading":
        """The config as it is on disk, which may have errors."""
        return self.source.read()

    @cached_property
    def vault(self) -> "Vault":
        """The keys of this home."""
        from aigw_dev.secrets.vault import Vault

        return Vault(self.home, env=self.env, ask_passphrase=_ask_passphrase)

    @property
    def folder(self) -> Path | None:
        """The gateway's folder, if it has ever run."""
        return self.home.find_gateway_dir(self.source.path)

    def running(self) -> RunningInfo | None:
        """The process that serves this config, if one does."""
        folder = self.folder
        return read_running(folder) if folder is not None else None

    def client(self) -> "AdminClient | None":
        """The admin API of the gateway at `AIGW_DEV_URL`, else of this config's; None where none runs."""
        from aigw_dev.client import AdminClient

        url = self.env.get(URL_VARIABLE, "").strip()
        if url:
            return AdminClient(url, self.home.admin_token())
        running = self.running()
        return AdminClient(running.url, self.home.admin_token()) if running is not None else None

    def need_client(self) -> "AdminClient":
        """The same; where none runs, an error that names those that do."""
        client = self.client()
        if client is not None:
            return client
        others = list_running(self.home)
        config = self.source.path or "the built-in default"
        if others:
            listed = "; ".join(
                f"{one.name} at {one.url} ({one.config_path or 'built-in default'})" for one in others
            )
            raise CommandError(
                f"No gateway serves {config}. Running: {listed}.",
                hint=f"Name one with --config, or set {URL_VARIABLE}; `aigw-dev up` starts this one.",
                code="gateway_not_running",
            )
        raise CommandError(
            f"No gateway serves {config}.", hint="`aigw-dev up` starts it.", code="gateway_not_running"
        )

    def base_url(self) -> str | None:
        """Where the gateway answers, if one runs."""
        url = self.env.get(URL_VARIABLE, "").strip().rstrip("/")
        if url:
            return url
        running = self.running()
        return running.url if running is not None else None

    def log_path(self) -> Path | None:
        """The log of this config's gateway, if there is one."""
        return self.folder / "log.db" if self.folder is not None else None


def _ask_passphrase() -> str | None:
    import getpass
    import sys

    if not sys.stdin.isatty():
        raise CommandError(
            "The encrypted key file wants its passphrase and there is no terminal to ask on.",
            hint="Set AIGW_DEV_PASSPHRASE_FILE to a file that holds it.",
        )
    return getpass.getpass("Passphrase of the encrypted key file: ")
