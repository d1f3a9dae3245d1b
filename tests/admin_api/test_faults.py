"""The client's calls about faults are those that the gateway serves."""

import json

import httpx
import pytest

from aigw_dev.client import AdminClient, AdminError

_ROWS = {"faults": [{"id": "f1"}], "fault_id": "f1"}


def _client(seen: list[tuple[str, str, object]]) -> AdminClient:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        seen.append((request.method, request.url.path, body))
        if body == {"fault": "nonsense"}:
            error = {"code": "fault_unknown", "message": "there is no fault `nonsense`"}
            return httpx.Response(400, json={"error": error})
        return httpx.Response(200, json=_ROWS)

    return AdminClient("http://gateway", "token", transport=httpx.MockTransport(answer))


def test_every_call_asks_for_what_it_says() -> None:
    seen: list[tuple[str, str, object]] = []
    with _client(seen) as client:
        assert client.faults() == [{"id": "f1"}]
        assert client.add_fault("http.429", times=2) == "f1"
        assert client.remove_fault("f1") == [{"id": "f1"}]
        client.clear_faults()
        assert client.fault_catalogue() == [{"id": "f1"}]
    base = "/admin/v1/faults"
    assert seen == [
        ("GET", base, None),
        ("POST", base, {"fault": "http.429", "times": 2}),
        ("DELETE", f"{base}/f1", None),
        ("DELETE", base, None),
        ("GET", f"{base}/catalogue", None),
    ]


def test_a_fault_that_there_is_not_is_an_error() -> None:
    with _client([]) as client, pytest.raises(AdminError, match="no fault") as raised:
        client.add_fault("nonsense")
    assert raised.value.code == "fault_unknown"
