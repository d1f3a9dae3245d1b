"""Routes are edited in a config's text, and every other line stays as it is."""

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.config_file import route_edits
from aigw_dev.config_file.edit import is_same
from aigw_dev.config_file.template import default_text
from aigw_dev.config_file.yaml_tree import read_yaml
from aigw_dev.core.config import Config
from aigw_dev.core.errors import ConfigError

CONFIG = """# the head
version: 1
providers:
  openai: {}   # theirs
routes:
  # what pro users get
  smart:
    models: [best]
    flow:          # the tree
      if: metadata.tier == "pro"   # paid
      then: {send: openai/gpt-4o}
      else: {send: mock/echo}  # free
  plain: {flow: {send: mock/echo}}  # as it comes
logging: {sample: 1.0}
"""
SEND = {"flow": {"send": "mock/think"}}

names = st.text("abcdefgh-", min_size=1, max_size=6).filter(lambda name: name[0] != "-")
leaves = st.sampled_from(["openai/gpt-4o", "mock/echo", "x: y", "a #b", ""]).map(lambda send: {"send": send})
flows: st.SearchStrategy[Any] = st.recursive(
    leaves | st.none() | st.text(max_size=5),
    lambda inner: st.fixed_dictionaries({"if": st.sampled_from(['metadata.a == "b"', ""]), "then": inner, "else": inner}),
    max_leaves=6,
)  # fmt: skip
trees = st.fixed_dictionaries({"flow": flows}, optional={"description": st.text("ab:# '", max_size=8)})
notes = st.sampled_from(["", "  # a note", "   #: odd"])


@st.composite
def configs(draw: Any) -> tuple[str, dict[str, Any]]:
    """A text with commented routes, and the routes it means."""
    wanted: dict[str, Any] = draw(st.dictionaries(names, trees, max_size=4))
    text = f"version: 1{draw(notes)}\n"
    for name, tree in wanted.items():
        text = route_edits.put_route(text, name, tree)
        lines = [
            line + (draw(notes) if line.rstrip().endswith((":", "}")) else "") for line in text.split("\n")
        ]
        candidate = "\n".join(lines)
        text = candidate if is_same(read_yaml(candidate).value, read_yaml(text).value) else text
    text += draw(st.sampled_from(["", "gateway: {notes: x}  # last\n"]))
    return (text.replace("\n", "\r\n") if draw(st.booleans()) else text), wanted


def others(text: str, *names: str) -> list[str]:
    """The lines of everything but these routes."""
    document = read_yaml(text)
    marks = [document.nodes["routes", name] for name in names]
    spans = [(text.count("\n", 0, m.key_start), text.count("\n", 0, max(m.end, m.lead_end))) for m in marks]
    lines = text.split("\n")
    return [line for at, line in enumerate(lines) if not any(a <= at <= b for a, b in spans)]


def test_a_route_is_put_below_the_others_and_every_line_stays() -> None:
    after = route_edits.put_route(CONFIG, "new", SEND)
    added = set(after.splitlines()) - set(CONFIG.splitlines())
    assert added == {"  new:", "    flow: {send: mock/think}"}
    assert [line for line in after.splitlines() if line not in added] == CONFIG.splitlines()


def test_a_changed_route_keeps_the_comments_of_what_stayed() -> None:
    tree = {"models": ["best"], "flow": {"if": 'metadata.tier == "pro"', "then": {"send": "x/y"}, "else": {"send": "mock/echo"}}}  # fmt: skip
    after = route_edits.put_route(CONFIG, "smart", tree)
    assert after == CONFIG.replace("openai/gpt-4o", "x/y")


def test_the_first_route_makes_the_section() -> None:
    text = default_text(Config())
    after = route_edits.put_route(text, "a", SEND)
    assert [line for line in after.splitlines() if line in text.splitlines()] == text.splitlines()
    assert route_edits.route_trees(after) == {"a": SEND}
    assert route_edits.route_trees(route_edits.put_route("routes:\n", "a", SEND)) == {"a": SEND}


def test_a_put_can_rename_in_place() -> None:
    after = route_edits.put_route(
        CONFIG, "clever", route_edits.route_trees(CONFIG)["smart"], rename_from="smart"
    )
    assert after == CONFIG.replace("  smart:", "  clever:")
    assert route_edits.put_route(CONFIG, "smart", {**route_edits.route_trees(CONFIG)["smart"]}, rename_from="gone") == CONFIG  # fmt: skip


def test_a_copy_stands_below_with_its_comments_and_claims_nothing() -> None:
    after = route_edits.duplicate_route(CONFIG, "smart", "two")
    assert after.replace(
        '  two:\n    flow:          # the tree\n      if: metadata.tier == "pro"   # paid\n'
        "      then: {send: openai/gpt-4o}\n      else: {send: mock/echo}  # free\n",
        "",
    ) == CONFIG  # fmt: skip
    assert "models" not in route_edits.route_trees(after)["two"]


@pytest.mark.parametrize(
    "text",
    [
        "routes: {a: {flow: {send: mock/echo}, models: [m]}, b: {}}\n",
        "routes:\n  a: {flow: {send: mock/echo}, models: [m]}",
        "routes:\r\n  a: {flow: {send: mock/echo}}\r\n",
        "routes:\n  a:\n",
        "routes:\n  a: {models: [m]}\n",
    ],
)
def test_a_copy_is_made_in_every_notation(text: str) -> None:
    before = route_edits.route_trees(text)
    after = route_edits.route_trees(route_edits.duplicate_route(text, "a", "c"))
    tree = cast("dict[str, Any]", before["a"] or {})
    wanted = {key: value for key, value in tree.items() if key != "models"}
    assert after == before | {"c": wanted if before["a"] is not None else None}


def test_what_has_no_place_is_refused() -> None:
    for change in (
        lambda: route_edits.remove_route(CONFIG, "none"),
        lambda: route_edits.rename_route(CONFIG, "none", "x"),
        lambda: route_edits.duplicate_route("version: 1\n", "none", "x"),
    ):
        with pytest.raises(ConfigError) as refused:
            change()
        assert refused.value.code == "route_not_found"
    for taken in ("plain", ""):
        for act in (route_edits.rename_route, route_edits.duplicate_route):
            with pytest.raises(ConfigError) as refused:
                act(CONFIG, "smart", taken)
            assert refused.value.code == "config_edit_refused"


def test_a_text_that_cannot_be_read_has_no_routes() -> None:
    assert route_edits.route_trees("a: [\n") == {}
    assert route_edits.route_trees("- 1\n") == {}
    assert route_edits.route_trees("routes: x\n") == {}


def test_a_person_edits_a_route_with_its_comments() -> None:
    written = route_edits.route_text(CONFIG, "smart")
    assert written.startswith("models: [best]\nflow:          # the tree\n  if: ")
    assert route_edits.put_route_text(CONFIG, "smart", written) == CONFIG
    after = route_edits.put_route_text(CONFIG, "smart", "# mine\n" + written.replace("# paid", "# bought"))
    assert after == CONFIG.replace("# paid", "# bought").replace("  smart:\n", "  smart:\n    # mine\n")
    crlf = CONFIG.replace("\n", "\r\n")
    assert route_edits.put_route_text(crlf, "smart", written) == crlf
    plain = route_edits.route_text(CONFIG, "plain")
    assert plain == "flow: {send: mock/echo}\n"
    assert route_edits.put_route_text(CONFIG, "plain", plain) == CONFIG
    assert route_edits.route_trees(route_edits.put_route_text(CONFIG, "new", plain))["new"] == {"flow": {"send": "mock/echo"}}  # fmt: skip
    assert route_edits.route_text("routes:\n  a:\n", "a") == ""


@pytest.mark.parametrize(("written", "said"), [("a: [", "line 1"), ("- 1\n", "a route is a mapping")])
def test_what_is_no_mapping_is_no_route(written: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        route_edits.put_route_text(CONFIG, "smart", written)
    assert refused.value.code == "config_invalid"


@settings(max_examples=80, deadline=None)
@given(configs(), names, trees)
def test_putting_a_route_keeps_every_other_line(written: tuple[str, dict[str, Any]], name: str, tree: dict[str, Any]) -> None:  # fmt: skip
    text, before = written
    after = route_edits.put_route(text, name, tree)
    assert is_same(route_edits.route_trees(after), before | {name: tree})
    kept = others(text, name) if name in before else text.split("\n")
    found = others(after, name)
    section = [line for line in found if line.rstrip("\r") == "routes:"] if not before else []
    left = [line for line in found if line.strip() and line not in section]
    assert left == [line for line in kept if line.strip()]


@settings(max_examples=60, deadline=None)
@given(configs(), st.data())
def test_removing_renaming_and_copying_keep_every_other_line(written: tuple[str, dict[str, Any]], data: st.DataObject) -> None:  # fmt: skip
    text, before = written
    if not before:
        return
    name = data.draw(st.sampled_from(sorted(before)))
    gone = route_edits.remove_route(text, name)
    assert is_same(route_edits.route_trees(gone), {key: tree for key, tree in before.items() if key != name})
    if len(before) > 1:
        assert [line for line in gone.split("\n") if line.strip()] == [line for line in others(text, name) if line.strip()]  # fmt: skip
    assert route_edits.put_route_text(text, name, route_edits.route_text(text, name)) == text
    renamed = route_edits.rename_route(text, name, "zz")
    assert others(renamed, "zz") == others(text, name)
    assert list(route_edits.route_trees(renamed)) == [key if key != name else "zz" for key in before]
    copied = route_edits.duplicate_route(text, name, "zz")
    assert [line for line in others(copied, "zz") if line.strip()] == [line for line in text.split("\n") if line.strip()]  # fmt: skip
    assert is_same(route_edits.route_trees(copied), before | {"zz": before[name]})
