"""The styles of spans, from the theme's variables.

Textual's component classes would do the same, and cost every widget a style computation for each of them whenever the
focus moves; these are made when a name is first painted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from textual.color import Color, ColorParseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """How a name looks: variables of the theme with their opacity, and what holds without colour, too."""

    colour: str = ""
    alpha: float = 1.0
    under: str = ""
    """The background's variable."""
    under_alpha: float = 1.0
    bold: bool = False
    italic: bool = False
    underline: bool = False
    reverse_plain: bool = False
    """Reversed where there is no colour: it would not be seen otherwise."""


INKS: Final[Mapping[str, Ink]] = {
    "dim": Ink(colour="foreground", alpha=0.6),
    "strong": Ink(bold=True),
    "good": Ink(colour="text-success"),
    "bad": Ink(colour="text-error"),
    "warn": Ink(colour="text-warning"),
    "accent": Ink(colour="text-accent"),
    "info": Ink(colour="text-primary"),
    "code": Ink(colour="text-secondary"),
    "user": Ink(colour="text-accent", bold=True),
    "mark": Ink(under="warning", under_alpha=0.4, bold=True, underline=True, reverse_plain=True),
    "hot": Ink(colour="text-success", bold=True),
    "sel": Ink(colour="background", under="primary", bold=True, reverse_plain=True),
    "wire": Ink(colour="foreground", alpha=0.5),
    "head": Ink(colour="foreground", alpha=0.7, bold=True),
    "em": Ink(italic=True),
}
"""By the name that spans carry."""


def style(ink: Ink, variables: Mapping[str, str], background: Color, *, is_colour: bool) -> Style:
    """A Rich style over `background`; without colour only what can be seen without."""
    made = Style(
        bold=ink.bold or None,
        italic=ink.italic or None,
        underline=ink.underline or None,
        reverse=(ink.reverse_plain and not is_colour) or None,
    )
    if not is_colour:
        return made
    under = _colour(variables, ink.under)
    if under is not None:
        background = _over(background, under, ink.under_alpha)
        made += Style(bgcolor=background.rich_color)
    front = _colour(variables, ink.colour)
    if front is not None:
        is_plain = front.ansi is not None
        shade = front if is_plain else _over(background, front, ink.alpha)
        made += Style(color=shade.rich_color, dim=(is_plain and ink.alpha < 1) or None)
    return made


def _colour(variables: Mapping[str, str], name: str) -> Color | None:
    try:
        return Color.parse(variables[name]) if name else None
    except (KeyError, ColorParseError):
        return None


def _over(background: Color, colour: Color, alpha: float) -> Color:
    """A terminal's own colours cannot be mixed: they are taken whole."""
    if colour.ansi is not None or background.ansi is not None or alpha >= 1:
        return colour
    return background.blend(colour, alpha, 1)
