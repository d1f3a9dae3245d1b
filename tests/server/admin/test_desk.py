"""Every error of the admin API has the one shape."""

from pathlib import Path
from typing import Any, Final

import pytest

from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.server.admin.desk import AdminRefusal, Desk, granted, on_fault
from tests.server.house import house

pytestmark = pytest.mark.anyio
V1 = "/admin/v1"


REFUSALS: Final[list[tuple[str, str, dict[str, Any] | None, int, str]]] = [
    ("GET", "/nowhere", None, 404, "invalid_request"),
    ("PUT", "/status", {}, 405, "invalid_request"),
    ("POST", "/reload", {"what": "nothing"}, 400, "invalid_request"),
    ("POST", "/reload", {}, 400, "invalid_request"),
    ("PUT", "/config", {"text": "version: 1\n"}, 428, "invalid_request"),
    ("POST", "/deploy", {}, 409, "nothing_to_deploy"),
    ("GET", "/deployments/7", None, 404, "deployment_not_found"),
    ("GET", "/routes/none", None, 404, "route_not_found"),
    ("POST", "/routes/none/explain", {}, 404, "route_not_found"),
    ("POST", "/providers/check", {"names": ["none"]}, 404, "invalid_request"),
    ("POST", "/providers/models", {"names": ["none"]}, 404, "invalid_request"),
    ("POST", "/credentials", {"kind": "consumer"}, 400, "invalid_request"),
    ("POST", "/credentials", {"name": "a/b"}, 400, "invalid_request"),
    ("DELETE", "/credentials/none", None, 404, "invalid_request"),
    ("GET", "/exchanges?q=status:", None, 400, "filter_invalid"),
    ("GET", "/exchanges/ffff", None, 404, "exchange_not_found"),
    ("GET", "/stats?since=tomorrowish", None, 400, "invalid_request"),
    ("DELETE", "/keys/none", None, 401, "key_missing"),
]
"""Method, path, body; status and code."""


async def test_a_refusal_says_code_message_and_remedy(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        for method, path, body, status, code in REFUSALS:
            reply = await one.http.request(method, V1 + path, json=body, headers=one.admin())
            error = reply.json()["error"]
            assert (reply.status_code, error["code"]) == (status, code), f"{method} {path}: {reply.text}"
            assert set(error) == {"code", "message", "hint"}
            assert error["message"]
            assert error["hint"]


async def test_what_nobody_foresaw_is_reported_and_answered_without_its_text(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reported: list[BaseException] = []

        def report(error: BaseException) -> None:
            reported.append(error)

        one.gateway.report = report
        request: Any = None
        reply = on_fault(Desk(one.gateway))(request, ValueError("sk-secret"))
        assert reply.status_code == 500
        assert reply.content["error"]["code"] == "internal_error"
        assert "sk-secret" not in str(reply.content)
        assert len(reported) == 1


async def test_what_an_admin_call_changed_is_in_the_audit(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        Desk(one.gateway).audit("logs.purge", "everything")
        (row,) = one.gateway.state.audit_events(limit=5)
        assert (row.action, row.actor, row.detail) == ("logs.purge", "admin", {"detail": "everything"})


def test_a_value_passes_and_a_refusal_becomes_the_answer() -> None:
    assert granted(5) == 5
    with pytest.raises(AdminRefusal) as caught:
        granted(Refusal(code="exchange_ambiguous", message="two"))
    assert (caught.value.status_code, caught.value.code) == (
        CODES["exchange_ambiguous"].status,
        "exchange_ambiguous",
    )
