"""Testing providers, their models, and call examples: what is asked, and where the answers go."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.providers import models, spend
from aigw_dev.tui.providers.board import ProviderLine, read_health
from aigw_dev.tui.providers.examples import Examples, chat_examples
from aigw_dev.tui.providers.host import Host
from aigw_dev.tui.widgets.picker import Option, Picker

_KEY_REFUSED: Final = frozenset({401, 403})


class TrialDesk:
    """The part of the screen that asks providers."""

    def __init__(self, host: Host) -> None:
        """Asks nothing by itself."""
        self._host: Final = host

    def check(self, names: Sequence[str], *, after_storing: str = "", is_rotation: bool = False) -> None:
        """Ask these providers without spending; `after_storing` names the key that is new and has been told about."""
        host, wanted = self._host, list(names)
        host.asking.update(wanted)
        host.show()

        def done(rows: list[dict[str, Any]]) -> None:
            host.asking.difference_update(wanted)
            host.health.update({str(row["name"]): read_health(row, at=time.time()) for row in rows})
            if not after_storing:
                one = len(wanted) == 1
                host.shell.cli(f"aigw-dev providers check {wanted[0]}" if one else "aigw-dev check")
            host.show()
            self._tell(wanted, after_storing if is_rotation else "")

        def failed(error: GatewayError) -> None:
            host.asking.difference_update(wanted)
            host.show()
            host.refuse(error)

        group = f"check {' '.join(wanted)}"
        host.shell.link.ask(host.node, lambda client: client.check(wanted), done, failed=failed, group=group)

    def spend(self, line: ProviderLine) -> None:
        """Let a model be chosen, prices beside it, and call it once."""
        host = self._host

        def offer(rows: list[dict[str, Any]]) -> None:
            if not rows:
                host.shell.toast(f"{line.name} has no model for chat", "m shows what it lists; `models:` names one by hand.", "warning")  # fmt: skip
                return
            options = [Option(value=models.name_of(row), detail=spend.estimate(row)) for row in rows]
            title = f"One real call to {line.name}: about {spend.INPUT_TOKENS} tokens in, 1 out"
            picker = Picker(
                title, options, host.shell.look, note="pick the model that is called; esc spends nothing"
            )
            host.app.push_screen(
                picker, lambda model: self._spend(line, model) if model is not None else None
            )

        self._models(line, offer)

    def browse(self, line: ProviderLine) -> None:
        """The models of a provider, full screen."""
        host = self._host

        def show(rows: list[dict[str, Any]]) -> None:
            if view.is_attached:
                view.show([row for row in rows if row.get("provider") == line.name])

        def renew() -> None:
            host.shell.cli(f"aigw-dev providers models {line.name}")
            host.shell.link.ask(host.node, lambda client: _renewed(client, line.name), renewed, failed=lost, group="models")  # fmt: skip

        def renewed(answer: tuple[str, list[dict[str, Any]]]) -> None:
            problem, rows = answer
            show(rows)
            if problem and view.is_attached:
                view.say(f"not listed: {problem}")
            host.load()

        def lost(error: GatewayError) -> None:
            if view.is_attached:
                view.say(error.message)

        def opened(model: str | None) -> None:
            if model is not None:
                host.shell.go("chat", model=model)

        view = models.Models(
            f"Models of {line.name}",
            host.shell.look,
            renew=renew,
            examples=lambda model: self.examples(line, model),
            copy=host.shell.copy,
        )
        host.app.push_screen(view, opened)
        host.shell.link.ask(
            host.node, lambda client: list(client.models()), show, failed=lost, group="models"
        )

    def examples(self, line: ProviderLine, model: str = "") -> None:
        """How to call it, for models that have what they need."""
        host = self._host

        def show(rows: list[dict[str, Any]]) -> None:
            names = [models.name_of(row) for row in rows]
            if not names:
                host.shell.toast(f"Nothing of {line.name} can be called for chat now", line.why or "m shows its models.", "warning")  # fmt: skip
                return
            if model and model not in names:
                host.shell.toast(
                    f"{model} is no chat model that is ready", "Shown is another one.", "warning"
                )
            options = [Option(value=models.name_of(row), detail=spend.estimate(row)) for row in rows]
            host.shell.cli(f"aigw-dev chat {model if model in names else names[0]} 'Say hello.'")
            host.app.push_screen(
                Examples(
                    options,
                    host.shell.look,
                    model=model if model in names else names[0],
                    write=chat_examples(host.shell.link.url),
                    copy=host.shell.copy,
                )
            )

        self._models(line, show)

    def _models(self, line: ProviderLine, then: Callable[[list[dict[str, Any]]], None]) -> None:
        """The provider's models that chat and can be called now."""
        host = self._host

        def work(client: AdminClient) -> list[dict[str, Any]]:
            rows = client.models(need="chat")
            return [
                row for row in rows if row.get("provider") == line.name and row.get("usable") is not False
            ]

        host.shell.link.ask(host.node, work, then, failed=host.refuse, group="chat models")

    def _spend(self, line: ProviderLine, model: str) -> None:
        host = self._host
        link = host.shell.link
        host.asking.add(line.name)
        host.show()

        def done(spent: spend.Spent) -> None:
            host.asking.discard(line.name)
            host.spent[line.name] = spent
            host.shell.cli(f"aigw-dev chat {model} {spend.PROMPT} --max-tokens 1")
            host.load()

        link.ask(
            host.node, lambda _: spend.spend(link, model, at=time.time()), done, group=f"spend {line.name}"
        )

    def _tell(self, names: Sequence[str], rotated: str) -> None:
        """The result in a toast: of several in numbers, of a new key in words."""
        host = self._host
        found = {name: host.health[name] for name in names if name in host.health}
        if rotated and any(one.status in _KEY_REFUSED for one in found.values()):
            host.shell.cli(f"aigw-dev keys rotate {rotated} --undo")
            host.shell.toast(f"The provider refuses the new {rotated}", "The old key is kept for a day: the command below puts it back.", "error")  # fmt: skip
        elif len(names) > 1:
            well = sum(one.is_well for one in found.values())
            host.shell.toast(f"{well} of {len(found)} providers answer", severity="information" if well == len(found) else "warning")  # fmt: skip


def _renewed(client: AdminClient, name: str) -> tuple[str, list[dict[str, Any]]]:
    """Why the provider did not list, or empty; and the models now."""
    lists = client.fetch_models([name])
    problem = next((str(one.get("error") or "") for one in lists if one.get("name") == name), "")
    return problem, list(client.models())
