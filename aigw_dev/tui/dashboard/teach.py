"""A dashboard that has nothing to show yet, and what to do about it."""

from aigw_dev.tui import text
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.lines import Row, Span


def export_line(shell: Shell) -> str:
    """What points an app at this gateway."""
    return f"export OPENAI_BASE_URL={shell.link.url}/v1"


def rows(shell: Shell) -> list[Row]:
    """Three ways to a first request."""
    glyphs = shell.look.glyphs

    def way(key: str, what: str, *more: str) -> list[Row]:
        return [
            [Span(f"  {key}  ", "accent strong"), Span(what)],
            *([Span("     "), Span(text.line(one), "code")] for one in more),
            [],
        ]

    return [
        [Span(f"{glyphs.ring} No requests yet", "strong")],
        [Span("What goes through the gateway is counted here, as it ends.", "dim")],
        [],
        *way(
            "y",
            "copies the line that points an app at this gateway:",
            export_line(shell),
            'eval "$(aigw-dev env)"    # the same with the gateway\'s token, for every dialect',
        ),
        *way("3", "opens Chat: ask a model, or mock/echo, which needs no key"),
        *way("g", "sends one request to mock/echo through /v1"),
        [Span("  `aigw-dev tui --demo` shows a gateway full of generated traffic.", "dim")],
    ]


def send_mock(shell: Shell) -> None:
    """One whole call; blocking. Raises `GatewayError`."""
    from aigw_dev.calling import Caller

    caller = Caller(shell.link.url, shell.link.token, transport=shell.link.transport)
    try:
        for _ in caller.raw(
            {"model": "mock/echo", "messages": [{"role": "user", "content": "Hello from the dashboard!"}]}
        ):
            pass
    finally:
        caller.close()
