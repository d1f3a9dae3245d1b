"""The schemas of log.db and state.db, step by step; within a major version a step only adds.

A step never changes once released: the next change is a new step at the end. `PRAGMA user_version` counts the steps
taken, so an up-to-date file is recognised without importing sqlite-utils, which costs a start 60 ms.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aigw_dev.store.database import refuse_newer

if TYPE_CHECKING:
    from sqlite_utils import Database

# As released: the order of `core.rollup.COUNTERS`, which later steps add to.
_SUMS: Final = ", ".join(
    f"{name} INTEGER NOT NULL"
    for name in (
        *(
            "requests",
            "ok",
            "failed",
            "throttled",
            "intercepted",
            "fallback",
            "retried",
            "cached",
            "cancelled",
        ),
        *("broken", "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens"),
        *("reasoning_tokens", "estimated_usage", "cost_nanousd", "cost_unsure_nanousd", "cost_unknown"),
        *("cost_estimated", "cost_partial", "cost_upper_bound", "cost_reported", "cost_free", "duration_us"),
        *("durations", "ttft_us", "ttfts", "attempts", "request_bytes", "response_bytes"),
    )
)
_UNITS: Final = ("images", "audio_in_ms", "audio_out_ms", "characters", "videos", "video_ms", "searches", "documents",
                 "units_unknown")  # fmt: skip

_LOG_1: Final = (
    # Who, where and what of an exchange, interned: its numbers are what roll-ups are kept by.
    """CREATE TABLE dim(
        id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, provider TEXT NOT NULL, kind TEXT NOT NULL, base_url TEXT NOT NULL,
        original_model TEXT NOT NULL, request_model TEXT NOT NULL, response_model TEXT NOT NULL, route TEXT NOT NULL,
        consumer TEXT NOT NULL, run TEXT NOT NULL, operation TEXT NOT NULL, key_name TEXT NOT NULL)""",
    # Short texts that repeat: user agents, error codes, finish reasons, price rows, deployments.
    "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    # Where an attempt went.
    """CREATE TABLE target(
        id INTEGER PRIMARY KEY, provider TEXT NOT NULL, kind TEXT NOT NULL, base_url TEXT NOT NULL,
        request_model TEXT NOT NULL, key_name TEXT NOT NULL, node TEXT NOT NULL)""",
    # Request heads and decisions that were seen more than once.
    "CREATE TABLE shared(id INTEGER PRIMARY KEY, used_day INTEGER NOT NULL, text TEXT NOT NULL)",
    # One row per exchange kept. Numbers of texts are 0 where there is none. state: 0 ended, 1 open, 2 interrupted; outcome, marks, cost_status: positions and bits
    # of core.rollup.OUTCOMES, core.exchange.MARKS and COST_STATUSES; the view `exchanges` spells them out.
    """CREATE TABLE exchange(
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL, state INTEGER NOT NULL, dim INTEGER NOT NULL,
        is_stream INTEGER NOT NULL, started_at REAL NOT NULL, duration_s REAL, ttft_s REAL, status INTEGER NOT NULL,
        outcome INTEGER NOT NULL, marks INTEGER NOT NULL, attempts INTEGER NOT NULL,
        input_tokens INTEGER, output_tokens INTEGER, cached_input_tokens INTEGER, cache_write_tokens INTEGER,
        reasoning_tokens INTEGER, usage_estimated INTEGER, cost_nanousd INTEGER, cost_status INTEGER,
        request_bytes INTEGER NOT NULL, response_bytes INTEGER NOT NULL,
        error INTEGER NOT NULL, finish INTEGER NOT NULL, client INTEGER NOT NULL, deployment INTEGER NOT NULL,
        price INTEGER NOT NULL, head INTEGER NOT NULL, decision INTEGER NOT NULL, session TEXT NOT NULL,
        trace_id BLOB)""",
    # Every index grows at its right edge (per dim), so a batch touches few pages. Ids are random: they have none, a
    # look-up scans from the newest.
    "CREATE INDEX exchange_dim ON exchange(dim)",
    """CREATE INDEX exchange_notable ON exchange(seq, outcome, marks, status)
        WHERE outcome<>0 OR marks<>0 OR state<>0""",
    "CREATE INDEX exchange_open ON exchange(seq) WHERE state=1",
    "CREATE INDEX exchange_session ON exchange(session) WHERE session<>''",
    # Bodies and the rest that only `logs show` reads; small bodies that are UTF-8 are TEXT. codec: bits 1 request,
    # 2 response, 4 reply, 8 timing are zlib; 16, 32, 64: that body is in pieces.
    """CREATE TABLE content(
        seq INTEGER PRIMARY KEY, codec INTEGER NOT NULL, detail TEXT NOT NULL,
        request BLOB, response BLOB, reply BLOB, timing BLOB)""",
    # Large bodies, cut so that they fill pages: seq * 65536 + the body's bit * 8192 + place.
    "CREATE TABLE piece(id INTEGER PRIMARY KEY, part BLOB NOT NULL)",
    # Which rows a quarter of an hour holds: turns times into row ranges, whatever the order rows came in.
    "CREATE TABLE span(slot INTEGER PRIMARY KEY, min_seq INTEGER NOT NULL, max_seq INTEGER NOT NULL)",
    # Words of requests and replies for the full-text index, and rows that ended after the indexer passed them.
    "CREATE TABLE text(seq INTEGER PRIMARY KEY, request TEXT NOT NULL, response TEXT NOT NULL)",
    "CREATE TABLE unindexed(seq INTEGER PRIMARY KEY)",
    # Sums per tile: `roll` and `hist` over everything, `*_dim` by dim. kind: 1 whole replies, 2 streams.
    f"CREATE TABLE roll(level INTEGER, ts INTEGER, kind INTEGER, {_SUMS}, PRIMARY KEY(level, ts, kind)) WITHOUT ROWID",
    f"""CREATE TABLE roll_dim(level INTEGER, ts INTEGER, dim INTEGER, kind INTEGER, {_SUMS},
        PRIMARY KEY(level, ts, dim, kind)) WITHOUT ROWID""",
    """CREATE TABLE hist(level INTEGER, ts INTEGER, kind INTEGER, metric INTEGER, bucket INTEGER, n INTEGER NOT NULL,
        PRIMARY KEY(level, ts, kind, metric, bucket)) WITHOUT ROWID""",
    """CREATE TABLE hist_dim(level INTEGER, ts INTEGER, dim INTEGER, kind INTEGER, metric INTEGER, bucket INTEGER,
        n INTEGER NOT NULL, PRIMARY KEY(level, ts, dim, kind, metric, bucket)) WITHOUT ROWID""",
    # closed_<level>, kept_<level>, indexed, floor.
    "CREATE TABLE mark(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE VIEW exchanges AS SELECT e.seq, e.id,
        CASE e.state WHEN 0 THEN 'ended' WHEN 1 THEN 'open' ELSE 'interrupted' END AS state,
        datetime(e.started_at, 'unixepoch') AS started, e.started_at, e.started_at + e.duration_s AS ended_at,
        e.duration_s, e.ttft_s, e.status,
        CASE e.outcome WHEN 0 THEN 'ok' WHEN 1 THEN 'failed' WHEN 2 THEN 'throttled' WHEN 3 THEN 'intercepted'
            ELSE 'cancelled' END AS outcome,
        trim(iif(e.marks & 1, 'throttled ', '') || iif(e.marks & 2, 'intercepted ', '')
            || iif(e.marks & 4, 'fallback ', '') || iif(e.marks & 8, 'retried ', '') || iif(e.marks & 16, 'cached ', '')
            || iif(e.marks & 32, 'cancelled ', '') || iif(e.marks & 64, 'broken ', '')) AS marks,
        d.gateway, d.consumer, d.run, e.session, lower(hex(e.trace_id)) AS trace_id, d.operation, e.is_stream,
        d.original_model, d.request_model, d.response_model, d.provider, d.key_name, d.route, e.attempts,
        e.input_tokens, e.output_tokens, e.cached_input_tokens, e.cache_write_tokens, e.reasoning_tokens,
        e.usage_estimated, e.cost_nanousd,
        CASE e.cost_status WHEN 0 THEN 'exact' WHEN 1 THEN 'upper_bound' WHEN 2 THEN 'partial' WHEN 3 THEN 'estimated'
            WHEN 4 THEN 'free' WHEN 5 THEN 'unknown' WHEN 6 THEN 'reported' END AS cost_status,
        coalesce((SELECT text FROM name WHERE id=e.price), '') AS price_id, coalesce((SELECT text FROM name WHERE id=e.error), '') AS error,
        coalesce((SELECT text FROM name WHERE id=e.finish), '') AS finish, coalesce((SELECT text FROM name WHERE id=e.client), '') AS client,
        coalesce((SELECT text FROM name WHERE id=e.deployment), '') AS deployment, e.request_bytes, e.response_bytes
        FROM exchange e JOIN dim d ON d.id=e.dim""",
    """CREATE VIEW attempts AS SELECT e.seq, e.id AS exchange_id, a.key + 1 AS number, t.provider, t.kind, t.base_url,
        t.request_model, t.key_name, t.node,
        CASE json_extract(a.value, '$[1]') WHEN 0 THEN 'first' WHEN 1 THEN 'retry' ELSE 'fallback' END AS reason,
        json_extract(a.value, '$[2]') / 1e6 AS started_s, json_extract(a.value, '$[3]') / 1e6 AS first_byte_s,
        json_extract(a.value, '$[4]') / 1e6 AS ended_s, json_extract(a.value, '$[5]') AS status,
        json_extract(a.value, '$[6]') AS error, json_extract(a.value, '$[7]') AS error_text
        FROM exchange e JOIN content c ON c.seq=e.seq JOIN json_each(c.detail, '$.attempts') a
        LEFT JOIN target t ON t.id=json_extract(a.value, '$[0]')""",
)

_LOG_2: Final = (
    # What is used beside tokens, and the size of images or the resolution of videos.
    "ALTER TABLE dim ADD COLUMN tier TEXT NOT NULL DEFAULT ''",
    *(
        f"ALTER TABLE {table} ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0"
        for table in ("roll", "roll_dim")
        for name in _UNITS
    ),
    # Videos that were counted (SHA-256 of provider and job, its first half): a job is looked at many times.
    "CREATE TABLE counted_job(id BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE VIEW units AS SELECT e.seq, e.id AS exchange_id, d.operation, d.provider, d.request_model, d.tier,
        (SELECT sum(json_extract(value, '$.count')) FROM json_each(c.detail, '$.units.images')) AS images,
        json_extract(c.detail, '$.units.audio_in_s') AS audio_in_s,
        json_extract(c.detail, '$.units.audio_out_s') AS audio_out_s,
        json_extract(c.detail, '$.units.characters') AS characters, json_extract(c.detail, '$.units.videos') AS videos,
        json_extract(c.detail, '$.units.video_s') AS video_s, json_extract(c.detail, '$.units.searches') AS searches,
        json_extract(c.detail, '$.units.documents') AS documents
        FROM exchange e JOIN dim d ON d.id=e.dim JOIN content c ON c.seq=e.seq
        WHERE json_extract(c.detail, '$.units') IS NOT NULL""",
)

FULL_TEXT: Final = (
    """CREATE VIRTUAL TABLE text_index USING fts5(
    request, response, content='text', content_rowid='seq', tokenize='unicode61 remove_diacritics 2')""",
)

_STATE_1: Final = (
    # Every config that was ever in force, with its full text.
    """CREATE TABLE deployment(
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, actor TEXT NOT NULL, digest TEXT NOT NULL,
        text TEXT NOT NULL, note TEXT NOT NULL)""",
    # What the data plane never reads.
    """CREATE TABLE draft(
        name TEXT PRIMARY KEY, at REAL NOT NULL, actor TEXT NOT NULL, base_digest TEXT NOT NULL, text TEXT NOT NULL)""",
    """CREATE TABLE audit(
        seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, actor TEXT NOT NULL, origin TEXT NOT NULL,
        action TEXT NOT NULL, subject TEXT NOT NULL, is_ok INTEGER NOT NULL, detail TEXT NOT NULL)""",
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit only grows'); END",
    # REPLACE deletes without asking delete triggers.
    """CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS(SELECT 1 FROM audit WHERE seq=new.seq)
        BEGIN SELECT raise(ABORT, 'the audit only grows'); END""",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit only grows'); END",
    # Credentials we issued; the token itself is nowhere.
    """CREATE TABLE credential(
        digest BLOB PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL,
        revoked_at REAL, last_used_at REAL, detail TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX credential_name ON credential(kind, name)",
    "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    # What each provider listed last.
    "CREATE TABLE model_list(provider TEXT PRIMARY KEY, at REAL NOT NULL, models TEXT NOT NULL) WITHOUT ROWID",
)

_STATE_2: Final = (
    # Which provider and key a thing that lives at a provider belongs to (store.affinity_rows).
    """CREATE TABLE affinity(
        kind TEXT NOT NULL, id TEXT NOT NULL, provider TEXT NOT NULL, provider_kind TEXT NOT NULL,
        key_name TEXT NOT NULL, model TEXT NOT NULL, consumer TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY(kind, id)) WITHOUT ROWID""",
    "CREATE INDEX affinity_at ON affinity(at)",
    # Responses kept for `previous_response_id` (store.response_rows); codec 1: the body is zlib.
    """CREATE TABLE stored_response(
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, consumer TEXT NOT NULL, at REAL NOT NULL,
        size INTEGER NOT NULL, codec INTEGER NOT NULL, body BLOB NOT NULL)""",
    "CREATE INDEX stored_response_at ON stored_response(at, size)",
)

LOG_STEPS: Final[tuple[Sequence[str], ...]] = (_LOG_1, _LOG_2)
STATE_STEPS: Final[tuple[Sequence[str], ...]] = (_STATE_1, _STATE_2)

LOG_VERSION: Final = len(LOG_STEPS)
STATE_VERSION: Final = len(STATE_STEPS)


def migrate_log(db: sqlite3.Connection, path: Path) -> None:
    """Bring log.db up to date. Raises `StoreError` for a newer schema, `sqlite3.Error` for a broken file."""
    bring_up(db, path, name="aigw_dev.log", steps=LOG_STEPS, optional=FULL_TEXT)


def show_older(db: sqlite3.Connection) -> None:
    """Let a connection that only reads see an older log.db as this release's queries want it: views of its own.

    What an older release did not count is 0 there. Costs nothing where the file is up to date.
    """
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version != 1:
        return
    zeros = ", ".join(f"0 AS {name}" for name in _UNITS)
    # query_only keeps even a connection's own views from being made; the file itself is opened read-only.
    db.execute("PRAGMA query_only=0")
    db.execute("PRAGMA temp_store=MEMORY")
    db.execute("CREATE TEMP VIEW dim AS SELECT *, '' AS tier FROM main.dim")
    for table in ("roll", "roll_dim"):
        db.execute(f"CREATE TEMP VIEW {table} AS SELECT *, {zeros} FROM main.{table}")  # noqa: S608 -- constants
    db.execute("PRAGMA query_only=1")


def migrate_state(db: sqlite3.Connection, path: Path) -> None:
    """Bring state.db up to date, likewise."""
    bring_up(db, path, name="aigw_dev.state", steps=STATE_STEPS)


def bring_up(
    db: sqlite3.Connection,
    path: Path,
    *,
    name: str,
    steps: Sequence[Sequence[str]],
    optional: Sequence[str] = (),
) -> None:
    """Take the steps not taken yet, all or none. What is `optional` needs a module that SQLite may lack."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    refuse_newer(version, len(steps), path)
    if version == len(steps):
        return
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(name)
    for number, statements in enumerate(steps, start=1):
        migrations(name=f"{number:04d}")(_step(number, statements, optional if number == 1 else ()))
    # One transaction for all steps: a program killed here leaves the file as it was. sqlite-utils nests savepoints.
    db.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(Database(db))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _step(number: int, statements: Sequence[str], optional: Sequence[str]) -> Callable[["Database"], None]:
    def step(db: "Database", /) -> None:
        for statement in statements:
            db.conn.execute(statement)
        for statement in optional:
            try:
                db.conn.execute(statement)
            except sqlite3.OperationalError as error:
                # An SQLite built without FTS5: everything works but search, which then reads row by row.
                if "no such module" not in str(error):
                    raise
        db.conn.execute(f"PRAGMA user_version={number:d}")

    return step
