"""Which path of the data plane means which operation.

The path is the request's raw one (still percent-encoded, no query). Every spelling of a base URL is in the table: with
and without `/v1`, Groq's and Azure's `/openai[/v1]`, Azure's `/openai/deployments/{d}`. A trailing slash is forgiven, a
double one is not. Paths of capabilities that this release does not serve are known too, and said so.
"""

from typing import Final
from urllib.parse import unquote

import msgspec

from aigw_dev.core.errors import Refusal

_BASES: Final = ("/v1", "", "/openai/v1", "/openai")
_DEPLOYMENTS: Final = "/openai/deployments/"
_MAX_SHOWN_CHARS: Final = 200


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked of a provider, or of the gateway itself."""

    name: str
    """As exchanges name it: `openai.chat.completions`."""
    dialect: str
    """The caller's dialect: a key of `DIALECTS`."""
    path: str
    """What is appended to a provider's base URL; `{model}` stands for a name in it."""
    methods: tuple[str, ...]
    can_stream: bool = False
    is_model_call: bool = True
    """It goes to a provider; else the gateway answers from its own lists."""
    is_upload: bool = False
    """The body is multipart/form-data; else it is JSON."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A path that this release serves."""

    operation: Operation
    path_model: str = ""
    """The model that the path names for a call (Azure's deployments), decoded; the body's own goes first."""
    model_id: str = ""
    """The model that `models/{id}` asks about, decoded."""


CHAT: Final = Operation(
    name="openai.chat.completions",
    dialect="openai-chat",
    path="/chat/completions",
    methods=("POST",),
    can_stream=True,
)
COMPLETIONS: Final = Operation(
    name="openai.completions", dialect="openai-chat", path="/completions", methods=("POST",), can_stream=True
)
EMBEDDINGS: Final = Operation(
    name="openai.embeddings", dialect="openai-chat", path="/embeddings", methods=("POST",)
)
MODELS: Final = Operation(
    name="openai.models.list", dialect="openai-chat", path="/models", methods=("GET",), is_model_call=False
)
MODEL: Final = Operation(
    name="openai.models.retrieve",
    dialect="openai-chat",
    path="/models/{model}",
    methods=("GET",),
    is_model_call=False,
)
OPERATIONS: Final = (CHAT, COMPLETIONS, EMBEDDINGS, MODELS, MODEL)
"""What this release serves."""

_LATER: Final = (
    # path below any base, capability, section of aigw-dev.yaml that will serve it
    ("/chat/completions", "stored chat completions", ""),
    ("/responses", "the Responses API", ""),
    ("/conversations", "the Conversations API", ""),
    ("/images", "image generation", ""),
    ("/audio", "speech and transcription", ""),
    ("/videos", "video generation", ""),
    ("/video/generations", "video generation", ""),
    ("/rerank", "reranking", ""),
    ("/moderations", "moderation", ""),
    ("/realtime", "the Realtime API", ""),
    ("/files", "the Files API", ""),
    ("/uploads", "the Files API", ""),
    ("/batches", "the Batch API", ""),
    ("/fine_tuning", "fine-tuning", ""),
    ("/vector_stores", "vector stores", ""),
    ("/assistants", "the Assistants API", ""),
    ("/threads", "the Assistants API", ""),
    ("/containers", "the Containers API", ""),
    ("/evals", "the Evals API", ""),
    ("/messages", "the Anthropic dialect", ""),
    ("/complete", "the Anthropic dialect", ""),
    ("/mcp", "the MCP gateway", "mcp"),
    ("/agent", "the agent gateway", "agents"),
    ("/agents", "the agent gateway", "agents"),
    ("/sandboxes", "sandboxes", "sandboxes"),
)
_LATER_ROOTS: Final = (
    ("/v1beta", "the Gemini dialect", ""),
    ("/v1alpha", "the Gemini dialect", ""),
    ("/mcp-servers", "the MCP gateway", "mcp"),
    ("/a2a", "the agent gateway", "agents"),
)

_EXACT: Final[dict[str, Operation]] = {
    base + operation.path: operation for base in _BASES for operation in OPERATIONS if operation is not MODEL
}
_MATCHES: Final = {path: Match(operation=operation) for path, operation in _EXACT.items()}
_MODEL_PREFIXES: Final = tuple(base + "/models/" for base in _BASES)
_LATER_PREFIXES: Final = (
    tuple((base + path, capability, section) for path, capability, section in _LATER for base in _BASES)
    + _LATER_ROOTS
)
_DEPLOYED: Final = (CHAT, COMPLETIONS, EMBEDDINGS)


def find(method: str, path: str) -> Match | Refusal:
    """What `path` means, or why it is not served: not known, not in this release, or not with this method.

    `path` is raw, percent-encoded and without its query: a model's name in it is decoded once, here.
    """
    match = _MATCHES.get(path)
    if match is None:
        match = _search(path)
    if isinstance(match, Match) and method not in match.operation.methods:
        allowed = " or ".join(match.operation.methods)
        return Refusal(
            code="method_not_allowed",
            message=f"{_shown(path)} is asked with {allowed}, the request has {_shown(method)}",
        )
    return match


def _search(path: str) -> Match | Refusal:
    if "//" in path or not path.startswith("/"):
        return _unknown(path)
    path = path.removesuffix("/")
    match = _MATCHES.get(path)
    if match is not None:
        return match
    for prefix in _MODEL_PREFIXES:
        if path.startswith(prefix):
            return Match(operation=MODEL, model_id=unquote(path.removeprefix(prefix)))
    if path.startswith(_DEPLOYMENTS):
        return _deployment(path.removeprefix(_DEPLOYMENTS), path)
    return _later(path, path)


def _deployment(rest: str, path: str) -> Match | Refusal:
    """Azure's form: the model stands before the operation and may hold slashes, raw or as `%2F`."""
    # `/chat/completions` ends in `/completions` too: the longer suffix is asked first.
    for operation in _DEPLOYED:
        model = rest.removesuffix(operation.path)
        if model and model != rest:
            return Match(operation=operation, path_model=unquote(model))
    _, slash, suffix = rest.partition("/")
    return _later(slash + suffix, path)


def _later(path: str, asked: str) -> Refusal:
    for prefix, capability, section in _LATER_PREFIXES:
        if path == prefix or path.startswith((prefix + "/", prefix + ":")):
            until = f" yet, `{section}:` in aigw-dev.yaml will" if section else ""
            return Refusal(
                code="not_configured",
                message=f"{_shown(asked)} belongs to {capability}; this release does not serve it{until}",
            )
    return _unknown(asked)


def _unknown(path: str) -> Refusal:
    return Refusal(
        code="path_not_found", message=f"the gateway has no path {_shown(path)}; GET / lists what it serves"
    )


def _shown(text: str) -> str:
    return text[:_MAX_SHOWN_CHARS]
