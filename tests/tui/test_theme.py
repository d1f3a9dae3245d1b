"""Themes."""

import pytest
from textual.color import Color

from aigw_dev.tui.theme import OURS


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
def test_every_colour_of_text_can_be_read_on_the_surface(theme: object) -> None:
    surface = Color.parse(theme.surface)  # pyright: ignore[reportAttributeAccessIssue]
    for name in ("foreground", "success", "error", "warning", "accent", "primary", "secondary"):
        colour = Color.parse(getattr(theme, name))
        bright, dark = sorted((_luminance(colour), _luminance(surface)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, name


def _luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
