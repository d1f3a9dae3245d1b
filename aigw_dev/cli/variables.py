"""The environment variables that point an app at the gateway, dialect by dialect; `env` prints them, `run` sets them.

What would win over them, or would carry an account of somebody else's to the gateway, is taken away from a run.
Names: openai-python and -node, litellm, the AI SDK (their documentation, read 2026-11).
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from aigw_dev.core.credentials import is_own_token
from aigw_dev.core.web_address import is_loopback

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""Hosts that no proxy is asked for."""
PROXY_VARIABLES: Final = ("NO_PROXY", "no_proxy")
OPENAI: Final = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_KEY")
OWN: Final = ("AIGW_DEV_URL", "AIGW_DEV_TOKEN")
SECRET: Final = frozenset({"OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AIGW_DEV_TOKEN"})
"""Variables whose value is the credential."""
_AZURE: Final = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")
_WINNING: Final = (
    "OPENAI_ORG_ID",  # sent as a header that other providers, and the stored key's account, would not know
    "OPENAI_ORGANIZATION",
    "OPENAI_PROJECT_ID",
    "OPENAI_ADMIN_KEY",
    "OPENAI_CUSTOM_HEADERS",  # may hold an authorization that wins over the key
    "OPENAI_API_TYPE",  # `azure` makes the module's client call Azure
    "OPENAI_API_VERSION",
    "AZURE_OPENAI_AD_TOKEN",
    "ANTHROPIC_API_KEY",
)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changes in an environment."""

    set: dict[str, str]
    unset: tuple[str, ...] = ()


def for_shell(url: str, token: str, environ: Mapping[str, str], *, is_windows: bool) -> Changes:
    """What `env` prints: the gateway at `url` (without `/v1`) for whatever the shell starts."""
    return Changes(set=_openai(url, token) | _own(url, token) | _proxies(environ, is_windows=is_windows))


def unset_for_shell(environ: Mapping[str, str], *, is_windows: bool) -> Changes:
    """The way back: ours are gone, and the loopback hosts out of the proxies' exceptions.

    What is set to something that `env` never prints (a real key, another address) stays.
    """
    kept: dict[str, str] = {}
    gone = [name for name in (*OPENAI, *OWN) if _may_be_ours(name, environ.get(name, ""))]
    for name in _proxy_names(is_windows=is_windows):
        rest = [host for host in _hosts(environ.get(name, "")) if host not in LOOPBACK]
        if rest:
            kept[name] = ",".join(rest)
        else:
            gone.append(name)
    return Changes(set=kept, unset=tuple(gone))


def for_run(url: str, token: str, environ: Mapping[str, str], *, is_windows: bool) -> Changes:
    """What `run` changes for its command.

    Azure's variables are turned to the gateway where they were set, and only there: with both set, openai-python's
    module client asks which is meant.
    """
    azure: dict[str, str] = {}
    if any(environ.get(name) for name in _AZURE):
        azure = {"AZURE_OPENAI_ENDPOINT": url, "AZURE_OPENAI_API_KEY": token}
    return Changes(
        set=_openai(url, token) | azure | _own(url, token) | _proxies(environ, is_windows=is_windows),
        unset=tuple(name for name in _WINNING if name in environ),
    )


def applied(changes: Changes, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the changes made."""
    return {name: value for name, value in environ.items() if name not in changes.unset} | changes.set


def _openai(url: str, token: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_BASE": f"{url}/v1", "OPENAI_API_KEY": token}


def _own(url: str, token: str) -> dict[str, str]:
    return {"AIGW_DEV_URL": url, "AIGW_DEV_TOKEN": token}


def _may_be_ours(name: str, value: str) -> bool:
    if not value or name in OWN:
        return True
    if name in SECRET:
        return is_own_token(value)
    return is_loopback(urlsplit(value).hostname or "")


def _proxies(environ: Mapping[str, str], *, is_windows: bool) -> dict[str, str]:
    """Both spellings, each with what stands in either of them: programs read one or the other."""
    names = _proxy_names(is_windows=is_windows)
    there = list(dict.fromkeys(host for name in names for host in _hosts(environ.get(name, ""))))
    if "*" in there:
        return {}
    value = ",".join(dict.fromkeys([*there, *LOOPBACK]))
    return dict.fromkeys(names, value)


def _proxy_names(*, is_windows: bool) -> tuple[str, ...]:
    return PROXY_VARIABLES[:1] if is_windows else PROXY_VARIABLES  # there they are one variable


def _hosts(value: str) -> list[str]:
    return [host for part in value.split(",") if (host := part.strip())]
