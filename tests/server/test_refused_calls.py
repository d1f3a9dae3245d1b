"""Refused admin calls on their way into the audit."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.server.refused_calls import RefusedCalls
from aigw_dev.store.state import AuditEvent, StateStore
from tests.server.house import house

pytestmark = pytest.mark.anyio


def refusals(state: StateStore) -> list[AuditEvent]:
    return state.audit_events(action="admin.refused")


async def test_a_refused_admin_call_is_in_the_audit_at_once(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    async with house(tmp_path) as one:
        assert (await one.http.get("/admin/v1/status", headers=one.token())).status_code == 401
        await asyncio.to_thread(until, lambda: refusals(one.gateway.state))
        (event,) = refusals(one.gateway.state)
        assert (event.subject, event.is_ok) == ("GET /admin/v1/status", False)
        assert event.detail == {"code": "admin_token_required", "times": 1}


async def test_what_was_refused_last_is_written_when_the_gateway_ends(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    async with house(tmp_path) as one:
        state = one.gateway.state
        await one.http.get("/admin/v1/status")
        await asyncio.to_thread(until, lambda: refusals(state))
        await one.http.put("/admin/v1/config", headers={"host": "evil.test"})
        await one.http.get("/v1/models", headers={"host": "evil.test"})  # no admin call: not in the audit
        path = one.gateway.folder / "state.db"
    asked = [event.subject for event in refusals(StateStore(path))]
    assert asked == ["PUT /admin/v1/config", "GET /admin/v1/status"]


def test_a_flood_writes_few_rows_and_counts_all(tmp_path: Path) -> None:
    state = StateStore(tmp_path / "state.db")
    calls = RefusedCalls(state, mask=bytes)
    for number in range(1000):
        calls.note(f"GET /admin/{number}", "admin_token_required")
    calls.write_down()
    rows = refusals(state)
    assert len(rows) == 9
    assert sum(int(row.detail["times"]) for row in rows) == 1000
    calls.write_down()
    assert len(refusals(state)) == 9
    state.close()


def test_a_secret_in_a_path_is_masked_and_a_long_path_is_cut(tmp_path: Path) -> None:
    state = StateStore(tmp_path / "state.db")
    calls = RefusedCalls(state, mask=lambda text: text.replace(b"s3cret", b"[masked]"))
    calls.note("GET /admin/s3cret" + "x" * 5000, "admin_token_required")
    calls.write_down()
    (row,) = refusals(state)
    assert "s3cret" not in row.subject
    assert len(row.subject) < 300
    state.close()


def test_an_audit_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    calls = RefusedCalls(StateStore(tmp_path / "state.db"), mask=bytes)
    calls.note("GET /admin", "admin_token_required")
    calls.write_down()


async def test_credentials_and_a_config_saved_by_hand_are_in_the_audit(tmp_path: Path) -> None:
    async with house(tmp_path, "version: 1\n") as one:
        issued = await one.gateway.issue_run("nightly")
        await one.gateway.revoke("nightly")
        (tmp_path / "aigw-dev.yaml").write_text("version: 1\ngateway: {notes: other}\n", "utf-8")
        await one.gateway.reread()
        events = one.gateway.state.audit_events()
        assert [event.action for event in events] == [
            "config.applied",
            "credential.revoked",
            "credential.issued",
        ]
        assert events[0].actor == "file"
        assert issued["token"] not in str(events)
