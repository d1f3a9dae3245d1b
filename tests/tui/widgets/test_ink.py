"""Styles of spans."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from aigw_dev.tui.theme import OURS
from aigw_dev.tui.widgets.ink import INKS, Ink, style

BLACK = Color(0, 0, 0)
VARIABLES = {
    "foreground": "#ffffff",
    "background": "#000000",
    "primary": "#0000ff",
    "text-success": "#00ff00",
}


def test_an_opacity_is_mixed_with_the_background() -> None:
    made = style(Ink(colour="foreground", alpha=0.5), VARIABLES, BLACK, is_colour=True)
    assert made.color is not None
    assert made.color.triplet is not None
    assert made.color.triplet.red in {127, 128}


def test_a_selection_has_its_own_ground() -> None:
    made = style(INKS["sel"], VARIABLES, BLACK, is_colour=True)
    assert made.bgcolor is not None
    assert made.bgcolor.triplet is not None
    assert made.bgcolor.triplet.blue == 255


def test_without_colour_what_matters_is_reversed_or_bold() -> None:
    for name in ("sel", "mark"):
        made = style(INKS[name], VARIABLES, BLACK, is_colour=False)
        assert made.reverse
        assert made.color is None
        assert made.bgcolor is None
    assert style(INKS["good"], VARIABLES, BLACK, is_colour=False).color is None
    assert style(INKS["hot"], VARIABLES, BLACK, is_colour=False).bold


def test_the_terminals_own_colours_are_taken_whole() -> None:
    variables = {"foreground": "ansi_default", "text-success": "ansi_green"}
    assert style(INKS["dim"], variables, BLACK, is_colour=True).dim
    green = style(INKS["good"], variables, BLACK, is_colour=True).color
    assert green is not None
    assert green.number == 2


@pytest.mark.parametrize("theme", [*OURS, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_every_ink_can_be_made_of_every_theme(theme: object) -> None:
    variables = theme.to_color_system().generate()  # pyright: ignore[reportAttributeAccessIssue]  -- a theme
    for one in INKS.values():
        style(one, variables, BLACK, is_colour=True)
