"""A gateway that began without a config becomes the gateway of the file that is made."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aigw_dev.client import AdminClient
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.running import RunningInfo, claim, read_running
from aigw_dev.server.residence import LOG, STATE, Residence
from aigw_dev.store.state import StateStore
from aigw_dev.store.writer import LogWriter
from tests.cli.machine import Machine

ROUTE = "version: 1\nroutes:\n  r: {flow: {send: mock/echo}}\n"
INFO = RunningInfo(
    pid=os.getpid(),
    url="http://127.0.0.1:1",
    port=1,
    started_at=1.0,
    config_path=None,
    name="default",
    version="0",
)


class Flat:
    """A residence of the built-in default, published, with its two files in use."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home", env={})
        self.folder = self.home.gateway_dir(None, "default")
        self.config = folder / "aigw-dev.yaml"
        self.state = StateStore(self.folder / STATE)
        self.writer = LogWriter(self.folder / LOG, mask=lambda body: body)
        self.residence = Residence(self.folder, home=self.home, state=self.state, writer=self.writer)
        held = claim(self.folder)
        assert held is not None
        self.held = held
        self.residence.publish(held, INFO)
        self.state.add("calls")
        assert self.writer.settle()

    def close(self) -> None:
        self.writer.close()
        self.state.close()
        self.held.release()


@pytest.fixture
def flat(tmp_path: Path) -> Iterator[Flat]:
    one = Flat(tmp_path)
    yield one
    one.close()


def test_the_folder_moves_with_what_is_in_it_and_is_found_by_the_file(flat: Flat) -> None:
    reader = flat.residence.reader()
    assert flat.residence.move(flat.config, "mine") == ""
    folder = flat.home.find_gateway_dir(flat.config)
    assert folder == flat.residence.folder
    assert folder is not None
    assert not flat.folder.exists()
    assert flat.state.counters() == {"calls": 1}
    assert flat.writer.settle()
    assert (folder / LOG).exists()
    assert reader.path == folder / LOG
    assert reader.page().entries == []
    told = read_running(folder)
    assert told is not None
    assert (told.config_path, told.name, told.url) == (str(flat.config), "mine", INFO.url)
    assert claim(folder) is None, "the claim is held where it is now"
    flat.held.release()
    assert not (folder / "running.json").exists()


def test_what_an_earlier_gateway_of_the_same_file_left_is_set_aside(flat: Flat) -> None:
    older = flat.home.gateway_dir(flat.config, "older")
    (older / "state.db").write_text("theirs", "utf-8")
    assert flat.residence.move(flat.config, "mine") == ""
    aside = [folder for folder in flat.home.gateway_dirs() if ".before-" in folder.name]
    assert [(folder / "state.db").read_text("utf-8") for folder in aside] == ["theirs"]
    assert flat.home.find_gateway_dir(flat.config) == flat.residence.folder


def test_another_gateway_of_the_same_file_stays_and_so_does_this_one(flat: Flat) -> None:
    other = flat.home.gateway_dir(flat.config, "mine")
    with claim(other) or pytest.fail("free"):
        words = flat.residence.move(flat.config, "mine")
        assert "another process serves" in words
        assert flat.residence.folder == flat.folder
    flat.state.add("calls")
    assert flat.writer.settle()
    assert flat.state.counters() == {"calls": 2}


def test_a_temporary_gateway_stays_where_it_is(tmp_path: Path) -> None:
    state, writer = StateStore(tmp_path / STATE), LogWriter(tmp_path / LOG, mask=lambda body: body)
    residence = Residence(tmp_path, home=Home(tmp_path / "home", env={}), state=state, writer=writer)
    assert residence.move(tmp_path / "aigw-dev.yaml", "mine") == ""
    assert (residence.folder, residence.is_claimed) == (tmp_path, False)
    writer.close()


def client(machine: Machine, url: str) -> AdminClient:
    return AdminClient(url, Home(machine.home, env={}).admin_token())


def test_from_nothing_a_first_deploy_is_found_watched_and_remembered(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    machine = Machine(tmp_path)
    with machine.gateway() as url, client(machine, url) as admin:
        assert machine.run("chat", "mock/echo", "hello").code == 0
        digest = admin.config()["digest"]
        draft = admin.put_route("r", {"flow": {"send": "mock/echo"}}, digest)
        assert draft["routes"][0]["state"] == "new"
        assert admin.deploy(note="first")["number"] == 2
        assert machine.config.read_text("utf-8").startswith("# yaml-language-server")
        status = machine.run("status", "--json").json
        assert (status["url"], status["name"]) == (url, "project")
        assert status["config"]["path"] == str(machine.config)
        assert status["config"]["is_trusted"]
        assert machine.run("up", "--detach").out == f"ready {url}\n"
        history = machine.run("routes", "history", "--json").json
        assert [(row["number"], row["note"]) for row in history] == [
            (2, "first"),
            (1, "the built-in default"),
        ]
        assert machine.run("chat", "dynamic/r", "again").code == 0
        machine.config.write_text(
            machine.config.read_text("utf-8").replace("mock/echo", "mock/think"), "utf-8"
        )
        until(lambda: admin.routes()[0]["flow"] == {"send": "mock/think"})
        admin.rollback(1)
        assert admin.routes() == []
    assert "again" in machine.run("logs", "show", "last").out, "the log is found without a gateway, too"
    with machine.gateway():
        history = machine.run("routes", "history", "--json").json
        assert history[-1]["note"] == "the built-in default"
        assert "hello" in machine.run("logs", "show", "-2").out


def test_a_file_made_by_init_is_taken_up(tmp_path: Path, until: Callable[..., None]) -> None:
    machine = Machine(tmp_path)
    with machine.gateway() as url:
        made = machine.run("init")
        assert made.code == 0, made.err

        def is_served() -> bool:
            status = machine.run("status", "--json")
            return status.code == 0 and status.json.get("url") == url

        until(is_served)


def test_a_served_folder_of_another_name_keeps_it(flat: Flat) -> None:
    other = flat.home.gateway_dir(flat.config, "older")
    with claim(other) or pytest.fail("free"):
        assert "another process serves" in flat.residence.move(flat.config, "mine")
        assert other.is_dir()
    assert flat.home.find_gateway_dir(flat.config) == other
    assert flat.residence.folder == flat.folder
