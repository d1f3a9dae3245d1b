"""What screens are given."""

from dataclasses import dataclass, field
from typing import Any

from aigw_dev.tui.link import Link
from aigw_dev.tui.look import Look
from aigw_dev.tui.memory import Memory
from aigw_dev.tui.settings import Settings
from aigw_dev.tui.shell import Opening, Severity, Shell


@dataclass
class Ways:
    """Writes down what it is asked."""

    asked: list[Any] = field(default_factory=list[Any])

    def go(self, room: str, **place: Any) -> None:
        self.asked.append(("go", room, place))

    def toast(self, title: str, text: str = "", severity: Severity = "information") -> None:
        self.asked.append(("toast", title, text, severity))

    def copy_text(self, text: str, what: str) -> None:
        self.asked.append(("copy", text, what))

    def attach(self, opening: Opening) -> None:
        self.asked.append(opening)

    def start_gateway(self) -> None:
        self.asked.append("start")

    def show_command(self, words: str) -> None:
        self.asked.append(("cli", words))


def test_a_screen_asks_the_app_through_its_shell() -> None:
    ways = Ways()
    shell = Shell(
        opening=Opening(name="x", url="http://127.0.0.1:1", admin_token="a", token="t"),
        link=Link("http://127.0.0.1:1", admin_token="a", token="t"),
        look=Look(),
        memory=Memory(None),
        settings=Settings(),
        ways=ways,
    )
    shell.go("logs", filter="x")
    shell.toast("t", "x", "warning")
    shell.copy("text", "what")
    shell.cli("aigw-dev status")
    assert ways.asked == [
        ("go", "logs", {"filter": "x"}),
        ("toast", "t", "x", "warning"),
        ("copy", "text", "what"),
        ("cli", "aigw-dev status"),
    ]
