"""Which dialects count as served: those in which a bare name leads somewhere."""

from pathlib import Path

import pytest

from aigw_dev.cli.tools_served import aim_of, listed_models, passed_through, served
from aigw_dev.cli.variables import DIALECTS, Aim
from aigw_dev.core.config import Config, Gateway, Provider, Route
from tests.cli.machine import Machine

EVERY = tuple(DIALECTS)
URL = "http://127.0.0.1:2449"


def config(*, default: str | None = None, claims: tuple[str, ...] = (), **providers: Provider) -> Config:
    routes = {"r": Route(flow={"send": "mock/echo"}, models=claims)}
    return Config(gateway=Gateway(default_provider=default), providers=providers, routes=routes)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (config(), ("openai",)),
        (config(qwen=Provider()), ("openai",)),
        (config(anthropic=Provider()), ("openai", "anthropic")),
        (config(work=Provider(kind="gemini")), ("openai", "gemini")),
        (config(qwen=Provider(), default="qwen"), EVERY),
        (config(claims=("smart",)), EVERY),
    ],
)
def test_openai_always_the_others_where_a_bare_name_leads_somewhere(
    found: Config, wanted: tuple[str, ...]
) -> None:
    assert served(found) == wanted


def test_a_login_passes_through_to_the_provider_that_bare_names_go_to() -> None:
    own = Provider(auth="passthrough")
    assert passed_through(config(anthropic=own)) == {"anthropic"}
    assert passed_through(config(anthropic=Provider())) == frozenset()
    assert passed_through(config(anthropic=own, qwen=Provider(), default="qwen")) == frozenset()


def test_the_config_of_the_place_decides_and_a_gateway_elsewhere_counts_as_serving_all(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path, "version: 1\nproviders:\n  anthropic: {auth: passthrough}\n")
    aim = aim_of(machine.place(), url=URL, token="aigwdev-x")
    assert aim.dialects == ("openai", "anthropic")
    assert aim.keeps_login("anthropic")
    far = machine.place(env={"AIGW_DEV_URL": "http://10.0.0.9:2449"})
    assert aim_of(far, url=URL, token="aigwdev-x").dialects == EVERY


def test_a_config_with_errors_counts_as_serving_all(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\nprovidres: {}\n")
    assert aim_of(machine.place(), url=URL, token="aigwdev-x").dialects == EVERY


def test_without_an_answer_no_model_is_listed() -> None:
    assert listed_models(Aim(url="http://127.0.0.1:9", token="aigwdev-x")) == ()
