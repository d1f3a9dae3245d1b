"""DashScope's jobs are begun, waited for within bounds, and their failures told with code and message."""

import pytest

from aigw_dev.core.providers import dashscope_task
from aigw_dev.core.providers.adapter import Adapter, Asked
from aigw_dev.core.providers.answers import LONGEST_WAIT_S, Read, given_json
from tests.core.providers.run_adapter import Ran, answer, asked, endless, run

BEGUN = {"output": {"task_status": "PENDING", "task_id": "0385dc79-5ff8-4d82-bcb6-xxxxxx"}, "request_id": "r"}


def task(status: str, **output: object) -> dict[str, object]:
    return {"output": {"task_id": "0385dc79-5ff8-4d82-bcb6-xxxxxx", "task_status": status} | output}


def waiting(_: Asked) -> Adapter:
    begun = yield from dashscope_task.begin("/services/x", {"model": "m"})
    if not isinstance(begun, str):
        return begun
    done = yield from dashscope_task.wait(begun)
    return given_json(done.value) if isinstance(done, Read) else done


def ran(*answers: object) -> Ran:
    return run(waiting, asked("x"), [one if not isinstance(one, dict) else answer(one) for one in answers])  # pyright: ignore[reportArgumentType, reportUnknownArgumentType] -- answers and JSON mixed


def test_a_job_is_begun_asynchronously_and_looked_at_until_it_succeeds() -> None:
    done = ran(BEGUN, task("PENDING"), task("RUNNING"), task("SUCCEEDED", results=[]))
    begin, *looks = done.asks
    assert ("x-dashscope-async", "enable") in begin.headers
    assert ("content-type", "application/json") in begin.headers
    assert [(one.method, one.path) for one in looks] == [("GET", "/tasks/0385dc79-5ff8-4d82-bcb6-xxxxxx")] * 3
    assert done.reply["output"]["task_status"] == "SUCCEEDED"
    assert done.waited_s == pytest.approx(1 + 1.5 + 2.25)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("DataInspectionFailed", 400),
        ("InvalidParameter.DataInspection", 400),
        ("Throttling.RateQuota", 429),
        ("Arrearage", 403),
        ("InternalError.Timeout", 500),
        ("", 500),
    ],
)
def test_a_failed_job_is_an_error_with_its_code_and_a_status_that_fits(code: str, status: int) -> None:
    failed = ran(BEGUN, task("FAILED", code=code, message="the input"))
    assert failed.given.is_error
    assert failed.given.status == status
    assert failed.reply["error"]["message"] == "the input"
    assert failed.reply["error"]["code"] == (code or "FAILED")


def test_a_job_that_was_forgotten_says_so() -> None:
    assert "ended as UNKNOWN" in ran(BEGUN, task("UNKNOWN")).reply["error"]["message"]


def test_looks_that_pass_over_do_not_end_the_job() -> None:
    done = ran(BEGUN, answer({"code": "Throttling"}, 429), answer(b"", 503), task("SUCCEEDED"))
    assert done.given.status == 200


def test_a_look_that_fails_for_good_ends_it() -> None:
    assert ran(BEGUN, answer({"code": "InvalidApiKey"}, 401)).given.status == 401
    assert ran(BEGUN, b"x" and answer(b"<html>")).refusal.code == "upstream_protocol"
    assert ran(BEGUN, task("")).refusal.code == "upstream_protocol"
    lost = endless(waiting, asked("x"), [answer(BEGUN)], answer(b"", 500))
    assert lost.given.status == 500
    assert len(lost.asks) == 6


def test_a_job_that_never_ends_is_told_by_its_id_after_ten_minutes() -> None:
    told = endless(waiting, asked("x"), [answer(BEGUN)], answer(task("RUNNING")))
    assert told.refusal.code == "total_timeout"
    assert "0385dc79" in told.refusal.message
    assert told.waited_s == pytest.approx(LONGEST_WAIT_S)


@pytest.mark.parametrize("task_id", [None, "", 7, "..", "a/b", "a?b", "x" * 200])
def test_a_start_without_a_usable_id_is_unusable(task_id: object) -> None:
    assert ran({"output": {"task_id": task_id}}).refusal.code == "upstream_protocol"


def test_a_start_that_is_refused_goes_on_as_it_is() -> None:
    said = {"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "r"}
    refused = ran(answer(said, 401))
    assert (refused.given.status, refused.reply) == (401, said)
