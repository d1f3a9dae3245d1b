"""What the plots show of a picture."""

from aigw_dev.tui.dashboard.plots import LATENCY, Drawing, marks, pointed
from aigw_dev.tui.look import ASCII, UNICODE, Look
from aigw_dev.tui.widgets.lines import plain
from tests.tui.dashboard.made import made

LOOK = Look()
PLAIN = Look(glyphs=ASCII, is_ascii=True, is_colour=False)


def test_the_title_says_what_and_how_wide_a_bucket_is() -> None:
    assert Drawing(LATENCY).titles(made(), None, LOOK)[0] == "Latency ms per 20 s"
    assert Drawing("cost").titles(made(), None, LOOK)[0] == "Cost per 20 s"


def test_the_newest_deployment_of_the_range_is_named() -> None:
    below = Drawing("requests").titles(made(), None, LOOK)[1]
    assert below.startswith("▲ #7 cheaper fallback ")
    assert Drawing("requests").titles(made(deployments=[]), None, LOOK)[1] == "z zoom"


def test_a_bucket_that_is_pointed_at_is_told() -> None:
    picture = made()
    words = pointed(picture, picture.steps[15], LOOK)
    assert f"{picture.steps[15].totals.requests} requests · 3 errors · p50" in words
    assert "#7 cheaper fallback" in pointed(picture, picture.steps[25], LOOK)
    assert Drawing("requests").titles(picture, 15, LOOK)[1] == words


def test_deployments_and_errors_are_marked_on_the_axis() -> None:
    found = marks(made(), LOOK, has_errors=True)
    assert [(mark.at, mark.sign) for mark in found] == [(15, "!"), (16, "!"), (17, "!"), (25, "▲")]
    assert [mark.sign for mark in marks(made(), LOOK, has_errors=False)] == ["▲"]
    assert marks(made(series={"points": []}), LOOK, has_errors=True) == []


def test_every_plot_fills_its_place() -> None:
    for metric in (LATENCY, "requests", "errors", "tokens", "cost"):
        for look in (LOOK, PLAIN):
            rows = Drawing(metric).rows(made(), look, cells=60, rows=12, cursor=3)
            assert len(rows) == 12
            assert not look.is_ascii or "".join(map(plain, rows)).isascii()


def test_a_low_plot_does_without_marks() -> None:
    rows = Drawing("requests").rows(made(), LOOK, cells=60, rows=6, cursor=None)
    assert len(rows) == 6
    assert UNICODE.up not in "".join(map(plain, rows))
