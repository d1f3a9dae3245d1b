"""Real recordings as scripts of an upstream, and what they say, read in the simplest way there is.

Read only from where they lie; nothing of them is copied into the project.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import pytest
import yaml

from tests.e2e.stage import KEYS, Stage
from tests.scripted import LAST_CHUNK, Script, chunk, json_reply, reply, stream_head

_PIECE_BYTES: Final = 509
"""A prime: streams are cut where no event ends."""
UNASKED: Final = "no script was left for this request"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KINDS: Final = (
    # name of the provider, kind, base URL as that vendor's SDK takes it
    ("claude", "anthropic", "{up}"),
    ("gem", "gemini", "{up}"),
    ("native", "openai", "{up}/v1"),
    ("native2", "openai", "{up}/v1"),
)


def every_dialect(folder: Path, *, gateway: str = "", more: str = "") -> Stage:
    """A gateway whose providers `up` (chat only), `claude`, `gem`, `native` (chat and Responses) are one upstream."""
    keys = ", ".join(f'"env:{name}"' for name in KEYS)
    rows = "".join(
        f'  {name}: {{kind: {kind}, base_url: "{url}", keys: [{keys}]}}\n' for name, kind, url in _KINDS
    )
    stage = Stage(folder, names=("up",), more=rows + more, gateway=gateway)
    unasked = {"error": {"message": UNASKED, "type": "t", "param": None, "code": None}}
    stage["up"]._answer = [json_reply(unasked, status=418)]  # pyright: ignore[reportPrivateUsage] - else it says nothing
    return stage


def staged(factory: pytest.TempPathFactory, name: str) -> Iterator[Stage]:
    """The body of a module's `stage` fixture."""
    with every_dialect(factory.mktemp(name)) as made:
        yield made


# streams


def payloads(vectors: Path, name: str) -> list[str]:
    """The payload of every event in a `*.chunks.txt`."""
    return [line for line in (vectors / name).read_text("utf-8").split("\n") if line.strip()]


def cut(body: bytes, *, headers: Sequence[tuple[str, str]] = ()) -> Script:
    """A streamed reply in pieces that end anywhere."""
    pieces = [body[start : start + _PIECE_BYTES] for start in range(0, len(body), _PIECE_BYTES)]
    head = stream_head(headers=[("Content-Type", "text/event-stream"), *headers])
    return [head, *(chunk(piece) for piece in pieces), LAST_CHUNK]


def chat_stream(lines: list[str]) -> bytes:
    """As OpenAI's chat sends it."""
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


def named_stream(lines: list[str]) -> bytes:
    """As Anthropic and OpenAI's Responses send it: every event has a name."""
    return "".join(f"event: {json.loads(line)['type']}\ndata: {line}\n\n" for line in lines).encode()


def gemini_stream(lines: list[str]) -> bytes:
    """As Gemini sends it."""
    return "".join(f"data: {line}\r\n\r\n" for line in lines).encode()


def whole(vectors: Path, name: str, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Script:
    """A recorded JSON body as a reply."""
    head = [("Content-Type", "application/json"), *headers]
    return [reply((vectors / name).read_bytes(), status=status, headers=head)]


def load(vectors: Path, name: str) -> Any:
    """A recorded JSON body."""
    return json.loads((vectors / name).read_bytes())


class Taped(msgspec.Struct, frozen=True):
    """One interaction of a cassette."""

    path: str
    asked: Any
    """The request's JSON; None where it has none."""
    status: int
    content_type: str
    body: bytes

    def script(self) -> Script:
        """The reply as it was sent."""
        if self.content_type.startswith("text/event-stream"):
            return cut(self.body)
        return [reply(self.body, status=self.status, headers=[("Content-Type", self.content_type)])]

    def json(self) -> Any:
        """The reply."""
        return json.loads(self.body)


def tape(vectors: Path, name: str) -> list[Taped]:
    """Every interaction of a vcrpy or go-vcr cassette."""
    loaded: Any = yaml.load((vectors / name).read_bytes(), Loader=_LOADER)  # noqa: S506 - the safe loader
    return [_taped(one) for one in loaded["interactions"]]


def _taped(one: dict[str, Any]) -> Taped:
    asked, got = one["request"], one["response"]
    headers = {key.lower(): _first(value) for key, value in got["headers"].items()}
    body: Any = got.get("parsed_body")
    if body is None:
        kept: Any = got["body"]
        body = cast("dict[str, Any]", kept)["string"] if isinstance(kept, dict) else kept
    sent: Any = asked.get("parsed_body")
    if sent is None and isinstance(asked.get("body"), str) and asked["body"].startswith("{"):
        sent = json.loads(asked["body"])
    status: Any = got.get("code") or got["status"]
    url = str(asked.get("uri") or asked.get("url"))
    return Taped(
        "/" + url.split("/", 3)[3],
        sent,
        cast("dict[str, int]", status)["code"] if isinstance(status, dict) else int(status),
        headers.get("content-type", "application/json"),
        body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode(),
    )


def _first(value: Any) -> str:
    return str(cast("list[Any]", value)[0] if isinstance(value, list) else value)


# what a recorded stream says


def _objects(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def chat_said(lines: list[str], field: str = "content") -> str:
    """The text of a chat stream's first choice."""
    choices: list[dict[str, Any]] = [
        choice for one in _objects(lines) for choice in one.get("choices") or () if not choice.get("index")
    ]
    return "".join(choice["delta"].get(field) or "" for choice in choices)


def claude_said(lines: list[str], field: str = "text") -> str:
    """The text (`thinking`, `partial_json`, `signature`) of an Anthropic stream."""
    deltas: list[dict[str, Any]] = [one["delta"] for one in _objects(lines) if one.get("delta")]
    return "".join(delta.get(field) or "" for delta in deltas)


def gemini_said(lines: list[str]) -> str:
    """The text of a Gemini stream, without thoughts."""
    contents: list[dict[str, Any]] = [
        candidate.get("content") or {} for one in _objects(lines) for candidate in one.get("candidates") or ()
    ]
    parts: list[dict[str, Any]] = [part for content in contents for part in content.get("parts") or ()]
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def responses_said(lines: list[str]) -> str:
    """The text of a Responses stream."""
    return "".join(one["delta"] for one in _objects(lines) if one["type"] == "response.output_text.delta")


# what the gateway says of a translation


def losses(reply_headers: Mapping[str, str]) -> dict[str, set[str]]:
    """`x-aigw-translation` as fields by fate; empty where nothing was translated."""
    found: dict[str, set[str]] = {}
    for piece in reply_headers.get("x-aigw-translation", "").split("; ")[1:]:
        fate, _, fields = piece.partition("=")
        found[fate] = set(fields.split(","))
    return found


def fates(exchange: dict[str, Any]) -> dict[str, str]:
    """What became of each field, by the exchange's ledger."""
    ledger: Any = exchange.get("ledger") or {}
    if isinstance(ledger, str):
        ledger = json.loads(ledger)
    return {one["field"]: one["fate"] for one in ledger.get("entries", [])}
