"""Which settings of a config could send keys or prompts elsewhere or open the gateway (CONTRACT 4, Trust).

In a config found in a project they are held back until `aigw-dev trust` showed and recorded them: the providers they
belong to are off, and the gateway's own stay at their safe defaults.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from aigw_dev.core import harmless, literal_keys, web_address
from aigw_dev.core.config import Config, Gateway, Provider
from aigw_dev.core.config_links import leaves


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that needs trust."""

    path: str
    """Dotted: `providers.local.base_url`."""
    value: Any
    """As configured: text, boolean, list or mapping of texts. Goes into the hash."""
    provider: str | None = None
    """The provider that is off without trust; None = the setting is the gateway's own."""
    note: str = ""
    """What a person should notice: a file outside the project."""

    def text(self) -> str:
        """`providers.local.base_url = http://10.0.0.5:8000/v1`, harmless to print."""
        shown = self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)
        note = f"  ({self.note})" if self.note else ""
        return f"{self.path} = {harmless.line(literal_keys.mask(shown))}{harmless.line(note)}"


def sensitive(
    config: Config, *, project_root: Path | None = None, config_dir: Path | None = None
) -> list[Setting]:
    """Every setting that needs trust, in file order; empty = the config needs none.

    A base URL on loopback needs none where no key is named for it. `project_root` and `config_dir` only serve to note
    which `file:` references point outside the project.
    """
    settings = _of_gateway(config.gateway)
    for name, provider in config.providers.items():
        settings += _of_provider(name, provider, project_root, config_dir)
    return settings + _of_routes(config)


def trust_hash(settings: list[Setting]) -> str:
    """SHA-256 (hex) over paths and values, whatever their order: what trust records, and what a change breaks."""
    canonical = sorted((setting.path, json.dumps(setting.value, sort_keys=True)) for setting in settings)
    return hashlib.sha256(json.dumps(["aigw-dev trust 1", canonical]).encode()).hexdigest()


def untrusted_providers(settings: list[Setting]) -> dict[str, list[Setting]]:
    """The providers that are off until the settings are trusted, each with those of its settings that need it."""
    affected: dict[str, list[Setting]] = {}
    for setting in settings:
        if setting.provider is not None:
            affected.setdefault(setting.provider, []).append(setting)
    return affected


def hold_back(config: Config) -> Config:
    """The config with the gateway's own sensitive settings at their safe defaults; providers stay as they are."""
    default = Gateway()
    held = [setting.path.removeprefix("gateway.") for setting in _of_gateway(config.gateway)]
    safe: dict[str, Any] = {field: getattr(default, field) for field in held}
    return msgspec.structs.replace(config, gateway=msgspec.structs.replace(config.gateway, **safe))


def _of_gateway(gateway: Gateway) -> list[Setting]:
    found: list[tuple[str, Any]] = []
    if not web_address.is_loopback(gateway.host):
        found.append(("host", gateway.host))
    if not gateway.identity_verification:
        found.append(("identity_verification", False))
    if gateway.allowed_hosts:
        found.append(("allowed_hosts", list(gateway.allowed_hosts)))
    if gateway.allowed_origins:
        found.append(("allowed_origins", list(gateway.allowed_origins)))
    return [Setting(path=f"gateway.{field}", value=value) for field, value in found]


def _of_provider(name: str, provider: Provider, root: Path | None, config_dir: Path | None) -> list[Setting]:
    sends_credential = bool(provider.keys) or provider.auth == "passthrough"
    found: list[tuple[str, Any, str]] = []
    if provider.base_url is not None:
        is_local = web_address.is_loopback(web_address.host_of(provider.base_url))
        if sends_credential or not is_local:
            found.append(("base_url", provider.base_url, ""))
    if provider.keys:
        found.append(("keys", list(provider.keys), _outside(provider.keys, root, config_dir)))
    if provider.headers:
        found.append(("headers", dict(provider.headers), ""))
    if provider.proxy is not None:
        found.append(("proxy", provider.proxy, ""))
    if provider.auth == "passthrough":
        found.append(("auth", provider.auth, "the caller's own credential goes there"))
    return [
        Setting(path=f"providers.{name}.{field}", value=value, provider=name, note=note)
        for field, value, note in found
    ]


def _of_routes(config: Config) -> list[Setting]:
    """Keys that a route names and its provider does not list: key references like any other."""
    settings: list[Setting] = []
    for name, route in config.routes.items():
        for path, leaf in leaves(route.flow, ("routes", name, "flow")):
            key, provider = leaf.get("key"), str(leaf["send"]).partition("/")[0]
            configured = config.providers.get(provider)
            if isinstance(key, str) and configured is not None and key not in (configured.keys or ()):
                dotted = ".".join(str(step) for step in (*path, "key"))
                settings.append(Setting(path=dotted, value=key, provider=provider))
    return settings


def _outside(keys: tuple[str, ...], root: Path | None, config_dir: Path | None) -> str:
    """Which files among the key references lie outside the project."""
    if root is None:
        return ""
    files = [key.removeprefix("file:") for key in keys if key.startswith("file:")]
    base = config_dir or root
    outside = [file for file in files if not _is_below(base / file, root)]
    return f"outside the project: {', '.join(outside)}" if outside else ""


def _is_below(path: Path, root: Path) -> bool:
    if str(path).startswith("~") or "~" in path.parts:
        return False
    return path.resolve().is_relative_to(root.resolve())
