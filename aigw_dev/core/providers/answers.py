"""What adapters share: sending one step and reading its answer, waiting for a job, and the words for what went wrong.

A hostile answer (not JSON, wrong types, a job that never ends) becomes a clear refusal; nothing here raises.
"""

import json
import math
from collections.abc import Generator, Iterator, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.providers.adapter import Answer, Ask, Fetch, Given, Step, refused

LONGEST_WAIT_S: Final = 540.0
"""The most that one call waits for a job, in sum."""
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 5.0
_GROWTH: Final = 1.5
_OK: Final = 200
_NO_CONTENT: Final = 300
_ERROR: Final = 400
_MAX_TOLD_CHARS: Final = 2_000


class Read(msgspec.Struct, frozen=True):
    """A provider's JSON object."""

    value: dict[str, object]


def send(step: Ask | Fetch) -> Generator[Step, Answer | None, Answer]:
    """The answer to one step; a driver that sends nothing has status 0."""
    answer = yield step
    return answer if answer is not None else Answer(status=0)


def read(step: Ask) -> Generator[Step, Answer | None, Read | Given | Refusal]:
    """The JSON object that the provider answers with, its own refusal, or why the answer cannot be used."""
    answer = yield from send(step)
    if answer.status >= _ERROR:
        return refused(answer)
    value = loose_json.load(answer.body) if _OK <= answer.status < _NO_CONTENT else None
    if not loose_json.is_object(value):
        return unusable(f"{step.method} {step.path}", f"status {answer.status} and no JSON object")
    return Read(value)


def fetch(url: str, *, limit_bytes: int) -> Generator[Step, Answer | None, bytes | Refusal]:
    """The bytes behind a link that the provider named; http is asked as https, which storage hosts serve alike."""
    secure = f"https://{url.removeprefix('http://')}" if url.startswith("http://") else url
    answer = yield from send(Fetch(url=secure, limit_bytes=limit_bytes))
    if not _OK <= answer.status < _NO_CONTENT:
        return unusable("the link to the result", f"status {answer.status}; it may have expired")
    return answer.body


def pauses() -> Iterator[float]:
    """Seconds to wait before each look at a job: from 1 s growing to 5 s, `LONGEST_WAIT_S` in sum."""
    pause, left = _FIRST_PAUSE_S, LONGEST_WAIT_S
    while left > 0:
        step = min(pause, left)
        yield step
        left -= step
        pause = min(pause * _GROWTH, _LONGEST_PAUSE_S)


def still_running(job: str) -> Refusal:
    """The wait is over and the job is not; its id is told, so that it can be looked up."""
    return Refusal(
        code="total_timeout",
        message=f"the provider's job {job} was not done after {LONGEST_WAIT_S:.0f} s and may still be running there; "
        "its result stays with the provider under this id",
    )


def unusable(what: str, found: str) -> Refusal:
    """`what` was answered with something that cannot be used: `found`."""
    return Refusal(
        code="upstream_protocol",
        message=f"the provider's answer to {what} cannot be used: {found}"[:_MAX_TOLD_CHARS],
    )


def failed(status: int, code: str, message: str) -> Given:
    """A job's own failure, told inside a 200, as an error of OpenAI's shape with a status that fits."""
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004 -- HTTP's own line
    error = {"message": message or "the job failed", "type": kind, "param": None, "code": code or None}
    return Given(status=status, body=msgspec.json.encode({"error": error}), is_error=True)


def given_json(value: object, *, usage: Usage | None = None, resource_id: str = "") -> Given:
    """`value` as the caller's reply."""
    return Given(status=200, body=encode(value), usage=usage, resource_id=resource_id)


def encode(value: object) -> bytes:
    """JSON of any loaded value: lone surrogates stay escaped, numbers out of range become null."""
    try:
        return msgspec.json.encode(value)
    except (ValueError, OverflowError):
        return json.dumps(_finite(value), separators=(",", ":")).encode()


def usage(raw: object) -> Usage | None:
    """The tokens in a provider's usage object, with the object itself; None where it sent none."""
    if not loose_json.is_object(raw) or not raw:
        return None
    text = encode(raw)
    return read_usage(text) or Usage(raw=msgspec.Raw(text))


def number(value: object) -> float | None:
    """`value` where it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def vector(value: object) -> list[float] | None:
    """`value` where it is an array of finite numbers, and not an empty one."""
    found = [number(one) for one in loose_json.items(value)]
    clean = [one for one in found if one is not None]
    return clean if clean and len(clean) == len(found) else None


def dig(value: object, path: Sequence[str | int]) -> object:
    """What stands at `path` inside loaded JSON; None where anything on the way is missing or of another kind."""
    for step in path:
        if isinstance(step, int):
            listed = loose_json.items(value)
            value = listed[step] if step < len(listed) else None
        else:
            value = loose_json.mapping(value).get(step)
    return value


def path_of(name: str) -> str:
    """A model's or job's name as steps of a path: its slashes stay, and no step can climb or add a query."""
    steps = name.split("/")
    return "/".join(quote(one, safe=":") if one.strip(".") else "%252E" * len(one) for one in steps)


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if loose_json.is_object(value):
        return {key: _finite(one) for key, one in value.items()}
    if loose_json.is_array(value):
        return [_finite(one) for one in value]
    return value
