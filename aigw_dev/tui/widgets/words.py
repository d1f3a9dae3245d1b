"""The one widget for a few words: harmless, no markup, never wider than its place."""

from textual.widgets import Static

from aigw_dev.core import harmless


class Words(Static):
    """Text over one or more lines, as it is."""

    DEFAULT_CSS = "Words { height: auto; }"

    def __init__(self, content: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """`content` may come from anywhere."""
        super().__init__(harmless.block(content), markup=False, id=id, classes=classes)

    def say(self, content: str) -> None:
        """Show other words."""
        self.update(harmless.block(content))
