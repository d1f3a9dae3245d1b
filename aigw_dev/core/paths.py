"""Which path of the data plane means which operation.

The path is the request's raw one (still percent-encoded, no query). Every spelling of a base URL is accepted: with and
without `/v1`, Groq's and Azure's `/openai[/v1]`, Azure's `/openai/deployments/{d}`, Gemini's `/v1beta` and `/v1alpha`, and
below a provider's own prefix (`/qwen/v1/chat/completions`, `find_below`). A trailing slash is forgiven, a double one is
not. Paths of capabilities that this release does not serve are known too, and said so.
"""

import re
import string
from collections.abc import Container
from typing import Final
from urllib.parse import unquote

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.operations import (
    CALLS,
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    GEMINI_COUNT,
    GEMINI_MODEL,
    GEMINI_MODELS,
    GENERATE,
    IMAGE_EDITS,
    IMAGES,
    MODEL,
    RAW,
    RESOURCES,
    RESPONSES,
    SPEECH,
    STREAM_GENERATE,
    TRANSCRIPTIONS,
    TRANSLATIONS,
    Match,
    Operation,
)

_BASES: Final = ("/v1", "", "/openai/v1", "/openai")
_GEMINI_OWN: Final = ("/v1beta", "/v1alpha")
_GEMINI_BASES: Final = (*_GEMINI_OWN, "/v1", "")
_DEPLOYMENTS: Final = "/openai/deployments/"
_ID: Final = "{id}"
_ENCODED: Final = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = frozenset(string.ascii_letters + string.digits + "-._~")
_MAX_SHOWN_CHARS: Final = 200
_ALIASES: Final = (
    # another path of the same operation
    ("/video/generations", "/videos"),
    ("/video/generations/{id}", "/videos/{id}"),
    ("/video/generations/{id}/content", "/videos/{id}/content"),
    ("/realtime/transcription_sessions", "/realtime/sessions"),
)
_GEMINI_ACTIONS: Final = {
    "generateContent": GENERATE,
    "streamGenerateContent": STREAM_GENERATE,
    "countTokens": GEMINI_COUNT,
}
_LATER: Final = (
    # path below any base, capability, section of aigw-dev.yaml that will serve it
    ("/complete", "Anthropic's text completions, which Anthropic has ended", ""),
    ("/mcp", "the MCP gateway", "mcp"),
    ("/agent", "the agent gateway", "agents"),
    ("/agents", "the agent gateway", "agents"),
    ("/sandboxes", "sandboxes", "sandboxes"),
)
_LATER_ROOTS: Final = (
    ("/mcp-servers", "the MCP gateway", "mcp"),
    ("/a2a", "the agent gateway", "agents"),
)
_PREFIXED: Final = (
    ("/chat/completions", "stored chat completions"),
    ("/fine_tuning", "fine-tuning"),
    ("/vector_stores", "vector stores"),
    ("/assistants", "the Assistants API"),
    ("/threads", "the Assistants API"),
    ("/containers", "the Containers API"),
    ("/evals", "the Evals API"),
    ("/images", "this image operation"),
    ("/audio", "this audio operation"),
    ("/files", "this file operation"),
    ("/organization", "the administration API"),
    ("/skills", "the Skills API"),
)
"""Served below a provider's prefix, where it is clear who is asked."""


def _exact() -> dict[str, tuple[Operation, ...]]:
    """Every fixed path with what it may mean, by method."""
    found: dict[str, tuple[Operation, ...]] = {}
    rows = [(one.path, one) for one in (*CALLS, *RESOURCES) if _ID not in one.path]
    rows += [
        (alias, one)
        for alias, path in _ALIASES
        for one in (*CALLS, *RESOURCES)
        if one.path == path and _ID not in path
    ]
    for base in _BASES:
        for path, operation in rows:
            found[base + path] = (*found.get(base + path, ()), operation)
    return found


_EXACT: Final = _exact()
_MATCHES: Final = {
    (method, path): Match(operation=operation)
    for path, operations in _EXACT.items()
    for operation in reversed(operations)
    for method in operation.methods
}
_BY_ID: Final = tuple(
    (tuple(path.split("/")), one)
    for path, one in (
        *((one.path, one) for one in RESOURCES if _ID in one.path),
        *((alias, one) for alias, path in _ALIASES for one in RESOURCES if one.path == path and _ID in path),
    )
)
_MODEL_PREFIXES: Final = tuple(base + "/models/" for base in _BASES)
_LATER_PREFIXES: Final = (
    tuple((base + path, capability, section) for path, capability, section in _LATER for base in _BASES)
    + _LATER_ROOTS
)
_DEPLOYED: Final = (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    IMAGES,
    IMAGE_EDITS,
    TRANSCRIPTIONS,
    TRANSLATIONS,
    SPEECH,
    RESPONSES,
)


def find(method: str, path: str) -> Match | Refusal:
    """What `path` means, or why it is not served: not known, not in this release, or not with this method.

    `path` is raw, percent-encoded and without its query: a model's name in it is decoded once, here.
    """
    return _MATCHES.get((method, path)) or _search(method, path)


def find_below(method: str, path: str, providers: Container[str]) -> Match | Refusal | None:
    """What `path` means below a provider's prefix (`/qwen/...`); None where its first step is no provider's name.

    A known operation is that operation, with model names as the provider has them; anything else is passed through.
    """
    _, _, rest = path.partition("/")
    name, slash, rest = rest.partition("/")
    provider = unquote(name)
    if not slash or provider not in providers:
        return None
    # RFC 3986 6.2.2.2: `%66iles` is `files`; spelled so it must not get past what is checked of files.
    found = find(method, _ENCODED.sub(_plain, "/" + rest))
    if isinstance(found, Match) and found.operation.family != "list":
        return msgspec.structs.replace(found, provider=provider)
    if "//" in "/" + rest or any(step in {".", ".."} for step in unquote(rest).split("/")):
        return _unknown(path)
    if method not in RAW.methods:
        return _not_with(method, path, RAW.methods)
    return Match(operation=RAW, provider=provider, rest="/" + rest)


def _plain(encoded: re.Match[str]) -> str:
    """An unreserved character as it is; any other encoding as it was."""
    char = chr(int(encoded[0][1:], 16))
    return char if char in _UNRESERVED else encoded[0]


def _search(method: str, path: str) -> Match | Refusal:
    if "//" in path or not path.startswith("/"):
        return _unknown(path)
    path = path.removesuffix("/")
    found = _MATCHES.get((method, path))
    if found is not None:
        return found
    known = _EXACT.get(path)
    if known is not None:
        return _not_with(method, path, tuple(one for operation in known for one in operation.methods))
    matched = _gemini(path) or _model(path) or _by_id(path)
    if isinstance(matched, Match):
        allowed = matched.operation.methods
        return matched if method in allowed else _not_with(method, path, allowed)
    if path.startswith(_DEPLOYMENTS):
        return _deployment(method, path.removeprefix(_DEPLOYMENTS), path)
    return _later(path, path)


def _gemini(path: str) -> Match | None:
    """Google's own paths: `/v1beta/models[/{model}[:action]]`, below `/v1beta` also without `models/`."""
    for base in _GEMINI_BASES:
        if not path.startswith(base + "/"):
            continue
        rest = path.removeprefix(base + "/")
        named, colon, action = rest.rpartition(":")
        operation = _GEMINI_ACTIONS.get(action) if colon else None
        # Elsewhere `models/` is needed: `/gemini/v1beta/models/g:generateContent` stands below a provider's prefix.
        if operation is not None and named and (base in _GEMINI_OWN or named.startswith("models/")):
            model = unquote(named).removeprefix("models/")
            return Match(operation=operation, path_model=model, is_stream=operation is STREAM_GENERATE)
        if base in _GEMINI_OWN:
            if rest == "models":
                return Match(operation=GEMINI_MODELS)
            if rest.startswith("models/") and not colon:
                return Match(operation=GEMINI_MODEL, model_id=unquote(rest.removeprefix("models/")))
    return None


def _model(path: str) -> Match | None:
    for prefix in _MODEL_PREFIXES:
        if path.startswith(prefix):
            return Match(operation=MODEL, model_id=unquote(path.removeprefix(prefix)))
    return None


def _by_id(path: str) -> Match | None:
    """Paths that name one thing by its id."""
    for base in _BASES:
        if not path.startswith(base + "/"):
            continue
        steps = tuple(path.removeprefix(base).split("/"))
        for wanted, operation in _BY_ID:
            if len(steps) != len(wanted):
                continue
            named = ""
            for step, want in zip(steps, wanted, strict=True):
                if want == _ID and step:
                    named = unquote(step)
                elif step != want:
                    break
            else:
                if named.strip(".") and "/" not in named:
                    return Match(operation=operation, resource_id=named)
    return None


def _deployment(method: str, rest: str, path: str) -> Match | Refusal:
    """Azure's form: the model stands before the operation and may hold slashes, raw or as `%2F`."""
    # `/chat/completions` ends in `/completions` too: the longer suffix is asked first.
    for operation in _DEPLOYED:
        model = rest.removesuffix(operation.path)
        if model and model != rest:
            if method not in operation.methods:
                return _not_with(method, path, operation.methods)
            return Match(operation=operation, path_model=unquote(model))
    _, slash, suffix = rest.partition("/")
    return _later(slash + suffix, path)


def _not_with(method: str, path: str, allowed: tuple[str, ...]) -> Refusal:
    return Refusal(
        code="method_not_allowed",
        message=f"{_shown(path)} is asked with {' or '.join(dict.fromkeys(allowed))}, the request has {_shown(method)}",
    )


def _later(path: str, asked: str) -> Refusal:
    for prefix, capability, section in _LATER_PREFIXES:
        if path == prefix or path.startswith((prefix + "/", prefix + ":")):
            until = f" yet, `{section}:` in aigw-dev.yaml will" if section else ""
            return Refusal(
                code="not_configured",
                message=f"{_shown(asked)} belongs to {capability}; this release does not serve it{until}",
            )
    for base in _BASES:
        for prefix, capability in _PREFIXED:
            if path == base + prefix or path.startswith(base + prefix + "/"):
                return Refusal(
                    code="not_configured",
                    message=f"{_shown(asked)} belongs to {capability}, which is passed through below a provider's "
                    f"prefix: /PROVIDER{_shown(asked)}",
                )
    return _unknown(asked)


def _unknown(path: str) -> Refusal:
    return Refusal(
        code="path_not_found",
        message=f"the gateway has no path {_shown(path)}; GET / lists what it serves, and /PROVIDER/... passes anything "
        "through to that provider",
    )


def _shown(text: str) -> str:
    return text[:_MAX_SHOWN_CHARS]
