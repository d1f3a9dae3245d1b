"""Which path of the data plane means which operation.

The path is the request's raw one (still percent-encoded, no query). Every spelling of a base URL is accepted: with and
without `/v1`, Groq's and Azure's `/openai[/v1]`, Azure's `/openai/deployments/{d}`, Gemini's `/v1beta` and `/v1alpha`, and
below a provider's own prefix (`/qwen/v1/chat/completions`, `find_below`). A trailing slash is forgiven, a double one is
not. Paths of capabilities that this release does not serve are known too, and said so.
"""

from collections.abc import Container
from typing import Final, Literal
from urllib.parse import unquote

import msgspec

from aigw_dev.core.errors import Refusal

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
SDP: Final = "application/sdp"

_BASES: Final = ("/v1", "", "/openai/v1", "/openai")
_GEMINI_BASES: Final = ("/v1beta", "/v1alpha", "/v1", "")
_DEPLOYMENTS: Final = "/openai/deployments/"
_ID: Final = "{id}"
_MAX_SHOWN_CHARS: Final = 200


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked of a provider, or of the gateway itself."""

    name: str
    """As exchanges name it: `openai.chat.completions`."""
    dialect: str
    """The caller's dialect: a key of `DIALECTS`."""
    path: str
    """What is appended to a provider's base URL; `{model}` stands for a model's name in it, `{id}` for a thing's."""
    methods: tuple[str, ...]
    family: Literal["chat", "count", "model", "resource", "raw", "list"] = "model"
    """`chat`: translated between dialects; `count`: tokens of such a request; `model`: one call that names a model;
    `resource`: things that live at a provider (files, jobs); `raw`: passed through as it is; `list`: answered here."""
    can_stream: bool = False
    media: tuple[str, ...] = (JSON,)
    """The content types that a body may have."""
    has_optional_model: bool = False
    """A request without a model goes to the path's home provider, which has a default."""
    resource: str = ""
    """What kind of thing the path's `{id}` names, or its reply creates: `file`, `batch`, `video`, `response` ..."""
    is_socket: bool = False
    """It is a WebSocket."""

    @property
    def is_model_call(self) -> bool:
        """It goes to a provider; else the gateway answers from its own lists."""
        return self.family != "list"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A path that this release serves."""

    operation: Operation
    path_model: str = ""
    """The model that the path names for a call (Azure's deployments, Gemini), decoded; the body's own goes first."""
    is_stream: bool = False
    """The path itself asks for a stream (Gemini)."""
    model_id: str = ""
    """The model that `models/{id}` asks about, decoded."""
    resource_id: str = ""
    """What `{id}` stands for in the path, decoded once."""
    provider: str = ""
    """The provider whose prefix the path has: names of models are then that provider's own, taken as they are."""
    rest: str = ""
    """Of a `raw` operation: the path behind the prefix, as sent."""


def _post(name: str, path: str, **more: object) -> Operation:
    fields: dict[str, object] = {"dialect": "openai-chat", "methods": ("POST",)} | more
    return Operation(name=name, path=path, **fields)  # pyright: ignore[reportArgumentType] -- rows below name fields


CHAT: Final = _post("openai.chat.completions", "/chat/completions", family="chat", can_stream=True)
COMPLETIONS: Final = _post("openai.completions", "/completions", can_stream=True)
EMBEDDINGS: Final = _post("openai.embeddings", "/embeddings")
RESPONSES: Final = _post(
    "openai.responses",
    "/responses",
    dialect="openai-responses",
    family="chat",
    can_stream=True,
    resource="response",
)
MESSAGES: Final = _post(
    "anthropic.messages", "/messages", dialect="anthropic-messages", family="chat", can_stream=True
)
COUNT_TOKENS: Final = _post(
    "anthropic.messages.count_tokens", "/messages/count_tokens", dialect="anthropic-messages", family="count"
)
_GEMINI: Final = "gemini-generate-content"
GENERATE: Final = _post(
    "gemini.generate_content", "/models/{model}:generateContent", dialect=_GEMINI, family="chat"
)
STREAM_GENERATE: Final = _post(
    "gemini.stream_generate_content",
    "/models/{model}:streamGenerateContent",
    dialect=_GEMINI,
    family="chat",
    can_stream=True,
)
GEMINI_COUNT: Final = _post(
    "gemini.count_tokens", "/models/{model}:countTokens", dialect=_GEMINI, family="count"
)
IMAGES: Final = _post(
    "openai.images.generations", "/images/generations", has_optional_model=True, can_stream=True
)
IMAGE_EDITS: Final = _post(
    "openai.images.edits", "/images/edits", media=(FORM, JSON), has_optional_model=True, can_stream=True
)
IMAGE_VARIATIONS: Final = _post(
    "openai.images.variations", "/images/variations", media=(FORM,), has_optional_model=True
)
TRANSCRIPTIONS: Final = _post(
    "openai.audio.transcriptions", "/audio/transcriptions", media=(FORM,), can_stream=True
)
TRANSLATIONS: Final = _post("openai.audio.translations", "/audio/translations", media=(FORM,))
SPEECH: Final = _post("openai.audio.speech", "/audio/speech", can_stream=True)
MODERATIONS: Final = _post("openai.moderations", "/moderations", has_optional_model=True)
RERANK: Final = _post("rerank", "/rerank")
VIDEOS: Final = _post(
    "openai.videos.create", "/videos", media=(JSON, FORM), has_optional_model=True, resource="video"
)
REALTIME: Final = Operation(
    name="openai.realtime", dialect="openai-chat", path="/realtime", methods=("GET",), is_socket=True
)
CLIENT_SECRETS: Final = _post(
    "openai.realtime.client_secrets", "/realtime/client_secrets", has_optional_model=True
)
REALTIME_SESSIONS: Final = _post("openai.realtime.sessions", "/realtime/sessions", has_optional_model=True)
REALTIME_CALLS: Final = _post(
    "openai.realtime.calls", "/realtime/calls", media=(SDP, FORM), has_optional_model=True
)
MODELS: Final = Operation(
    name="openai.models.list", dialect="openai-chat", path="/models", methods=("GET",), family="list"
)
MODEL: Final = Operation(
    name="openai.models.retrieve",
    dialect="openai-chat",
    path="/models/{model}",
    methods=("GET",),
    family="list",
)
GEMINI_MODELS: Final = Operation(
    name="gemini.models.list", dialect=_GEMINI, path="/models", methods=("GET",), family="list"
)
GEMINI_MODEL: Final = Operation(
    name="gemini.models.retrieve", dialect=_GEMINI, path="/models/{model}", methods=("GET",), family="list"
)
RAW: Final = Operation(
    name="raw",
    dialect="openai-chat",
    path="",
    methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
    family="raw",
    can_stream=True,
    media=(),
)
"""Anything else below a provider's prefix, with any body."""


def _resource(name: str, path: str, kind: str, *methods: str, media: tuple[str, ...] = (JSON,)) -> Operation:
    dialect = "anthropic-messages" if name.startswith("anthropic.") else "openai-chat"
    return Operation(
        name=name, dialect=dialect, path=path, methods=methods, family="resource", resource=kind, media=media
    )


_RESOURCES: Final = (
    # name, path, what it names or creates, methods
    _resource("openai.responses.input_tokens", "/responses/input_tokens", "", "POST"),
    _resource("openai.responses.compact", "/responses/compact", "", "POST"),
    _resource("openai.responses.item", "/responses/{id}", "response", "GET", "DELETE"),
    _resource("openai.responses.cancel", "/responses/{id}/cancel", "response", "POST"),
    _resource("openai.responses.input_items", "/responses/{id}/input_items", "response", "GET"),
    _resource("openai.realtime.calls.accept", "/realtime/calls/{id}/accept", "call", "POST"),
    _resource("openai.realtime.calls.reject", "/realtime/calls/{id}/reject", "call", "POST"),
    _resource("openai.realtime.calls.refer", "/realtime/calls/{id}/refer", "call", "POST"),
    _resource("openai.realtime.calls.hangup", "/realtime/calls/{id}/hangup", "call", "POST"),
    _resource("openai.conversations", "/conversations", "conversation", "POST"),
    _resource("openai.conversations.item", "/conversations/{id}", "conversation", "GET", "POST", "DELETE"),
    _resource("openai.conversations.items", "/conversations/{id}/items", "conversation", "GET", "POST"),
    _resource("openai.videos.list", "/videos", "video", "GET"),
    _resource("openai.videos.item", "/videos/{id}", "video", "GET", "DELETE"),
    _resource("openai.videos.content", "/videos/{id}/content", "video", "GET"),
    _resource("openai.videos.remix", "/videos/{id}/remix", "video", "POST"),
    _resource("openai.files", "/files", "file", "GET", "POST", media=(FORM,)),
    _resource("openai.files.item", "/files/{id}", "file", "GET", "DELETE"),
    _resource("openai.files.content", "/files/{id}/content", "file", "GET"),
    _resource("openai.uploads", "/uploads", "upload", "POST"),
    _resource("openai.uploads.parts", "/uploads/{id}/parts", "upload", "POST", media=(FORM,)),
    _resource("openai.uploads.complete", "/uploads/{id}/complete", "upload", "POST"),
    _resource("openai.uploads.cancel", "/uploads/{id}/cancel", "upload", "POST"),
    _resource("openai.batches", "/batches", "batch", "GET", "POST"),
    _resource("openai.batches.item", "/batches/{id}", "batch", "GET"),
    _resource("openai.batches.cancel", "/batches/{id}/cancel", "batch", "POST"),
    _resource("anthropic.batches", "/messages/batches", "batch", "GET", "POST"),
    _resource("anthropic.batches.item", "/messages/batches/{id}", "batch", "GET", "DELETE"),
    _resource("anthropic.batches.cancel", "/messages/batches/{id}/cancel", "batch", "POST"),
    _resource("anthropic.batches.results", "/messages/batches/{id}/results", "batch", "GET"),
)

_CALLS: Final = (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    RESPONSES,
    MESSAGES,
    COUNT_TOKENS,
    IMAGES,
    IMAGE_EDITS,
    IMAGE_VARIATIONS,
    TRANSCRIPTIONS,
    TRANSLATIONS,
    SPEECH,
    MODERATIONS,
    RERANK,
    VIDEOS,
    REALTIME,
    CLIENT_SECRETS,
    REALTIME_SESSIONS,
    REALTIME_CALLS,
    MODELS,
)
OPERATIONS: Final = (
    *_CALLS,
    MODEL,
    GENERATE,
    STREAM_GENERATE,
    GEMINI_COUNT,
    GEMINI_MODELS,
    GEMINI_MODEL,
    *_RESOURCES,
    RAW,
)
"""What this release serves."""

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
    rows = [(one.path, one) for one in (*_CALLS, *_RESOURCES) if _ID not in one.path]
    rows += [
        (alias, one)
        for alias, path in _ALIASES
        for one in (*_CALLS, *_RESOURCES)
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
        *((one.path, one) for one in _RESOURCES if _ID in one.path),
        *((alias, one) for alias, path in _ALIASES for one in _RESOURCES if one.path == path and _ID in path),
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
    found = find(method, "/" + rest)
    if isinstance(found, Match) and found.operation.family != "list":
        return msgspec.structs.replace(found, provider=provider)
    if "//" in rest or any(step in {".", ".."} for step in unquote(rest).split("/")):
        return _unknown(path)
    if method not in RAW.methods:
        return _not_with(method, path, RAW.methods)
    return Match(operation=RAW, provider=provider, rest="/" + rest)


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
    """Google's own paths: `/v1beta/models[/{model}[:action]]`, also without `models/`."""
    for base in _GEMINI_BASES:
        if not path.startswith(base + "/"):
            continue
        rest = path.removeprefix(base + "/")
        named, colon, action = rest.rpartition(":")
        operation = _GEMINI_ACTIONS.get(action) if colon else None
        if operation is not None and named:
            model = unquote(named).removeprefix("models/")
            return Match(operation=operation, path_model=model, is_stream=operation is STREAM_GENERATE)
        if base in {"/v1beta", "/v1alpha"}:
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
