"""The keys of the Logs screen."""

from typing import Final

from textual.binding import Binding


def _key(keys: str, action: str, label: str, name: str, said: str, *, show: bool = False) -> Binding:
    return Binding(keys, action, label, show=show, id=f"logs.{name}", tooltip=said)


KEYS: Final = (
    _key(
        "slash",
        "filter",
        "filter",
        "filter",
        "Go to the filter; ^space offers fields and values.",
        show=True,
    ),
    _key("space", "pause", "pause", "pause", "Stop following what comes, or go on.", show=True),
    _key("r", "replay", "replay", "replay", "Send it again as it was, and compare.", show=True),
    _key("e", "edit", "edit+replay", "edit", "Take the request to Chat, change it, send it.", show=True),
    _key("m", "mark", "mark", "mark", "Mark the row, for comparing and exporting.", show=True),
    _key("c", "compare", "compare", "compare", "Compare the two that are marked.", show=True),
    _key("o", "flow", "flow", "flow", "Open its route in the editor, the path lit.", show=True),
    _key("y", "copy", "copy", "copy", "Copy its id, curl command, bodies, the filter ...", show=True),
    _key("s", "fixture", "fixture", "fixture", "Save it as a fixture, promote it to a test.", show=True),
    _key("R", "replay_many", "Replay N", "replay_many", "Send it to several models, and compare."),
    _key("x", "export", "Export", "export", "Write the list or what is marked: JSON lines, HAR, curl."),
    _key("D", "purge", "Purge", "purge", "Delete what the filter finds, for good; asks."),
    _key("C", "columns", "Columns", "columns", "Choose the columns."),
    _key("z", "zoom", "Zoom", "zoom", "The detail over the whole screen, and back."),
    _key("Y", "copy_command", "Copy command", "copy_command", "Copy the command above the keys."),
    _key("n", "hit(1)", "Next match", "next", "The next row that the filter marks."),
    _key("N", "hit(-1)", "Previous match", "previous", "The row before that the filter marks."),
    _key("ctrl+f", "mark_only", "Filter/mark", "mark_only", "Filter rows, or only mark them."),
    _key("exclamation_mark", "invert", "Invert", "invert", "Turn the filter's last term around."),
    _key("less_than_sign", "range(-1)", "Narrower", "narrower", "A shorter time range."),
    _key("greater_than_sign", "range(1)", "Wider", "wider", "A longer time range."),
    _key("escape", "out", "Back", "out", "Close the detail; without one clear the filter."),
)
"""In the order of the key bar."""
