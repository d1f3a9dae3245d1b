"""A fault as somebody asked for it: the words of a command line or header, and when it strikes.

One fault is written

    ID[@WHERE][;NAME=VALUE]...
    WHERE = client | provider[:PROVIDER[/MODEL]] | route:NAME[/TARGET] | node:ID

`TARGET` is `PROVIDER[/MODEL]`; a value with blanks, `;` or `,` stands in double quotes, as in JSON. Several faults are
divided by blanks or commas:

    http.429@route:ai-test/qwen/qwen3-max;times=2;retry_after_ms=30 stream.cut;after=3

Short words: `after` and `k` mean `after_events`; `stream.cut` is `stream.cut.clean`; `http.status;status=507` is any status
that has no id of its own. At the client's edge a model is `ID@client;model=NAME`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, Literal

import msgspec

from aigw_dev.core.errors import GatewayError
from aigw_dev.core.recording.faults.catalogue import ALIASES, CATALOGUE, canonical_id

Edge = Literal["", "client", "provider"]
End = Literal["clean", "dirty", "reset", "hold"]

_PARAM_ALIASES: Final = {"after": "after_events", "k": "after_events"}
_INTS: Final = frozenset(
    {
        "times",
        "on_call",
        "seed",
        "after_events",
        "after_bytes",
        "delay_ms",
        "jitter_ms",
        "ping_ms",
        "retry_after_ms",
        "status",
        "size_bytes",
        "piece_bytes",
        "bytes_per_s",
    }
)
_LEAST: Final = {"times": 1, "on_call": 1, "status": 400, "piece_bytes": 1, "bytes_per_s": 1, "ping_ms": 1}
_MOST: Final = {"status": 599, "size_bytes": 1 << 30}
_MOST_INT: Final = (1 << 53) - 1
_ENDS: Final = ("clean", "dirty", "reset", "hold")
_PIECE: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s,"])+')
_PART: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^;"])+')
_MASK: Final = (1 << 64) - 1
_MAX_SHOWN_CHARS: Final = 60


class FaultError(GatewayError):
    """A fault that cannot be done, or that nobody knows: names the part at fault."""

    code = "fault_unknown"


class FaultSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault: what, where, when, and how hard. None = the fault's own default."""

    id: str
    """Of the catalogue."""
    edge: Edge = ""
    """Empty = `provider` where a provider, model, route or node is named, else `client`; see `edge_of`."""
    provider: str = ""
    model: str = ""
    route: str = ""
    """The route that decided."""
    node: str = ""
    """The id of a node of a route, or a target `provider/model`."""
    test: str = ""
    """Only calls of this test; empty = of all."""
    times: int | None = None
    """Strikes this many times, then no more; None = every matching call."""
    on_call: int | None = None
    """Strikes this matching call, counted from 1; with `times` that one and those after it."""
    rate: float | None = None
    """Strikes with this likelihood, 0 to 1."""
    seed: int | None = None
    """Of its draws (`rate`, jitter, random cuts); None = 0. The same seed strikes the same calls."""
    after_events: int | None = None
    """Events with data that pass before it."""
    after_bytes: int | None = None
    """Bytes of the body that pass before it; wins over `after_events`."""
    delay_ms: int | None = None
    jitter_ms: int | None = None
    """At most so much more, drawn."""
    ping_ms: int | None = None
    """While it is silent, the dialect's keep-alive in this beat."""
    retry_after_ms: int | None = None
    """0 = no such header."""
    status: int | None = None
    message: str = ""
    """The error's text, instead of the usual one."""
    text: str = ""
    """Of a changed body: a tool's name, a model's name, arguments."""
    kind: str = ""
    """A variant of the fault; the catalogue lists them."""
    end: Literal["", "clean", "dirty", "reset", "hold"] = ""
    """How the connection ends where the fault leaves that open."""
    size_bytes: int | None = None
    piece_bytes: int | None = None
    bytes_per_s: int | None = None

    @property
    def edge_of(self) -> Literal["client", "provider"]:
        """Where it is done."""
        if self.edge:
            return self.edge
        return "provider" if self.provider or self.model or self.route or self.node else "client"


class CallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault looks at in a call (client edge) or in an attempt (provider edge)."""

    edge: Literal["client", "provider"]
    provider: str = ""
    model: str = ""
    """The model name sent upstream; at the client's edge the one asked for."""
    route: str = ""
    node: str = ""
    test: str = ""


class Armed:
    """A fault in force: counts the calls that match and says which of them it strikes."""

    def __init__(self, spec: FaultSpec) -> None:
        """`spec` is a checked one: of `parse_fault` or `fault_of`."""
        self.spec = spec
        self.seen = 0
        """Matching calls so far."""
        self.fired = 0
        """How many of them it struck."""
        self.draw = generator(spec.seed or 0)
        """Its own numbers, from its seed: what `wants` and `perform` may be given."""

    @property
    def is_spent(self) -> bool:
        """It will not strike again."""
        return self.spec.times is not None and self.fired >= self.spec.times

    def wants(self, facts: CallFacts, draw: Callable[[], float] | None = None) -> bool:
        """Whether it strikes this call; counts it. `draw` gives numbers in [0, 1), None = its own."""
        spec = self.spec
        if not _matches(spec, facts):
            return False
        self.seen += 1
        # drawn for every matching call, so that which calls are struck depends on nothing else
        is_lucky = spec.rate is None or (draw or self.draw)() < spec.rate
        if self.is_spent or not is_lucky or (spec.on_call is not None and self.seen < spec.on_call):
            return False
        if spec.on_call is not None and spec.times is None and self.seen > spec.on_call:
            return False
        self.fired += 1
        return True


def generator(seed: int) -> Callable[[], float]:
    """Numbers in [0, 1) that depend on `seed` only (splitmix64, Vigna; public domain)."""
    state = seed & _MASK

    def draw() -> float:
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        mixed = state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)

    return draw


def parse_fault(text: str) -> FaultSpec:
    """The one fault that `text` asks for. Raises FaultError, which names the part at fault."""
    found = parse_faults(text)
    if len(found) != 1:
        raise FaultError(
            f"{len(found)} faults stand where one belongs",
            hint="divide several by blanks where many may stand",
        )
    return found[0]


def parse_faults(text: str) -> list[FaultSpec]:
    """Every fault in `text`, divided by blanks or commas. Raises FaultError."""
    pieces = _PIECE.findall(text)
    if len("".join(pieces)) != len(re.sub(r'("(?:[^"\\]|\\.)*")|[\s,]', r"\1", text)):
        raise FaultError(f"`{_short(text)}` has a quote that is not closed")
    return [_parsed(piece) for piece in pieces]


def fault_of(fields: Mapping[str, Any]) -> FaultSpec:
    """The fault that a JSON object or keyword arguments ask for: `{"fault": "stream.cut", "after": 3}`.

    `fault` (or `id`) may be a whole text of `parse_fault`; the other names add to it. Raises FaultError.
    """
    rest = {name: value for name, value in fields.items() if value is not None}
    said = rest.pop("fault", None) or rest.pop("id", None)
    if not isinstance(said, str):
        raise FaultError("no fault is named", hint='say {"fault": "http.429"}')
    found = {**_fields(said.strip()), **rest}
    return _checked(found)


def text_of(spec: FaultSpec) -> str:
    """The fault as `parse_fault` reads it back."""
    wire = msgspec.to_builtins(spec)
    said = wire.pop("id")
    target = "/".join(filter(None, (spec.provider, spec.model)))
    if spec.route:
        said += f"@route:{spec.route}" + (f"/{target}" if target else "")
        used = ("edge", "route", "provider", "model")
    elif spec.provider:
        said += f"@provider:{target}"
        used = ("edge", "provider", "model")
    elif spec.node:
        said += f"@node:{spec.node}"
        used = ("edge", "node")
    else:
        said += f"@{spec.edge}" if spec.edge else ""
        used = ("edge",)
    rest = {name: value for name, value in wire.items() if name not in used}
    return said + "".join(f";{name}={_quoted(value)}" for name, value in rest.items())


def _parsed(piece: str) -> FaultSpec:
    return _checked(_fields(piece))


def _fields(piece: str) -> dict[str, Any]:
    """What one text says, unchecked."""
    head, *parts = _PART.findall(piece) or [""]
    if piece.count(";") and not piece.strip(";"):
        raise FaultError(f"`{_short(piece)}` names no fault")
    name, at, where = head.partition("@")
    found: dict[str, Any] = {"id": name}
    if at:
        found |= _where(where, piece)
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise FaultError(f"`{_short(part)}` in `{_short(piece)}` has no value", hint="write NAME=VALUE")
        found[key.strip()] = _unquoted(value.strip(), part)
    return found


def _where(where: str, piece: str) -> dict[str, str]:
    kind, _, name = where.partition(":")
    first, _, rest = name.partition("/")
    match kind:
        case "client" if not name:
            return {"edge": "client"}
        case "provider":
            return {"edge": "provider", "provider": first, "model": rest}
        case "route" if first:
            provider, _, model = rest.partition("/")
            return {"edge": "provider", "route": first, "provider": provider, "model": model}
        case "node" if name:
            return {"edge": "provider", "node": name}
        case _:
            raise FaultError(
                f"`@{_short(where)}` in `{_short(piece)}` is no place",
                hint="@client, @provider:NAME[/MODEL], @route:NAME[/PROVIDER/MODEL] or @node:ID",
            )


def _checked(found: dict[str, Any]) -> FaultSpec:
    name = found.pop("id")
    known = canonical_id(name)
    if known is None:
        raise FaultError(f"there is no fault `{_short(name)}`{_near(name, (*CATALOGUE, *ALIASES))}")
    row = CATALOGUE[known]
    fields: dict[str, Any] = {"id": known}
    for given, value in found.items():
        key = _PARAM_ALIASES.get(given, given)
        if key not in _PLACES and key not in row.takes:
            words = (*row.takes, *_PLACES)
            raise FaultError(f"`{known}` takes no `{_short(given)}`{_near(key, words)}")
        fields[key] = _value(known, key, value)
    kind = fields.get("kind", "")
    if kind and kind not in row.kinds:
        raise FaultError(f"`{known}` has no kind `{_short(kind)}`{_near(kind, row.kinds)}")
    spec = FaultSpec(**fields)
    if spec.edge == "client" and (spec.provider or spec.route or spec.node):
        raise FaultError(
            f"`{known}`: a provider, route or node is at the provider's edge, not at the client's",
            hint="leave out `edge=client`; `model` may be named at the client's edge",
        )
    if spec.edge_of not in row.edges:
        raise FaultError(
            f"`{known}` cannot be done at the {spec.edge_of}'s edge: nobody can fake it on a connection that stands",
            hint=f"call aigw.dead_url({known.removeprefix('net.')!r}) and let the app use that address, or name a provider: "
            f"`{known}@provider:NAME`",
        )
    return spec


_PLACES: Final = ("edge", "provider", "model", "route", "node")


def _value(fault: str, key: str, value: Any) -> Any:
    if key in _INTS:
        number = _integer(value)
        least, most = _LEAST.get(key, 0), _MOST.get(key, _MOST_INT)
        if number is None or not least <= number <= most:
            upper = f" to {most}" if key in _MOST else ""
            raise FaultError(
                f"`{key}` of `{fault}` must be a whole number from {least}{upper}, not `{_short(value)}`"
            )
        return number
    if key == "rate":
        share = _share(value)
        if share is None:
            raise FaultError(f"`rate` of `{fault}` must be a number from 0 to 1, not `{_short(value)}`")
        return share
    text = str(value)
    if key == "end" and text not in _ENDS:
        raise FaultError(f"`end` of `{fault}` must be one of {', '.join(_ENDS)}, not `{_short(text)}`")
    if key == "edge" and text not in {"", "client", "provider"}:
        raise FaultError(f"`edge` of `{fault}` must be client or provider, not `{_short(text)}`")
    return text


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_INT)) else None


def _share(value: Any) -> float | None:
    try:
        share = float(value)
    except (TypeError, ValueError):
        return None
    return share if 0 <= share <= 1 else None


def _matches(spec: FaultSpec, facts: CallFacts) -> bool:
    target = f"{facts.provider}/{facts.model}"
    return (
        spec.edge_of == facts.edge
        and spec.test in {"", facts.test}
        and spec.provider in {"", facts.provider}
        and spec.model in {"", facts.model}
        and spec.route in {"", facts.route}
        and spec.node in {"", facts.node, target}
    )


def _unquoted(value: str, part: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return msgspec.json.decode(value, type=str)
    except ValueError:
        raise FaultError(
            f"`{_short(part)}` has a text that cannot be read", hint="quote as in JSON"
        ) from None


def _quoted(value: Any) -> str:
    text = str(value)
    if text and not re.search(r'[\s;,"\\]', text):
        return text
    return msgspec.json.encode(text).decode()


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _MAX_SHOWN_CHARS else text[: _MAX_SHOWN_CHARS - 1] + "…"


def _near(word: object, words: Iterable[str]) -> str:
    found = get_close_matches(str(word)[:_MAX_SHOWN_CHARS], list(words), n=1, cutoff=0.5)
    return f"; did you mean `{found[0]}`?" if found else ""
