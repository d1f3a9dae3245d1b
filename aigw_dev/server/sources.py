"""Where the config comes from: found, read, checked and weighed for trust. Also what the command line uses to read it.

Blocking (files, trust.db); the gateway calls it in a thread.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.config_file.atomic import write_atomic
from aigw_dev.config_file.discover import Found
from aigw_dev.config_file.ownership import own_number, owners
from aigw_dev.config_file.read import OVERLAY_NAME, Loaded, parse_text
from aigw_dev.config_file.read import read as read_config
from aigw_dev.config_file.sensitive import Setting, hold_back, sensitive, trust_hash, untrusted_providers
from aigw_dev.config_file.template import default_text
from aigw_dev.core.config import Config, Gateway
from aigw_dev.core.default_config import default_config, rules
from aigw_dev.core.errors import Refusal, SecretError
from aigw_dev.core.problem import Problem
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.trust import Trust
from aigw_dev.secrets.vault import Vault

DEFAULT_NAME: Final = "default"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A config as it stands, weighed."""

    config: Config | None
    """None where a problem is an error."""
    problems: list[Problem]
    text: str
    """The main file; empty for the built-in default."""
    digest: str
    """Of the main file's bytes: what a write is checked against."""
    in_force_digest: str
    """Of file and overlay together."""
    tree: Any = None
    untrusted: dict[str, Refusal] = {}
    """Providers that are off until the config is trusted, with the reason."""
    held_back: list[str] = []
    """Settings that trust is asked for, each as `path = value`."""
    is_trusted: bool = True


class ConfigSource:
    """One gateway's config: a file, or the built-in default where there is none."""

    found: Found

    def __init__(self, found: Found, *, home: Home, env: Mapping[str, str]) -> None:
        """`found` as `config_file.discover` gives it."""
        self.found = found
        self._home: Final = home
        self._env: Final = env
        self._rules: Final = rules()
        self._was_there: Final = os.path.lexists(found.first_save)
        """A file that was passed over when the config was looked for stays so."""

    @property
    def path(self) -> Path | None:
        """The config file; None for the built-in default."""
        return self.found.path

    def name(self, config: Config | None) -> str:
        """The gateway's name: as configured, else the project folder's."""
        if config is not None and config.gateway.name:
            return config.gateway.name
        if self.path is None or self.found.project_root is None:
            return DEFAULT_NAME
        return self.path.parent.name or DEFAULT_NAME

    def listed(self) -> Mapping[str, Sequence[str]]:
        """Models by provider that the source itself knows of; none."""
        return {}

    def read(self) -> Reading:
        """The config as it is on disk now."""
        if self.path is None:
            return self._default()
        return self._weigh(read_config(self.path, rules=self._rules))

    def parse(self, text: str) -> Reading:
        """A text as if it stood in the file, with the overlay that lies beside the file."""
        overlay: str | None = None
        if self.path is not None:
            beside = self.path.parent / OVERLAY_NAME
            overlay = beside.read_text("utf-8") if beside.is_file() else None
        return self._weigh(parse_text(text, rules=self._rules, overlay_text=overlay))

    def first_text(self) -> str:
        """What the first save begins with: the built-in default written out, without a name of its own in a project."""
        config = self._default().config
        assert config is not None  # noqa: S101  -- the default has no errors
        if self.found.project_root is not None:
            config = msgspec.structs.replace(config, gateway=Gateway())
        return default_text(config)

    def write(self, text: str, *, expected_digest: str) -> Path:
        """Put `text` in the file's place; a first save makes the file, says where, and is trusted.

        Raises `ConfigError` (`config_changed`) where the file is not what `expected_digest` says. Trust that the
        file had is kept: the change is our own.
        """
        path = self.path or self.found.first_save
        before = self.read()
        is_first = self.path is None
        write_atomic(path, text, expected_digest=expected_digest)
        if is_first:
            self.found_at(path)
            self._trust_own(path, text)
        elif before.config is not None and before.is_trusted:
            self.trust()
        return path

    def has_appeared(self) -> bool:
        """Whether this user made a file where the first save would go, since the config was looked for."""
        path = self.found.first_save
        if self.path is not None or self._was_there or not path.is_file():
            return False
        return owners(path) <= {own_number()}

    def found_at(self, path: Path, *, why: str = "was written by the first save") -> None:
        """From now on the config is this file; one in a project is weighed for trust like any other there."""
        if self.path is None:
            self.found = msgspec.structs.replace(
                self.found,
                path=path,
                why=f"{path} {why}.",
                is_trusted_place=self.found.project_root is None,
                project_root=self.found.project_root or path.parent,
            )

    def trust(self) -> None:
        """Record that a person looked at the settings that trust is asked for."""
        if self.path is not None and not self.found.is_trusted_place:
            self._record_trust(self.path)

    def _trust_own(self, path: Path, text: str) -> None:
        """Trust what we wrote ourselves, not an overlay that lay in wait beside it."""
        config = parse_text(text, rules=self._rules, overlay_text=None).config
        if config is not None:
            Trust(self._home).record(path, trust_hash(self._held(config)))

    def _record_trust(self, path: Path) -> None:
        loaded = read_config(path, rules=self._rules)
        if loaded.config is not None:
            Trust(self._home).record(path, trust_hash(self._held(loaded.config)))

    def _default(self) -> Reading:
        recorded: set[str] = set()
        problems: list[Problem] = []
        try:
            recorded = {record.provider for record in Vault(self._home, env=self._env).records()}
        except SecretError as error:
            problems.append(Problem(path=(), message=error.message, hint=error.hint, severity="warning"))
        config = default_config(recorded, self._env)
        return Reading(config=config, problems=problems, text="", digest="", in_force_digest="")

    def _weigh(self, loaded: Loaded) -> Reading:
        reading = Reading(
            config=loaded.config,
            problems=loaded.problems,
            text=loaded.text,
            digest=loaded.digest,
            in_force_digest=loaded.combined_digest,
            tree=loaded.tree,
        )
        if self.found.is_trusted_place or loaded.config is None or self.path is None:
            return reading
        held = self._held(loaded.config)
        if not held or self._accepts(trust_hash(held)):
            return reading
        return msgspec.structs.replace(
            reading,
            config=hold_back(loaded.config),
            untrusted=_refusals(held),
            held_back=[setting.text() for setting in held],
            is_trusted=False,
        )

    def _held(self, config: Config) -> list[Setting]:
        folder = self.path.parent if self.path is not None else None
        return sensitive(config, project_root=self.found.project_root, config_dir=folder)

    def _accepts(self, content_hash: str) -> bool:
        assert self.path is not None  # noqa: S101  -- the caller has looked
        try:
            return Trust(self._home).is_trusted(self.path, content_hash)
        except SecretError:
            return False


def _refusals(held: list[Setting]) -> dict[str, Refusal]:
    """Why each provider with an untrusted setting is off."""
    return {
        name: Refusal(
            code="not_trusted",
            message=f"{name} is off: {settings[0].path} is set by a config that is not trusted yet; read it and run "
            "`aigw-dev trust`. Nothing was sent.",
        )
        for name, settings in untrusted_providers(held).items()
    }


def environment() -> Mapping[str, str]:
    """The process's own environment."""
    return os.environ
