"""The environment variables that point an app at a test's place in the gateway, set for a while and put back exactly.

The same names as `aigw-dev run` sets and clears (its table lives above this floor and is compared in the tests), but with
a base URL that names the test and dialect, and a key that opens nothing.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Final

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_URLS: Final = (
    ("OPENAI_BASE_URL", "/openai/v1"),
    ("OPENAI_API_BASE", "/openai/v1"),  # litellm, older LangChain
    ("ANTHROPIC_BASE_URL", "/anthropic"),
    ("ANTHROPIC_API_BASE", "/anthropic"),
    ("GOOGLE_GEMINI_BASE_URL", "/gemini"),
)
_KEYS: Final = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
_WINNING: Final = (
    "OPENAI_ADMIN_KEY",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_ORG_ID",
    "OPENAI_ORGANIZATION",
    "OPENAI_PROJECT_ID",
    "OPENAI_API_TYPE",
    "OPENAI_API_VERSION",
    "AZURE_OPENAI_AD_TOKEN",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_URL",  # langchain-anthropic asks it first
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_GATEWAY",
    "ANTHROPIC_BEDROCK_BASE_URL",
    "ANTHROPIC_BEDROCK_MANTLE_BASE_URL",
    "ANTHROPIC_VERTEX_BASE_URL",
    "ANTHROPIC_FOUNDRY_BASE_URL",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "ANTHROPIC_AWS_BASE_URL",
    "ANTHROPIC_UNIX_SOCKET",
    "ANTHROPIC_PROFILE",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "GOOGLE_GENAI_USE_ENTERPRISE",
    "GOOGLE_GENAI_USE_GCA",
    "GEMINI_CLI_USE_COMPUTE_ADC",
    "GEMINI_CLI_CUSTOM_HEADERS",
)
"""Variables that would send an SDK elsewhere, or an account of somebody's along."""
_AZURE: Final = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")


def variables(base: str, *, url: str, key: str, environ: Mapping[str, str]) -> dict[str, str | None]:
    """What changes for an app that is to call `base` (the gateway's `url` and a test's path); None = is taken away."""
    changes: dict[str, str | None] = dict.fromkeys(name for name in _WINNING if name in environ)
    changes |= {name: f"{base}{path}" for name, path in _URLS}
    changes |= dict.fromkeys(_KEYS, key)
    if any(environ.get(name) for name in _AZURE):
        changes |= {_AZURE[0]: f"{base}/openai", _AZURE[1]: key}
    changes["AIGW_DEV_URL"] = url
    return changes | direct(environ)


def direct(environ: Mapping[str, str]) -> dict[str, str]:
    """`NO_PROXY` with loopback in it, in both spellings where the system tells them apart."""
    names = ("NO_PROXY",) if sys.platform == "win32" else ("NO_PROXY", "no_proxy")
    there = [host.strip() for name in names for host in environ.get(name, "").split(",") if host.strip()]
    if "*" in there:
        return {}
    return dict.fromkeys(names, ",".join(dict.fromkeys([*there, *LOOPBACK])))


def through(proxy: str) -> dict[str, str]:
    """What makes a child process ask `proxy` for everything that is not on this machine."""
    names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    if sys.platform != "win32":
        names += [name.lower() for name in names]
    return dict.fromkeys(names, proxy) | {"NODE_USE_ENV_PROXY": "1"}  # Node reads them from 24 on, if told so


class Applied:
    """Changes made to this process's environment, until they are taken back."""

    def __init__(self, changes: Mapping[str, str | None]) -> None:
        """Make them."""
        self._before = {name: os.environ.get(name) for name in changes}
        _set(changes.items())

    def take_back(self) -> None:
        """Give every variable that was changed the value it had, or none."""
        _set(self._before.items())
        self._before = {}


def _set(changes: Iterable[tuple[str, str | None]]) -> None:
    for name, value in changes:
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
