"""The story: from nothing to a route that is live, used, looked at, changed and rolled back, by keys alone.

After every step the admin API is asked, and the screen is read, in a real terminal.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from aigw_dev.client import AdminClient
from tests.e2e.tmux import needs_tmux
from tests.e2e.tui_seat import Kind, Seat, is_alive

pytestmark = [needs_tmux, pytest.mark.timeout(90)]

KINDS: Final = (
    Kind(name="80x24", size=(80, 24)),
    Kind(name="120x36", size=(120, 36)),
    Kind(name="plain", size=(80, 24), is_ascii=True, is_colour=False, words=("tui", "--ascii", "--no-mouse")),
)
SAID: Final = "Which way did this go?"
FIRST: Final[dict[str, Any]] = {
    "if": 'metadata.tier == "pro"',
    "then": {"send": "mock/tools", "fallback": ["mock/echo"]},
    "else": {
        "if": 'metadata.lang == "de"',
        "then": {"send": "mock/think", "fallback": ["mock/echo"]},
        "else": {"send": "mock/echo"},
    },
}
SECOND: Final[dict[str, Any]] = {
    **FIRST,
    "else": {**FIRST["else"], "else": {"send": "mock/echo", "fallback": ["mock/tools"]}},
}
_COLOURS: Final = re.compile(rb"\x1b\[(?:[\d;:]*[;:])?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][\d;:]*)?m")
_MOUSE: Final = re.compile(rb"\x1b\[\?100[0236]h")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def seat(request: pytest.FixtureRequest, tmp_path: Path, until: Callable[..., None]) -> Iterator[Seat]:
    found = Seat(tmp_path, request.param, until)
    yield found
    found.close()


def test_the_story_is_told_by_keys_alone(seat: Seat) -> None:
    begin(seat)
    add_the_route(seat)
    nest_a_condition(seat)
    dry_run(seat)
    deploy(seat)
    chat(seat)
    look_at_the_log(seat)
    open_the_path(seat)
    change_and_deploy_again(seat)
    roll_back(seat)
    leave(seat)
    if not seat.kind.is_colour:
        has_neither_colour_nor_other_signs(seat.record.read_bytes())


def begin(seat: Seat) -> None:
    """Nothing at all: the screens start a gateway of their own on the built-in default."""
    seat.open()
    seat.sees(r"\[1 Dashboard\]", "No requests yet")
    status = seat.ask(lambda client: client.status())
    assert not status["config"]["path"]
    assert seat.ask(lambda client: client.routes()) == []
    seat.sees(rf"● default :{seat.gateway()['port']}")


def add_the_route(seat: Seat) -> None:
    """A form, a picker in it, and a branch with the quick-add line."""
    seat.goes("2", "Routes")
    seat.sees("no routes yet")
    seat.asks("a", "New route", "First model")
    seat.writes("support")
    seat.at.key("tab")
    seat.types_at("a line for people")
    seat.writes("Who pays gets tools")
    seat.next_field()
    seat.asks("enter", "type to filter")
    seat.writes("think", r"^.*▸ mock/think")
    seat.answers("type to filter")
    seat.sees("◀ mock/think ▶")
    seat.answers("New route", key="^j")
    seat.sees(r"support · draft \(1 change\) · ✓ valid", "model · node 1 of 1")
    drafted = seat.told(the_draft, "the route is in the draft")
    assert drafted["tree"] == {"description": "Who pays gets tools", "flow": {"send": "mock/think"}}
    assert drafted["state"] == "new"

    seat.asks(":", "if -> model")
    seat.writes("tier == pro -> mock/tools | mock/echo")
    seat.answers("if -> model")
    seat.sees("if · node 1 of 3", "tier == pro", "mock/think")
    wanted = {**FIRST, "else": {"send": "mock/think"}}
    seat.told(lambda client: the_flow(client) == wanted, "the branch is in the draft")
    assert seat.ask(lambda client: client.routes()) == []


def nest_a_condition(seat: Seat) -> None:
    """A fallback, then a condition before the model: it stays on the true branch, its fallback is the false one."""
    seat.asks("down", "model · node 3 of 3")
    seat.asks("f", "Fallback: tried where")
    seat.writes("echo", "▸ mock/echo")
    seat.answers("Fallback: tried where")
    seat.sees("↳ mock/echo")
    seat.asks("a", "Add a condition before this node")
    seat.writes("lang")
    seat.at.key("tab", "tab")
    seat.types_at(r"\bvalue\b")
    seat.writes("de", r"✓ metadata\.lang == \"de\"")
    seat.answers("Add a condition before this node")
    seat.sees("if · node 3 of 5", "lang == de")
    seat.told(lambda client: the_flow(client) == FIRST, "the nested condition is in the draft")


def dry_run(seat: Seat) -> None:
    """Three requests that are only thought of: each lights its own path, and no call is made."""
    leaves = {"mock/tools", "mock/think", "mock/echo"}
    seat.asks("t", "dry-run ▸", "enter Keep")
    for typed, target, result, command in (
        ("tier=pro", "mock/tools", r"→ mock/tools +1 condition +fallback: mock/echo", '{"tier":"pro"}'),
        ("tier=free lang=de", "mock/think", r"→ mock/think +2 conditions +fallback: mock/echo", '{"tier":"free","lang":"de"}'),
        ("tier=free lang=en", "mock/echo", r"→ mock/echo +2 conditions *[^f]*$", '{"tier":"free","lang":"en"}'),
    ):  # fmt: skip
        seat.writes(
            typed,
            result,
            re.escape(
                f"aigw-dev routes explain support --metadata '{command}'"[: 60 if seat.kind.is_narrow else 99]
            ),
        )
        seat.lit(rf"{target}\b", *(rf"{leaf}\b" for leaf in leaves - {target}))
        if target != "mock/echo":
            seat.at.key("^u")
            seat.at.gone(r"\d conditions?")
    seat.sees('got "free"', 'got "en"')
    seat.asks("enter", "f Fallback")
    assert seat.ask(lambda client: client.exchanges())["entries"] == []
    assert seat.ask(the_flow) == FIRST


def deploy(seat: Seat) -> None:
    """Save & Deploy: the difference, a note; then it is in force and in the file, which is made now."""
    seat.asks("s", "Deploy support: 1 change", r"\+ route: if tier == pro, 5 nodes")
    seat.writes("the first of them")
    seat.answers("Deploy support")
    seat.sees("Deployed #2", "support · as live")
    route = seat.told(lambda client: client.routes(), "the route is in force")[0]
    assert (route["name"], route["version"], route["flow"]) == ("support", 2, FIRST)
    assert seat.ask(lambda client: client.deployments())[0]["note"] == "the first of them"
    assert seat.ask(lambda client: client.draft()) is None
    status = seat.told(lambda client: client.status()["config"]["path"], "the gateway has a file")
    assert status == str(config_file(seat))


def chat(seat: Seat) -> None:
    """Talk to the route with metadata that no condition holds for; the answer streams in."""
    seat.goes("3", "Chat")
    seat.asks("esc", "m model")
    seat.asks("m", "Model or route")
    seat.writes("support", "▸ dynamic/support")
    seat.answers("Model or route")
    seat.sees("─ dynamic/support ─")
    if seat.kind.is_narrow:
        seat.asks("p", "System prompt")
    seat.jumps_below("Route metadata")
    seat.sees(r"f4 \$EDITOR")
    seat.writes("tier=free;lang=en", "Route metadata +2 ✓")
    if seat.kind.is_narrow:  # the drawer closes, and the message has the keys again
        seat.asks("esc", "─ dynamic/support ─", "esc stop / keys")
    else:
        seat.asks("esc", "m model")
        seat.asks("i", "esc stop / keys")
    seat.writes(SAID)
    seat.asks(
        "^j", "dynamic/support → mock/echo", r"TTFT \d+ ms", rf"(?s){re.escape(SAID)}.*{re.escape(SAID)}"
    )
    exchange = seat.told(ended, "the exchange is in the log")
    assert (exchange["route"], exchange["original_model"], exchange["status"]) == (
        "support",
        "dynamic/support",
        200,
    )
    assert exchange["is_stream"]
    assert exchange["assembled"]["text"] == SAID
    assert len(exchange["timing"]["at_us"]) > 1


def look_at_the_log(seat: Seat) -> None:
    """The exchange in the list, and why it went where it went."""
    seat.asks("esc", "m model")
    seat.goes("4", "Logs")
    seat.sees(rf"200 +mock/echo +.*{SAID[:10]}")
    seat.asks("enter", r"\[Overview\]", r"asked for as dynamic/support")
    if not seat.kind.is_narrow:  # the list stays beside it, and keeps the keys
        seat.asks("tab", "/ search")
    for _ in range(4):
        seat.at.key("]")
    seat.sees(
        r"\[Route\]",
        r'if metadata\.tier == "pro" → false', r'metadata\.tier is "free"',
        r'if metadata\.lang == "de" → false', r'metadata\.lang is "en"',
        r"else \(taken\): mock/echo",
    )  # fmt: skip
    steps = seat.ask(ended)["decision"]["trace"]
    assert [step["node"] for step in steps] == ["flow", "flow.else", "flow.else.else"]
    assert [step["observations"][0]["actual"] for step in steps[:2]] == ["free", "en"]
    assert len(seat.ask(lambda client: client.exchanges())["entries"]) == 1


def open_the_path(seat: Seat) -> None:
    """`o`: the editor, with the way of this request lit and its metadata in the dry-run."""
    seat.asks("o", r"\[2 Routes\]", "dry-run ▸ tier=free lang=en", "→ mock/echo")
    seat.lit(r"mock/echo\b", r"mock/tools\b", r"mock/think\b")
    assert seat.ask(lambda client: client.draft()) is None


def change_and_deploy_again(seat: Seat) -> None:
    """A fallback for the false branch."""
    seat.asks("G", "model · node 5 of 5")
    seat.asks("f", "Fallback: tried where")
    seat.writes("tools", "▸ mock/tools")
    seat.answers("Fallback: tried where")
    seat.sees(r"support · draft \(1 change\)")
    seat.told(lambda client: the_flow(client) == SECOND, "the change is in the draft")
    assert seat.ask(lambda client: client.routes())[0]["flow"] == FIRST
    seat.asks("s", "Deploy support: 1 change")
    seat.writes("one more to try")
    seat.answers("Deploy support")
    seat.sees("Deployed #3", "support · as live")
    seat.told(lambda client: client.routes()[0]["flow"] == SECOND, "the change is in force")
    assert routes_in(config_file(seat))["support"]["flow"] == SECOND


def roll_back(seat: Seat) -> None:
    """The version before, from the list of versions: in force again, as a new deployment."""
    seat.asks("esc", "a Add +e Edit")
    seat.asks("tab", "B Roll back", r"▸ #2")
    seat.asks("B", "Rolled support back to #2 as #4")
    seat.told(lambda client: client.routes()[0]["flow"] == FIRST, "the first version is in force")
    newest = seat.ask(lambda client: client.deployments())[0]
    assert newest["number"] == 4
    assert [row["number"] for row in seat.ask(lambda client: client.route_history("support"))][:3] == [
        4,
        3,
        2,
    ]
    seat.sees("#4 +live")


def leave(seat: Seat) -> None:
    """`q` ends with 0, and the gateway that was started goes with the screens; the file stays, and reads well."""
    pid = seat.gateway()["pid"]
    seat.at.key("q")
    assert seat.at.exit_code() == 0
    seat.until(lambda: not is_alive(pid), timeout_s=20, what="the gateway has ended")
    assert seat.running() is None
    text = config_file(seat).read_text("utf-8")
    assert text.startswith("# yaml-language-server: ")
    assert routes_in(config_file(seat)) == {"support": {"description": "Who pays gets tools", "flow": FIRST}}
    assert "    description: Who pays gets tools\n" in text
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "Traceback" not in seat.at.screen()


def has_neither_colour_nor_other_signs(sent: bytes) -> None:
    """Of every byte that reached the terminal."""
    assert len(sent) > 10_000
    assert _COLOURS.search(sent) is None, sent[:0] + _COLOURS.findall(sent)[0]
    assert _MOUSE.search(sent) is None
    strange = re.search(rb"[^\x00-\x7f]+", sent)
    assert strange is None, sent[max(0, strange.start() - 60) : strange.end() + 60]


def config_file(seat: Seat) -> Path:
    return seat.home / ".config" / "aigw-dev" / "aigw-dev.yaml"


def routes_in(path: Path) -> Any:
    """The file's routes, as YAML reads them."""
    read: Any = YAML(typ="safe")
    return read.load(path.read_text("utf-8"))["routes"]


def the_draft(client: AdminClient) -> dict[str, Any] | None:
    """The route's row in the draft."""
    draft = client.draft()
    rows: list[dict[str, Any]] = draft["routes"] if draft is not None else []
    return next((row for row in rows if row["name"] == "support"), None)


def the_flow(client: AdminClient) -> Any:
    """The route's flow in the draft."""
    row = the_draft(client)
    return row["tree"]["flow"] if row is not None else None


def ended(client: AdminClient) -> Any:
    """The newest exchange, once it is whole."""
    rows = client.exchanges(limit=1)["entries"]
    return client.exchange(rows[0]["id"]) if rows and rows[0]["state"] == "ended" else None
