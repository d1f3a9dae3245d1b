"""The only program that touches the OS keyring: one JSON request on stdin, one JSON answer on stdout, then it ends.

It runs apart because no keyring call has a deadline (a frozen daemon or an unanswered prompt blocks for ever, and a
blocked thread would hold the interpreter's exit). It is run by its path with `-P` and imports nothing of this
project, so that neither the working directory nor this folder (which has a `keyring.py`) comes before the library.
`aigw_dev.secrets.keyring` is the other side; keys travel through the two pipes only, never argv or environment.
"""

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Final, Protocol, cast

ALLOWED_BACKENDS: Final = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)
"""Modules whose backends keep keys encrypted by the operating system's or desktop's own keyring."""

_REFUSED_BECAUSE: Final = (
    ("keyring.backends.fail", "no keyring service was found on this machine"),
    ("keyring.backends.null", "the null backend forgets every key it is given"),
    ("keyring.backends.chainer", "none of the chained keyrings is one of the operating system's"),
    ("keyrings.alt", "keyrings.alt keeps keys in files that are not protected by the operating system"),
)
ALL_KEYS: Final = "all keys"
"""User name of the single item that holds every key where each item asks (macOS); no key can be called so."""
_WATCHDOG_EXIT: Final = 75
_SECRET_SERVICE: Final = ALLOWED_BACKENDS[0]
_LOCKED: Final = frozenset(
    {"KeyringLocked", "InitError", "LockedException", "PromptDismissedException", "TimeoutError"}
)
_MAX_DETAIL_CHARS: Final = 200


class Backend(Protocol):
    """What is used of a `keyring` backend."""

    def get_password(self, service: str, username: str) -> str | None:
        """The value or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store it."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Delete it; missing is an error."""
        ...


class Trouble(Exception):  # noqa: N818 - not an error of this program: an answer
    """A refusal to be reported: `kind` is `locked`, `unavailable`, `refused` or `lost`."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def answer(request: dict[str, Any], backend: Backend) -> dict[str, Any]:
    """Do one request with this backend. Operations: `probe`, `get`, `set` (reads back), `delete`."""
    operation, service, names = request["op"], request["service"], request["names"]
    store: Backend = _OneItem(backend, request.get("lock_path")) if request.get("is_single_item") else backend
    if operation == "probe":
        return {}
    if operation == "get":
        return {"values": _read(store, service, names)}
    if operation == "set":
        value = request["value"]
        store.set_password(service, names[0], value)
        if store.get_password(service, names[0]) != value:
            raise Trouble("lost", "the keyring took the key but does not give it back")
        return {}
    if operation == "delete":
        return {"deleted": [name for name in names if _delete(store, service, name)]}
    raise Trouble("unavailable", "unknown operation")


def choose_backend(found: Any) -> tuple[Backend, str]:
    """The backend to use and its module: `found` if it is allowed, a chainer's best allowed one, else `Trouble`."""
    chained: Iterable[Any] = (
        getattr(found, "backends", ()) if type(found).__module__ == "keyring.backends.chainer" else ()
    )
    for backend in (found, *chained):
        if type(backend).__module__ in ALLOWED_BACKENDS:
            return backend, type(backend).__module__
    module = type(found).__module__
    because = next(
        (text for start, text in _REFUSED_BECAUSE if module.startswith(start)),
        "it is not one of the operating system's keyrings",
    )
    kind = "unavailable" if module == "keyring.backends.fail" else "refused"
    raise Trouble(kind, because if kind == "unavailable" else f"backend {module} is refused: {because}")


def main() -> int:
    """Answer one request; the exit code is 0 whenever an answer was written."""
    output = _take_stdout()
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    watchdog = threading.Timer(float(request["timeout_s"]), os._exit, (_WATCHDOG_EXIT,))
    watchdog.daemon = True  # ends this process also where its parent was killed
    watchdog.start()
    reply: dict[str, Any]
    try:
        reply = {"ok": True, **_with_real_backend(request)}
    except Trouble as trouble:
        reply = {"ok": False, "kind": trouble.kind, "detail": _harmless(str(trouble), request)}
    except Exception as error:  # noqa: BLE001 - the root of this process: backends raise anything
        names = {kind.__name__ for kind in type(error).__mro__}
        kind = "locked" if names & _LOCKED else "unavailable"
        reply = {"ok": False, "kind": kind, "detail": _harmless(f"{type(error).__name__}: {error}", request)}
    output.write(json.dumps(reply).encode())
    output.flush()
    return 0


def _with_real_backend(request: dict[str, Any]) -> dict[str, Any]:
    import keyring

    backend, module = choose_backend(keyring.get_keyring())
    if not request["may_prompt"] and module == _SECRET_SERVICE:
        _refuse_to_prompt(backend)
    return {**answer(request, backend), "backend": module}


def _refuse_to_prompt(backend: Any) -> None:
    """Report a locked collection instead of raising a dialog that nobody asked for."""
    import secretstorage

    with contextlib.closing(secretstorage.dbus_init()) as bus:
        try:
            path = getattr(backend, "preferred_collection", None)
            is_locked = (
                secretstorage.Collection(bus, path) if path else secretstorage.Collection(bus)
            ).is_locked()
        except secretstorage.ItemNotFoundException:
            raise Trouble(
                "locked", "the login keyring does not exist yet: it is made when a person is asked"
            ) from None
    if is_locked:
        raise Trouble("locked", "the login keyring is locked")


def _read(store: Backend, service: str, names: list[str]) -> dict[str, str]:
    found = {name: store.get_password(service, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _delete(store: Backend, service: str, name: str) -> bool:
    if store.get_password(service, name) is None:
        return False
    store.delete_password(service, name)
    return True


class _OneItem:
    """Every key in one item of the keyring, as a JSON object: macOS asks once for each item and each program."""

    def __init__(self, backend: Backend, lock_path: str | None) -> None:
        self._backend = backend
        self._lock_path = lock_path
        self._kept: dict[str, str] | None = None

    def get_password(self, service: str, username: str) -> str | None:
        """One key of the item, which is read once."""
        if self._kept is None:
            self._kept = self._load(service)
        return self._kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Put one key into the item, keeping the others."""
        self._change(service, lambda keys: keys.update({username: password}))

    def delete_password(self, service: str, username: str) -> None:
        """Take one key out of the item, keeping the others."""
        self._change(service, lambda keys: keys.pop(username, None))

    def _load(self, service: str) -> dict[str, str]:
        text = self._backend.get_password(service, ALL_KEYS)
        if text is None:
            return {}
        try:
            keys: Any = json.loads(text)
        except ValueError:
            keys = None
        if not isinstance(keys, dict):
            raise Trouble(
                "unavailable",
                f"the keyring's item '{ALL_KEYS}' is not what aigw-dev wrote; it is left as it is",
            )
        return cast("dict[str, str]", keys)

    def _change(self, service: str, change: Callable[[dict[str, str]], object]) -> None:
        with _file_lock(self._lock_path):
            keys = self._load(service)
            change(keys)
            self._backend.set_password(service, ALL_KEYS, json.dumps(keys, sort_keys=True))
        self._kept = None


@contextlib.contextmanager
def _file_lock(path: str | None) -> Any:
    """Hold `path` against other processes that change the single item; waits as long as the watchdog lets it."""
    if path is None or sys.platform == "win32":
        yield
        return
    import fcntl

    with open(path, "a") as file:  # noqa: PTH123 - a path as text is what came
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _take_stdout() -> BinaryIO:
    """Keep stdout for the answer: whatever a backend prints goes to stderr, which nobody reads."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _harmless(text: str, request: dict[str, Any]) -> str:
    """One short printable line without the key."""
    value = request.get("value")
    if value:
        text = text.replace(value, "***")
    return "".join(char if char.isprintable() else " " for char in text)[:_MAX_DETAIL_CHARS].strip()


if __name__ == "__main__":
    sys.exit(main())
