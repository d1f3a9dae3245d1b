"""Drawings as text: golden ones, and what holds for every one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.core.routing.facts import Facts
from aigw_dev.tui import text
from aigw_dev.tui.graph import paint, trace
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.plan import Form, plan
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.graph import drawings
from tests.tui.graph.flows import CHAIN, send
from tests.tui.graph.test_plan import flows, forms


@pytest.mark.parametrize("name", drawings.names())
def test_the_drawing_is_the_one_that_was_read_and_accepted(name: str) -> None:
    file = drawings.FOLDER / f"{name}.txt"
    assert drawings.made(name) == file.read_text("utf-8"), "python -m tests.tui.graph.drawings --update"


def test_there_is_no_drawing_that_nobody_makes() -> None:
    assert {file.stem for file in drawings.FOLDER.glob("*.txt")} == set(drawings.names())


@settings(deadline=None)
@given(flows, forms)
def test_every_row_is_as_wide_as_the_plan(value: object, form: Form) -> None:
    drawn = plan(trees.load(value).root, form)
    rows = paint.paint(drawn, paint.Scene())
    assert len(rows) == drawn.height
    assert {text.width("".join(span.text for span in row)) for row in rows} == {drawn.width}


@settings(deadline=None, max_examples=40)
@given(flows, forms)
def test_plain_terminals_get_ascii_but_for_names(value: object, form: Form) -> None:
    root = trees.load(value).root
    names = json.dumps(value, ensure_ascii=False)
    drawn = paint.paint(plan(root, form, glyphs=ASCII), paint.Scene(selected=root.id), ASCII)
    assert all(char.isascii() or char in names for row in drawn for char in plain(row))


def test_selection_path_and_problem_show_without_colour() -> None:
    tree = trees.load(CHAIN)
    path = trace.Trace(stops=(trace.Stop(node="n1", branch=1, got='got "free"'), trace.Stop(node="n3")))
    for form in (Form(is_dense=True), Form()):
        drawn = plan(tree.root, form)
        bare = said(paint.paint(drawn, paint.Scene()))
        assert said(paint.paint(drawn, paint.Scene(selected="n1"))) != bare
        assert said(paint.paint(drawn, paint.Scene(marks={"n1": "error"}))) != bare
        assert said(paint.paint(drawn, paint.Scene(marks={"n1": "warning"}))) != said(
            paint.paint(drawn, paint.Scene(marks={"n1": "error"}))
        )
        lit = said(paint.paint(drawn, paint.Scene(trace=path)))
        assert 'got "free"' in lit
        assert ("»" if form.is_dense else "┃") in lit


def said(rows: list[paint.Row]) -> str:
    return "\n".join(map(plain, rows))


def test_hostile_names_are_harmless() -> None:
    tree = trees.load(
        {"if": 'metadata.x == "\x1b[31m\u202e"', "then": send("a/\x1b]0;x\x07"), "else": "\x9b2J\r\n"}
    )
    for form in (Form(is_dense=True), Form(), Form(layout="left-right")):
        drawn = said(paint.paint(plan(tree.root, form), paint.Scene(), UNICODE))
        assert not any(
            char < " " or "\x7f" <= char <= "\x9f" or char == "\u202e" for char in drawn.replace("\n", "")
        )


def test_a_wide_character_is_not_cut_in_half() -> None:
    tree = trees.load(send("模型/通义千问-最大模型" + "超" * 40))
    rows = paint.paint(plan(tree.root, Form()), paint.Scene())
    assert {text.width("".join(span.text for span in row)) for row in rows} == {plan(tree.root, Form()).width}
    assert "…" in said(rows)


@settings(deadline=None, max_examples=60)
@given(flows, forms, st.data())
def test_selecting_another_node_looks_as_if_all_was_painted_again(
    value: object, form: Form, data: st.DataObject
) -> None:
    tree = trees.load(value)
    ids = [node.id for node in trees.walk(tree.root)]
    path = trace.dry_run(tree, Facts(metadata={"tier": "gold"}), draw=lambda: 0.5)
    drawn = plan(tree.root, form)
    painting = paint.Painting(drawn, paint.Scene(selected=ids[0], trace=path))
    for node_id in data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4)):
        painting.select(node_id)
        assert painting.rows == paint.paint(drawn, paint.Scene(selected=node_id, trace=path))
