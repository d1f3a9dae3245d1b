from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.config_file.sensitive import hold_back, sensitive, trust_hash, untrusted_providers
from aigw_dev.core.config import Config, Gateway, Provider, Route


def config(*, gateway: Gateway | None = None, flow: Any = None, **providers: Provider) -> Config:
    routes = {"r": Route(flow=flow)} if flow is not None else {}
    return Config(gateway=gateway or Gateway(), providers=providers, routes=routes)


def paths(of: Config) -> list[str]:
    return [setting.path for setting in sensitive(of)]


@pytest.mark.parametrize(
    "provider",
    [
        Provider(),
        Provider(kind="openai", models=("gpt-4o",), usage="inject", timeout_ms=5),
        Provider(base_url="http://127.0.0.1:11434/v1"),
        Provider(base_url="http://localhost:1", keys=()),
        Provider(base_url="http://[::1]:1", auth="none"),
        Provider(forward_headers=("x-title",)),
    ],
)
def test_what_can_send_nothing_elsewhere_needs_no_trust(provider: Provider) -> None:
    assert sensitive(config(p=provider)) == []


@pytest.mark.parametrize(
    ("provider", "held"),
    [
        (Provider(base_url="https://evil.example.com/v1"), ["base_url"]),
        (Provider(base_url="http://127.0.0.1.nip.io/v1"), ["base_url"]),
        (Provider(base_url="http://127.0.0.1:1", keys=("openai-api-key",)), ["base_url", "keys"]),
        (Provider(base_url="http://127.0.0.1:1", auth="passthrough"), ["base_url", "auth"]),
        (Provider(keys=("openai-api-key",)), ["keys"]),
        (Provider(keys=("env:AWS_SECRET",)), ["keys"]),
        (Provider(headers={"x-a": "b"}), ["headers"]),
        (Provider(proxy="http://127.0.0.1:3128"), ["proxy"]),
        (Provider(auth="passthrough"), ["auth"]),
    ],
)
def test_what_can_is_held_back_with_its_provider(provider: Provider, held: list[str]) -> None:
    settings = sensitive(config(p=provider, other=Provider()))
    assert [setting.path for setting in settings] == [f"providers.p.{field}" for field in held]
    assert untrusted_providers(settings) == {"p": settings}


@pytest.mark.parametrize(
    ("gateway", "held"),
    [
        (Gateway(), []),
        (Gateway(host="::1", port=1, name="x", default_provider="p", deploy="manual"), []),
        (Gateway(host="0.0.0.0"), ["gateway.host"]),  # noqa: S104 - a value to check, nothing listens
        (Gateway(identity_verification=False), ["gateway.identity_verification"]),
        (Gateway(allowed_hosts=("x",)), ["gateway.allowed_hosts"]),
        (Gateway(allowed_origins=("http://x",)), ["gateway.allowed_origins"]),
    ],
)
def test_what_opens_the_gateway_is_held_back(gateway: Gateway, held: list[str]) -> None:
    before = config(gateway=gateway)
    assert paths(before) == held
    assert untrusted_providers(sensitive(before)) == {}
    after = hold_back(before)
    assert paths(after) == []
    assert (after == before) == (not held)


def test_holding_back_keeps_what_is_harmless() -> None:
    gateway = Gateway(name="x", port=5, host="10.0.0.1", identity_verification=False, allowed_hosts=("a",))
    assert hold_back(config(gateway=gateway)).gateway == Gateway(name="x", port=5)


def test_a_key_that_only_a_route_names_is_a_key_reference_too() -> None:
    flow = {
        "if": "stream",
        "then": {
            "send": "p/x",
            "key": "env:AWS_SECRET",
            "fallback": [{"send": "listed/y", "key": "mine"}, "p/z"],
        },
        "else": {"send": "unknown/x", "key": "k"},
    }
    settings = sensitive(config(flow=flow, p=Provider(), listed=Provider(keys=("mine",))))
    assert [(setting.path, setting.provider) for setting in settings] == [
        ("providers.listed.keys", "listed"),
        ("routes.r.flow.then.key", "p"),
    ]


def test_the_hash_changes_with_any_value_and_not_with_the_order() -> None:
    one = config(p=Provider(base_url="https://a"), q=Provider(keys=("k",)))
    settings = sensitive(one)
    assert trust_hash(settings) == trust_hash(list(reversed(settings)))
    harmless = msgspec.structs.replace(one, gateway=Gateway(name="other"))
    assert trust_hash(sensitive(harmless)) == trust_hash(settings)
    others = [
        config(p=Provider(base_url="https://b"), q=Provider(keys=("k",))),
        config(q=Provider(base_url="https://a"), p=Provider(keys=("k",))),
        config(p=Provider(base_url="https://a"), q=Provider(keys=("k", "l"))),
        config(p=Provider(base_url="https://a")),
        Config(),
    ]
    assert len({trust_hash(sensitive(other)) for other in (one, *others)}) == 6


def test_a_file_outside_the_project_is_noted(tmp_path: Path) -> None:
    keys = ("file:in/key", "file:../out", "file:/etc/key", "file:~/key", "env:X")
    (setting,) = sensitive(config(p=Provider(keys=keys)), project_root=tmp_path, config_dir=tmp_path)
    assert setting.note == "outside the project: ../out, /etc/key, ~/key"
    assert setting.text().endswith('"env:X"]  (outside the project: ../out, /etc/key, ~/key)')
    (inside,) = sensitive(config(p=Provider(keys=("file:in/key",))), project_root=tmp_path)
    assert inside.note == ""


def test_a_setting_is_shown_harmless() -> None:
    (setting,) = sensitive(config(p=Provider(base_url="https://a/\x1b[31m")))
    assert setting.text() == r"providers.p.base_url = https://a/\x1b[31m"
    (setting,) = sensitive(config(p=Provider(headers={"x-a": "sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv"})))
    assert "Ab3dEf" not in setting.text()
