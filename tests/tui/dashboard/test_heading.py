"""The words above the tiles."""

from typing import Any

from aigw_dev.tui.dashboard.heading import heading
from aigw_dev.tui.dashboard.picture import Picture
from aigw_dev.tui.dashboard.ranges import RANGES
from aigw_dev.tui.look import UNICODE
from tests.tui.dashboard.made import made


def said(picture: Picture | None, **other: Any) -> tuple[str, str]:
    told: dict[str, Any] = {"is_paused": False, "down_since_s": 0.0, "is_narrow": False, "glyphs": UNICODE}
    words, tail = heading(RANGES[2], "route", picture=picture, **(told | other))
    return "".join(span.text for span, _, _ in words), tail.text


def test_it_brackets_what_is_chosen_and_shows_the_rest() -> None:
    words, tail = said(made())
    assert "live  5m [15m] 1h" in words
    assert "[route] consumer" in words
    assert tail.endswith("· every 3 s")


def test_where_there_is_little_room_only_what_is_chosen() -> None:
    assert said(made(), is_narrow=True)[0] == " range <[15m]>  group b[route]"


def test_it_says_when_nothing_came_yet_when_paused_and_how_old() -> None:
    assert said(None)[1] == "asking the gateway …"
    assert said(made(), is_paused=True)[1].startswith("■ paused at ")
    assert said(made(), down_since_s=1_790_000_000.0)[1].startswith("✗ stale since ")


def test_every_choice_can_be_clicked() -> None:
    words, _ = heading(
        RANGES[0], "model", picture=None, is_paused=False, down_since_s=0.0, is_narrow=False, glyphs=UNICODE
    )
    assert {(kind, value) for _, kind, value in words if kind} >= {("range", "7d"), ("by", "key")}
