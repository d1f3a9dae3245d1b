"""The whole admin API: what it describes is what it serves."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.scripted import ScriptedUpstream, json_reply
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of

pytestmark = pytest.mark.anyio
ROUTE: Final = "routes:\n  r: {flow: {send: mock/echo}}\n"
V1: Final = "/admin/v1"
CALLS: Final[list[tuple[str, str, dict[str, Any] | None]]] = [
    ("GET", "/status", None),
    ("POST", "/reload", {"what": "keys"}),
    ("GET", "/config", None),
    ("PUT", "/config", {"text": "TEXT"}),
    ("POST", "/config/values", {"changes": [{"path": ["gateway", "notes"], "value": "n"}]}),
    ("POST", "/config/validate", {"text": "version: 1\n"}),
    ("GET", "/draft", None),
    ("PUT", "/draft", {"text": "TEXT"}),
    ("POST", "/deploy", {}),
    ("PUT", "/draft/routes/{name}", {"tree": {"flow": {"send": "mock/think"}}}),
    ("POST", "/draft/routes/{name}/revert", {}),
    ("POST", "/draft/routes/{name}/duplicate", {"to": "r2"}),
    ("POST", "/draft/routes/{name}/rename", {"to": "r3"}),
    ("PUT", "/draft", {"text": "TEXT"}),
    ("DELETE", "/draft/routes/{name}", None),
    ("PUT", "/draft", {"text": "TEXT"}),
    ("DELETE", "/draft", None),
    ("GET", "/deployments", None),
    ("GET", "/deployments/{number}", None),
    ("POST", "/rollback", {"number": 1}),
    ("GET", "/routes", None),
    ("GET", "/routes/{name}", None),
    ("PUT", "/config", {"text": "CHANGED"}),
    ("GET", "/routes/{name}/history", None),
    ("POST", "/routes/{name}/rollback", {"number": 1}),
    ("POST", "/routes/{name}/explain", {}),
    ("GET", "/providers", None),
    ("POST", "/providers/check", {}),
    ("POST", "/providers/models", {}),
    ("GET", "/models", None),
    ("GET", "/kinds", None),
    ("GET", "/keys", None),
    ("GET", "/keys/found", None),
    ("POST", "/keys/import", {"variables": []}),
    ("GET", "/keyring", None),
    ("POST", "/credentials", {"name": "one"}),
    ("DELETE", "/credentials/{identifier}", None),
    ("GET", "/audit", None),
    ("GET", "/exchanges", None),
    ("GET", "/exchanges/index", None),
    ("GET", "/exchanges/rows", None),
    ("GET", "/exchanges/changes", None),
    ("GET", "/exchanges/words", None),
    ("GET", "/exchanges/{name}", None),
    ("GET", "/exchanges/{name}/compare", None),
    ("POST", "/exchanges/{name}/promote", {}),
    ("POST", "/exchanges/{name}/replay", {}),
    ("GET", "/routes/{name}/traffic", None),
    ("GET", "/stats", None),
    ("GET", "/stats/series", None),
    ("POST", "/logging", {"paused": False}),
    ("POST", "/exchanges/purge", {"q": ""}),
    ("GET", "/faults/catalogue", None),
    ("POST", "/faults", {"fault": "http.429@provider:nobody"}),
    ("GET", "/faults", None),
    ("DELETE", "/faults/{fault_id}", None),
    ("DELETE", "/faults", None),
    ("POST", "/stop", {}),
    ("GET", "/exchanges/live", None),
    ("GET", "/exchanges/watch", None),
]
"""Every call, in an order in which each succeeds; `TEXT` is the config."""
ELSEWHERE: Final = {
    ("PUT", "/keys/{name}"), ("POST", "/keys/{name}/rotate"), ("POST", "/keys/{name}/allow"), ("DELETE", "/keys/{name}"),
    ("GET", "/tests"), ("GET", "/tests/{name}"), ("GET", "/tests/{name}/gates/{gate_id}"), ("POST", "/tests"), ("POST", "/tests/{name}/end"), ("POST", "/tests/{name}/faults"), ("POST", "/tests/{name}/gates"), ("POST", "/tests/{name}/gates/{gate_id}"), ("POST", "/tests/{name}/stubs"),
}  # fmt: skip
"""Called by test_keys.py: each encrypts a file; by test_trials.py: they want a gateway that replays."""
QUERIES: Final = {"/stats/series": "?step=60", "/exchanges/changes": "?end=x", "/exchanges/watch": "?end=x",
                  "/exchanges/{name}/compare": "?other=last"}  # fmt: skip
"""What a call cannot do without."""
NAMES: Final = {"/routes": "r", "/draft/routes": "r", "/exchanges": "last"}


def filled(path: str) -> str:
    """The path with names of what there is."""
    name = next((name for begin, name in NAMES.items() if path.startswith(begin)), "")
    full = (
        path.replace("{name}", name)
        .replace("{number}", "1")
        .replace("{identifier}", "one")
        .replace("{fault_id}", "f1")
    )
    return V1 + full + QUERIES.get(path, "")


async def described(one: House) -> set[tuple[str, str]]:
    """Method and path of everything in the description."""
    schema = (await one.http.get("/admin/openapi.json", headers=one.token())).json()
    found = {
        (method.upper(), path, operation.get("description", ""))
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    }
    assert all(description for _, _, description in found), "each says what it does"
    return {(method, path.removeprefix(V1)) for method, path, _ in found}


async def test_every_endpoint_is_described_and_answers(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    models = [json_reply({"object": "list", "data": [{"id": "m-1"}]})]
    scripted.enqueue(models, models)
    text = config_of(up=scripted, more=ROUTE)
    async with house(tmp_path, text, env=KEYS) as one:
        assert await described(one) == {(method, path) for method, path, _ in CALLS} | ELSEWHERE
        await one.chat("dynamic/r")
        assert one.gateway.recorder.writer.flush()
        for method, path, body in CALLS:
            one.gateway.is_draining = path.endswith(("/live", "/watch"))  # a live feed ends with the gateway
            sent = (
                body | {"text": text + f"# {method} {path}\n"}
                if body and body.get("text") == "TEXT"
                else body
            )
            if body and body.get("text") == "CHANGED":
                sent = {"text": text.replace("mock/echo", "mock/think")}
            headers = one.admin() | {"if-match": f'"{one.gateway.reading.digest}"'}
            reply = await one.http.request(method, filled(path), json=sent, headers=headers)
            assert reply.status_code in {200, 201}, f"{method} {path}: {reply.text}"
            assert KEYS["FIRST"] not in reply.text


async def test_the_page_for_people_lists_the_same_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        page = (await one.http.get("/admin/docs", headers=one.token())).text
        for method, path in await described(one):
            assert f"<code>{method} {V1}{path}</code>" in page
        assert "http://" not in page
        assert "https://" not in page
        assert "<script" not in page


async def test_metrics_count_what_was_served_and_what_was_turned_away(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo")
        await one.http.post("/v1/chat/completions", data={"a": "b"})
        reply = await one.http.get("/metrics", headers=one.token())
        assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "aigw_dev_config_generation 1" in reply.text
        assert "aigw_dev_running 0" in reply.text
        assert 'ai_gateway_total_request{provider="mock"' in reply.text
        assert 'unsupported_media_type"} 1' in reply.text
