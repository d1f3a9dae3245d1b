"""Single keys while `aigw-dev up` runs in a terminal: `l` last exchange, `c` copy base URL, `p` pause bodies, `q` stop.

Only where the terminal can be read key by key (POSIX); elsewhere ctrl-C remains.
"""

import asyncio
import base64
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from aigw_dev.cli import output
from aigw_dev.cli.money import ms, usd
from aigw_dev.core import harmless
from aigw_dev.core.errors import Refusal

if TYPE_CHECKING:
    from aigw_dev.server.gateway import Gateway


def listen(gateway: "Gateway", url: str) -> None:
    """Read keys until the gateway stops; the terminal is put back as it was."""
    try:
        import termios
        import tty
    except ImportError:
        return
    loop, number = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number)

    def pressed() -> None:
        for key in os.read(number, 64).decode("utf-8", "ignore"):
            _press(gateway, url, key)

    def restore() -> None:
        with contextlib.suppress(ValueError, OSError):
            loop.remove_reader(number)
        termios.tcsetattr(number, termios.TCSADRAIN, before)

    loop.add_reader(number, pressed)
    waiting = asyncio.create_task(_until_stop(gateway, restore), name="single-keys")
    gateway.own_tasks.append(waiting)


async def _until_stop(gateway: "Gateway", restore: object) -> None:
    try:
        await gateway.stop.wait()
    finally:
        if callable(restore):
            restore()


def _press(gateway: "Gateway", url: str, key: str) -> None:
    match key:
        case "q":
            gateway.stop.set()
        case "p":
            gateway.pause(is_paused=not gateway.is_paused)
            output.note("bodies are not recorded now" if gateway.is_paused else "bodies are recorded again")
        case "c":
            text = base64.b64encode(f"{url}/v1".encode()).decode()
            sys.stderr.write(f"\x1b]52;c;{text}\x07")
            output.note(f"copied {url}/v1 (where the terminal allows it)")
        case "l":
            gateway.own_tasks.append(asyncio.create_task(_show_last(gateway), name="show-last"))
        case _:
            pass


async def _show_last(gateway: "Gateway") -> None:
    from aigw_dev.store.reader import LogReader

    reader = LogReader(gateway.folder / "log.db")
    found = await asyncio.to_thread(reader.get, "last")
    reader.close()
    if isinstance(found, Refusal):
        output.note("nothing has been asked yet")
        return
    exchange = found.exchange
    text = exchange.assembled.text if exchange.assembled is not None else exchange.error_text
    output.note(
        harmless.line(
            f"{exchange.id[:8]}  {exchange.status}  {exchange.provider}/{exchange.request_model}  "
            f"{ms(exchange.duration_s)} ms  {usd(exchange.cost.nanousd, status=exchange.cost.status)}  {text[:120]}"
        )
    )
