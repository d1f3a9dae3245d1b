"""state.db: what must not be lost. Deployments, drafts, issued credentials, counters, model lists, and the audit.

Every write is on disk before the call returns (`synchronous=FULL`); several belong together inside `together()`.
Any thread may call, one at a time is served; calls take milliseconds, so never on the event loop. The constructor
touches no file. Where the file cannot be used a call raises `StoreError`, and the next one tries again; a damaged
file is set aside and a new one begun. Reading a file that does not exist yet finds nothing and makes none.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from aigw_dev.store.state_file import StateFile, StateHealth

_NUMBER_DIGITS: Final = 9
"""A longer row of digits is the beginning of a digest."""

CredentialKind = Literal["run", "consumer"]


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A config that was in force, with its full text."""

    id: int
    at: float
    actor: str
    """Who: `cli`, `admin`, `file` ..."""
    digest: str
    text: str
    note: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A config that nobody serves yet."""

    name: str
    at: float
    actor: str
    base_digest: str
    """Digest of the file it was drawn from: deploying it onto another is a conflict."""
    text: str


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed what may be done. Never a secret, never content: fingerprints and digests."""

    seq: int
    at: float
    actor: str
    origin: str
    """How: `cli`, `tui`, `admin`, `file`, `gateway`."""
    action: str
    """`config.applied`, `key.added`, `trust.granted`, `token.rotated`, `admin.denied` ..."""
    subject: str
    is_ok: bool
    detail: dict[str, Any]


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential we issued; only its digest is kept."""

    digest: bytes
    """SHA-256 of the token."""
    kind: CredentialKind
    name: str
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    last_used_at: float | None = None
    detail: dict[str, Any] = {}

    def is_valid(self, now_s: float) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now_s < self.expires_at)


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider listed last."""

    provider: str
    at: float
    models: tuple[str, ...]


class StateStore:
    """One state.db."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives UTC seconds: the time of events, and the name of damaged files."""
        self.path = path
        self._clock = clock
        self._file = StateFile(path, clock=clock)

    @property
    def file(self) -> StateFile:
        """The file itself, for what is written behind the request path."""
        return self._file

    def health(self) -> StateHealth:
        """How the file was at the last call."""
        return self._file.health()

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        self._file.close()

    def move(self, path: Path, act: Callable[[], None]) -> None:
        """Go on at `path`, where `act` moves the file; raises what that raises, and stays where it is then."""
        self._file.move(path, act)
        self.path = path

    @contextlib.contextmanager
    def together(self) -> Generator[None]:
        """Everything called inside is one transaction: an action and its audit row stand or fall together."""
        with self._file.writing():
            yield

    # -- deployments

    def add_deployment(
        self, *, actor: str, digest: str, text: str, note: str = "", at: float | None = None
    ) -> int:
        """Keep a config that is in force from now on; its number. `at` is now unless given."""
        with self._file.writing() as db:
            cursor = db.execute(
                "INSERT INTO deployment(at, actor, digest, text, note) VALUES(?,?,?,?,?)",
                (self._clock() if at is None else at, actor, digest, text, note),
            )
            return cursor.lastrowid or 0

    def deployments(self, *, limit: int = 50, before: int | None = None) -> list[Deployment]:
        """The latest first; `before` is the number of the last one already seen."""
        with self._file.reading() as db:
            rows = _rows(
                db,
                "SELECT id, at, actor, digest, text, note FROM deployment WHERE id<? ORDER BY id DESC LIMIT ?",
                (before if before is not None else 1 << 62, limit),
            )
        return [_deployment(row) for row in rows]

    def deployment(self, name: str) -> Deployment | None:
        """The one with this number, or the latest whose digest begins so."""
        statement = (
            "SELECT id, at, actor, digest, text, note FROM deployment WHERE {} ORDER BY id DESC LIMIT 1"
        )
        with self._file.reading() as db:
            is_number = name.isdecimal() and len(name) <= _NUMBER_DIGITS
            rows = _rows(db, statement.format("id=?"), (int(name),)) if is_number else []
            if not rows and name:
                rows = _rows(db, statement.format("digest>=? AND digest<?"), (name, name + "\U0010ffff"))
        return _deployment(rows[0]) if rows else None

    # -- drafts

    def put_draft(self, draft: Draft) -> None:
        """Keep a draft; one of the same name is replaced."""
        with self._file.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO draft VALUES(?,?,?,?,?)",
                (draft.name, draft.at, draft.actor, draft.base_digest, draft.text),
            )

    def drafts(self) -> list[Draft]:
        """All, by name."""
        with self._file.reading() as db:
            rows = _rows(db, "SELECT name, at, actor, base_digest, text FROM draft ORDER BY name")
        return [Draft(name=r[0], at=r[1], actor=r[2], base_digest=r[3], text=r[4]) for r in rows]

    def draft(self, name: str) -> Draft | None:
        """The draft of this name."""
        return next((draft for draft in self.drafts() if draft.name == name), None)

    def delete_draft(self, name: str) -> bool:
        """True where there was one."""
        with self._file.writing() as db:
            return db.execute("DELETE FROM draft WHERE name=?", (name,)).rowcount > 0

    # -- audit

    def audit(
        self,
        action: str,
        subject: str = "",
        *,
        actor: str,
        origin: str = "gateway",
        is_ok: bool = True,
        detail: Mapping[str, Any] | str = "",
        at: float | None = None,
    ) -> int:
        """Append an event; its number. The table refuses changes and deletions.

        `detail` as a text becomes `{"note": text}`; `at` is now unless given.
        """
        if isinstance(detail, str):
            detail = {"note": detail} if detail else {}
        text = msgspec.json.encode(dict(detail), order="sorted").decode()
        with self._file.writing() as db:
            cursor = db.execute(
                "INSERT INTO audit(at, actor, origin, action, subject, is_ok, detail) VALUES(?,?,?,?,?,?,?)",
                (self._clock() if at is None else at, actor, origin, action, subject, int(is_ok), text),
            )
            return cursor.lastrowid or 0

    def audit_events(
        self, *, limit: int = 100, before: int | None = None, action: str = "", since_s: float | None = None
    ) -> list[AuditEvent]:
        """The latest first; `action` may end in `*`."""
        with self._file.reading() as db:
            rows = _rows(
                db,
                "SELECT seq, at, actor, origin, action, subject, is_ok, detail FROM audit"
                " WHERE seq<? AND action GLOB ? AND at>=? ORDER BY seq DESC LIMIT ?",
                (
                    before or 1 << 62,
                    action.replace("[", "[[]") or "*",
                    since_s if since_s is not None else -1e18,
                    limit,
                ),
            )
        return [
            AuditEvent(
                seq=r[0],
                at=r[1],
                actor=r[2],
                origin=r[3],
                action=r[4],
                subject=r[5],
                is_ok=bool(r[6]),
                detail=msgspec.json.decode(r[7], type=dict[str, Any]),
            )
            for r in rows
        ]

    # -- credentials

    def add_credential(self, credential: Credential) -> None:
        """Keep an issued credential."""
        with self._file.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO credential VALUES(?,?,?,?,?,?,?,?)",
                (
                    credential.digest,
                    credential.kind,
                    credential.name,
                    credential.created_at,
                    credential.expires_at,
                    credential.revoked_at,
                    credential.last_used_at,
                    msgspec.json.encode(credential.detail).decode(),
                ),
            )

    def credentials(self, kind: CredentialKind | None = None) -> list[Credential]:
        """All, or those of one kind, the oldest first; revoked and expired ones too: they must stay refused."""
        with self._file.reading() as db:
            rows = _rows(
                db,
                "SELECT digest, kind, name, created_at, expires_at, revoked_at, last_used_at, detail FROM credential"
                " WHERE ? IN ('', kind) ORDER BY created_at, name",
                (kind or "",),
            )
        return [
            Credential(
                digest=bytes(r[0]),
                kind=r[1],
                name=r[2],
                created_at=r[3],
                expires_at=r[4],
                revoked_at=r[5],
                last_used_at=r[6],
                detail=msgspec.json.decode(r[7], type=dict[str, Any]),
            )
            for r in rows
        ]

    def revoke(self, kind: CredentialKind, name: str, *, at: float) -> int:
        """Revoke every valid credential of this name; how many there were."""
        with self._file.writing() as db:
            statement = "UPDATE credential SET revoked_at=? WHERE kind=? AND name=? AND revoked_at IS NULL"
            return db.execute(statement, (at, kind, name)).rowcount

    def touch(self, used: Mapping[bytes, float]) -> None:
        """Note when credentials were used last. Collect them and call now and then, not per request."""
        if used:
            with self._file.writing() as db:
                statement = (
                    "UPDATE credential SET last_used_at=max(?, coalesce(last_used_at, 0)) WHERE digest=?"
                )
                db.executemany(statement, [(at, digest) for digest, at in used.items()])

    # -- counters and lists

    def add(self, name: str, amount: int = 1) -> int:
        """Add to a counter; its new value."""
        with self._file.writing() as db:
            db.execute(
                "INSERT INTO counter VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value",
                (name, amount),
            )
            value: tuple[int] = db.execute("SELECT value FROM counter WHERE name=?", (name,)).fetchone()
            return value[0]

    def counters(self) -> dict[str, int]:
        """Every counter."""
        with self._file.reading() as db:
            return {row[0]: row[1] for row in _rows(db, "SELECT name, value FROM counter ORDER BY name")}

    def put_models(self, listed: ModelList) -> None:
        """Keep what a provider lists now."""
        with self._file.writing() as db:
            text = msgspec.json.encode(listed.models).decode()
            db.execute("INSERT OR REPLACE INTO model_list VALUES(?,?,?)", (listed.provider, listed.at, text))

    def models(self) -> dict[str, ModelList]:
        """What every provider listed last, by its name."""
        with self._file.reading() as db:
            rows = _rows(db, "SELECT provider, at, models FROM model_list")
        return {
            r[0]: ModelList(provider=r[0], at=r[1], models=msgspec.json.decode(r[2], type=tuple[str, ...]))
            for r in rows
        }


def _rows(
    db: sqlite3.Connection | None, statement: str, parameters: tuple[str | int | float, ...] = ()
) -> list[Any]:
    return [] if db is None else db.execute(statement, parameters).fetchall()


def _deployment(row: Any) -> Deployment:
    return Deployment(id=row[0], at=row[1], actor=row[2], digest=row[3], text=row[4], note=row[5])
