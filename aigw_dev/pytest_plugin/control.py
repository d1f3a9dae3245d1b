"""Talks to the gateway's control API: one kept connection for questions, one of its own for each that waits.

Usable from any thread, and after a fork from both processes.
"""

import http.client
import json
import os
import threading
import time
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

_IDLE_S: Final = 20.0
"""A connection unused for longer is opened anew: the gateway closes idle ones after 30 s."""
_PATIENCE_S: Final = 30.0
_FIRST_ERROR_STATUS: Final = 400
TESTS: Final = "/admin/v1/tests"


class ControlError(Exception):
    """The gateway refused a question or could not be asked; the text says which, and why."""


class Control:
    """The control API of one gateway."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is the gateway's address; `token` opens its admin API."""
        self._host = urlsplit(url).netloc
        self._headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        self._lock = threading.Lock()
        self._kept: http.client.HTTPConnection | None = None
        self._used_at = 0.0
        self._pid = os.getpid()

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The JSON document that answers; `ControlError` with the gateway's own words otherwise."""
        if self._pid != os.getpid():  # a forked child: the connection is its parent's
            self._lock, self._kept, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:
            is_fresh = self._open()
            try:
                return self._exchange(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                self._forget()
                if is_fresh or not isinstance(error, ConnectionError):  # RemoteDisconnected is one
                    raise self._unanswered(error) from error
            self._open()  # it was closed between two questions: nothing was read of this one
            try:
                return self._exchange(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                self._forget()
                raise self._unanswered(error) from error

    def wait(self, path: str, *, timeout_s: float) -> dict[str, Any]:
        """Ask a question whose answer comes when something has happened, or when `timeout_s` is over."""
        mark = "&" if "?" in path else "?"
        connection = http.client.HTTPConnection(self._host, timeout=timeout_s + _PATIENCE_S)
        try:
            connection.request(
                "GET", f"{path}{mark}timeout_ms={int(timeout_s * 1000)}", headers=self._headers
            )
            return _document(connection.getresponse(), path)
        except (OSError, http.client.HTTPException) as error:
            raise self._unanswered(error) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._forget()

    def _open(self) -> bool:
        """Have a connection; whether it is a new one."""
        if self._kept is not None and time.monotonic() - self._used_at < _IDLE_S:
            return False
        self._forget()
        self._kept = http.client.HTTPConnection(self._host, timeout=_PATIENCE_S)
        return True

    def _exchange(self, method: str, path: str, body: object) -> dict[str, Any]:
        connection = self._kept
        assert connection is not None  # noqa: S101 - `_open` was called
        headers, content = self._headers, None
        if body is not None:
            headers = headers | {"content-type": "application/json"}
            content = json.dumps(body).encode()
        connection.request(method, path, body=content, headers=headers)
        found = _document(connection.getresponse(), path)
        self._used_at = time.monotonic()
        return found

    def _unanswered(self, error: Exception) -> ControlError:
        return ControlError(f"the gateway at {self._host} does not answer: {error!r}")

    def _forget(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def path_of(test: str, *more: str) -> str:
    """The place of a test, and of things below it, in the control API."""
    return "/".join([TESTS, quote(test, safe=""), *(quote(each, safe="") for each in more)])


def _document(response: http.client.HTTPResponse, path: str) -> dict[str, Any]:
    content = response.read()
    try:
        found: Any = json.loads(content) if content else {}
    except ValueError:
        found = {}
    if response.status >= _FIRST_ERROR_STATUS:
        raise ControlError(
            f"{_message(found) or content[:500].decode('utf-8', 'replace')} ({response.status})"
        )
    if not isinstance(found, dict):
        raise ControlError(f"{path}: an answer that is no JSON object")
    return cast("dict[str, Any]", found)


def _message(found: Any) -> str:
    """What an error says, in the admin API's form or in another usual one."""
    if not isinstance(found, dict):
        return ""
    document = cast("dict[str, Any]", found)
    error: Any = document.get("error") or document.get("message") or document.get("detail") or ""
    if isinstance(error, dict):
        inner = cast("dict[str, Any]", error)
        hint = inner.get("hint") or ""
        return f"{inner.get('message', '')} {hint}".strip()
    return str(error)
