"""Every route has the number of the deployment that changed it last."""

from pathlib import Path

import pytest

from aigw_dev.core.errors import ConfigError
from aigw_dev.server.versions import Versions
from aigw_dev.store.state import StateStore
from tests.server.house import house
from tests.server.test_changes import target
from tests.server.test_drafts import drafts_of, put
from tests.server.test_gateway import GOOD, OTHER

pytestmark = pytest.mark.anyio
TWO = "version: 1\nroutes:\n  a: {flow: {send: m/1}}\n  b: {flow: {send: m/1}}\n"


def kept(folder: Path, *texts: str) -> tuple[StateStore, Versions]:
    state = StateStore(folder / "state.db")
    for number, text in enumerate(texts):
        state.add_deployment(
            actor="me", digest=str(hash(text)), text=text, note=f"n{number}", at=float(number)
        )
    return state, Versions(state)


def test_a_route_counts_from_the_deployment_that_changed_it(tmp_path: Path) -> None:
    state, versions = kept(tmp_path, TWO, TWO + "# a comment\n", TWO.replace("b: {flow: {send: m/1}}", "b: {flow: {send: m/2}}"))  # fmt: skip
    assert {name: one.number for name, one in versions.latest().items()} == {"a": 1, "b": 3}
    assert [(one.number, one.note, one.tree["flow"]["send"]) for one in versions.history("b")] == [
        (3, "n2", "m/2"), (1, "n0", "m/1"),
    ]  # fmt: skip
    state.add_deployment(actor="me", digest="x", text="version: 1\n", note="", at=9.0)
    assert versions.history("a")[0].tree is None, "it was taken out"
    state.add_deployment(actor="me", digest="y", text=TWO, note="", at=9.0)
    assert versions.latest()["a"].number == 5
    assert versions.history("none") == []
    state.close()


def test_another_file_is_read_anew(tmp_path: Path) -> None:
    state, versions = kept(tmp_path, TWO, TWO + "# x\n")
    assert versions.latest()
    state.close()
    (tmp_path / "state.db").unlink()
    assert versions.latest() == {}
    state.close()


def test_many_deployments_are_read_page_by_page(tmp_path: Path) -> None:
    state, versions = kept(tmp_path, *(TWO.replace("m/1", f"m/{number % 3}") for number in range(120)))
    assert len(versions.history("a")) == 120
    state.close()


def test_without_its_state_file_nobody_can_say(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    assert Versions(StateStore(tmp_path / "state.db")).latest() == {}


async def test_one_route_is_rolled_back_and_the_others_stay(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        changes = one.gateway.changes
        both = OTHER + "  s: {flow: {send: mock/tools}}  # kept\n"
        await changes.write(both, expected_digest=one.gateway.reading.digest, note="", actor="me")
        await put(one, "r", {"flow": {"send": "mock/x"}})
        await changes.rollback_route("r", 1, note="", actor="me")
        assert await target(one) == "mock/echo"
        assert one.gateway.reading.text == both.replace("mock/think", "mock/echo")
        assert (await changes.history(limit=1))[0]["note"] == "rollback of r to #1"
        draft = await drafts_of(one).shown()
        assert draft is not None
        assert (draft["is_stale"], draft["routes"][0]["state"]) == (False, "changed")
        await changes.rollback_route("s", 1, note="why", actor="me")
        assert set(one.gateway.snapshot.routes) == {"r"}, "it was not there then"
        for name, number, code in [("r", 1, "nothing_to_deploy"), ("none", 1, "route_not_found"), ("r", 99, "deployment_not_found")]:  # fmt: skip
            with pytest.raises(ConfigError) as caught:
                await changes.rollback_route(name, number, note="", actor="me")
            assert caught.value.code == code
