"""What a kind of provider is: one row of data. A vendor's behaviour stands here and nowhere else.

Nothing in the gateway compares a kind's name; where vendors differ, a field says so.

How a base URL becomes an address (`address.join`): `base_url` is what the vendor's own SDK takes, `api_path` is the
path under which the operations of `dialect` live, and `is_api_path_in_base` says whether that SDK wants the path in
its base URL (OpenAI's does) or adds it itself (Anthropic's, Ollama's, Groq's do).
"""

from typing import Final, Literal

import msgspec

Auth = Literal["bearer", "api-key", "x-api-key", "x-goog-api-key", "token", "none"]
"""How a key travels: `authorization: Bearer KEY`, or the header of that name; `none` = no key is ever sent."""

OPERATIONS: Final = (
    "openai.chat.completions",
    "openai.completions",
    "openai.embeddings",
    "openai.images.generations",
    "openai.images.edits",
    "openai.audio.transcriptions",
    "openai.audio.translations",
    "openai.audio.speech",
    "openai.videos.create",
    "openai.moderations",
    "rerank",
)
"""Operations that a kind may lack. Those that are not listed in `Kind.lacks` are sent; the provider then decides."""


class Region(msgspec.Struct, frozen=True):
    """Another place of the same vendor; it has keys and prices of its own."""

    name: str
    base_url: str


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """Another place of a provider, where it speaks another dialect."""

    dialect: str
    api_path: str
    """Path under which that dialect's operations live, below the place that `Kind.api_path` is below too."""
    auth: Auth | None = None
    """None = as everywhere at this provider."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent where the caller sent none of that name: `anthropic-version`."""
    is_only_at_vendor: bool = False
    """It is not expected behind an overridden base URL: a stand-in usually serves the main dialect alone."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of provider: where it is, which dialect it speaks, how it authenticates, what it lacks."""

    name: str
    """As written in `kind:`; lower case."""
    title: str
    """The name people use: `Alibaba Model Studio (DashScope)`."""
    base_url: str = ""
    """As the vendor's own SDK takes it, without a final slash; empty where everybody has their own."""
    api_path: str = "/v1"
    """Path under which the operations live; empty or beginning with a slash."""
    is_api_path_in_base: bool = True
    """The vendor's SDK wants `api_path` inside its base URL; False = it adds the path itself."""
    dialect: str = "openai-chat"
    """The dialect spoken with it today."""
    native_dialect: str = ""
    """The dialect of its own that chat goes through, whoever calls; empty = `dialect`. One of `ports`."""
    ports: tuple[Port, ...] = ()
    """Where it speaks other dialects than `dialect`; a caller of one of them is relayed, not translated."""
    adapters: tuple[tuple[str, str], ...] = ()
    """Operations it offers in a form of its own: operation, module of `core.providers` that has the adapter."""
    traits: str = ""
    """Which table of `core.providers.traits` says what its models take and refuse; empty = nothing particular."""
    signing: str = ""
    """How a key that is no plain key becomes a credential: `aws` (signature), `google` (token of a service account)."""
    has_publishers: bool = False
    """Models of several publishers, each in its own dialect at a path of its own (`core.providers.vertex`)."""
    has_response_sockets: bool = False
    """It serves the Responses API over WebSocket too."""
    auth: Auth = "bearer"
    """How a key travels where there is one."""
    is_key_required: bool = True
    """False: a call without a key is normal (a model server on this machine)."""
    env: tuple[str, ...] = ()
    """The usual variables for its key, first one first. Used only with the kind's own base URL."""
    docs_url: str = ""
    """Where a person gets a key or reads how to start the server."""
    models_path: str = "/models"
    """Lists models, GET, relative like an operation; empty = cannot be asked."""
    check_path: str = ""
    """GET that costs nothing and fails with a wrong key; empty = `models_path`."""
    is_check_blind: bool = False
    """The free check answers without looking at the key: it proves only that the provider is reachable."""
    check_headers: tuple[tuple[str, str], ...] = ()
    """What the vendor wants on that GET besides the key."""
    default_models: tuple[str, ...] = ()
    """Well-known models, known before the first listing; not a limit."""
    model_prefix: str = ""
    """What its listing puts before the ids that calls and price lists use (`models/`)."""
    regions: tuple[Region, ...] = ()
    is_local: bool = False
    """A model server that people run themselves: no vendor, no bill."""
    is_embedded: bool = False
    """Answers inside this process; there is no URL."""
    base_url_example: str = ""
    """Shown where a base URL is needed; holds a placeholder in capitals."""
    deployment_path: str = ""
    """Stands between the API path and the operation and names the model: `/deployments/{model}`."""
    query: tuple[tuple[str, str], ...] = ()
    """Query of every call unless the caller's own names it: Azure's `api-version`."""
    lacks: frozenset[str] = frozenset()
    """Members of `OPERATIONS` that it is known not to serve."""
    sends_usage_unasked: bool = False
    """Its streams carry usage without `stream_options`; some of these refuse that field."""
    reports_cost: bool = False
    """Its usage says what a call cost; that figure then goes before our own."""
    notes: str = ""
    """A sentence for the documentation."""

    @property
    def key_name(self) -> str:
        """The keyring name of its key when nothing else is chosen: `qwen-api-key`."""
        return f"{self.name}-api-key"

    @property
    def needs_base_url(self) -> bool:
        """Everybody has their own address: a config must name it."""
        return not self.base_url and not self.is_embedded

    @property
    def is_free(self) -> bool:
        """Calls cost nothing by declaration, as opposed to having no known price."""
        return self.is_local or self.is_embedded

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of `OPERATIONS` that are sent to it."""
        return tuple(operation for operation in OPERATIONS if operation not in self.lacks)
