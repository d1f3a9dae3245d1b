"""Picks another running gateway, or starts this one again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.link import on_loop
from aigw_dev.tui.shell import Choice, Opening, Shell
from aigw_dev.tui.widgets.picker import Option, Picker

if TYPE_CHECKING:
    from typing import Any

    from textual.app import App

T = TypeVar("T")
_START: Final = "start"
"""No URL, so no gateway's."""


def pick(app: "App[Any]", shell: Shell) -> None:
    """Show every running gateway; the one that is picked is attached to."""
    opening = shell.opening

    def failed(error: GatewayError) -> None:
        shell.toast(error.code, "\n".join(part for part in (error.message, error.hint) if part), "error")

    def attach(choice: Choice) -> None:
        if choice.url == shell.link.url and shell.link.is_up:
            shell.toast(f"{choice.name} is the one that is shown", choice.url)
            return
        ways = opening.attach
        if ways is None:
            shell.toast("Not from here", f"Run `aigw-dev tui --config {choice.config}`.", "warning")
            return
        _in_thread(app, lambda: ways(choice), shell.ways.attach, failed)

    def offer(choices: list[Choice]) -> None:
        can_start = not shell.link.is_up and opening.start is not None
        rows = options(choices, opening, here=shell.link.url if shell.link.is_up else "", can_start=can_start)
        if not rows:
            shell.toast("No gateway runs", "`aigw-dev up` starts one.", "warning")
            return
        by_url = {choice.url: choice for choice in choices}

        def picked(value: str | None) -> None:
            if value == _START:
                shell.cli("aigw-dev up")
                shell.ways.start_gateway()
            elif value is not None:
                attach(by_url[value])

        at = shell.link.url if shell.link.is_up else rows[0].value
        app.push_screen(Picker("Gateways", rows, shell.look, at=at), picked)

    _in_thread(app, opening.gateways, offer, failed)


def options(choices: list[Choice], opening: Opening, *, here: str, can_start: bool) -> list[Option]:
    """What can be picked: starting this one first where it is down, the one that is shown marked."""
    rows: list[Option] = []
    if can_start:
        name = opening.name
        rows.append(
            Option(value=_START, label=f"start {name}", detail=opening.config_path or "built-in default")
        )
    for choice in choices:
        mark = "shown now" if choice.url == here else choice.config
        rows.append(
            Option(
                value=choice.url,
                label=f"{choice.name}  {choice.url.partition('://')[2]}",
                detail=mark,
                style="good" if choice.url == here else "",
            )
        )
    return rows


def _in_thread(
    app: "App[Any]", work: Callable[[], T], then: Callable[[T], None], failed: Callable[[GatewayError], None]
) -> None:
    """As `Link.ask`, for what asks no gateway: an answer says nothing about whether this one is up."""

    def run() -> None:
        try:
            result = work()
        except GatewayError as error:
            on_loop(app, lambda error=error: failed(error))
            return
        on_loop(app, lambda: then(result))

    app.run_worker(run, thread=True, group="gateways", exclusive=True)
