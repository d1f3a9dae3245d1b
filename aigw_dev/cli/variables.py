"""The environment variables that point an app at the gateway, dialect by dialect; `env` prints them, `run` sets them.

What would win over them, or would carry an account of somebody else's to the gateway, is taken away.
Names: openai-python 3.52 and -node, anthropic-python 2.11 and -typescript, google-genai 3.4, litellm 1.8x (their
sources), Claude Code 2.1 (its documentation and the program itself), gemini-cli 0.61 (its source); read 2026-11.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from aigw_dev.core.credentials import is_own_token
from aigw_dev.core.web_address import is_loopback

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""Hosts that no proxy is asked for."""
PROXY_VARIABLES: Final = ("NO_PROXY", "no_proxy")
OWN: Final = ("AIGW_DEV_URL", "AIGW_DEV_TOKEN")
GATEWAY_HEADER: Final = "esa_aigw_auth"
"""Carries the gateway's token beside a login of the caller's own."""


class DialectVariables(msgspec.Struct, frozen=True, kw_only=True):
    """What the SDKs of one vendor's dialects read."""

    urls: tuple[tuple[str, str], ...]
    """Variables that hold the address, with what stands after the gateway's own."""
    keys: tuple[str, ...]
    """Variables that hold the credential, which `env` and `run` set."""
    logins: tuple[str, ...] = ()
    """Other variables that hold a credential, and win over `keys`."""
    headers: str = ""
    """The variable with headers for every call, one `Name: value` a line; empty where the SDKs know none."""
    winning: tuple[str, ...] = ()
    """Variables that make the SDK call somewhere else, or name an account that is not the stored key's."""


DIALECTS: Final[dict[str, DialectVariables]] = {
    "openai": DialectVariables(
        urls=(("OPENAI_BASE_URL", "/v1"), ("OPENAI_API_BASE", "/v1")),
        keys=("OPENAI_API_KEY",),
        logins=("OPENAI_ADMIN_KEY",),
        headers="OPENAI_CUSTOM_HEADERS",  # may hold an authorization that wins over the key
        winning=(
            "OPENAI_ORG_ID",  # sent as a header that other providers, and the stored key's account, would not know
            "OPENAI_ORGANIZATION",
            "OPENAI_PROJECT_ID",
            "OPENAI_API_TYPE",  # `azure` makes the module's client call Azure
            "OPENAI_API_VERSION",
            "AZURE_OPENAI_AD_TOKEN",
        ),
    ),
    "anthropic": DialectVariables(
        urls=(("ANTHROPIC_BASE_URL", ""), ("ANTHROPIC_API_BASE", "")),
        keys=("ANTHROPIC_AUTH_TOKEN",),
        logins=("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"),
        headers="ANTHROPIC_CUSTOM_HEADERS",
        winning=(
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
            "ANTHROPIC_UNIX_SOCKET",  # where it is set, the address is not asked at all
            "ANTHROPIC_PROFILE",
        ),
    ),
    "gemini": DialectVariables(
        urls=(("GOOGLE_GEMINI_BASE_URL", ""),),
        keys=("GEMINI_API_KEY",),
        logins=("GOOGLE_API_KEY",),
        winning=(
            "GOOGLE_GENAI_USE_VERTEXAI",
            "GOOGLE_GENAI_USE_ENTERPRISE",  # since google-genai 3 it wins over the one above
            "GOOGLE_GENAI_USE_GCA",  # gemini-cli: the Google login
            "GEMINI_CLI_USE_COMPUTE_ADC",
            "GEMINI_CLI_CUSTOM_HEADERS",
        ),
    ),
}
"""By the family of the dialect, which is also the name of its home provider. GOOGLE_CLOUD_PROJECT is left alone: no SDK
reads it once Vertex is switched off."""
SECRET: Final = frozenset(
    {
        "AZURE_OPENAI_API_KEY",
        "AIGW_DEV_TOKEN",
        *(
            name
            for dialect in DIALECTS.values()
            for name in (*dialect.keys, *dialect.logins, dialect.headers)
        ),
    }
    - {""}
)
"""Variables whose value is, or holds, a credential."""
_AZURE: Final = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """What an app is pointed at."""

    url: str
    """The gateway's address, without `/v1`."""
    token: str
    """The credential that it takes."""
    dialects: tuple[str, ...] = tuple(DIALECTS)
    """Keys of `DIALECTS`: what is to go there."""
    passthrough: frozenset[str] = frozenset()
    """Those of them whose provider is called with the app's own login (`auth: passthrough`)."""

    def keeps_login(self, dialect: str) -> bool:
        """Whether the app keeps its own credential for this dialect; ours then travels in a header beside it."""
        return dialect in self.passthrough and bool(DIALECTS[dialect].headers)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changes in an environment."""

    set: dict[str, str]
    unset: tuple[str, ...] = ()


def for_shell(aim: Aim, environ: Mapping[str, str], *, is_windows: bool) -> Changes:
    """What `env` prints: the gateway for whatever the shell starts, and what would win over it taken out."""
    found = of_dialects(aim, environ, cleared=aim.dialects)
    return Changes(set=found.set | _own(aim) | proxies(environ, is_windows=is_windows), unset=found.unset)


def for_run(aim: Aim, environ: Mapping[str, str], *, is_windows: bool) -> Changes:
    """What `run` changes for its command.

    What would go around the gateway is taken away in every dialect, also in one that `aim` leaves out: such a call
    fails instead of going unseen. Azure's variables are turned to the gateway where they were set, and only there: with
    both set, openai-python's module client asks which is meant.
    """
    found = of_dialects(aim, environ, cleared=DIALECTS)
    azure: dict[str, str] = {}
    if any(environ.get(name) for name in _AZURE):
        azure = {"AZURE_OPENAI_ENDPOINT": aim.url, "AZURE_OPENAI_API_KEY": aim.token}
    return Changes(
        set=found.set | azure | _own(aim) | proxies(environ, is_windows=is_windows), unset=found.unset
    )


def of_dialects(aim: Aim, environ: Mapping[str, str], *, cleared: Iterable[str]) -> Changes:
    """The variables of the aim's dialects alone; of the `cleared` ones what stands in their way goes."""
    made: dict[str, str] = {}
    gone: list[str] = []
    for name in aim.dialects:
        dialect = DIALECTS[name]
        made |= {variable: f"{aim.url}{path}" for variable, path in dialect.urls}
        if aim.keeps_login(name):
            made[dialect.headers] = _with_gateway(environ.get(dialect.headers, ""), aim.token)
        else:
            made |= dict.fromkeys(dialect.keys, aim.token)
    for name in cleared:
        dialect = DIALECTS[name]
        if aim.keeps_login(name):
            held = (*dialect.keys, *dialect.logins)
            gone += [each for each in held if is_own_token(environ.get(each, ""))]  # from an `env` before
        else:
            gone += [*dialect.logins, dialect.headers]
        gone += dialect.winning
    return Changes(set=made, unset=tuple(name for name in gone if name in environ and name not in made))


def unset_for_shell(
    environ: Mapping[str, str],
    *,
    is_windows: bool,
    more: Iterable[str] = (),
    exact: Mapping[str, str] | None = None,
) -> Changes:
    """The way back: ours are gone, and the loopback hosts out of the proxies' exceptions.

    What is set to something that `env` never prints (a real key, another address) stays. `more` names variables that
    only some tools get; `exact` goes where it has just this value.
    """
    names = [*OWN, *(name for dialect in DIALECTS.values() for name in _set_by_us(dialect))]
    home = environ.get("AIGW_DEV_URL", "")
    gone = [name for name in names if _may_be_ours(name, environ.get(name, ""), home=home)]
    gone += [name for name in more if name in environ and _may_be_ours(name, environ[name], home=home)]
    gone += [name for name, value in (exact or {}).items() if environ.get(name) == value]
    kept: dict[str, str] = {}
    for dialect in DIALECTS.values():
        lines = environ.get(dialect.headers, "")
        if dialect.headers and GATEWAY_HEADER in lines:
            _keep_or_drop(dialect.headers, "\n".join(_foreign_lines(lines)), kept, gone)
    for name in _proxy_names(is_windows=is_windows):
        rest = [host for host in _hosts(environ.get(name, "")) if host not in LOOPBACK]
        _keep_or_drop(name, ",".join(rest), kept, gone)
    return Changes(set=kept, unset=tuple(dict.fromkeys(gone)))


def applied(changes: Changes, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the changes made."""
    return {name: value for name, value in environ.items() if name not in changes.unset} | changes.set


def proxies(environ: Mapping[str, str], *, is_windows: bool) -> dict[str, str]:
    """The proxies' exceptions with loopback among them.

    Both spellings, each with what stands in either of them: programs read one or the other.
    """
    names = _proxy_names(is_windows=is_windows)
    there = list(dict.fromkeys(host for name in names for host in _hosts(environ.get(name, ""))))
    if "*" in there:
        return {}
    value = ",".join(dict.fromkeys([*there, *LOOPBACK]))
    return dict.fromkeys(names, value)


def _own(aim: Aim) -> dict[str, str]:
    return {"AIGW_DEV_URL": aim.url, "AIGW_DEV_TOKEN": aim.token}


def _set_by_us(dialect: DialectVariables) -> tuple[str, ...]:
    return (*(name for name, _ in dialect.urls), *dialect.keys)


def _with_gateway(lines: str, token: str) -> str:
    """The headers that were there, and the gateway's token."""
    return "\n".join([*_foreign_lines(lines), f"{GATEWAY_HEADER}: Bearer {token}"])


def _foreign_lines(lines: str) -> list[str]:
    return [
        line
        for line in lines.splitlines()
        if line.strip() and line.partition(":")[0].strip().lower() != GATEWAY_HEADER
    ]


def _keep_or_drop(name: str, rest: str, kept: dict[str, str], gone: list[str]) -> None:
    if rest:
        kept[name] = rest
    else:
        gone.append(name)


def _may_be_ours(name: str, value: str, *, home: str) -> bool:
    if not value or name in OWN:
        return True
    if is_own_token(value):
        return True
    return is_loopback(urlsplit(value).hostname or "") or (bool(home) and value.startswith(home))


def _proxy_names(*, is_windows: bool) -> tuple[str, ...]:
    return PROXY_VARIABLES[:1] if is_windows else PROXY_VARIABLES  # there they are one variable


def _hosts(value: str) -> list[str]:
    return [host for part in value.split(",") if (host := part.strip())]
