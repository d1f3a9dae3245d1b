"""The operations of the data plane: what can be asked of a provider, or of the gateway itself.

Which path means which operation is found in `core.paths`.
"""

from typing import Final, Literal

import msgspec

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
SDP: Final = "application/sdp"


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
INPUT_TOKENS: Final = _post(
    "openai.responses.input_tokens", "/responses/input_tokens", dialect="openai-responses"
)
COMPACT: Final = _post("openai.responses.compact", "/responses/compact", dialect="openai-responses")
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


RESOURCES: Final = (
    # name, path, what it names or creates, methods
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

CALLS: Final = (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    RESPONSES,
    INPUT_TOKENS,
    COMPACT,
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
    *CALLS,
    MODEL,
    GENERATE,
    STREAM_GENERATE,
    GEMINI_COUNT,
    GEMINI_MODELS,
    GEMINI_MODEL,
    *RESOURCES,
    RAW,
)
"""What this release serves."""

WELCOME_PATHS: Final = (
    *dict.fromkeys(f"/v1{one.path}" for one in (*CALLS, *RESOURCES)),
    "/v1beta/models",
    "/v1beta/models/{model}:generateContent",
    "/v1beta/models/{model}:streamGenerateContent",
    "/v1beta/models/{model}:countTokens",
    "/{provider}/...",
)
"""What `GET /` lists."""


def chat_name(dialect: str) -> str:
    """The operation that a chat is, said in `dialect`; `DIALECT.chat` for one that no caller speaks."""
    return next(
        (one.name for one in CALLS if one.family == "chat" and one.dialect == dialect), f"{dialect}.chat"
    )
