"""The draft: requests never see it, nobody's edit is lost, what both changed is a conflict that names it."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.config_file import route_edits
from aigw_dev.config_file.value_edits import Change
from aigw_dev.core.errors import ConfigError
from aigw_dev.core.problem import Problem
from aigw_dev.server.drafts import Drafts
from aigw_dev.server.sources import ConfigSource
from tests.server.house import House, house
from tests.server.test_changes import target
from tests.server.test_gateway import GOOD, OTHER, file_of

pytestmark = pytest.mark.anyio
THINK: Any = {"flow": {"send": "mock/think"}}


def drafts_of(one: House) -> Drafts:
    return one.gateway.changes.drafts


async def put(one: House, name: str, tree: dict[str, Any] = THINK, *, digest: str | None = None) -> dict[str, Any]:  # fmt: skip
    """Edit a route in the draft."""
    change = partial(route_edits.put_route, name=name, tree=tree)
    known = one.gateway.reading.digest if digest is None else digest
    return await drafts_of(one).edit(change, digest=known, touched={name})


async def save(one: House, text: str) -> None:
    """Somebody else saves the file."""
    file_of(one).write_text(text, "utf-8")
    await one.gateway.reread()


def states(draft: dict[str, Any] | None) -> dict[str, str]:
    assert draft is not None
    return {row["name"]: row["state"] for row in draft["routes"]}


async def test_a_draft_is_seen_by_no_request_until_it_is_deployed(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        draft = await drafts_of(one).put(OTHER, base_digest=one.gateway.reading.digest)
        assert (draft["is_stale"], draft["problems"]) == (False, [])
        assert "mock/think" in str(draft["diff"])
        assert await target(one) == "mock/echo"
        await one.gateway.changes.deploy(note="go", actor="me")
        assert await target(one) == "mock/think"
        assert await drafts_of(one).shown() is None
        assert file_of(one).read_text("utf-8") == OTHER


async def test_a_route_is_edited_in_a_draft_that_begins_from_the_file(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD + "# kept\n") as one:
        draft = await put(one, "new")
        assert states(draft) == {"r": "same", "new": "new"}
        assert draft["text"].endswith("# kept\n")
        row = next(row for row in draft["routes"] if row["name"] == "new")
        assert (row["tree"], row["row"]["model"]) == (THINK, "dynamic/new")
        assert await target(one) == "mock/echo"


async def test_a_draft_that_says_what_the_file_says_is_none(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await put(one, "r")
        again = await put(one, "r", {"flow": {"send": "mock/echo"}})
        assert (again["is_empty"], states(again)) == (True, {"r": "same"})
        assert await drafts_of(one).shown() is None


async def test_a_wrong_flow_is_kept_with_its_place_and_cannot_be_deployed(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        tree: dict[str, Any] = {"flow": {"if": "metadata.tier =", "then": None, "else": 5}, "models": 7}
        draft = await put(one, "r", tree)
        assert draft["routes"][0]["tree"] == tree
        assert ["routes", "r", "flow", "if"] in [list(problem["path"]) for problem in draft["problems"]]
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me")
        assert caught.value.code == "config_invalid"
        assert await drafts_of(one).shown() is not None
        assert file_of(one).read_text("utf-8") == GOOD


async def test_edits_of_other_things_come_together(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await put(one, "mine")
        await save(one, route_edits.put_route(GOOD, "theirs", THINK) + "# theirs\n")
        draft = await drafts_of(one).shown()
        assert draft is not None
        assert (draft["is_stale"], draft["base_digest"]) == (False, one.gateway.reading.digest)
        assert states(draft) == {"r": "same", "theirs": "same", "mine": "new"}
        await one.gateway.changes.deploy(note="", actor="me")
        assert set(one.gateway.snapshot.routes) == {"r", "theirs", "mine"}
        assert file_of(one).read_text("utf-8").endswith("# theirs\n")


async def test_what_both_changed_is_a_conflict_with_the_difference(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        before = one.gateway.reading.digest
        await put(one, "r")
        await save(one, GOOD.replace("mock/echo", "mock/tools"))
        draft = await drafts_of(one).shown()
        assert draft is not None
        assert (draft["is_stale"], draft["conflicts"]) == (True, ["r"])
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me")
        assert (caught.value.code, ": r;" in caught.value.message) == ("config_conflict", True)
        assert "+  r: {flow: {send: mock/tools}}" in caught.value.detail
        assert "+  r: {flow: {send: mock/think}}" in caught.value.detail
        # an editor that has not seen it goes on saving; one that has seen it decides
        assert (await put(one, "r", {"flow": {"send": "mock/x"}}, digest=before))["is_stale"]
        assert not (await put(one, "r"))["is_stale"]
        await one.gateway.changes.deploy(note="", actor="me")
        assert await target(one) == "mock/think"


async def test_a_conflict_ends_by_taking_the_files_side(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await put(one, "r")
        await put(one, "other")
        await save(one, GOOD.replace("mock/echo", "mock/tools"))
        draft = await drafts_of(one).revert("r")
        assert (draft["is_stale"], states(draft)) == (False, {"r": "same", "other": "new"})
        assert (await drafts_of(one).revert("other"))["is_empty"]
        assert await drafts_of(one).shown() is None
        with pytest.raises(ConfigError) as caught:
            await drafts_of(one).revert("r")
        assert caught.value.code == "nothing_to_deploy"


async def test_an_edit_of_a_file_nobody_knows_any_more_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        first = one.gateway.reading.digest
        await save(one, route_edits.put_route(GOOD, "theirs", THINK))
        await put(one, "mine", digest=first)  # what it edits is as it was
        with pytest.raises(ConfigError) as caught:
            await put(one, "theirs", {"flow": {"send": "mock/echo"}}, digest=first)
        assert (caught.value.code, "theirs" in caught.value.message) == ("config_changed", True)
        assert "+  theirs" in caught.value.detail
        with pytest.raises(ConfigError) as caught:
            await put(one, "mine", digest="0" * 64)
        assert caught.value.code == "config_changed"


async def test_some_routes_of_a_draft_are_deployed_and_the_rest_stays(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await put(one, "r")
        await put(one, "later")
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me", routes=["none"])
        assert caught.value.code == "nothing_to_deploy"
        await one.gateway.changes.deploy(note="", actor="me", routes=["r"])
        assert await target(one) == "mock/think"
        assert set(one.gateway.snapshot.routes) == {"r"}
        assert states(await drafts_of(one).shown()) == {"r": "same", "later": "new"}
        await one.gateway.changes.deploy(note="", actor="me", routes=["later"])
        assert await drafts_of(one).shown() is None


async def test_a_rollback_leaves_the_draft_alone(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await one.gateway.changes.write(
            OTHER, expected_digest=one.gateway.reading.digest, note="", actor="me"
        )
        await put(one, "r", {"flow": {"send": "mock/tools"}})
        await one.gateway.changes.rollback(1, note="", actor="me")
        assert await target(one) == "mock/echo"
        draft = await drafts_of(one).shown()
        assert draft is not None
        assert (draft["is_stale"], states(draft)) == (False, {"r": "changed"})
        await one.gateway.changes.deploy(note="", actor="me")
        assert await target(one) == "mock/tools"


async def test_a_draft_whose_beginning_is_forgotten_conflicts(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        draft = await drafts_of(one).put(OTHER, base_digest="0" * 64)
        assert (draft["is_stale"], draft["conflicts"]) == (True, [])
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me")
        assert (caught.value.code, "the file" in caught.value.message) == ("config_conflict", True)
        await drafts_of(one).drop()
        assert await drafts_of(one).shown() is None


async def test_a_draft_that_the_file_has_overtaken_is_nothing_to_deploy(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await put(one, "r")
        await save(one, OTHER)
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me")
        assert caught.value.code == "nothing_to_deploy"
        assert await drafts_of(one).shown() is None


async def test_without_a_file_the_draft_begins_from_the_built_in_default(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        draft = await put(one, "r", digest="")
        assert (draft["base_digest"], draft["is_stale"], states(draft)) == ("", False, {"r": "new"})
        assert draft["text"].startswith("# yaml-language-server")
        assert one.gateway.source.path is None, "a draft writes no file"
        await one.gateway.changes.deploy(note="", actor="me")
        assert await target(one) == "mock/think"
        assert file_of(one).read_text("utf-8") == draft["text"]


async def test_settings_are_in_force_at_once_and_in_the_draft(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        read = one.gateway.reading.digest
        await put(one, "mine")
        changes = [Change(path=("logging", "sample"), value=0.5)]
        set_values = partial(one.gateway.changes.set_values, note="", actor="me")
        assert await set_values(changes, expected_digest=read) == []
        assert one.gateway.in_force.logging.sample == 0.5
        draft = await drafts_of(one).shown()
        assert draft is not None
        assert (draft["is_stale"], "sample: 0.5" in draft["text"], "+logging" in draft["diff"]) == (
            False,
            True,
            False,
        )
        assert (await one.gateway.changes.history(limit=1))[0]["note"] == "set logging.sample"
        await set_values(
            [Change(path=("gateway", "notes"), value="n")], expected_digest=read
        )  # changed elsewhere
        with pytest.raises(ConfigError) as caught:
            await set_values([Change(path=("logging", "sample"), value=1.0)], expected_digest=read)
        assert (caught.value.code, "logging.sample" in caught.value.message) == ("config_changed", True)
        with pytest.raises(ConfigError) as caught:
            await set_values(
                [Change(path=("logging", "sample"), value=7)], expected_digest=one.gateway.reading.digest
            )
        assert caught.value.code == "config_invalid"
        assert one.gateway.in_force.logging.sample == 0.5


async def test_the_first_setting_makes_the_file(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        changes = [Change(path=("gateway", "notes"), value="mine")]
        await one.gateway.changes.set_values(changes, expected_digest="", note="", actor="me")
        assert one.gateway.in_force.gateway.notes == "mine"
        assert file_of(one).read_text("utf-8").startswith("# yaml-language-server")


async def test_a_draft_of_the_built_in_default_keeps_a_provider_whose_key_came_later(tmp_path: Path) -> None:
    variables: dict[str, str] = {}
    async with house(tmp_path) as one:
        one.gateway.source = ConfigSource(one.gateway.source.found, home=one.gateway.home, env=variables)
        await one.gateway.renew()
        await put(one, "mine")
        variables["OPENAI_API_KEY"] = "sk-" + "a1B2" * 12
        await one.gateway.renew()
        draft = await drafts_of(one).shown()
        assert draft is not None
        assert (draft["is_stale"], "openai:" in draft["text"], states(draft)) == (
            False,
            True,
            {"mine": "new"},
        )
        await one.gateway.changes.deploy(note="", actor="me")
        assert "openai" in one.gateway.in_force.providers


async def test_what_is_left_of_a_draft_knows_the_text_it_was_deployed_into(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        await put(one, "mine")
        await put(one, "later")

        async def write(text: str, **more: Any) -> list[Problem]:
            problems = await one.gateway.changes.write(text, **more)
            file_of(one).write_text(text + "# theirs\n", "utf-8")  # at once
            return problems

        drafts = Drafts(one.gateway, write=write, lock=asyncio.Lock())
        await drafts.deploy(note="", actor="me", routes=["mine"])
        draft = await drafts.shown()
        assert draft is not None
        assert draft["text"].endswith("# theirs\n")
        assert states(draft) == {"r": "same", "mine": "same", "later": "new"}


async def test_routes_that_no_draft_has_are_not_deployed_nor_is_the_file_that_waits(tmp_path: Path) -> None:
    async with house(tmp_path, f"{GOOD}gateway: {{deploy: manual}}\n") as one:
        await save(one, f"{OTHER}gateway: {{deploy: manual}}\n")
        for routes in (["r"], []):
            with pytest.raises(ConfigError) as caught:
                await one.gateway.changes.deploy(note="", actor="me", routes=routes)
            assert caught.value.code == "nothing_to_deploy"
        assert await target(one) == "mock/echo"
        await put(one, "mine")
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me", routes=[])
        assert caught.value.code == "nothing_to_deploy"


async def test_what_no_config_can_be_is_no_draft(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        with pytest.raises(ConfigError) as caught:
            await drafts_of(one).put(GOOD + "#" * 300_000, base_digest=one.gateway.reading.digest)
        assert caught.value.code == "config_invalid"
        assert await drafts_of(one).shown() is None
