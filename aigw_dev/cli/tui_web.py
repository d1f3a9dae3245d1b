"""`tui --web`: the screens in a browser on this machine, to share a screen, not as a web interface for many.

A page on 127.0.0.1 behind a token that is in the printed address once and then in a cookie. Every tab is a process of
its own. Nothing is fetched from elsewhere: the page's policy forbids it.
"""

import secrets
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

COOKIE: Final = "aigw-dev-screens"
PORT: Final = 2450
"""The first port tried; the next free ones follow."""
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; frame-ancestors 'none'"
)


def serve(context: Context, *, is_ascii: bool, is_demo: bool) -> int:
    """Serve until ctrl-C."""
    try:
        import textual_serve.server  # noqa: F401  # pyright: ignore[reportUnusedImport]  -- whether it is there
    except ImportError as error:
        raise CommandError(
            "Screens in a browser need textual-serve.", hint="pip install 'aigw-dev[web]'"
        ) from error
    token = secrets.token_urlsafe(24)
    port = _free_port()
    server = make_server(screens_command(context, is_ascii=is_ascii, is_demo=is_demo), port=port, token=token)
    url = f"http://127.0.0.1:{port}/?token={token}"
    if context.is_json:
        output.print_json_line({"event": "ready", "url": url})
    else:
        output.note("who has this address sees and does everything that you can; ctrl-C ends it")
        output.say(url)
        output.flush()
    server.serve()
    return DONE


def screens_command(context: Context, *, is_ascii: bool = False, is_demo: bool = False) -> str:
    """The command line that a tab runs, for a shell."""
    words = [sys.executable, "-m", "aigw_dev", "tui"]
    if context.named_config() is not None:
        words += ["--config", str(context.named_config())]
    if context.home_option is not None:
        words += ["--home", str(context.home_option)]
    words += [option for option, is_on in (("--ascii", is_ascii), ("--demo", is_demo)) if is_on]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def make_server(command: str, *, port: int, token: str) -> Any:
    """textual-serve's server with a guard before every path."""
    from textual_serve.server import Server

    class Guarded(Server):
        """Answers only who has the token."""

        def initialize_logging(self) -> None:
            """Our own words only."""

        async def _make_app(self) -> "web.Application":
            app = await super()._make_app()
            app.middlewares.append(guard(port=port, token=token))
            return app

    server = Guarded(command, host="127.0.0.1", port=port, title="aigw-dev")
    server.console.quiet = True
    return server


def guard(*, port: int, token: str) -> Any:
    """The middleware: our own host and origin, and the token from the address or the cookie."""
    from aiohttp import web

    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    def is_own(request: "web.Request") -> bool:
        origin = request.headers.get("origin")
        return request.host in hosts and (origin is None or urlsplit(origin).netloc in hosts)

    def is_known(given: str) -> bool:
        return secrets.compare_digest(given.encode(), token.encode())

    @web.middleware
    async def check(
        request: "web.Request", handler: "Callable[[web.Request], Awaitable[web.StreamResponse]]"
    ) -> "web.StreamResponse":
        given = request.query.get("token", "")
        if not is_own(request):
            raise web.HTTPForbidden(text="this host or origin is not served")
        if request.path == "/" and given and is_known(given):
            redirect = web.HTTPSeeOther("/")  # so that the token does not stay in the address and the history
            redirect.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
            redirect.headers["cache-control"] = "no-store"
            raise redirect
        if not is_known(request.cookies.get(COOKIE, "")):
            raise web.HTTPForbidden(
                text="open the address that `aigw-dev tui --web` printed: it has the token"
            )
        reply = await handler(request)
        if not reply.prepared:
            reply.headers["content-security-policy"] = POLICY
            reply.headers["referrer-policy"] = "no-referrer"
            reply.headers["cache-control"] = "no-store"
        return reply

    return check


def _free_port() -> int:
    import socket

    for port in (*range(PORT, PORT + 20), 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CommandError("No port is free on 127.0.0.1.")
