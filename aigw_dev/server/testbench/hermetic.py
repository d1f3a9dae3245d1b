"""The config that a replay runs with: the project's routes, every provider a fixture names, and nothing of this user's.

No keyring, no provider's variable, no user config, no overlay: what passes here passes on any machine.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.config_file.discover import Found, discover
from aigw_dev.config_file.read import parse_text
from aigw_dev.core.config import Config, Provider
from aigw_dev.core.default_config import rules
from aigw_dev.core.errors import ConfigError
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.recording.fixture import FixtureError, Request
from aigw_dev.fixture_files.library import Library
from aigw_dev.secrets.home import Home
from aigw_dev.server.sources import ConfigSource, Reading

_UPSTREAM: Final = re.compile(rb'"upstream"\s*:\s*"([^"/\\]{1,200})')
_ASKED: Final = re.compile(
    rb'"asked"\s*:\s*"([^"\\]{1,400})"(?:\s*,\s*"rule"\s*:\s*"([^"\\]*)")?\s*,\s*"chosen"\s*:\s*"([^"/\\]{1,200})/'
)
_HOMES: Final = ("openai", "anthropic", "gemini")
"""Whose models bare names are, in the dialects that callers speak."""
_ANY_KIND: Final = "openai-compatible"
_NOWHERE: Final = "http://127.0.0.1:9/v1"
"""An address for providers whose kind has none; nothing is ever sent there."""
_EMBEDDED: Final = "mock"


class Named(msgspec.Struct):
    """What the fixtures of a library name."""

    providers: dict[str, Provider]
    models: dict[str, list[str]]
    """Bare names that were asked for without a route, by the provider that answered."""


def named_in(library: Library) -> Named:
    """Every provider that fixtures name, by a quick look at their bytes; a file is parsed only for a name of no kind."""
    providers = {name: Provider() for name in _HOMES}
    models: dict[str, list[str]] = {}
    for name in library.names():
        try:
            content = library.content(name)
        except FixtureError:
            continue  # said when a test asks for it
        found = {one.decode("utf-8", "replace") for one in _UPSTREAM.findall(content)}
        for asked, rule, provider in _ASKED.findall(content):
            if not rule:
                models.setdefault(provider.decode("utf-8", "replace"), []).append(
                    asked.decode("utf-8", "replace")
                )
        for provider in sorted(found - providers.keys() - {_EMBEDDED}):
            providers[provider] = Provider() if provider in KINDS else _of_no_kind(library, name, provider)
    return Named(
        {name: _with_address(name, one) for name, one in providers.items()},
        {
            provider: [one for one in dict.fromkeys(found) if "/" not in one]
            for provider, found in models.items()
        },
    )


def _of_no_kind(library: Library, name: str, provider: str) -> Provider:
    """The kind that a recording says a provider of its own name has."""
    try:
        fixture = library.read(name)
    except FixtureError:
        return Provider(kind=_ANY_KIND)
    for interaction in fixture.interactions:
        for attempt in interaction.attempts:
            if attempt.upstream.partition("/")[0] != provider:
                continue
            if attempt.kind in KINDS:
                return Provider(kind=attempt.kind)
            request = attempt.request if isinstance(attempt.request, Request) else interaction.request
            family = request.op.partition(".")[0]
            return Provider(kind=family if family in _HOMES else _ANY_KIND)
    return Provider(kind=_ANY_KIND)


def _with_address(name: str, provider: Provider) -> Provider:
    kind = KINDS[provider.kind or name]
    if kind.base_url or kind.is_embedded or provider.base_url:
        return provider
    example = kind.base_url_example
    is_plain = example.startswith(("https://", "http://127.0.0.1"))
    return msgspec.structs.replace(provider, base_url=example if is_plain else _NOWHERE)


def with_homes(config: Config) -> Config:
    """The config with a provider for each dialect: a test's stubs answer where nothing is configured, too."""
    homes = {name: Provider() for name in _HOMES if name not in config.providers}
    return msgspec.structs.replace(config, providers={**config.providers, **homes}) if homes else config


class ReplaySource(ConfigSource):
    """Where the config of a replay comes from."""

    def __init__(self, found: Found, *, home: Home, library: Library, is_quiet: bool = False) -> None:
        """`found` names the project's file, or none; `is_quiet`: nobody can read the log, so none is written."""
        self._is_quiet: Final = is_quiet
        super().__init__(found, home=home, env={})
        self._library: Final = library
        self._models: dict[str, list[str]] = {}

    def listed(self) -> Mapping[str, Sequence[str]]:
        """Whose the bare names are that were recorded."""
        return self._models

    def read(self) -> Reading:
        """The file's config without its overlay, with every provider that fixtures name."""
        text, problems, config = "", list[Problem](), Config()
        if self.path is not None:
            text = _read(self.path)
            loaded = parse_text(text, rules=rules(), overlay_text=None)
            if loaded.config is None:
                return Reading(
                    config=None,
                    problems=loaded.problems,
                    text=text,
                    digest=loaded.digest,
                    in_force_digest=loaded.digest,
                )
            config, problems = loaded.config, loaded.problems
        named = named_in(self._library)
        self._models = named.models
        own = {
            name: _with_address(name, one)
            for name, one in config.providers.items()
            if (one.kind or name) in KINDS
        }
        gateway = msgspec.structs.replace(
            config.gateway, identity_verification=False, host="127.0.0.1", port=None
        )
        if self._is_quiet:
            quiet = msgspec.structs.replace(
                config.logging, record_request=False, record_response=False, sample=0.0
            )
            config = msgspec.structs.replace(config, logging=quiet)
        config = msgspec.structs.replace(config, providers={**named.providers, **own}, gateway=gateway)
        return Reading(config=config, problems=problems, text=text, digest="", in_force_digest="replay")


def find_config(*, explicit: Path | None, env: Mapping[str, str], cwd: Path) -> Found:
    """The file whose routes are replayed with: named, or the project's; never the user's own."""
    nowhere = cwd / ".aigw-dev-no-user-config"
    return discover(explicit=explicit, env=env, cwd=cwd, home=Path.home(), user_config_dir=nowhere)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", code="config_invalid") from error
