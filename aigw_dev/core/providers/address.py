"""How a base URL and an operation become the URL that is called.

A base URL may be written with or without the path of the API, as the vendor's SDK or as OpenAI's SDK takes it:

1. It already ends with the kind's `api_path`: nothing is added.
2. It ends with the beginning of that path (`https://api.groq.com/openai` of `/openai/v1`): the rest is added.
3. It ends with a version (`/v1`, `/v4`, `/v1beta`): it is complete, whatever the kind's own path is.
4. The vendor's SDK adds the path itself, or the URL is a bare `scheme://host:port`: the whole path is added.
5. Else the URL is complete. A server whose operations lie at the root is written `https://host/.`.
"""

import re
from typing import Final
from urllib.parse import quote, unquote_plus, urlencode

from aigw_dev.core.providers.kind import Kind, Port

_VERSION: Final = re.compile(r"v\d+[a-z0-9.]*")
_VISIBLE: Final = "".join(map(chr, range(0x21, 0x7F)))
"""Sent as the caller wrote it."""
_ROOT: Final = "/."
_MODEL: Final = "{model}"
_CREDENTIALS: Final = frozenset(
    {"key", "api_key", "apikey", "api-key", "access_token", "token", "code", "sig"}
)


def api_base(kind: Kind, base_url: str) -> str:
    """The URL, without a final slash, to which an operation's path is appended."""
    bare = base_url.rstrip("/")
    if bare.endswith(_ROOT):
        return bare.removesuffix(_ROOT).rstrip("/")
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    have = path.split("/") if slash else []
    return f"{scheme}{mark}{host}" + "".join(
        f"/{step}" for step in _completed(kind, have, _steps(kind.api_path))
    )


def port_base(kind: Kind, port: Port, base_url: str) -> str:
    """The same for the place of another dialect at this provider: the main dialect's path at the end is left out."""
    bare = base_url.rstrip("/")
    if bare.endswith(_ROOT):
        return bare.removesuffix(_ROOT).rstrip("/")
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    have = path.split("/") if slash else []
    main, want = _steps(kind.api_path), _steps(port.api_path)
    if main and have[-len(main) :] == main:
        have = have[: -len(main)]
    begun = next((length for length in range(len(want), 0, -1) if have[-length:] == want[:length]), 0)
    if begun:
        have = have[:-begun]
    elif have and _VERSION.fullmatch(have[-1]):
        want = []
    return f"{scheme}{mark}{host}" + "".join(f"/{step}" for step in [*have, *want])


def _steps(path: str) -> list[str]:
    return path.strip("/").split("/") if path else []


def _completed(kind: Kind, have: list[str], want: list[str]) -> list[str]:
    for length in range(len(want), 0, -1):
        if have[-length:] == want[:length]:
            return have + want[length:]
    if have and (_VERSION.fullmatch(have[-1]) or kind.is_api_path_in_base):
        return have
    return have + want


def is_versioned(kind: Kind, address: str) -> bool:
    """Whether an API base names a version of its own, so that deployments and the usual query do not apply."""
    return bool(kind.deployment_path) and _VERSION.fullmatch(address.rpartition("/")[2]) is not None


def full_url(kind: Kind, address: str, path: str, *, model: str = "", query: str = "") -> str:
    """The URL of one call: API base, deployment where the kind has them, the operation's path, the query.

    `query` is what the caller sent, without `?`; of it nothing that looks like a credential is passed on. `model` may
    be any text: it can neither leave its place in the path nor add to the query.
    """
    if not (query or kind.query or kind.deployment_path or _MODEL in path):
        return f"{address}{path}"  # the usual call
    is_versioned_address = is_versioned(kind, address)
    has_deployment = kind.deployment_path and model and not is_versioned_address
    deployment = kind.deployment_path.replace(_MODEL, _segment(model)) if has_deployment else ""
    usual = () if is_versioned_address else kind.query
    return _joined(f"{address}{deployment}", path, model, query, usual)


def plain_url(address: str, path: str, *, model: str = "", query: str = "") -> str:
    """The same without deployments and the kind's usual query: another dialect's place."""
    return _joined(address, path, model, query, ())


def _joined(address: str, path: str, model: str, query: str, usual: tuple[tuple[str, str], ...]) -> str:
    if _MODEL in path:
        path = path.replace(_MODEL, _segment(model))
    if not query and not usual:
        return f"{address}{path}"
    fields = {one: unquote_plus(one.partition("=")[0]) for one in query.split("&") if one}
    sent = [quote(one, safe=_VISIBLE) for one, name in fields.items() if not _is_credential(name)]
    names = set(fields.values())
    asked = "&".join([*(urlencode([pair]) for pair in usual if pair[0] not in names), *sent])
    return f"{address}{path}?{asked}" if asked else f"{address}{path}"


def _segment(model: str) -> str:
    """`model` as one step of a path; a name of dots only would climb, so its dots are encoded twice."""
    if model.strip(".") == "":
        return "%252E" * len(model)
    return quote(model, safe="-._~")


def _is_credential(name: str) -> bool:
    return name.lower() in _CREDENTIALS
