"""Every recorded request, reply and stream through every translation, judged by the SDK of whoever reads it.

A reply means the same when the user of the caller's SDK finds the texts, thoughts, calls, end and usage that the
provider's reply holds (`tests.translations.expected`). `pytest -s` prints how many were equal, different and skipped,
per pair; what is skipped stands with its reason in fixtures/dialects/skipped.toml.
"""

import collections
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from aigw_dev.core.chat.vocabulary import ChatReply
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams import event_stream
from tests import translations, vectors_anthropic, vectors_openai
from tests.core.dialects.responses import recordings as vectors_responses
from tests.sdk_types import (
    ANTHROPIC,
    BEDROCK,
    CALLERS,
    CHAT,
    GEMINI,
    PROVIDERS,
    RESPONSES,
    StreamFailed,
    check_request,
    said,
    said_in,
)

pytest.importorskip("google.genai.types")
pytest.importorskip("botocore.session")
from tests.core.dialects.bedrock import recordings as vectors_bedrock
from tests.core.dialects.gemini import recordings as vectors_gemini

pytestmark = pytest.mark.vectors
_CHAT_PATH: Final = "/chat/completions"
_LEAST: Final = {"requests": 330, "replies": 400, "streams": 250}
"""Recordings of each kind when this was written: fewer means that the reading lost some."""

Counts = collections.Counter[tuple[str, str, str]]


class Skipped:
    """The skip list of one kind; knows what of it was needed."""

    def __init__(self, repository: Path, kind: str) -> None:
        text = (repository / "fixtures/dialects/skipped.toml").read_text("utf-8")
        self._rows: dict[str, str] = tomllib.loads(text).get(kind, {})
        self._used: set[str] = set()

    def has(self, name: str, target: str = "") -> bool:
        """Whether this recording, or this translation of it, is on the list."""
        for key in (name, f"{name} > {target}"):
            if key in self._rows:
                self._used.add(key)
                return True
        return False

    def unused(self) -> set[str]:
        """Entries that nothing needed."""
        return set(self._rows) - self._used


def report(kind: str, counts: Counts, different: list[str], skipped: Skipped) -> None:
    """Print the counts and hold them to their claims."""
    print(f"\n{kind}: equal / different / skipped")  # noqa: T201 - what the test shows
    for source in PROVIDERS:
        for target in PROVIDERS:
            row = [counts[source, target, word] for word in ("equal", "different", "skipped")]
            if any(row):
                print(f"  {source:24} > {target:24} {row[0]:4} / {row[1]} / {row[2]}")  # noqa: T201
    total = {
        word: sum(n for key, n in counts.items() if key[2] == word)
        for word in ("equal", "different", "skipped")
    }
    print(f"  all: {total}")  # noqa: T201
    assert not different, "\n".join(different)
    assert not skipped.unused(), "these are equal by now: take them off the list"


def requests(vectors: Path) -> Iterator[tuple[str, str, bytes]]:
    """Dialect, id and body of every recorded request."""
    for one in vectors_openai.recordings(vectors):
        if one.path == _CHAT_PATH and one.request:
            yield CHAT, one.id, one.request
    for file in sorted((vectors / "agentgateway/requests/completions").glob("*.json")):
        yield CHAT, f"agentgateway/{file.name}", file.read_bytes()
    for one in vectors_anthropic.requests(vectors):
        yield ANTHROPIC, one.id, one.body
    seen: set[bytes] = set()
    for one in vectors_responses.recordings(vectors):
        if one.request and one.request not in seen:
            seen.add(one.request)
            yield RESPONSES, one.id, one.request
    for file in sorted((vectors / "agentgateway/requests/responses").glob("*.json")):
        yield RESPONSES, f"agentgateway/{file.name}", file.read_bytes()
    for name, body in vectors_gemini.requests(vectors):
        yield GEMINI, name, body


def replies(vectors: Path) -> Iterator[tuple[str, str, bytes]]:
    """The same of every whole reply."""
    for one in vectors_openai.recordings(vectors):
        if one.path == _CHAT_PATH and one.status == 200 and not one.is_stream:
            yield CHAT, one.id, one.body
    for one in vectors_anthropic.replies(vectors):
        yield ANTHROPIC, one.id, one.body
    for one in vectors_responses.replies(vectors):
        yield RESPONSES, one.id, one.body
    for name, body in vectors_gemini.replies(vectors):
        yield GEMINI, name, body
    for one in vectors_bedrock.recordings(vectors):
        if one.kind == "reply":
            yield BEDROCK, one.name, one.body


def streams(vectors: Path) -> Iterator[tuple[str, str, bytes, bool]]:
    """The same of every stream; whether it is Gemini's JSON array."""
    for one in vectors_openai.streams(vectors):
        if one.path == _CHAT_PATH and one.status == 200:
            yield CHAT, one.id, one.body, False
    for one in vectors_anthropic.streams(vectors):
        yield ANTHROPIC, one.id, one.body, False
    for one in vectors_responses.streams(vectors):
        yield RESPONSES, one.id, one.body, False
    for name, body, is_array in vectors_gemini.streams(vectors):
        yield GEMINI, name, body, is_array
    for one in vectors_bedrock.recordings(vectors):
        if one.kind == "stream":
            yield BEDROCK, one.name, one.body, False
        elif one.kind == "frames":
            yield BEDROCK, one.name, _framed(one.body), False


def _framed(lines: bytes) -> bytes:
    """Payloads whose framing was lost, framed again."""
    stream = b""
    for line in lines.splitlines():
        payload: dict[str, Any] = json.loads(line)
        for name, value in payload.items():
            stream += event_stream.encode(json.dumps(value).encode(), event=name)
    return stream


def _problem(check: Any) -> list[str]:
    """What a check found, whatever it raised: all of them are shown at once."""
    try:
        return check()
    except StreamFailed:
        raise
    except (AssertionError, ValueError, KeyError, TypeError) as error:
        return [f"{type(error).__name__}: {str(error)[:400]}"]


def test_every_request_fits_the_sdk_of_every_other_provider(vectors: Path, repository: Path) -> None:
    counts, different, skipped, read = Counts(), list[str](), Skipped(repository, "requests"), 0
    for source, name, body in requests(vectors):
        read += 1
        request = translations.read_request(source, body)
        targets = [target for target in PROVIDERS if target != source]
        if skipped.has(f"{source}/{name}"):
            assert isinstance(request, Refusal), name
            counts.update((source, target, "skipped") for target in targets)
            continue
        for target in targets:

            def check(target: str = target, request: Any = request) -> list[str]:
                assert not isinstance(request, Refusal), request.message
                outgoing, _ledger = translations.write_request(target, request)
                assert not isinstance(outgoing, Refusal), f"refused: {outgoing.message}"
                check_request(target, outgoing.body, path=outgoing.path)
                return []

            found = _problem(check)
            is_skipped = bool(found) and skipped.has(f"{source}/{name}", target)
            counts[source, target, "skipped" if is_skipped else "different" if found else "equal"] += 1
            different += [] if is_skipped else [f'"{source}/{name} > {target}" = "{one}"' for one in found]
    report("requests", counts, different, skipped)
    assert read >= _LEAST["requests"]


def test_every_reply_means_the_same_to_every_other_caller(vectors: Path, repository: Path) -> None:
    counts, different, skipped, read = Counts(), list[str](), Skipped(repository, "replies"), 0
    for source, name, body in replies(vectors):
        read += 1
        reply = translations.read_reply(source, body)
        callers = [caller for caller in CALLERS if caller != source]
        if skipped.has(f"{source}/{name}"):
            assert not isinstance(reply, ChatReply), name
            counts.update((source, caller, "skipped") for caller in callers)
            continue
        for caller in callers:

            def check(caller: str = caller, reply: Any = reply) -> list[str]:
                assert isinstance(reply, ChatReply), reply
                written, ledger = translations.write_reply(caller, reply, translations.context(caller))
                return translations.differences(
                    translations.expected(caller, reply), said(caller, written), ledger
                )

            found = _problem(check)
            counts[source, caller, "different" if found else "equal"] += 1
            different += [f"{source}/{name} > {caller}: {one}" for one in found]
    report("replies", counts, different, skipped)
    assert read >= _LEAST["replies"]


def test_every_stream_means_the_same_to_every_other_caller(vectors: Path, repository: Path) -> None:
    counts, different, skipped, read = Counts(), list[str](), Skipped(repository, "streams"), 0
    for source, name, body, is_array in streams(vectors):
        read += 1
        events = translations.events_in(source, body, is_array=is_array)
        reply = translations.reply_in(source, events)
        for caller in (one for one in CALLERS if one != source):

            def check(caller: str = caller, events: Any = events, reply: Any = reply) -> list[str]:
                asked = translations.context(caller, is_stream=True)
                written, ledger = translations.write_stream(caller, events, asked)
                if isinstance(reply, ChatReply):
                    wanted = translations.expected(caller, reply)
                    return translations.differences(wanted, said_in(caller, written), ledger)
                try:
                    said_in(caller, written)
                except StreamFailed as failed:
                    return [] if str(failed) == reply.message else [f"{failed} is not {reply.message}"]
                return ["the failure is not shown"]

            found = _problem(check)
            counts[source, caller, "different" if found else "equal"] += 1
            different += [f"{source}/{name} > {caller}: {one}" for one in found]
    report("streams", counts, different, skipped)
    assert read >= _LEAST["streams"]
