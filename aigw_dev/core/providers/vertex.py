"""Vertex AI: where a model of a publisher is called, from what people write as its base URL.

Google's own models speak Gemini's dialect there, Anthropic's speak Anthropic's; both live under
`/v1/projects/PROJECT/locations/LOCATION/publishers/PUBLISHER/models/MODEL:METHOD`. Other publishers' models are reached
through the OpenAI-compatible endpoint (`endpoints/openapi`). Pure. Anthropic's forms and the hosts are those of its SDK
(2.11, `lib/vertex`), Google's those of recorded calls; express mode was seen in neither.
"""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

ANTHROPIC_VERSION: Final = "vertex-2023-10-16"
"""Stands in the body, where Anthropic's own API has a header."""
OPENAI_PATH: Final = "/endpoints/openapi"
"""Behind the API base: the OpenAI-compatible endpoint."""

_REGIONAL: Final = re.compile(r"(?P<location>[a-z0-9-]+)-aiplatform\.googleapis\.com")
_MULTI_REGIONAL: Final = re.compile(r"aiplatform\.(?P<location>[a-z0-9-]+)\.rep\.googleapis\.com")
_GLOBAL: Final = "aiplatform.googleapis.com"
_PLACE: Final = re.compile(r"/projects/(?P<project>[^/]+)(?:/locations/(?P<location>[^/]+))?")
_VERSION: Final = re.compile(r"/(v[0-9][a-z0-9]*)(?=/|$)")
_DEFAULT_VERSION: Final = "v1"
_MODELS: Final = "models/"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where models are called. `project` and `location` may be empty where nobody said them."""

    origin: str
    """`https://us-central1-aiplatform.googleapis.com`."""
    version: str = _DEFAULT_VERSION
    project: str = ""
    location: str = ""

    @property
    def api_base(self) -> str:
        """What paths are appended to; without a project it is that of express mode, which wants an API key."""
        base = f"{self.origin}/{self.version}"
        return f"{base}/projects/{self.project}/locations/{self.location}" if self.project else base


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """Whose models have a dialect of their own on Vertex."""

    dialect: str
    whole: str
    """The method that answers in one piece; with its colon."""
    stream: str
    count_model: str = "{model}"
    """What stands as the model in the path of a counting call."""
    count: str = ":countTokens"
    stream_query: str = ""
    is_model_in_body: bool = False
    """A counting call keeps the model in its body."""
    body_version: str = ""
    """`anthropic_version`: the model moves from the body to the path and this stands there."""


PUBLISHERS: Final = {
    "google": Publisher(
        dialect="gemini-generate-content",
        whole=":generateContent",
        stream=":streamGenerateContent",
        stream_query="alt=sse",
    ),
    "anthropic": Publisher(
        dialect="anthropic-messages",
        whole=":rawPredict",
        stream=":streamRawPredict",
        count_model="count-tokens",
        count=":rawPredict",
        is_model_in_body=True,
        body_version=ANTHROPIC_VERSION,
    ),
}
"""By the publisher's name in the path; models of any other go through `OPENAI_PATH`, as `PUBLISHER/MODEL`."""

_FAMILIES: Final = (
    ("claude", "anthropic"),
    ("gemini", "google"),
    ("gemma", "google"),
    ("text-embedding", "google"),
)
"""How a bare name begins, and whose it is."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Where one call goes, behind `Place.api_base`."""

    path: str
    """`{model}` stands for the model's name, which the URL's builder encodes."""
    query: str = ""


def read_place(base_url: str, *, project: str = "", location: str = "") -> Place:
    """Where a base URL points, as far as it says it; `project` and `location` fill in what it does not say.

    Takes the bare host, the host with a version, `/v1/projects/P/locations/L`, and what people copy from elsewhere
    with an ending behind that: `/endpoints/openapi`, `/publishers/google`. A regional host says its location; a key
    file knows its project.
    """
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    place = _PLACE.search(parts.path)
    version = _VERSION.search(parts.path)
    said_location = (place["location"] if place else "") or _location_of(host)
    return Place(
        origin=f"{parts.scheme}://{parts.netloc}",
        version=version[1] if version else _DEFAULT_VERSION,
        project=place["project"] if place else project,
        location=said_location or location or "global",
    )


def split_model(name: str) -> tuple[str, str]:
    """(publisher, model) of a model as people name it; ("", name) where nothing says whose it is.

    `google/gemini-2.5-pro`, `publishers/google/models/gemini-2.5-pro`, `models/gemini-2.5-pro`, `claude-opus-4-8`.
    """
    bare = name.removeprefix("publishers/")
    publisher, slash, model = bare.partition("/")
    if slash and publisher + "/" != _MODELS:
        return publisher, model.removeprefix(_MODELS)
    model = bare.removeprefix(_MODELS)
    lower = model.lower()
    return next((whose for start, whose in _FAMILIES if lower.startswith(start)), ""), model


def call(publisher: str, *, is_stream: bool = False, is_count: bool = False) -> Call | None:
    """Where a publisher's own dialect is spoken; None where it has none on Vertex (`OPENAI_PATH` then)."""
    row = PUBLISHERS.get(publisher)
    if row is None:
        return None
    head = f"/publishers/{publisher}/models/"
    if is_count:
        return Call(path=f"{head}{row.count_model}{row.count}")
    if is_stream:
        return Call(path=f"{head}{{model}}{row.stream}", query=row.stream_query)
    return Call(path=f"{head}{{model}}{row.whole}")


def native_body(publisher: str, body: bytes, *, model: str, is_count: bool = False) -> bytes:
    """The body of a publisher's own dialect as Vertex takes it; the same bytes where nothing differs.

    Anthropic's: without `model`, which stands in the path (a counting call keeps it), and with `anthropic_version`.
    """
    row = PUBLISHERS.get(publisher)
    if row is not None and is_count and not row.body_version:
        return _unwrapped(body)
    if row is None or not row.body_version:
        return body
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    fields.pop("model", None)
    if is_count and row.is_model_in_body:
        fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    fields.setdefault("anthropic_version", msgspec.Raw(msgspec.json.encode(row.body_version)))
    return msgspec.json.encode(fields)


def _unwrapped(body: bytes) -> bytes:
    """Gemini's own API counts a `generateContentRequest`; Vertex wants its fields at the top level."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    inner = fields.pop("generateContentRequest", None)
    if inner is None:
        return body
    fields |= msgspec.json.decode(inner, type=dict[str, msgspec.Raw])
    fields.pop("model", None)
    return msgspec.json.encode(fields)


def _location_of(host: str) -> str:
    if host == _GLOBAL:
        return "global"
    named = _REGIONAL.fullmatch(host) or _MULTI_REGIONAL.fullmatch(host)
    return named["location"] if named else ""
