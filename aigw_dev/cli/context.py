"""What every command is told besides its own options: `--config`, `--home`, `--json` and the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CONFIG_VARIABLE: Final = "AIGW_DEV_CONFIG"
HOME_VARIABLE: Final = "AIGW_DEV_HOME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The options every command takes after its name, and where it was called."""

    config_option: Path | None = None
    """`--config`, as given."""
    home_option: Path | None = None
    """`--home`, as given."""
    is_json: bool = False
    """Print one JSON document, or JSON lines for a stream, on stdout."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def named_config(self) -> Path | None:
        """The config named outright, by `--config` or else `AIGW_DEV_CONFIG`; None leaves it to discovery."""
        return self.config_option or _path(self.environ.get(CONFIG_VARIABLE, ""))

    def home(self) -> Path:
        """Where state lives: `--home`, else `AIGW_DEV_HOME`, else the platform's data directory. Not created here."""
        named = self.home_option or _path(self.environ.get(HOME_VARIABLE, ""))
        if named is not None:
            return named
        import platformdirs

        return platformdirs.user_data_path("aigw-dev", appauthor=False)

    def user_config_dir(self) -> Path:
        """The platform's config directory of this user. Not created here."""
        import platformdirs

        return platformdirs.user_config_path("aigw-dev", appauthor=False)


def _path(text: str) -> Path | None:
    """A path from the environment, with `~` resolved; an empty variable counts as unset."""
    return Path(text).expanduser() if text else None
