"""An id of a video carries what the provider's own answers leave out, and nothing else is needed."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.video_job import Job, job_id, not_ready, read_job, video

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXT.filter(bool), TEXT, TEXT, st.integers(0, 2**40))
def test_an_id_goes_both_ways(task: str, size: str, seconds: str, created: int) -> None:
    job = Job(task, size, seconds, created)
    assert read_job(job_id(job)) == job


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=99))
def test_any_other_text_is_the_providers_own_name(text: str) -> None:
    for resource_id in (text, "video_" + text):
        assert isinstance(read_job(resource_id), Job)


def test_a_providers_own_id_is_understood() -> None:
    assert read_job("0385dc79-5ff8-4d82") == Job("0385dc79-5ff8-4d82")
    assert read_job("video_!") == Job("video_!")


def test_an_id_that_is_none_is_refused() -> None:
    assert isinstance(read_job(""), Refusal)
    assert isinstance(read_job("x" * 2_000), Refusal)


def test_the_object_is_the_one_that_openais_sdk_reads() -> None:
    from openai.types import Video

    job = Job("t", "1280x720", "8", 1_760_000_000)
    told = video(job, status="failed", model="veo", prompt="p", error=("", ""), usage={"n": 1})
    read = Video.model_validate(told)
    assert (read.id, read.seconds, read.progress) == (job_id(job), "8", 0)
    assert read.error is not None
    assert read.error.code == "failed"
    assert video(job, status="completed", model="veo")["progress"] == 100


def test_content_before_the_end_is_a_400_that_says_why() -> None:
    assert "is in progress" in not_ready(Job("t"), "in_progress").message
    refusal = not_ready(Job("t"), "failed")
    assert (refusal.code, refusal.status) == ("invalid_request", 0)
    assert "has failed" in refusal.message
