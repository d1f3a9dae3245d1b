"""Routes are added, edited, renamed and removed in the config, with and without a gateway, or in its draft."""

from pathlib import Path

from tests.cli.machine import Machine

CONFIG = """version: 1
# ours
routes:
  a:
    flow: {send: mock/echo}  # plain
"""


def test_routes_are_changed_in_the_file(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    assert machine.run("routes", "add", "b", "--send", "mock/think", "--description", "B").code == 0
    assert machine.run("routes", "rename", "a", "z").code == 0
    edited = machine.run("routes", "edit", "b", "--flow", '{"send": "mock/tools"}', "--json").json
    assert (edited["changed"], edited["is_live"]) == (True, False)
    text = machine.config.read_text("utf-8")
    assert text.startswith(CONFIG.replace("  a:", "  z:"))
    assert [row["description"] for row in machine.run("routes", "list", "--json").json] == ["", "B"]
    again = machine.run("routes", "edit", "b", "--flow", '{"send": "mock/tools"}')
    assert "nothing was changed" in again.err
    assert machine.run("routes", "remove", "b").code == 0
    assert machine.config.read_text("utf-8") == CONFIG.replace("  a:", "  z:")


def test_the_first_route_makes_the_config(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.run("routes", "add", "a", "--flow", "-", given="if: stream\nthen: {send: mock/echo}\nelse: {send: mock/think}\n")  # fmt: skip
    assert done.code == 0, done.err
    assert machine.config.read_text("utf-8").startswith("# yaml-language-server")
    assert machine.run("routes", "list", "--json").json[0]["flow"]["if"] == "stream"


def test_what_is_wrong_changes_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    flow = tmp_path / "flow.yaml"
    flow.write_text("flow: {send: nowhere/x}\n", "utf-8")
    for words, said in [
        (["add", "a", "--send", "mock/echo"], "already"),
        (["add", "b"], "needs a flow"),
        (["add", "b", "--send", "nowhere/x"], "nowhere"),
        (["add", "b", "--flow", str(flow)], "nowhere"),
        (["add", "b", "--flow", str(tmp_path / "none")], "cannot be read"),
        (["add", "b", "--flow", "{a: ["], "line 1"),
        (["edit", "a", "--flow", "{}", "--send", "x/y"], "not both"),
        (["edit", "none"], "There are: a."),
        (["rename", "none", "b"], "no route 'none'"),
        (["remove", "none"], "no route 'none'"),
        (["remove", "a", "--draft"], "No gateway serves"),
    ]:
        done = machine.run("routes", *words)
        assert (done.code, said in done.err) == (2, True), done.err
    assert machine.config.read_text("utf-8") == CONFIG


def test_an_editor_sees_the_route_with_its_comments(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\nsed -i "s/# plain/# edited/; s#mock/echo#mock/think#" "$1"\n', "utf-8")
    done = machine.run("routes", "edit", "a", EDITOR=f"sh {script}")
    assert done.code == 0, done.err
    assert machine.config.read_text("utf-8") == CONFIG.replace("# plain", "# edited").replace(
        "mock/echo", "mock/think"
    )
    script.write_text('#!/bin/sh\necho "flow: 5" > "$1"\n', "utf-8")
    gave_up = machine.run("routes", "edit", "a", EDITOR=f"sh {script}")
    assert (gave_up.code, "flow" in gave_up.err) == (2, True)
    script.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    assert "nothing was changed" in machine.run("routes", "edit", "a", EDITOR=f"sh {script}").err


def test_a_running_gateway_serves_the_change_or_keeps_the_draft(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    with machine.gateway():
        drafted = machine.run("routes", "add", "b", "--send", "mock/think", "--draft")
        assert "routes deploy" in drafted.out
        assert machine.config.read_text("utf-8") == CONFIG
        assert "mock/think" in machine.run("routes", "explain", "b", "--draft").out
        assert machine.run("routes", "explain", "b").code != 0
        machine.run("routes", "edit", "b", "--description", "B", "--draft")
        machine.run("routes", "rename", "b", "c", "--draft")
        draft = machine.run("routes", "remove", "a", "--draft", "--json").json
        assert {row["name"]: row["state"] for row in draft["routes"]} == {"c": "new", "a": "removed"}
        done = machine.run("routes", "edit", "a", "--send", "mock/tools", "--json").json
        assert (done["is_live"], done["generation"]) == (True, 2)
        assert "mock/tools" in machine.run("routes", "explain", "a").out
        assert machine.run("chat", "dynamic/a", "x").code == 0
