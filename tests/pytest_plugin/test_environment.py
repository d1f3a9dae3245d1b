"""Variables set for a while and put back exactly."""

import os

import pytest

from aigw_dev.cli import variables as run_variables
from aigw_dev.pytest_plugin import environment

URL = "http://127.0.0.1:1"


def changed(**environ: str) -> dict[str, str | None]:
    return environment.variables(f"{URL}/t/a", url=URL, key="sk-aigw-a", environ=environ)


def test_what_run_sets_or_takes_away_is_set_or_taken_away_here() -> None:
    names = {
        name
        for dialect in run_variables.DIALECTS.values()
        for name in (
            *(url for url, _ in dialect.urls),
            *dialect.keys,
            *dialect.logins,
            *dialect.winning,
            dialect.headers,
        )
        if name
    }
    assert names <= changed(**dict.fromkeys(names, "x")).keys()


def test_only_what_is_there_is_taken_away() -> None:
    assert None not in changed().values()
    assert changed(OPENAI_ORG_ID="org")["OPENAI_ORG_ID"] is None


def test_azure_is_turned_to_the_gateway_only_where_it_was_set() -> None:
    assert "AZURE_OPENAI_ENDPOINT" not in changed()
    assert changed(AZURE_OPENAI_API_KEY="real")["AZURE_OPENAI_API_KEY"] == "sk-aigw-a"


def test_loopback_is_never_asked_of_a_proxy() -> None:
    assert changed(NO_PROXY="intra, ::1")["NO_PROXY"] == "intra,::1,127.0.0.1,localhost"
    assert "NO_PROXY" not in changed(NO_PROXY="*")


def test_everything_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    before = dict(os.environ)
    applied = environment.Applied(environment.variables(URL, url=URL, key="k", environ=os.environ))
    assert os.environ["OPENAI_API_KEY"] == "k"
    assert "OPENAI_ORG_ID" not in os.environ
    applied.take_back()
    assert dict(os.environ) == before
    os.environ["OPENAI_API_KEY"] = "later"
    applied.take_back()
    assert os.environ["OPENAI_API_KEY"] == "later"
