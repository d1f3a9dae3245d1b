"""`logs tail`: exchanges as they end, each once, also where no gateway runs."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigw_dev.cli import logs_tail
from aigw_dev.client import AdminClient
from tests.cli.logged import Logged, entry
from tests.store.making import exchange, refused

Until = Callable[..., None]


@contextmanager
def following(logged: Logged, *words: str) -> Generator[Path]:
    """A running `logs tail`; the file of its output."""
    out, told = logged.config.with_name("out"), logged.config.with_name("told")
    command = [sys.executable, "-m", "aigw_dev", *logged.words("logs", "tail", *words)]
    with out.open("w") as stdout, told.open("w") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL)
    try:
        yield out
    finally:
        process.terminate()
        process.wait(20)


def test_earlier_ones_come_first_then_each_as_it_ends(tmp_path: Path, until: Until) -> None:
    logged = Logged(tmp_path, [exchange(id=f"{number:016x}") for number in range(1, 4)])
    with following(logged, "-n", "2", "--json") as out:
        until(lambda: out.read_text().count("\n") == 2, what="the two earlier ones")
        logged.add([exchange(id="e" * 16)])
        until(lambda: out.read_text().count("\n") == 3, what="the new one")
        ids = [json.loads(line)["id"] for line in out.read_text().splitlines()]
    assert ids == [f"{2:016x}", f"{3:016x}", "e" * 16]


def test_a_filter_holds_for_both(tmp_path: Path, until: Until) -> None:
    logged = Logged(tmp_path, [exchange(), refused(id="a" * 16)])
    with following(logged, "status:>=400", "--columns", "id") as out:
        until(lambda: "aaaaaaaa" in out.read_text(), what="the earlier one")
        logged.add([exchange(), refused(id="b" * 16)])
        until(lambda: "bbbbbbbb" in out.read_text(), what="the new one")
        assert out.read_text().split() == ["ID", "aaaaaaaa", "bbbbbbbb"]


def test_a_log_that_is_made_later_is_followed(tmp_path: Path, until: Until) -> None:
    logged = Logged(tmp_path)
    logged.log.unlink()
    with following(logged, "--columns", "id") as out:
        until(lambda: "ID" in out.read_text(), what="the header")
        logged.add([exchange(id="d" * 16)])
        until(lambda: "dddddddd" in out.read_text(), what="the first exchange")


def test_a_reader_that_leaves_ends_it(tmp_path: Path) -> None:
    logged = Logged(tmp_path, [exchange()])
    command = [sys.executable, "-m", "aigw_dev", *logged.words("logs", "tail", "-n", "1")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.stdout.close()
        logged.add([exchange()])
        assert process.wait(30) == 0


def feed(*entries: dict[str, Any]) -> bytes:
    """What the admin API sends live."""
    events = [f"event: exchange\ndata: {json.dumps(one)}\n\n" for one in entries]
    return (": live\n\n" + "".join(events)).encode()


def test_a_remote_feed_prints_an_exchange_once_though_it_is_heard_of_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, both, new = (entry(id=letter * 16) for letter in "abc")
    running = entry(id="f" * 16, state="open")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/live"):
            return httpx.Response(200, content=iter([feed(both, new)]))
        assert request.url.params["q"] == "model:x -state:open"
        page = {"entries": [running, both, earlier], "next_before": None, "is_complete": True}
        return httpx.Response(200, content=json.dumps(page))

    def client(_: object) -> AdminClient:
        return AdminClient("http://127.0.0.1:1", "token", transport=httpx.MockTransport(answer))

    monkeypatch.setenv("AIGW_DEV_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(logs_tail.Place, "need_client", client)
    assert logs_tail.logs_tail(logs_tail.Context(is_json=True), ["model:x"]) == 0
    printed = capsys.readouterr()
    assert [json.loads(line)["id"][0] for line in printed.out.splitlines()] == ["a", "b", "c"]
    assert "ended the feed" in printed.err
