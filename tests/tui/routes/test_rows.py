"""Rows of the lists and of the dry-run's result."""

import time

import pytest

from aigw_dev.core.routing.facts import Facts
from aigw_dev.tui.graph.trace import Trace, dry_run
from aigw_dev.tui.graph.tree import load
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.routes import rows
from aigw_dev.tui.routes.changes import Change
from aigw_dev.tui.routes.shelf import Item, Put, Remove, Shelf
from aigw_dev.tui.widgets.lines import Span, plain

LIVE = {"flow": {"send": "mock/echo"}}


def said(cell: str | Span) -> str:
    return cell if isinstance(cell, str) else cell.text


def test_a_route_has_its_mark_and_counts() -> None:
    shelf = Shelf()
    shelf.load({name: dict(LIVE) for name in "abcd"}, [{"name": "a", "version": 4}], None, digest="")
    for edit in (Put("b", {"flow": None}), Put("e", LIVE), Remove("c")):
        shelf.apply(edit)
    shelf.conflicts = ["d"]
    entries = rows.route_entries(shelf, {"a": (1200, 3)}, {"b": 1}, ASCII, more=1)
    assert [[said(cell) for cell in entry.cells] for entry in entries] == [
        ["  a", "1.2k", "3", "#4"],
        ["! b", "", "", "live"],
        ["- c", "", "", "gone"],
        ["! d", "", "", "live"],
        ["+ e", "", "", "new"],
    ]


def test_versions_begin_with_the_draft_and_mark_what_is_live() -> None:
    history = [{"number": 3, "at": 0, "note": "why"}, {"number": 2, "at": 0, "actor": "cli", "tree": None}]
    item = Item(name="a", live=LIVE, tree=LIVE)
    found = rows.version_entries(item, history, [Change("+", "x")], now_s=0)
    assert [[said(cell).strip() for cell in entry.cells] for entry in found] == [
        ["draft", "1 change", ""],
        ["#3", "live", "removed"],
        ["#2", "", "removed"],
    ]


def test_a_time_is_said_as_far_as_it_matters() -> None:
    noon = time.mktime((2026, 3, 4, 12, 0, 0, 0, 0, -1))
    assert rows.when_words(noon, noon + 60) == "12:00"
    assert rows.when_words(noon, noon + 2 * 86_400) == "Wed 12:00"
    assert rows.when_words(noon, noon + 30 * 86_400) == "04 Mar"


def test_a_change_is_wrapped_with_its_branch_below() -> None:
    found = [plain(row) for row in rows.change_rows([Change("~", "word " * 8, "if stream: true")], 24)]
    assert found[0].startswith("~ word")
    assert found[-1] == "    on if stream: true"
    assert max(map(len, found)) <= 24


def test_a_refusal_is_its_first_line_and_harmless() -> None:
    row = rows.result_row(Trace(stops=(), said="no \x1b[31mway\ncurl ..."), ASCII)
    assert plain(row) == "x no \\x1b[31mway"
    assert rows.result_row(Trace(stops=()), ASCII) == []


def test_a_result_says_as_much_of_the_fallbacks_as_fits() -> None:
    tree = load({"send": "a/b", "fallback": ["c/a-rather-long-name", "e/f"]})
    found = dry_run(tree, Facts(), draw=lambda: 0.5)
    assert plain(rows.result_row(found, ASCII)).endswith("fallback: c/a-rather-long-name, e/f")
    assert plain(rows.result_row(found, UNICODE, cells=34)).endswith("fallback: c/a-rather-long…")
    assert plain(rows.result_row(found, UNICODE, cells=20)).endswith("a/b   +2")


@pytest.mark.parametrize(
    ("traffic", "words"),
    [
        ({}, "no requests yet"),
        ({"calls": 5, "errors": 1}, "5 calls  1 error"),
        ({"calls": 1, "is_complete": False}, "counted since"),
    ],
)
def test_traffic_is_said(traffic: dict[str, int], words: str) -> None:
    assert words in "\n".join(plain(row) for row in rows.traffic_rows(traffic, "1h", 60))


def test_a_route_says_how_it_is_called_and_set() -> None:
    tree = {**LIVE, "models": ["smart"], "metadata": "optional", "on_loss": "warn", "description": "d"}
    found = "\n".join(plain(row) for row in rows.route_rows(Item(name="a", tree=tree), 40))
    assert all(
        word in found for word in ("d", "dynamic/a", "claims smart", "metadata optional", "lossy: warn")
    )
