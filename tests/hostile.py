"""Texts that would steer a terminal, hide themselves or be read as markup, for every test of what shows others' text."""

from typing import Final

SEQUENCES: Final = (
    "\x1b[2J\x1b[H",  # clears the screen
    "\x1b[31;5;41m",  # blinks: no style of ours does
    "\x1b[999;999H",  # far outside
    "\x1b[10A\x1b[3D",
    "\x1b[?1049l",  # leaves the alternate screen
    "\x1b[?1002h",  # the mouse
    "\x1b[6n\x1b[c",  # questions whose answers would be typed
    "\x1b[8;1;1t",  # a tiny window
    "\x1b]52;c;aGFja2Vk\x07",  # the clipboard
    "\x1b]8;;http://evil.example/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]0;OWNED\x07",  # the window's title
    '\x1bP$q"p\x1b\\',  # DECRQSS
    "\x1bPq#0;2;0;0;0#0~~@@vv-\x1b\\",  # sixel
    "\x1b_Gf=24;AAAA\x1b\\",  # kitty's pictures
    "\x1bc",  # reset
    "\x1b#8",
    "\x1b(0lqk\x1b(B",  # line drawing
    "\x9b31m\x9d0;C1\x9c\x90q\x9c",  # the same in C1
    "\x85\x84",
)
"""Live sequences."""

CONTROLS: Final = (
    "\x07",
    "back\x08\x08\x08\x08",
    "over\rwrite",
    "nul\x00",
    "del\x7f",
    "\x0b\x0c",
    "\x0e\x0f",
    "\t",
)
BIDI: Final = ("\u202edlrow\u202c", "\u2066iso\u2069", "\u061c\u200e\u200f", "line\u2028para\u2029")
MARKUP: Final = (
    "[bold]BOLD[/bold]",
    "[@click=app.quit]quit[/]",
    "[link=http://evil.example]go[/link]",
    "[/]",
    "[/nope]",
    "\\[",
    "[$accent on red]x[/]",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "**b _i ~~s `c",
    "&lt;b&gt;",
)
WIDE: Final = ("漢字かな", "ｆｕｌｌ", "한글", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷🇩", "👍🏽", "e\u0301\u0302", "ﷺ", "𝕏")
ZALGO: Final = "Z" + "\u0301\u0316\u0489" * 700 + "algo"
JOINERS: Final = "J" + "\u200d" * 2_000 + "oined" + "\u200b\u2060\ufeff" * 500
TAGS: Final = "T" + "".join(chr(0xE0000 + ord(char)) for char in "hidden orders") * 20 + "ags"
LONE: Final = ("\ud800", "\udfff\ud83d")
"""Halves of pairs: JSON can spell them, UTF-8 cannot."""

BLOCKS: Final = (*SEQUENCES, *CONTROLS, *BIDI, *MARKUP, *WIDE)
NASTY: Final = "|".join(BLOCKS)
"""All of them in one line, as others would write it."""
SHORT: Final = "\x1b[2J\x1b]0;OWNED\x07\x9b5m[bold]BOLD[/bold]\u202edlrow\u2066 漢字\x00\x7f\r"
"""For where little has room."""
FLOODS: Final = (ZALGO, JOINERS, TAGS)
PRINTABLE: Final = "[bold]BOLD[/] [@click=app.quit]x[/] [/] \\[ 漢字👩‍👩‍👧"[:60].replace("\u200d", "")
"""What passes as a name where printable characters are asked for."""

FORBIDDEN: Final = frozenset(
    chr(code)
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
)
"""What no row may hold."""
