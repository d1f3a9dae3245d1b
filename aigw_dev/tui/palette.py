"""`^p`: everything that can be done here, as `group: Verb`, found by typing."""

from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from aigw_dev.tui.text import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.dom import DOMNode


class Bindings(Provider):
    """Every binding that is active, under its label; so each action can be reached without its key."""

    def _entries(self) -> "Iterator[tuple[str, str, str, DOMNode]]":
        seen: set[str] = set()
        for node, binding, is_enabled, tooltip in self.screen.active_bindings.values():
            if not is_enabled or not binding.id or not binding.description or binding.action in seen:
                continue
            seen.add(binding.action)
            group = binding.id.partition(".")[0]
            key = self.app.get_key_display(binding)
            yield f"{group}: {binding.description}  ({key})", line(tooltip), binding.action, node

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for label, said, action, node in self._entries():
            yield DiscoveryHit(label, self._runner(action, node), help=said)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for label, said, action, node in self._entries():
            score = matcher.match(label)
            if score > 0:
                yield Hit(score, matcher.highlight(label), self._runner(action, node), help=said)

    def _runner(self, action: str, node: "DOMNode"):  # noqa: ANN202  -- Textual names it
        async def run() -> None:
            await self.app.run_action(action, node)

        return run
