"""Exchanges and databases for the tests of this room."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Assembled, Attempt, Cost, Exchange, Usage
from aigw_dev.store.batches import Batches, Counts
from aigw_dev.store.reader import LogReader
from aigw_dev.store.writer import open_log

NOON: Final = 1_795_003_200.0
"""A UTC second, a multiple of an hour."""

KEEP_ALL: Final = Logging()


def unmasked(text: bytes) -> bytes:
    """A mask that hides nothing."""
    return text


def request(text: str = "My card was declined", model: str = "gpt-4o-mini") -> bytes:
    """A chat request."""
    messages = [{"role": "system", "content": "Triage."}, {"role": "user", "content": text}]
    return json.dumps({"model": model, "messages": messages}).encode()


def reply(text: str = "Please check the balance") -> bytes:
    """A whole chat reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 57, "completion_tokens": 40, "total_tokens": 97}
    return json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18",
                       "choices": [choice], "usage": usage}).encode()  # fmt: skip


def attempt(provider: str = "openai", **fields: Any) -> Attempt:
    """An upstream call that went well."""
    known: dict[str, Any] = {
        "number": 1,
        "provider": provider,
        "kind": provider,
        "base_url": f"https://{provider}.test/v1",
        "request_model": "gpt-4o-mini",
        "key_name": f"{provider}-api-key",
        "started_s": 0.001,
        "first_byte_s": 0.4,
        "ended_s": 0.5,
        "status": 200,
    }
    return Attempt(**(known | fields))


_ids = iter(range(1, 1 << 40))


def exchange(**fields: Any) -> Exchange:
    """A call that went well, with an id of its own; fields replace what is usual."""
    provider = fields.get("provider", "openai")
    known: dict[str, Any] = {
        "id": f"{next(_ids) * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "gateway": "my-app",
        "started_at": NOON,
        "method": "POST",
        "path": "/v1/chat/completions",
        "operation": "openai.chat.completions",
        "dialect": "openai-chat",
        "client": "OpenAI/Python 1.60.0",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "original_model": f"{provider}/gpt-4o-mini",
        "request_model": "gpt-4o-mini",
        "response_model": "gpt-4o-mini-2024-07-18",
        "provider": provider,
        "key_name": f"{provider}-api-key",
        "attempts": [attempt(provider)],
        "status": 200,
        "usage": Usage(input=57, output=40, raw=msgspec.Raw(b'{"prompt_tokens":57,"completion_tokens":40}')),
        "cost": Cost(status="exact", nanousd=32_550, price_id="openai/gpt-4o-mini@2024-07-18"),
        "ttft_s": 0.4,
        "duration_s": 0.5,
        "finish": "stop",
        "request_bytes": 300,
        "response_bytes": 400,
        "request_body": request(),
        "response_body": reply(),
        "request_headers": [("content-type", "application/json"), ("user-agent", "OpenAI/Python 1.60.0")],
        "response_headers": [("content-type", "application/json")],
        "assembled": Assembled(text="Please check the balance", finish="stop"),
        "deployment": "abcdef",
    }
    return Exchange(**(known | fields))


def refused(**fields: Any) -> Exchange:
    """A call the gateway answered with an error of its own, before any attempt."""
    known: dict[str, Any] = {"provider": "", "key_name": "", "attempts": [], "status": 404, "error": "model_not_found",
                             "usage": None, "cost": Cost(), "ttft_s": None, "response_model": "", "duration_s": 0.001,
                             "assembled": None, "finish": ""}  # fmt: skip
    return exchange(**(known | fields))


def batches(db: sqlite3.Connection, draw: Callable[[], float] = lambda: 0.5) -> Batches:
    """What the writer thread writes through."""
    return Batches(db, mask=unmasked, draw=draw, counts=Counts())


_opened: list[sqlite3.Connection | LogReader] = []


def quick_log(path: Path) -> sqlite3.Connection:
    """A log opened for writing that does not wait for the disk; closed after the test."""
    db = open_log(path)
    db.execute("PRAGMA synchronous=OFF")
    _opened.append(db)
    return db


def log_reader(path: Path) -> LogReader:
    """A reader, closed after the test."""
    reader = LogReader(path)
    _opened.append(reader)
    return reader


def close_opened() -> None:
    """Close everything that was opened here."""
    while _opened:
        _opened.pop().close()


def write(path: Path, exchanges: Sequence[Exchange], logging: Logging = KEEP_ALL) -> None:
    """Write a log with these exchanges, or add them to it."""
    db = quick_log(path)
    writing = batches(db)
    for begin in range(0, len(exchanges), 100):
        writing.write(exchanges[begin : begin + 100], [], logging)
    db.close()


def copies(db: sqlite3.Connection, count: int, **values: float) -> None:
    """Rows like the newest, up to the seq `count`, with other values in some columns."""
    columns = [info[1] for info in db.execute("PRAGMA table_info(exchange)")]
    other = {name: str(value) for name, value in values.items()} | {"seq": "n.value"}
    copied = ", ".join(other.get(column, f"e.{column}") for column in columns)
    newest: tuple[int] = db.execute("SELECT max(seq) FROM exchange").fetchone()
    numbers = "WITH RECURSIVE n(value) AS (SELECT ? UNION ALL SELECT value + 1 FROM n WHERE value < ?)"
    statement = f"{numbers} INSERT INTO exchange SELECT {copied} FROM exchange e, n WHERE e.seq=?"  # noqa: S608 -- our columns
    db.execute(statement, (newest[0] + 1, count, newest[0]))
