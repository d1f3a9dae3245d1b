"""What a fixture file says, in memory: everything resolved, so that only `reading` and `writing` know the file's shorthands.

`~lines`, `~extends`, `~v`, `~lit` and hoisted `common` fields exist in files only; here stands what they stand for.
Wildcards (`Wild`) and references to blobs (`Blob`) stay, as values amid plain JSON.
"""

from typing import Any, Final, Literal

import msgspec

FORMAT: Final = 1
"""The major version that is written, and the only one that is read."""
SUFFIX: Final = ".aigw.json"
SESSION: Final = "session"
"""The test that calls without a name in their path belong to."""

End = Literal["eof", "cut", "reset", "client_abort"]
"""How a stream ended: `eof` with its terminator or a whole body; `cut` closed without one; `reset` broken off by the provider;
`client_abort` the caller left."""


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that lie beside the fixture, by their hash."""

    sha256: str
    """64 hex digits; the file is `_blobs/<first 16>.<ext>`."""
    type: str = ""
    """Media type."""
    bytes: int = 0
    """Length."""
    form: Literal["", "base64", "data-url", "json"] = ""
    """Where it stands for a JSON value: base64 text, a data URL, or a piece of JSON (long arrays of numbers)."""
    preview: tuple[int | float, ...] = ()
    """The first numbers of a long array, for readers of the file."""
    count: int = 0
    """How many numbers the array has, where there is a preview."""


class Wild(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-written wildcard in a request: any value (`~any`), or a text that a linear-time regex matches whole (`~re`)."""

    pattern: str | None = None
    """None = any value, also none at all."""


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a form."""

    name: str
    filename: str
    type: str
    blob: Blob


class Request(msgspec.Struct, kw_only=True):
    """A request, the caller's or one of ours to a provider. At most one of `body`, `form`/`files`, `blob` holds it."""

    op: str
    """An operation's name: `openai.chat.completions`."""
    method: str = "POST"
    path: str = ""
    """Path and query, only where the operation's name does not say it: a thing by its id, anything below a prefix."""
    headers: dict[str, str] = {}
    """Those that count: `anthropic-version`, `anthropic-beta`, `openai-beta`; lower-case names."""
    body: Any = msgspec.UNSET
    """Decoded JSON in the order sent; UNSET = none."""
    form: dict[str, Any] | None = None
    """Text fields of a form; a name sent several times has a list."""
    files: list[FilePart] = []
    blob: Blob | None = None
    """A body that is neither JSON nor a form."""
    is_masked: bool = False
    """A secret that only this machine knows was masked in it: before it is written, such texts become wildcards."""


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream."""

    name: str | None = None
    """SSE `event:`; None = it has none."""
    data: Any = msgspec.UNSET
    """Decoded JSON, hoisted fields put back; UNSET where the data is no JSON (`[DONE]`): see `text`."""
    text: str = ""
    """The data as it is, where it is no JSON object or array."""
    id: str = ""
    """SSE `id:`."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a WebSocket."""

    side: Literal["c", "s"]
    """`c` sent by the caller, `s` by the provider."""
    dt_ms: int = 0
    """Milliseconds since the frame before; what a replay waits for is the order, not this."""
    data: Any = msgspec.UNSET
    """Decoded JSON; UNSET = see `text` or `blob`."""
    text: str | None = None
    blob: Blob | None = None
    is_binary: bool = False
    """`data` was sent as a binary message (Gemini Live's JSON is); a blob always was."""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How a WebSocket was closed."""

    side: Literal["c", "s"]
    """`c` by the caller, `s` by the provider."""
    code: int
    """RFC 6455 7.4; 1005 = without a code."""
    reason: str = ""


class Synth(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A hand-written answer: built into the provider's dialect when it is replayed."""

    text: str = ""
    reasoning: str = ""
    tool_calls: list[Any] = []
    """`[name, arguments]`: arguments an object, or text sent as it is."""
    finish: str = ""
    """The neutral word: `stop`, `length`, `tool_calls`, `content_filter`, `refusal`; empty = what fits."""
    usage: dict[str, int] = {}
    """`input_tokens`, `output_tokens`; empty = estimated."""
    chunks: int | None = None
    """How many pieces a streamed text comes in; None = word by word."""
    ttft_ms: int = 0
    tps: float = 0.0
    """Pieces per second; 0 = at once."""


class Response(msgspec.Struct, kw_only=True):
    """A provider's reply. Exactly one of `body`, `text`, `blob`, `events`, `raw`, `ws`, `synth` is set, or none (empty body)."""

    status: int = 200
    headers: dict[str, str] = {}
    """Allow-listed, lower-case, in wire order; of a repeated name the last."""
    dt_ms: list[int] = []
    """Milliseconds, one number for each event: to the first since the call was sent, to the others since the one before. One
    number for a whole reply; none with `raw`, whose pieces have their own."""
    body: Any = msgspec.UNSET
    """Decoded JSON."""
    text: str | None = None
    blob: Blob | None = None
    events: list[EventRow] | None = None
    """Server-sent events; `end` says how they ended."""
    raw: list[tuple[int, bytes]] | None = None
    """Exact pieces: milliseconds since the one before, bytes. Byte-exact and opt-in; also for streams that are no SSE."""
    ws: list[Frame] | None = None
    """A WebSocket's messages both ways; `status` is 101 then, and `close` says how it ended."""
    close: Closing | None = None
    """Only beside `ws`; None = nobody closed it, the connection was lost (`end` says whose) or is left to the caller."""
    synth: Synth | None = None
    end: End = "eof"
    dialect: str = ""
    """Set where the reply is in another dialect than its provider speaks: promoted from what a caller got. Replay re-encodes."""


class Attempt(msgspec.Struct, kw_only=True):
    """One upstream call that the gateway made for an interaction."""

    upstream: str
    """`provider/model` as sent; only `provider` where there is no model."""
    kind: str = ""
    """The provider's kind, where its name is another: `anthropic` for one called `work`. A replay needs no config then."""
    why: str = ""
    """Why it was made, where it is not the first: `fallback: 429 from openai/gpt-4o-mini`."""
    request: Request | Literal["same"] = "same"
    """What was sent there; `same` = the caller's, with the model name that `upstream` says. (`~patch` is resolved.)"""
    response: Response | None = None
    error: str = ""
    """Where no reply came: our code (`connect_failed`, `upstream_reset` ...), or `not_kept` for a failure that was not recorded
    because the interaction succeeded elsewhere; `response` is None then."""
    error_text: str = ""


class Route(msgspec.Struct, kw_only=True):
    """What the router decided when it was recorded; for readers and for messages, never obeyed."""

    asked: str = ""
    rule: str = ""
    """The route's name, or empty."""
    chosen: str = ""


class Interaction(msgspec.Struct, kw_only=True):
    """What the app sent once, and every upstream call made for it."""

    request: Request
    attempts: list[Attempt]
    key: str = ""
    """`k1:` and 24 hex digits; empty in a file that was written by hand (derived), or where the request has wildcards."""
    route: Route | None = None
    usage: dict[str, Any] | None = None
    """`input_tokens`, `output_tokens`, `cached_tokens`, `cost_usd` (decimal text or `unknown`), `prices`."""
    summary: dict[str, Any] | None = None
    """Derived from the last attempt's response: `text`, `tool_calls`, `finish`, `vectors`, `dims`. Holds no timings."""
    repeat: Literal["", "last", "cycle"] = ""
    """After the last answer of this key: an error, the last one again, or from the first again."""
    note: str = ""


class Fixture(msgspec.Struct, kw_only=True):
    """One file: what was recorded in one test."""

    interactions: list[Interaction]
    test: str = ""
    """The test's id as its runner says it; empty for one recorded outside tests."""
    recorded_at: str = ""
    """RFC 3339, UTC, whole seconds."""
    expires: str = ""
    notes: str = ""
    ignore: tuple[str, ...] = ()
    """Ignore rules in force for its keys: JSON paths (`$.temperature`, or `temperature`), with `~regex` for parts of a text."""


class FixtureError(Exception):
    """A fixture that cannot be used: where in the file, what is wrong there, how to mend it."""

    def __init__(
        self, message: str, *, where: str = "", code: str = "fixture_invalid", hint: str = ""
    ) -> None:
        """`where` is a JSON path or `line N`; the file's name is added by who read it."""
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.where = where
        self.code = code
        """`fixture_invalid`, `fixture_version` (an unknown major), `fixture_unsafe` (a secret is left)."""
        self.hint = hint
