"""The golden matrix of translations: every case of fixtures/dialects/cases in every dialect.

A case is one JSON file: what is given (requests of callers, replies and streams of providers), and under `golden` what
the codecs make of it. `python -m tests.golden [CASE]` shows what differs, `--update` writes it. Read it before you
accept it: fixtures/dialects/README.md says how a case is written.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest
from aigw_dev.core.dialects.codec import Outgoing, count_codec
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams import event_stream
from tests import translations
from tests.sdk_types import ANTHROPIC, BEDROCK, CALLERS, PROVIDERS, RESPONSES

CASES: Final = Path(__file__).resolve().parent.parent / "fixtures" / "dialects" / "cases"
_NAMED: Final = frozenset({ANTHROPIC, RESPONSES})
"""Dialects whose events are named: the name is the data's `type`."""
_WIDTH: Final = 140
_GIVEN: Final = frozenset(
    {"about", "bugs", "models", "requests", "asked", "replies", "streams", "line_end", "golden"}
)

Json = dict[str, Any]


def names() -> list[str]:
    """Every case."""
    return sorted(file.stem for file in CASES.glob("*.json"))


def load(name: str) -> Json:
    """A case."""
    case = cast("Json", json.loads((CASES / f"{name}.json").read_text("utf-8")))
    assert set(case) <= _GIVEN, f"{name}: unknown {set(case) - _GIVEN}"
    return case


def made(case: Json) -> Json:
    """What the codecs make of a case now."""
    golden: Json = {}
    requests = {
        source: {target: _request(case, source, given, target) for target in _targets(source, given)}
        for source, given in case.get("requests", {}).items()
    }
    if requests:
        golden["requests"] = requests
    for kind, make in (("replies", _reply), ("streams", _stream)):
        told = {
            provider: {caller: make(case, provider, caller) for caller in CALLERS if caller != provider}
            for provider in case.get(kind, {})
        }
        if told:
            golden[kind] = told
    return golden


# --- requests


def _targets(source: str, given: Json) -> list[str]:
    others = [target for target in PROVIDERS if target != source]
    return [target for target in others if not given.get("is_count") or count_codec(target) is not None]


def neutral_request(source: str, given: Json) -> ChatRequest | Refusal:
    """The request of a case in neutral words; `given` holds `body`, and `stream`, `version`, `is_count` where they are said."""
    if given.get("is_count"):
        codec = count_codec(source)
        assert codec is not None
        return codec.read_count(translations.body_of(given["body"]), version=given.get("version", ""))
    return translations.read_request(
        source, given["body"], is_stream=given.get("stream", False), version=given.get("version", "")
    )


def outgoing(case: Json, source: str, given: Json, target: str) -> tuple[Outgoing | Refusal, Json]:
    """What a provider of `target` gets, and the ledger."""
    request = neutral_request(source, given)
    if isinstance(request, Refusal):
        return request, {}
    model = case.get("models", {}).get(target, "")
    written, ledger = translations.write_request(
        target, request, model=model, is_count=given.get("is_count", False)
    )
    return written, translations.shown(ledger)


def _request(case: Json, source: str, given: Json, target: str) -> Json:
    written, ledger = outgoing(case, source, given, target)
    if isinstance(written, Refusal):
        return {"refused": {"code": written.code, "param": written.param, "message": written.message}}
    golden: Json = {"path": written.path}
    if written.query:
        golden["query"] = written.query
    if written.headers:
        golden["headers"] = dict(written.headers)
    return golden | {"body": exact(written.body), "ledger": ledger}


# --- replies and streams


def _reply(case: Json, provider: str, caller: str) -> Json:
    reply = translations.read_reply(provider, inexact(case["replies"][provider]))
    if not isinstance(reply, ChatReply):
        return {"error": {"status": reply.status, "code": reply.code, "message": reply.message}}
    asked = translations.context(caller, case.get("asked", {}).get(caller))
    body, ledger = translations.write_reply(caller, reply, asked)
    return _with_ledger({"body": exact(body)}, translations.shown(ledger))


def _stream(case: Json, provider: str, caller: str) -> Json:
    events = translations.events_in(provider, given_stream(case, provider))
    asked = translations.context(caller, case.get("asked", {}).get(caller), is_stream=True)
    stream, ledger = translations.write_stream(caller, events, asked)
    return _with_ledger({"events": list(frames_of(caller, stream))}, translations.shown(ledger))


def _with_ledger(golden: Json, ledger: Json) -> Json:
    return golden | ({"ledger": ledger} if ledger else {})


def given_stream(case: Json, provider: str) -> bytes:
    """The bytes of a provider's stream."""
    rows: list[Any] = case["streams"][provider]
    if provider == BEDROCK:
        return b"".join(_bedrock_frame(row) for row in rows)
    end = case.get("line_end", {}).get(provider, "\n")
    return b"".join(frame(provider, row, end) for row in rows)


def _bedrock_frame(row: Json) -> bytes:
    [(name, payload)] = row.items()
    encoded = json.dumps(payload, ensure_ascii=False).encode()
    if name.startswith("exception:"):
        return event_stream.encode_exception(encoded, type=name.removeprefix("exception:"))
    return event_stream.encode(encoded, event=name)


def frame(dialect: str, row: Any, end: str = "\n") -> bytes:
    """One event as bytes: an object in the dialect's own way, a string as it stands."""
    if isinstance(row, str):
        text = row
    else:
        wire = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        text = f"event: {row['type']}\ndata: {wire}" if dialect in _NAMED else f"data: {wire}"
    return (text.replace("\n", end) + end * 2).encode()


def frames_of(dialect: str, stream: bytes) -> Iterator[Any]:
    """The events of a caller's stream; as objects where that loses no byte."""
    text = stream.decode()
    if not text:
        return
    assert text.endswith("\n\n"), "the last event is complete"
    for one in text.removesuffix("\n\n").split("\n\n"):
        _, _, wire = one.rpartition("data: ")
        try:
            row = json.loads(wire)
        except ValueError:
            row = one
        is_exact = isinstance(row, dict) and (dialect not in _NAMED or "type" in row)
        yield row if is_exact and frame(dialect, row) == f"{one}\n\n".encode() else one


def golden_stream(dialect: str, rows: list[Any]) -> bytes:
    """The bytes of a golden stream."""
    return b"".join(frame(dialect, row) for row in rows)


def exact(body: bytes) -> Any:
    """A JSON body as an object where that loses no byte, else its text."""
    wire = json.loads(body)
    return wire if inexact(wire) == body else body.decode()


def inexact(wire: Any) -> bytes:
    """The bytes of a body that a case holds as an object or as text."""
    if isinstance(wire, str):
        return wire.encode()
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()


# --- files


def dumped(value: Any, indent: int = 0) -> str:
    """JSON that people can read: what fits into a line stands in one."""
    flat = json.dumps(value, ensure_ascii=True)
    if len(flat) + indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 1)
    if isinstance(value, dict):
        members = cast("Json", value).items()
        rows = [f"{inner}{json.dumps(key)}: {dumped(one, indent + 1)}" for key, one in members]
    else:
        rows = [inner + dumped(one, indent + 1) for one in cast("list[Any]", value)]
    begin, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{begin}\n" + ",\n".join(rows) + f"\n{' ' * indent}{end}"


def difference(name: str) -> str:
    """A unified diff between a case's golden and what is made now; empty where they are the same."""
    case = load(name)
    accepted, now = case.get("golden", {}), made(case)
    before, after = dumped(accepted), dumped(now)
    if before == after:  # the order of members counts: it is what is sent
        return ""
    lines = difflib.unified_diff(
        before.split("\n"), after.split("\n"), f"{name}: accepted", f"{name}: now", lineterm="", n=2
    )
    return "\n".join(lines)


def update(name: str) -> bool:
    """Write what is made now; whether the file changed."""
    case = load(name)
    case["golden"] = made(case)
    file = CASES / f"{name}.json"
    text = dumped(case) + "\n"
    is_changed = file.read_text("utf-8") != text
    file.write_text(text, "utf-8", newline="\n")
    return is_changed


def main() -> int:
    """Show or write differences."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all of them where none is named")
    parser.add_argument("--update", action="store_true", help="write what the codecs make now")
    asked = parser.parse_args()
    status = 0
    for name in asked.cases or names():
        if asked.update:
            sys.stdout.write(f"wrote {name}\n" if update(name) else "")
        elif found := difference(name):
            sys.stdout.write(found + "\n")
            status = 1
    return status


if __name__ == "__main__":
    raise SystemExit(main())
