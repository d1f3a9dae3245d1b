"""What people are shown of providers, keys and routes."""

import pytest

from aigw_dev.core.config import Config, Provider, Route
from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.flow import compile_route
from aigw_dev.secrets.resolve import Chosen
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.trust_db import KeyRecord
from aigw_dev.server import reports

KEY = Secret("openai-api-key", "sk-secret-value", "keyring")
FLOW = {"if": 'metadata.tier == "pro"', "then": {"send": "mock/echo"}, "else": {"send": "mock/think"}}


def rows_of(config: Config, *, chosen: dict[str, Chosen] | None = None, untrusted: dict[str, Refusal] | None = None) -> dict[str, dict[str, object]]:  # fmt: skip
    rows = reports.provider_rows(
        config, chosen=chosen or {}, untrusted=untrusted or {}, lists={"mock": ["echo"]}
    )
    return {row["name"]: row for row in rows}


def test_a_provider_can_be_used_with_a_key_or_where_none_is_needed() -> None:
    config = Config(
        providers={"openai": Provider(), "deepseek": Provider(), "local": Provider(kind="ollama")}
    )
    rows = rows_of(config, chosen={"openai": Chosen(provider="openai", secrets=(KEY,))})
    assert {name: row["usable"] for name, row in rows.items()} == {
        "mock": True, "openai": True, "deepseek": False, "local": True,
    }  # fmt: skip
    assert (rows["openai"]["key"], rows["openai"]["key_source"]) == ("openai-api-key", "keyring")
    assert "keys add deepseek" in str(rows["deepseek"]["why"])
    assert rows["mock"]["models"] == ["echo"]
    assert "sk-secret" not in repr(rows)


def test_the_reason_why_not_is_the_first_there_is() -> None:
    config = Config(
        providers={"openai": Provider(), "deepseek": Provider(), "bad": Provider(kind="openai-compatible")}
    )
    rows = rows_of(
        config,
        chosen={
            "deepseek": Chosen(
                provider="deepseek", refusals=(Refusal(code="keyring_locked", message="locked"),)
            )
        },
        untrusted={"openai": Refusal(code="not_trusted", message="not trusted")},
    )
    assert [rows[name]["why"] for name in ("openai", "deepseek")] == ["not trusted", "locked"]
    assert (rows["bad"]["usable"], rows["bad"]["kind"]) == (False, "")


def record(name: str) -> KeyRecord:
    return KeyRecord(name=name, provider="openai", place=name, origins=("https://a.test",), source="keyring", fingerprint="f1", added_at=5.0)  # fmt: skip


def test_keys_are_listed_with_who_uses_them_recorded_or_not() -> None:
    config = Config(providers={"openai": Provider(keys=("openai-api-key", "env:X")), "deepseek": Provider()})
    chosen = {
        "openai": Chosen(provider="openai", secrets=(KEY,)),
        "deepseek": Chosen(provider="deepseek", secrets=(Secret("env:D", "v", "env"),)),
    }
    rows = reports.key_rows(
        [record("openai-api-key"), record("idle")], config, chosen=chosen, mark={"env:D": "f2"}
    )
    assert [(row["name"], row["used_by"], row["fingerprint"]) for row in rows] == [
        ("openai-api-key", ["openai"], "f1"),
        ("idle", [], "f1"),
        ("env:D", ["deepseek"], "f2"),
    ]
    assert "sk-secret" not in repr(rows)


def test_routes_are_listed_with_what_they_read_and_what_is_wrong() -> None:
    routes = {"good": Route(flow=FLOW, models=("smart",), description="d"), "bad": Route(flow={"sned": "x"})}
    good, bad = reports.route_rows(Config(routes=routes))
    assert (good["model"], good["claims"], good["reads"]) == ("dynamic/good", ["smart"], ["metadata.tier"])
    assert good["problems"] == []
    assert bad["problems"]


def test_explaining_decides_without_sending() -> None:
    route, _ = compile_route("r", Route(flow=FLOW))
    assert route is not None
    pro = reports.explain(
        route, reports.ExplainRequest(metadata={"tier": "pro"}, ascii=True), measure=measured
    )
    assert isinstance(pro, dict)
    assert pro["decision"]["targets"][0]["model"] == "echo"
    assert "mock/echo" in pro["text"]
    free = reports.explain(route, reports.ExplainRequest(metadata={}), measure=measured)
    assert isinstance(free, dict)
    assert free["decision"]["targets"][0]["model"] == "think"


@pytest.mark.parametrize(("draw", "model"), [(0.1, "echo"), (0.9, "think")])
def test_a_split_is_drawn_as_asked(draw: float, model: str) -> None:
    split = {"split": [{"weight": 50, "send": "mock/echo"}, {"weight": 50, "send": "mock/think"}]}
    route, problems = compile_route("r", Route(flow=split))
    assert route is not None, problems
    found = reports.explain(route, reports.ExplainRequest(draw=draw), measure=measured)
    assert isinstance(found, dict)
    assert found["decision"]["targets"][0]["model"] == model


def measured(raw: bytes) -> object:
    body = read_body(raw)
    assert isinstance(body, RequestBody)
    return openai_chat.measure(body)
