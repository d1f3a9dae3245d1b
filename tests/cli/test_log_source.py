"""A log is read alike from its file and through an admin API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigw_dev.cli import log_source
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.log_source import LocalLog, RemoteLog
from aigw_dev.cli.place import Place
from aigw_dev.client import AdminClient
from tests.cli.logged import Logged
from tests.store.making import NOON, exchange, refused


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalLog]:
    """A log of seven exchanges."""
    logged = Logged(tmp_path, [exchange(started_at=NOON + number) for number in range(6)] + [refused()])
    log = LocalLog(logged.log)
    yield log
    log.close()


def remote(pages: dict[str, Any]) -> RemoteLog:
    """An admin API that answers paths with these documents."""

    def answer(request: httpx.Request) -> httpx.Response:
        key = request.url.path.removeprefix("/admin/v1") + f"?before={request.url.params.get('before', '')}"
        return httpx.Response(200, content=json.dumps(pages[key]))

    return RemoteLog(AdminClient("http://127.0.0.1:1", "token", transport=httpx.MockTransport(answer)))


def test_a_page_goes_on_until_it_is_full(local: LocalLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_source, "PAGE_ROWS", 2)
    page = log_source.entries(local, "status:200", before=None, limit=5)
    assert len(page["entries"]) == 5
    rest = log_source.entries(local, "status:200", before=page["next_before"], limit=5)
    assert len(rest["entries"]) == 1
    assert rest["next_before"] is None


def test_a_remote_page_that_ended_early_is_gone_on_with() -> None:
    early = {"entries": [{"id": "a"}], "next_before": 9, "is_complete": False}
    late = {"entries": [{"id": "b"}], "next_before": None, "is_complete": True}
    log = remote({"/exchanges?before=": early, "/exchanges?before=9": late})
    page = log_source.entries(log, "", before=None, limit=10)
    log.close()
    assert [entry["id"] for entry in page["entries"]] == ["a", "b"]


def test_a_remote_export_asks_for_every_exchange() -> None:
    page = {"entries": [{"id": "a"}, {"id": "b"}], "next_before": None, "is_complete": True}
    whole = {f"/exchanges/{name}?before=": {"id": name, "status": 200} for name in ("a", "b")}
    log = remote({"/exchanges?before=": page} | whole)
    assert [found["id"] for found in log_source.whole(log, "")] == ["a", "b"]
    log.close()


def test_a_file_exports_the_same_as_it_shows(local: LocalLog) -> None:
    for found in log_source.whole(local, ""):
        assert local.get(found["id"]) == found


def test_an_exchange_that_is_not_there_is_a_usage_error(local: LocalLog) -> None:
    with pytest.raises(CommandError) as missing:
        local.get("nope")
    assert missing.value.code == "exchange_not_found"


def test_since_and_until_join_the_filter() -> None:
    query = log_source.query_of(["status:200", '"card declined"'], since="5m", until="2026-11-20T10:00:00Z")
    assert query == 'status:200 "card declined" since:5m until:2026-11-20T10:00:00+00:00'
    log_source.parsed(query)


@pytest.mark.parametrize("text", ["yesterday", "5 m", "", "10:00\x1b"])
def test_what_is_no_time_is_refused_with_what_is_one(text: str) -> None:
    with pytest.raises(CommandError) as bad:
        log_source.instant(text, "--since")
    assert "--since" in bad.value.message
    assert "\x1b" not in bad.value.message
    assert "24h" in bad.value.hint


def test_where_no_gateway_ever_ran_the_log_is_empty(tmp_path: Path) -> None:
    config = tmp_path / "aigw-dev.yaml"
    config.write_text("version: 1\n", "utf-8")
    place = Place(Context(config_option=config, home_option=tmp_path / "state", environ={}))
    log = log_source.log_of(place)
    assert log.page("", before=None, limit=5)["entries"] == []
    log.close()
    assert not (tmp_path / "state" / "log.db").exists()
