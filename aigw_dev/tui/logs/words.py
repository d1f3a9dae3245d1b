"""What the Logs screen says beside its rows: how many pass, what is wrong, what comes next, why a key cannot work."""

from typing import TYPE_CHECKING, Final

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui import text
from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.logs.listing import Listing
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.lines import Row, Span

if TYPE_CHECKING:
    from aigw_dev.tui.logs.feed import Feed

_NEEDS_ROW: Final = frozenset(
    {"replay", "replay_many", "edit", "mark", "flow", "copy", "compare", "fixture", "open"}
)
_NEEDS_GATEWAY: Final = frozenset({"replay", "replay_many", "edit", "compare", "export", "purge", "fixture"})


def count(feed: "Feed", shell: Shell) -> Row:
    """`37 of 48,213 · 14 ms · sample 25 %`."""
    listing, glyphs = feed.listing, shell.look.glyphs
    if not listing.is_asked:
        return [Span("asking the gateway ", "dim")]
    passing = len(feed.hits) if feed.hit_query else len(listing)
    more = "" if listing.is_complete else "+"
    spans = [Span(f" {passing:,}{more}", "strong")]
    if listing.query or feed.hit_query or more:
        took = feed.hit_ms if feed.hit_query else listing.took_ms
        spans.append(Span(f" of {max(listing.logged, passing):,} {glyphs.middot} {took:.0f} ms"))
    if listing.unindexed:
        spans.append(Span(f" {glyphs.middot} {listing.unindexed:,} not searched yet", "warn"))
    logging = shell.status.get("logging") or {}
    sample = logging.get("sample", 1.0)
    if sample < 1:
        spans.append(Span(f" {glyphs.middot} sample {sample * 100:g} %", "warn"))
    if logging.get("paused"):
        spans.append(Span(f" {glyphs.middot} bodies not recorded", "warn"))
    if feed.is_stale:
        spans.append(Span(f" {glyphs.middot} stale", "bad"))
    return [*spans, Span(" ")]


def wrong(refusal: GatewayError | None, glyphs: Glyphs, width: int) -> Row:
    """What the gateway says about the filter, on one line."""
    if refusal is None:
        return []
    said = text.cut(text.line(refusal.message), max(20, width - 4), glyphs=glyphs)
    return [Span(f" {glyphs.cross} ", "bad strong"), Span(said, "bad")]


def more(unseen: int, glyphs: Glyphs) -> Row:
    """`╴ +128 new · G to follow ╶`."""
    said = f"+{unseen:,} new {glyphs.middot} G to follow" if unseen else f"paused {glyphs.middot} G to follow"
    shown = f"{glyphs.rule_left} {said} {glyphs.rule_right}"
    return [Span(shown, "accent strong" if unseen else "dim")]


def first_call(shell: Shell) -> str:
    """A call that shows up at once and costs nothing."""
    return (
        f"curl -sS {shell.link.url}/v1/chat/completions -H 'content-type: application/json' "
        '-d \'{"model": "mock/echo", "messages": [{"role": "user", "content": "hello"}]}\''
    )


def empty(listing: Listing, shell: Shell) -> list[Row]:
    """What teaches where no row is."""
    glyphs = shell.look.glyphs
    if not listing.is_asked:
        return [[], [Span("  Asking the gateway for its log.", "dim")]]
    if listing.query:
        return [
            [],
            [Span(f"  0 of {listing.logged:,} match", "strong"), Span(f" {glyphs.middot} ", "dim"), Span("esc", "accent strong"),
             Span(f" clears {glyphs.middot} ", "dim"), Span(">", "accent strong"), Span(f" widens the time range {glyphs.middot} ", "dim"),
             Span("!", "accent strong"), Span(" turns the last term around", "dim")],
        ]  # fmt: skip
    command = first_call(shell)
    return [
        [],
        [Span("  Waiting for calls on ", "strong"), Span(f"{shell.link.url}/v1", "info strong")],
        [],
        [
            Span("  Point an app at it (", "dim"),
            Span('eval "$(aigw-dev env)"', "code"),
            Span("), or try:", "dim"),
        ],
        [],
        *([Span(f"  {part}", "code")] for part in text.wrapped(command, 76)),
        [],
        [
            Span("  Y", "accent strong"),
            Span(" copies it. Every call shows up here as it is made, the newest at the bottom.", "dim"),
        ],
    ]


def why_not(action: str, *, line: Line | None, marked: int, is_up: bool) -> str:
    """Why an action cannot work now; empty where it can."""
    if action in _NEEDS_GATEWAY and not is_up:
        return "the gateway does not answer"
    if action == "compare" and not (marked == 2 or (marked == 1 and line is not None)):
        return f"two exchanges can be compared; {marked or 'none'} {'is' if marked < 2 else 'are'} marked (m marks)"
    if action in _NEEDS_ROW and line is None:
        return "there is no exchange under the cursor"
    if line is None:
        return ""
    if action == "flow" and not line.route:
        return "no route decided this call"
    if action in {"replay", "replay_many", "edit", "fixture"} and line.state != "ended":
        return "it has not ended yet"
    return ""
