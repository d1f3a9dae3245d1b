"""The keys that work on every screen; their actions are the app's."""

from typing import Final

from textual.binding import Binding, BindingType

from aigw_dev.tui.frame.top_line import ROOMS

BINDINGS: Final[list[BindingType]] = [
    *(
        Binding(
            str(digit),
            f"room('{room}')",
            title,
            show=False,
            id=f"app.{room}",
            tooltip=f"The {title} screen.",
        )
        for digit, (room, title, _) in enumerate(ROOMS, start=1)
    ),
    Binding(
        "grave_accent",
        "previous",
        "Back",
        show=False,
        id="app.back",
        tooltip="The screen before this one.",
    ),
    Binding("question_mark", "help", "Keys", show=False, id="app.help", tooltip="Every key that works here."),
    Binding("f1", "help", "Keys", show=False, id="app.help_f1", tooltip="Every key that works here."),
    Binding(
        "ctrl+o",
        "jump",
        "Jump",
        show=False,
        id="app.jump",
        tooltip="A letter on everything that can be focused.",
    ),
    Binding(
        "ctrl+p",
        "palette",
        "Palette",
        show=False,
        id="app.palette",
        tooltip="Find an action by name.",
    ),
    Binding(
        "Y",
        "copy_command",
        "Copy command",
        show=False,
        id="app.copy_command",
        tooltip="Copy the command that does the same as the last action.",
    ),
    Binding(
        "ctrl+g",
        "gateways",
        "Gateways",
        show=False,
        id="app.gateways",
        tooltip="Attach to another running gateway.",
    ),
    Binding(
        "ctrl+t",
        "settings",
        "Settings",
        show=False,
        id="app.settings",
        tooltip="The gateway's name, notes, recording, sampling, retention.",
    ),
    Binding(
        "f8",
        "faults",
        "Faults",
        show=False,
        id="app.faults",
        tooltip="Break calls on purpose: every fault, switched on and off.",
    ),
    Binding(
        "exclamation_mark",
        "last_error",
        "Last error",
        show=False,
        id="app.last_error",
        tooltip="The last error, to read and copy.",
    ),
    Binding("q", "quit", "Quit", show=False, id="app.quit", tooltip="Leave; everything is kept."),
    Binding(
        "ctrl+c",
        "cancel",
        "Cancel",
        show=False,
        priority=True,
        id="app.cancel",
        tooltip="Copy what is selected; twice quits.",
    ),
]
"""In the order in which `?` shows them."""
