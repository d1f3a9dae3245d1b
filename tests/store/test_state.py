import sqlite3
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.core.errors import StoreError
from aigw_dev.store.state import Credential, Draft, ModelList, StateStore
from tests.store.making import NOON


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway" / "state.db"


@pytest.fixture
def state(path: Path) -> Generator[StateStore]:
    store = StateStore(path, clock=lambda: NOON)
    yield store
    store.close()


def test_reading_before_anything_was_written_finds_nothing_and_makes_no_file(
    path: Path, state: StateStore
) -> None:
    assert (state.deployments(), state.drafts(), state.audit_events()) == ([], [], [])
    assert (state.credentials(), state.counters(), state.models()) == ([], {}, {})
    assert (state.draft("x"), state.deployment("1")) == (None, None)
    assert not path.exists()
    assert state.health().state == "unopened"


def test_deployments_keep_their_text_newest_first(state: StateStore) -> None:
    for number in range(1, 4):
        assert (
            state.add_deployment(actor="cli", digest=f"d{number}", text=f"version: {number}", note="n")
            == number
        )
    assert [one.id for one in state.deployments()] == [3, 2, 1]
    assert [one.id for one in state.deployments(limit=1, before=3)] == [2]
    found = state.deployment("2")
    assert found is not None
    assert (found.text, found.at, found.actor, found.note) == ("version: 2", NOON, "cli", "n")
    by_digest = state.deployment("d3")
    assert by_digest is not None
    assert by_digest.id == 3
    assert state.deployment("9") is None
    assert state.deployment("") is None
    assert state.add_deployment(at=5.0, actor="x", digest="d", text="") == 4
    assert state.deployments()[0].at == 5.0


def test_a_draft_is_replaced_by_its_successor(state: StateStore) -> None:
    one = Draft(name="main", at=NOON, actor="tui", base_digest="d1", text="a")
    state.put_draft(one)
    state.put_draft(Draft(name="main", at=NOON, actor="tui", base_digest="d1", text="b"))
    state.put_draft(Draft(name="other", at=NOON, actor="tui", base_digest="d1", text="c"))
    assert [draft.text for draft in state.drafts()] == ["b", "c"]
    kept = state.draft("main")
    assert kept is not None
    assert kept.base_digest == "d1"
    assert state.delete_draft("main")
    assert not state.delete_draft("main")


def test_the_audit_tells_who_when_what(state: StateStore) -> None:
    state.audit("config.applied", "d1", actor="cli", origin="cli", detail="by hand")
    state.audit("admin.denied", actor="someone", is_ok=False, detail={"path": "/admin"}, at=NOON + 9)
    state.audit("config.rejected", actor="file")
    events = state.audit_events()
    assert [(one.seq, one.action, one.actor, one.is_ok) for one in events] == [
        (3, "config.rejected", "file", True),
        (2, "admin.denied", "someone", False),
        (1, "config.applied", "cli", True),
    ]
    assert (events[2].detail, events[1].detail, events[0].detail) == (
        {"note": "by hand"},
        {"path": "/admin"},
        {},
    )
    assert [one.seq for one in state.audit_events(action="config.*")] == [3, 1]
    assert [one.seq for one in state.audit_events(since_s=NOON + 1)] == [2]
    assert [one.seq for one in state.audit_events(before=2, limit=5)] == [1]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor='x'", "DELETE FROM audit", "REPLACE INTO audit SELECT * FROM audit"]
)
def test_the_audit_only_grows(path: Path, state: StateStore, statement: str) -> None:
    state.audit("key.added", "openai", actor="cli")
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        db.execute(statement)
    db.close()


def test_credentials_are_kept_as_digests_and_stay_when_revoked(path: Path, state: StateStore) -> None:
    one = Credential(
        digest=b"\x01" * 32,
        kind="run",
        name="tests",
        created_at=NOON,
        expires_at=NOON + 60,
        detail={"pid": 7},
    )
    state.add_credential(one)
    state.add_credential(Credential(digest=b"\x02" * 32, kind="consumer", name="alice", created_at=NOON + 1))
    assert state.credentials("run") == [one]
    assert [found.name for found in state.credentials()] == ["tests", "alice"]
    assert one.is_valid(NOON)
    assert not one.is_valid(NOON + 60)
    assert state.revoke("consumer", "alice", at=NOON + 5) == 1
    assert state.revoke("consumer", "alice", at=NOON + 6) == 0
    (alice,) = state.credentials("consumer")
    assert (alice.revoked_at, alice.is_valid(NOON + 5)) == (NOON + 5, False)
    state.touch({one.digest: NOON + 3, b"unknown": NOON})
    state.touch({one.digest: NOON + 2})
    state.touch({})
    assert state.credentials("run")[0].last_used_at == NOON + 3
    state.close()
    assert b"aigwdev-" not in path.read_bytes()


def test_counters_add_up(state: StateStore) -> None:
    assert state.add("calls") == 1
    assert state.add("calls", 41) == 42
    state.add("other", -1)
    assert state.counters() == {"calls": 42, "other": -1}


def test_the_last_list_of_a_providers_models_is_kept(state: StateStore) -> None:
    state.put_models(ModelList(provider="openai", at=1.0, models=("a",)))
    state.put_models(ModelList(provider="openai", at=2.0, models=("b", "c")))
    assert state.models() == {"openai": ModelList(provider="openai", at=2.0, models=("b", "c"))}


def test_what_belongs_together_stands_or_falls_together(state: StateStore) -> None:
    with pytest.raises(ZeroDivisionError), state.together():  # noqa: PT012 -- what is rolled back comes first
        state.add("calls")
        state.audit("x", actor="y")
        raise ZeroDivisionError
    assert (state.counters(), state.audit_events()) == ({}, [])
    with state.together():
        state.add("calls")
        state.audit("x", actor="y")
        assert state.counters() == {"calls": 1}
    assert len(state.audit_events()) == 1


def test_a_write_is_on_disk_before_the_call_returns(path: Path, state: StateStore) -> None:
    state.add("calls")
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    assert db.execute("SELECT value FROM counter").fetchone() == (1,)
    db.close()
    with state.together():
        pass
    own = sqlite3.connect(path)
    assert own.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    own.close()


def test_many_threads_may_use_one_store(state: StateStore) -> None:
    threads = [threading.Thread(target=lambda: [state.add("calls") for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.counters() == {"calls": 80}


def test_an_event_that_cannot_be_written_stops_the_action(path: Path, state: StateStore) -> None:
    state.add("calls")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught, state.together():
        state.add("calls")
    assert caught.value.code == "store_locked"
    other.execute("COMMIT")
    other.close()
    assert state.add("calls") == 2
