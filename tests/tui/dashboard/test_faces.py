"""What the tiles say."""

import pytest

from aigw_dev.tui.dashboard.faces import METRICS, NOW_TILES, RANGE_TILES, Face, faces
from aigw_dev.tui.look import ASCII, UNICODE
from tests.tui.dashboard.made import group, made, point


def said(face: Face) -> str:
    return "".join(span.text for span in face.value)


def test_every_number_of_the_issue_has_its_tile() -> None:
    shown = faces(made(), UNICODE)
    assert set(shown) == {*RANGE_TILES, *NOW_TILES}
    assert {name: said(face) for name, face in shown.items()} == {
        "requests": "1,204",
        "errors": "37  3.1 %",
        "tokens": "~409 k / ~114 k",
        "latency": "640  2,870 ms",
        "cost": "≥$1.81",
        "qps": "3.0 /s",
        "success": "99.4 %",
        "throughput": "1,305 /s",
        "rt": "640 whole 640 stream ms",
    }


@pytest.mark.parametrize(
    ("tile", "words"),
    [
        ("requests", "602 streamed · 602 whole"),
        ("errors", "2 throttled · 9 fell back"),
        ("latency", "first packet 214 ms"),
        ("qps", "1.0 streamed · 2.0 whole"),
        ("success", "1 s 100 % · 15 s 97.8 %"),
        ("throughput", "1,020 in · 285 out"),
        ("rt", "214 ms to the first packet"),
    ],
)
def test_what_stands_beside(tile: str, words: str) -> None:
    assert faces(made(), UNICODE)[tile].more == words


def test_the_interval_before_is_compared_with() -> None:
    shown = faces(made(), UNICODE)
    assert shown["requests"].aside.text == "+12 %"
    assert shown["errors"].aside.text == "+2.0 pt"


def test_nothing_is_known_of_what_never_happened() -> None:
    nothing = made(total={"groups": []}, before={"groups": []}, lately={"points": []}, series={"points": []})
    shown = faces(nothing, UNICODE)
    assert said(shown["latency"]) == "–  –"
    assert said(shown["cost"]) == "–"
    assert said(shown["success"]) == "–"
    assert said(shown["errors"]) == "0  –"


def test_spending_is_told_by_the_hour_since_it_began() -> None:
    since_s = made().question.since_s
    late = made(
        series={"step_s": 20, "points": [point(since_s, 0) | {"totals": {}}, point(since_s + 600, 9)]},
        total={"groups": [group("", 9)]},
    )
    assert faces(late, UNICODE)["cost"].more == "$0.1620/h"


def test_in_ascii_they_are_ascii() -> None:
    for face in faces(made(), ASCII).values():
        assert (said(face) + face.more + face.brief + face.aside.text).isascii()


def test_a_bar_s_parts_make_up_the_whole() -> None:
    step = made().steps[15]
    parts = [number(step) for _, _, number in METRICS["requests"].parts]
    assert sum(parts) == step.totals.requests
    assert parts[0] == step.totals.failed == 3
