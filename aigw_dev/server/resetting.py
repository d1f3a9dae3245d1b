"""How a connection is made to end with RST instead of FIN."""

import asyncio
import contextlib
import socket
import struct
import sys


def reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Let closing `transport` send RST (SO_LINGER of 0 s), as far as it has a socket that takes options."""
    found = transport.get_extra_info("socket")
    if found is None:
        return
    with contextlib.suppress(OSError, AttributeError):
        # `struct linger`: two ints, and two shorts on Windows
        form = "hh" if sys.platform == "win32" else "ii"
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(form, 1, 0))
