"""DashScope's jobs: begun with `X-DashScope-Async: enable`, read at `GET /tasks/{id}`, and the errors they end with.

Source: Alibaba Cloud Model Studio, "Manage asynchronous tasks" and the API references of its image, video and speech models
(March to October 2026), and its Python SDK of July 2026. A job's result is kept for 24 hours; only one that is PENDING can
be cancelled. A failed job is told inside a 200: `output.task_status` FAILED with `output.code` and `output.message`.
"""

import re
from collections.abc import Generator
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import JSON_HEADERS, Answer, Ask, Given, Pause, Step
from aigw_dev.core.providers.answers import (
    Read,
    dig,
    encode,
    failed,
    path_of,
    pauses,
    read,
    still_running,
    unusable,
)

_ASYNC: Final = (*JSON_HEADERS, ("x-dashscope-async", "enable"))
_TASK: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_ENDED: Final = frozenset({"FAILED", "CANCELED", "CANCELLED", "UNKNOWN"})
_MOST_LOST_LOOKS: Final = 5
"""Looks at a job in a row that may fail (a limit on polling, a gateway in between) before the call ends."""
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_STATUS_OF_CODE: Final = (
    # beginning of the code, HTTP status: the error codes page
    ("DataInspection", 400),
    ("InvalidParameter", 400),
    ("InvalidURL", 400),
    ("InvalidFile", 400),
    ("InvalidSize", 400),
    ("BadRequest", 400),
    ("IPInfringementSuspect", 400),
    ("SUCCESS_WITH_NO_VALID_FRAGMENT", 400),
    ("Arrearage", 403),
    ("AccessDenied", 403),
    ("InvalidApiKey", 401),
    ("Throttling", 429),
)
_SERVER_FAULT: Final = 500


def begin(path: str, body: dict[str, object]) -> Generator[Step, Answer | None, str | Given | Refusal]:
    """Begins a job; its id, the provider's refusal, or why the answer cannot be used. An id is a bare string here."""
    answer = yield from read(Ask(path=path, body=encode(body), headers=_ASYNC))
    if not isinstance(answer, Read):
        return answer
    task = loose_json.text(dig(answer.value, ("output", "task_id")))
    if not is_task(task):
        return unusable("the start of the job", "there is no `output.task_id`")
    return task


def is_task(task: str) -> bool:
    """Whether this may be the name of a job, and nothing else, in a path."""
    return _TASK.fullmatch(task) is not None and bool(task.strip("."))


def look(task: str) -> Generator[Step, Answer | None, Read | Given | Refusal]:
    """The job as it is now."""
    answer = yield from read(Ask(method="GET", path=f"/tasks/{path_of(task)}", headers=()))
    if isinstance(answer, Read) and not status(answer.value):
        return unusable("the look at the job", "there is no `output.task_status`")
    return answer


def wait(task: str) -> Generator[Step, Answer | None, Read | Given | Refusal]:
    """The job when it has succeeded; its failure as an error; or, after nine minutes, word that it still runs."""
    lost = 0
    for pause in pauses():
        yield Pause(pause)
        answer = yield from look(task)
        if not isinstance(answer, Read):
            lost += 1
            is_passing = isinstance(answer, Given) and answer.status in _PASSING
            if not is_passing or lost >= _MOST_LOST_LOOKS:
                return answer
            continue
        lost = 0
        if status(answer.value) == "SUCCEEDED":
            return answer
        if status(answer.value) in _ENDED:
            return failure(task, answer.value)
    return still_running(task)


def status(task: dict[str, object]) -> str:
    """PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED or UNKNOWN."""
    return loose_json.text(dig(task, ("output", "task_status"))).upper()


def reason(task: dict[str, object]) -> tuple[str, str]:
    """Code and message of a job that failed."""
    output = loose_json.mapping(task.get("output"))
    return loose_json.text(output.get("code")), loose_json.text(output.get("message"))


def failure(task: str, answer: dict[str, object]) -> Given:
    """A job that ended without a result, as an error."""
    code, message = reason(answer)
    return told(code or status(answer), message or f"the job {task} ended as {status(answer)}")


def told(code: str, message: str) -> Given:
    """An error of DashScope's with the HTTP status that its code stands for."""
    fits = next((found for start, found in _STATUS_OF_CODE if code.startswith(start)), _SERVER_FAULT)
    return failed(fits, code, message)
