"""Our own themes; Textual's stay selectable."""

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="aigw-dark",
    primary="#5fa8ff",
    secondary="#b48ead",
    accent="#ffb454",
    warning="#e6b450",
    error="#f07178",
    success="#7fd962",
    foreground="#d5dae3",
    background="#0f1318",
    surface="#12171e",
    panel="#1b222c",
    boost="#1f2833",
    dark=True,
)
LIGHT: Final = Theme(
    name="aigw-light",
    primary="#0b6bcb",
    secondary="#8a3f9b",
    accent="#b35900",
    warning="#8f6400",
    error="#c01c28",
    success="#1f7a1f",
    foreground="#1f2430",
    background="#f4f5f7",
    surface="#ffffff",
    panel="#e6e9ee",
    boost="#eef1f5",
    dark=False,
)
OURS: Final = (DARK, LIGHT)
DEFAULT: Final = DARK.name
NO_COLOUR: Final = "ansi-dark"
"""What `NO_COLOR` gets: the terminal's own colours, of which Textual's filter then leaves none."""
