"""The two lists on the left: routes, and the versions of the one that is selected."""

from typing import ClassVar, Final, Literal

from textual.binding import Binding, BindingType

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.table import Column, Table

Room = Literal["tight", "roomy", "full"]
"""How much a row of the list has: calls and errors; the live version, too; the description, too."""


def _key(keys: str, action: str, label: str, name: str, said: str, *, show: bool = False) -> Binding:
    return Binding(keys, f"screen.{action}", label, show=show, id=f"routes.{name}", tooltip=said)


class RouteList(Table):
    """Every route; the one under the cursor is on the canvas."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("a", "act('add_route')", "Add", "list_add", "A new route, begun from a sample.", show=True),
        _key("e", "act('edit_route')", "Edit", "list_edit", "Name, description, names it claims, metadata mode.", show=True),
        _key("r", "act('rename_route')", "Rename", "list_rename", "Another name; the draft keeps its place and comments.", show=True),
        _key("C", "act('duplicate_route')", "Duplicate", "list_duplicate", "A copy below it, without the names it claims.", show=True),
        _key("d,delete", "act('delete_route')", "Delete", "list_delete", "Take it out, in the draft; u brings it back.", show=True),
        _key("R", "act('revert_route')", "Revert", "list_revert", "Throw this route's draft away: it is as it is live.", show=True),
        _key("D", "act('diff_route')", "Diff", "list_diff", "What deploying this route would change."),
        _key("y", "act('copy_route')", "Copy as", "list_copy", "YAML, JSON, picture, Mermaid, model name, curl."),
        _key("c", "act('chat')", "Chat", "list_chat", "Talk to this route.", show=True),
        _key("l", "act('logs')", "Logs", "list_logs", "The requests that went through it.", show=True),
    ]  # fmt: skip

    def __init__(self, look: Look) -> None:
        """Empty until filled."""
        super().__init__(
            _COLUMNS,
            look,
            empty="no routes yet\n\na adds one: pick a model\nand a sample to begin with",
            id="routes",
        )
        self.room: Room = "tight"
        """How much is shown."""

    def fit(self, room: Room) -> None:
        """Columns for the room there is."""
        if room != self.room:
            self.room = room
            self.set_columns((*_COLUMNS, *_MORE[room]))


_COLUMNS: Final = (
    Column("  Route", is_elastic=True, most=30),
    Column("calls", is_right=True, width=5),
    Column("err", is_right=True, width=3),
)
_LIVE: Final = Column("live", width=4)
_MORE: Final[dict[Room, tuple[Column, ...]]] = {
    "tight": (),
    "roomy": (_LIVE,),
    "full": (_LIVE, Column("description", width=34)),
}


class VersionList(Table):
    """The draft and every deployment that changed the route, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("D,enter", "version('diff')", "Diff", "version_diff", "How this version differs from the one on the canvas.", show=True),
        _key("R", "version('restore')", "Restore", "version_restore", "Put this version into the draft; u takes that back.", show=True),
        _key("B", "version('back')", "Roll back", "version_back", "Put this version in force, as a new deployment.", show=True),
    ]  # fmt: skip

    def __init__(self, look: Look) -> None:
        """Empty until filled."""
        super().__init__(
            [Column("version", most=9), Column("state", most=14), Column("note", is_elastic=True, most=30)],
            look,
            empty="not deployed yet",
            id="versions",
        )
