"""The Routes screen: editing the flow, dry-runs, deploying, versions, conflicts, and a gateway that goes away."""

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.tui.look import ASCII
from tests.tui.harness import Desk
from tests.tui.screens.routes_house import (
    CONFIG,
    canvas,
    deployments,
    desk,
    draft,
    drafted,
    file,
    live,
    loaded,
    logged,
    room,
    sent,
    told,
)

pytestmark = pytest.mark.anyio


async def quick(at: Desk, words: str) -> None:
    """The quick-add line on the selected node."""
    await at.press("colon")
    await at.type(words)
    await at.press("enter")
    await at.until(lambda: not at.app.screen.is_modal, "the form is closed")


async def flipped(at: Desk) -> None:
    """On the canvas, true and false of the first node exchanged, and that sent."""
    await loaded(at)
    await at.press("enter", "x")
    await sent(at)


# the draft


async def test_every_edit_is_in_the_draft_at_once_and_not_live(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.sees("draft (1 change)", "aigw-dev routes edit ai-test --flow")
        await sent(at)
        assert (await drafted(at, "ai-test"))["tree"]["flow"]["if"] == 'metadata.env == "dev"'
        assert (await live(at))["ai-test"]["if"] == 'metadata.tier == "pro"'
        assert "# who pays gets the thinker" in (await draft(at))["text"]


async def test_undo_and_redo_reach_the_draft(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("u")
        await at.sees("Undone")
        await sent(at)
        assert await draft(at) == {}
        await at.press("U")
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "changed"


async def test_each_route_keeps_its_own_undo_list(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.press("up")
        await loaded(at)
        await at.press("enter", "u")
        await sent(at)
        assert await draft(at) == {}


async def test_a_draft_is_there_again_in_the_next_run(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        flow = canvas(at).flow
        await at.press("escape")
        at.app.shell.memory.save(b"{}")
        at.app.go("logs")
        at.app.go("routes")
        room(at).bench.reload()
        await at.until(lambda: canvas(at).flow == flow, "the draft is shown")


# dry-run


async def test_a_dry_run_lights_the_path_while_it_is_typed(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t")
        await at.type("tier=free")
        await at.sees('got "free"', "mock/tools", "2 conditions", "lang", "missing")
        await at.type(" lang=en")
        await at.sees("→ mock/echo", "aigw-dev routes explain ai-test --metadata")
        assert room(at).bench.asked is not None
        await at.press("enter")
        assert canvas(at).has_focus
        assert len(canvas(at).trace.stops) == 3


async def test_the_dry_run_agrees_with_the_gateway(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t")
        for typed, metadata in (
            ("tier=pro", {"tier": "pro"}),
            ("lang=de", {"lang": "de"}),
            ("lang=en", {"lang": "en"}),
        ):
            room(at).bench.show_request(typed)
            reply = await at.house.http.post(
                "/admin/v1/routes/ai-test/explain", json={"metadata": metadata}, headers=at.house.admin()
            )
            target = reply.json()["decision"]["targets"][0]
            await at.sees(f"→ {target['provider']}/{target['model']}")


async def test_metadata_that_is_missing_is_refused_in_the_gateways_words(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=(160, 45)) as at:
        await loaded(at)
        await at.press("t")
        await at.type("stream=true")
        await at.sees("route ai-test decides by metadata")


async def test_a_dry_run_stays_lit_over_an_edit(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t")
        await at.type("tier=pro")
        await at.press("enter", "x")
        await at.until(lambda: canvas(at).trace.stops and canvas(at).trace.stops[0].branch == 0, "lit again")
        await at.sees("→ mock/tools")


async def test_a_logged_request_fills_the_dry_run(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("t", "ctrl+l")
        await told(at, "ai-test has no logged requests")
        await at.house.chat(
            "dynamic/ai-test", headers=at.house.token() | {"x-ai-route-metadata": "tier=free;lang=en"}
        )
        await logged(at)
        await at.press("ctrl+l")
        await at.sees("A logged request of ai-test")
        await at.press("enter")
        await at.sees("tier=free lang=en", "→ mock/echo")
        assert [stop.branch for stop in canvas(at).trace.stops] == [1, 1, None]


async def test_a_log_row_opens_here_with_its_path_lit(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="logs") as at:
        await at.house.chat("dynamic/ai-test", headers=at.house.token() | {"x-ai-route-metadata": "tier=pro"})
        at.app.go("routes", route="ai-test", exchange=(await logged(at))["id"])
        await at.sees("[2 Routes]", "tier=pro", "→ mock/think")
        await at.until(lambda: [stop.branch for stop in canvas(at).trace.stops] == [0, None], "lit")
        assert canvas(at).has_focus


async def test_live_traffic_stands_on_the_wires_while_the_flow_is_the_live_one(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=(160, 45)) as at:
        await loaded(at)
        for tier in ("pro", "free", "free", "free"):
            await at.house.chat(
                "dynamic/ai-test", headers=at.house.token() | {"x-ai-route-metadata": f"tier={tier}"}
            )
        await at.press("less_than_sign")
        await at.sees("25 %", "75 %", "4 calls")
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.until(lambda: "25 %" not in at.screen_text(), "another flow has other traffic")


# deploying


async def deploy(at: Desk, note: str = "") -> None:
    """Save and deploy what is on the canvas."""
    before = (await deployments(at))[0]["number"]
    await at.press("s")
    await at.sees("enter deploys")
    await at.type(note)
    await at.press("enter")
    await at.sees(f"Deployed #{before + 1}")


async def test_deploying_shows_the_difference_and_puts_it_in_force(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.press("s")
        await at.sees(
            "Deploy ai-test: 1 change", "+ if env == dev → mock/echo", '+    if: metadata.env == "dev"'
        )
        await at.type("dev goes to echo")
        await at.press("enter")
        await at.sees("Deployed #2", "u rolls back", "aigw-dev routes deploy --note 'dev goes to echo'")
        assert (await live(at))["ai-test"]["if"] == 'metadata.env == "dev"'
        assert (await deployments(at))[0]["note"] == "dev goes to echo"
        assert "# who pays gets the thinker" in file(tmp_path)
        await at.sees("as live", "#2")


async def test_u_after_a_deployment_rolls_it_back_as_a_new_one(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await deploy(at)
        await at.press("u")
        await at.sees("Rolled ai-test back to #1")
        assert (await deployments(at))[0]["number"] == 3
        assert (await live(at))["ai-test"]["if"] == 'metadata.tier == "pro"'
        await at.until(lambda: canvas(at).flow["then"]["send"] == "mock/think", "the canvas shows it")


async def test_only_this_route_is_deployed_unless_all_is_asked_for(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.press("C")
        await sent(at)
        await at.press("s")
        await at.sees("only this route")
        await at.press("enter")
        await at.sees("Deployed #2")
        assert "eu-only-copy" in await live(at)
        assert (await live(at))["ai-test"]["then"]["send"] == "mock/think"
        assert (await drafted(at, "ai-test"))["state"] == "changed"


async def test_the_whole_draft_can_be_deployed(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await at.press("escape", "down")
        await loaded(at, "eu-only")
        await at.press("d")
        await sent(at)
        await at.press("s")
        await at.sees("only this route")
        await at.press("shift+tab", "right")
        await at.sees("the whole draft: also ai-test")
        await at.press("tab", "enter")
        await at.sees("Deployed #2")
        assert list(await live(at)) == ["ai-test"]
        assert await draft(at) == {}


async def test_a_rename_is_deployed_whole(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("r")
        await at.type("-2")
        await at.press("enter")
        await sent(at)
        await deploy(at)
        assert list(await live(at)) == ["ai-test-2", "eu-only"]


async def test_a_flow_with_errors_is_not_deployed_and_the_first_is_shown(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("enter", "right", "d")
        await at.sees("1 problem")
        await at.press("up", "s")
        await told(at, "holds it back", "n goes to the next one")
        assert (await deployments(at))[0]["number"] == 1
        assert "flow" in (await drafted(at, "ai-test"))["tree"]


async def test_nothing_to_deploy_is_said(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("s")
        await told(at, "Nothing to deploy", "the draft is what is live")


# versions


async def test_versions_are_shown_compared_restored_and_rolled_back(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await deploy(at, "flip")
        await at.sees("#2", "#1")
        versions = at.app.screen.query_one("#versions")
        versions.focus()
        await at.until(
            lambda: room(at).bench.histories.get("ai-test") and len(room(at).bench.histories["ai-test"]) == 2,
            "history",
        )
        await at.press("G", "D")
        await at.sees("#1 → now", "branches exchanged")
        await at.press("escape", "R")
        await at.sees("Restored #1 into the draft")
        await sent(at)
        assert (await drafted(at, "ai-test"))["tree"]["flow"]["then"]["send"] == "mock/think"
        assert (await live(at))["ai-test"]["then"]["if"]
        await at.press("u")
        await sent(at)
        assert await draft(at) == {}
        versions.focus()
        await at.press("G", "B")
        await at.sees("Rolled ai-test back to #1")
        assert (await live(at))["ai-test"]["then"]["send"] == "mock/think"


# conflicts


async def edited_elsewhere(at: Desk, folder: Path, old: str, new: str) -> None:
    """Somebody edits the file, and it is in force."""
    text = file(folder)
    assert old in text
    before = (await deployments(at))[0]["number"]
    reply = await at.house.http.get("/admin/v1/config", headers=at.house.admin())
    body = {"text": text.replace(old, new)}
    headers = at.house.admin() | {"if-match": f'"{reply.json()["digest"]}"'}
    reply = await at.house.http.put("/admin/v1/config", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    assert (await deployments(at))[0]["number"] == before + 1


async def conflict(at: Desk, folder: Path) -> None:
    """The draft asks something before the flow, the file gets another last model: the difference is on the screen."""
    await loaded(at)
    await at.press("enter")
    await quick(at, "env == dev -> mock/echo")
    await sent(at)
    await edited_elsewhere(at, folder, "else: {send: mock/echo}", "else: {send: mock/tools}")
    room(at).bench.reload()
    await at.sees("changed on both sides", "r  rebase")


async def test_a_change_elsewhere_in_the_file_is_no_conflict(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await flipped(at)
        await edited_elsewhere(at, tmp_path, "models: [smart]", "models: [smarter]")
        await deploy(at)
        assert "smarter" in file(tmp_path)
        assert (await live(at))["ai-test"]["then"]["if"]


@pytest.mark.parametrize(
    ("key", "depth", "last"), [("r", 3, "mock/tools"), ("o", 3, "mock/echo"), ("d", 2, "mock/tools")]
)
async def test_a_conflict_is_shown_and_settled_in_three_ways(
    tmp_path: Path, key: str, depth: int, last: str
) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await conflict(at, tmp_path)
        await at.press(key)
        await at.until(lambda: not at.app.screen.is_modal, "closed")
        await sent(at)
        await at.until(lambda: not room(at).bench.shelf.is_stale, "settled")
        flow = canvas(at).flow
        for _ in range(depth):
            flow = flow["else"]
        assert flow == {"send": last}
        now = await draft(at)
        assert not now.get("is_stale")
        assert bool(now) is (key != "d")


async def test_a_conflict_can_wait(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await conflict(at, tmp_path)
        await at.press("escape")
        await at.sees("file changed too")
        await at.press("s")
        await at.sees("changed on both sides")


# a gateway that is away, a config that is held back


async def test_edits_made_while_the_gateway_is_away_are_sent_when_it_is_back(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        at.bridge.is_down = True
        await at.press("enter", "x")
        await at.sees("gateway away, 1 edit kept", "tier == pro")
        await at.press("s")
        await told(at, "the draft is kept")
        assert room(at).remember()["unsent"][0]["type"] == "put"
        at.bridge.is_down = False
        await sent(at)
        assert (await drafted(at, "ai-test"))["state"] == "changed"
        await at.until(lambda: "gateway away" not in at.screen_text(), "not stale any more")


async def test_edits_of_a_run_that_crashed_are_sent_by_the_next(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="dashboard") as at:
        tree = {"flow": {"send": "mock/tools"}}
        at.app.shell.memory.put(
            "routes", {"route": "eu-only", "unsent": [{"type": "put", "name": "eu-only", "tree": tree}]}
        )
        at.app.go("routes")
        await loaded(at, "eu-only")
        await sent(at)
        assert (await drafted(at, "eu-only"))["tree"] == tree


async def test_selection_layout_and_dry_run_are_there_again(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="dashboard") as at:
        kept = {
            "route": "ai-test",
            "node": 2,
            "view": {"layout": "left-right"},
            "dry_run": "tier=pro",
            "range": 2,
            "focus": "flow",
        }
        at.app.shell.memory.put("routes", kept)
        at.app.go("routes")
        await at.sees("left-right", "tier=pro", "→ mock/think", "24h")
        await at.until(lambda: canvas(at).has_focus, "focus")
        now = room(at).remember()
        assert {key: now[key] for key in ("route", "node", "dry_run", "range", "focus")} == {
            key: kept[key] for key in ("route", "node", "dry_run", "range", "focus")
        }


async def test_a_config_that_is_held_back_can_be_read_and_not_changed(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        at.app.shell.status["config"]["held_back"] = ["providers.x.base_url = http://example.com"]
        room(at).bench.put_on_canvas()
        await at.press("d")
        await told(at, "Read only", "not trusted yet")
        await at.press("enter", "x")
        assert canvas(at).flow["then"]["send"] == "mock/think"
        await at.press("s")
        assert await draft(at) == {}


# the editor


def editor(folder: Path, body: str) -> tuple[str, ...]:
    """An $EDITOR that does `body` with the file's `path`."""
    script = folder / "editor.py"
    script.write_text(f"import pathlib, sys, os\npath = pathlib.Path(sys.argv[1])\n{body}\n", "utf-8")
    return (sys.executable, str(script))


async def test_the_yaml_in_the_editor_becomes_the_draft(tmp_path: Path) -> None:
    body = (
        "import stat\n(path.parent / 'x').exists()\n"
        f"pathlib.Path({str(tmp_path / 'mode')!r}).write_text(oct(stat.S_IMODE(os.stat(path).st_mode)) + path.suffix)\n"
        "path.write_text(path.read_text().replace('mock/think', 'mock/tools'))"
    )
    async with desk(tmp_path, CONFIG, room="routes", editor=editor(tmp_path, body)) as at:
        await loaded(at)
        await at.press("f4")
        await at.sees("Edited ai-test", "aigw-dev routes edit ai-test")
        await sent(at)
        assert (await drafted(at, "ai-test"))["tree"]["flow"]["then"]["send"] == "mock/tools"
        mode = (tmp_path / "mode").read_text()
        assert mode.endswith(".yaml")
        assert mode.startswith(oct(stat.S_IRUSR | stat.S_IWUSR)) or sys.platform == "win32"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("path.write_text('ai-test: [')", "F4 opens your text again"),
        ("path.write_text('other: {flow: {send: a/b}}')", "wants one entry"),
        ("pass", "Nothing changed"),
        ("path.write_text('')", "Nothing changed"),
    ],
)
async def test_what_the_editor_leaves_is_checked(tmp_path: Path, body: str, said: str) -> None:
    async with desk(tmp_path, CONFIG, room="routes", editor=editor(tmp_path, body)) as at:
        await loaded(at)
        await at.press("f4")
        await told(at, said)
        assert await draft(at) == {}


async def test_without_an_editor_it_says_how_to_set_one(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("f4")
        await told(at, "set $VISUAL or $EDITOR")


# looks


@pytest.mark.parametrize("options", [{"is_ascii": True}, {"is_colour": False}])
async def test_the_story_works_without_colour_and_without_unicode(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=(80, 24), **options) as at:
        await loaded(at)
        await at.press("enter")
        await quick(at, "env == dev -> mock/echo")
        await at.press("t")
        await at.type("env=dev")
        await at.sees("mock/echo", "draft (1 change)")
        if options.get("is_ascii"):
            assert at.screen_text().isascii()
            assert ASCII.to in at.screen_text()
        await at.press("enter")
        await deploy(at)
        assert (await live(at))["ai-test"]["if"] == 'metadata.env == "dev"'


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_looks(tmp_path: Path, size: tuple[int, int], snapshot: Any) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=size) as at:
        await loaded(at)
        await at.until(lambda: room(at).bench.histories.get("ai-test"), "history")
        room(at).bench.histories["ai-test"] = [
            {"number": 1, "at": 0, "actor": "up", "note": "started", "tree": {}}
        ]
        await at.press("t")
        await at.type("tier=free lang=de")
        await at.press("enter")
        await at.until(lambda: canvas(at).has_focus and "→ mock/tools" in at.screen_text(), "decided")
        assert at.screen_text() == snapshot
