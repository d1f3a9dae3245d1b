"""How this terminal is drawn on: glyphs, colour, mouse. Decided once at the start."""

import codecs
import locale
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """Every sign that is drawn; the ASCII set has the same fields, each as wide as its counterpart."""

    tick: str = "✓"
    cross: str = "✗"
    warn: str = "!"
    dot: str = "●"
    ring: str = "○"
    diamond: str = "◇"
    square: str = "■"
    pointer: str = "▸"
    right: str = "▶"
    down: str = "▼"
    left: str = "◀"
    up: str = "▲"
    to: str = "→"
    back: str = "↳"
    again: str = "↻"
    ellipsis: str = "…"
    middot: str = "·"
    bullet: str = "•"
    dash: str = "–"
    bar: str = "▌"
    block: str = "█"
    half: str = "▄"
    shade: str = "░"
    vertical: str = "│"
    horizontal: str = "─"
    heavy: str = "━"
    rule_left: str = "╴"
    rule_right: str = "╶"
    path: str = "»"
    check_on: str = "[x]"
    check_off: str = "[ ]"
    radio_on: str = "(•)"
    radio_off: str = "( )"
    delta: str = "Δ"
    minus: str = "−"
    times: str = "×"
    at_least: str = "≥"
    sparks: str = "▁▂▃▄▅▆▇█"
    braille: str = "\u2800"
    """The empty Braille cell; a blank = curves are drawn a sign to a cell."""
    light: str = " ╵╶└╷│┌├╴┘─┴┐┤┬┼"
    """Light lines by mask: 1 up, 2 right, 4 down, 8 left."""
    heavy_lines: str = " ╹╺┗╻┃┏┣╸┛━┻┓┫┳╋"
    round: str = "╭╮╰╯─│"
    """Corners and edges of a box: top left, top right, bottom left, bottom right, horizontal, vertical."""
    thick: str = "┏┓┗┛━┃"


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(
    tick="v", cross="x", dot="*", ring="o", diamond="?", square="#", pointer=">", right=">", down="v", left="<",
    up="^", to=">", back="+", again="@", ellipsis="~", middot=".", bullet="*", dash="-", bar="|", block="#", half="=",
    shade=".", vertical="|", horizontal="-", heavy="=", rule_left="-", rule_right="-", path=">", radio_on="(*)",
    delta="d", minus="-", times="x", at_least=">", sparks="_.,-=+*#",
    braille=" ",
    light=" |-+||++-+-+++++", heavy_lines=" H=#HH##=#=#####", round="++++-|", thick="####=H",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the terminal can show."""

    glyphs: Glyphs = UNICODE
    is_ascii: bool = False
    is_strict: bool = False
    """The terminal's encoding has nothing but ASCII."""
    is_colour: bool = True
    has_mouse: bool = True


def find_look(env: Mapping[str, str], *, is_ascii: bool, has_mouse: bool) -> Look:
    """From what was asked for and what the environment says: `NO_COLOR`, and an encoding that has no box drawing."""
    plain = is_ascii or not _is_utf8(env)
    return Look(
        glyphs=ASCII if plain else UNICODE,
        is_ascii=plain,
        is_strict=not _is_utf8(env),
        is_colour=not env.get("NO_COLOR"),
        has_mouse=has_mouse,
    )


def _is_utf8(env: Mapping[str, str]) -> bool:
    if env is os.environ and os.name == "nt":
        return True
    encoding = getattr(sys.__stdout__, "encoding", None) or locale.getpreferredencoding(do_setlocale=False)
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
