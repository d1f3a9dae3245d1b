"""The way to the gateway: every call in a thread, every answer back on the screen's own loop.

Handlers and timers never do I/O; they `ask` and get the answer handed in, or `follow` something long.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar, cast

from textual.app import App
from textual.dom import DOMNode
from textual.timer import Timer
from textual.worker import Worker, get_current_worker

from aigw_dev.client import AdminClient, AdminError
from aigw_dev.core.errors import GatewayError

T = TypeVar("T")
NOWHERE: Final = "http://127.0.0.1:0"
"""The address before a gateway was started: nothing can answer there."""
FLUSH_S: Final = 0.1
"""What comes faster than this is handed over in one piece."""


class Link:
    """One gateway's addresses and clients; also knows whether it answers."""

    def __init__(self, url: str, *, admin_token: str, token: str, transport: Any = None) -> None:
        """Opens nothing. An empty `url` is a gateway that is still to be started: see `point`.

        `transport` stands in for the network in tests (httpx's synchronous kind).
        """
        self.transport: Final = transport
        self._making: Final = threading.Lock()
        self.is_up: bool = bool(url)
        self.down_since_s: float = 0.0
        """Wall clock, when it stopped answering; 0 while it answers."""
        self.on_state: Callable[[bool], None] = lambda _is_up: None
        """Called on the UI loop when the gateway goes or comes back."""
        self._set(url or NOWHERE, admin_token, token)

    def point(self, url: str, *, admin_token: str, token: str) -> None:
        """From now on talk to this address; everybody who holds the link does."""
        old = self._admin
        self._set(url, admin_token, token)
        if old is not None:
            old.close()
        self.heard()

    def _set(self, url: str, admin_token: str, token: str) -> None:
        self.url: str = url.rstrip("/")
        self.token: str = token
        """What `/v1` wants."""
        self._admin_token = admin_token
        self._admin: AdminClient | None = None

    @property
    def admin(self) -> AdminClient:
        """The admin API's client; made where it is first used, in a thread, so that starting does not wait for it."""
        with self._making:
            if self._admin is None:
                self._admin = AdminClient(self.url, self._admin_token, transport=self.transport)
            return self._admin

    @property
    def is_placed(self) -> bool:
        """Whether there is an address at all."""
        return self.url != NOWHERE

    def close(self) -> None:
        """Close the connections; running calls fail."""
        if self._admin is not None:
            self._admin.close()

    def ask(
        self,
        node: DOMNode,
        work: Callable[[AdminClient], T],
        then: Callable[[T], None],
        *,
        failed: Callable[[GatewayError], None] | None = None,
        group: str = "",
        is_local: bool = False,
    ) -> None:
        """Run `work` in a thread and hand its result to `then` on the loop, while `node` is there.

        A newer call of the same `group` on the same node makes the answer of an older one drop. Without `failed` the
        app shows the error. `is_local` work (a copy, a start) does not ask the gateway: its end says nothing of it.
        """

        def run() -> None:
            worker = get_current_worker()
            try:
                result = work(self.admin)
            except GatewayError as error:
                self._deliver(node, worker, lambda error=error: self._failed(node, error, failed))
                return
            self._deliver(node, worker, lambda: self._done(result, then, is_local=is_local))

        cast("Any", node).run_worker(run, thread=True, group=group or f"ask-{id(run)}", exclusive=bool(group))

    def follow(
        self,
        node: DOMNode,
        read: Callable[["Link"], Iterator[T]],
        each: Callable[[list[T]], None],
        *,
        ended: Callable[[GatewayError | None], None] | None = None,
    ) -> "Following[T]":
        """Read an iterator in a thread of its own; `each` gets what came, at most ten times a second."""
        return Following(self, node, read, each, ended)

    def _done(self, result: T, then: Callable[[T], None], *, is_local: bool) -> None:
        if not is_local:
            self.heard()
        then(result)

    def _failed(
        self, node: DOMNode, error: GatewayError, failed: Callable[[GatewayError], None] | None
    ) -> None:
        if is_unreachable(error):
            self.lost()
        elif isinstance(error, AdminError):
            self.heard()
        if failed is not None:
            failed(error)
        elif not is_unreachable(error):  # the top line says that it is down
            node.app.notify(error.message, title=error.code, severity="error", timeout=8)

    def heard(self) -> None:
        """The gateway answered."""
        if not self.is_up:
            self.is_up, self.down_since_s = True, 0.0
            self.on_state(True)

    def lost(self) -> None:
        """The gateway did not answer."""
        if self.is_up:
            self.is_up, self.down_since_s = False, time.time()
            self.on_state(False)

    def _deliver(self, node: DOMNode, worker: "Worker[Any]", action: Callable[[], None]) -> None:
        if worker.is_cancelled:
            return
        on_loop(node.app, lambda: None if worker.is_cancelled or not node.is_attached else action())


class Following(Generic[T]):
    """A long reading. `stop` ends it from this side; what came before is still handed over."""

    def __init__(
        self,
        link: Link,
        node: DOMNode,
        read: Callable[[Link], Iterator[T]],
        each: Callable[[list[T]], None],
        ended: Callable[[GatewayError | None], None] | None,
    ) -> None:
        """Starts at once; call it on the loop."""
        self._link, self._node, self._read, self._each, self._ended = link, node, read, each, ended
        self._waiting: deque[T] = deque()
        self._lock = threading.Lock()
        self._is_flush_due = False
        self._flushed_at = 0.0
        self.is_stopped: bool = False
        self.is_over: bool = False
        self._timer: Timer | None = None
        self._app: Final = node.app
        threading.Thread(target=self._run, name="follow", daemon=True).start()

    def stop(self) -> None:
        """No more is wanted: the reading ends at its next item, and `ended` is not called."""
        self.is_stopped = True

    def _run(self) -> None:
        failure: GatewayError | None = None
        try:
            items = self._read(self._link)
            for item in items:
                if self.is_stopped:
                    break
                self._put(item)
            close = getattr(items, "close", None)
            if close is not None:
                close()
        except GatewayError as error:
            failure = error
        on_loop(self._app, lambda: self._end(failure))

    def _put(self, item: T) -> None:
        with self._lock:
            self._waiting.append(item)
            if self._is_flush_due:
                return
            self._is_flush_due = True
        on_loop(self._app, self._begin)

    def _begin(self) -> None:
        """The first piece at once, later ones in batches."""
        wait_s = self._flushed_at + FLUSH_S - time.monotonic()
        if wait_s <= 0:
            self._flush()
        elif self._node.is_attached:
            self._timer = cast("Any", self._node).set_timer(wait_s, self._flush)

    def _flush(self) -> None:
        with self._lock:
            items = list(self._waiting)
            self._waiting.clear()
            self._is_flush_due = False
        self._flushed_at = time.monotonic()
        if items and not self.is_stopped and self._node.is_attached:
            self._link.heard()
            self._each(items)

    def _end(self, failure: GatewayError | None) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._flush()
        self.is_over = True
        if failure is not None and is_unreachable(failure):
            self._link.lost()
        if self._ended is not None and not self.is_stopped and self._node.is_attached:
            self._ended(failure)


def on_loop(app: App[Any], action: Callable[[], None]) -> None:
    """Do `action` on the app's loop, soon; nothing where the app has gone."""
    if app.is_running:
        app.call_later(action)


def is_unreachable(error: GatewayError) -> bool:
    """Whether nobody answered, as against an answer that says no."""
    return isinstance(error, AdminError) and error.status == 0
