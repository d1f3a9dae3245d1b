import difflib
from typing import Any

import pytest
from hypothesis import given, settings

from aigw_dev.core.recording.fixture import (
    Attempt,
    Fixture,
    Interaction,
    Request,
    Response,
)
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import FIXTURES, RECORDINGS, Beside, Recording


def written(fixture: Fixture) -> str:
    return write_fixture(fixture, store=Beside().store).decode()


def of(request: Any = None, *attempts: Attempt) -> Fixture:
    body = {"model": "m"} if request is None else request
    return Fixture(interactions=[Interaction(request=Request(op="o", body=body), attempts=list(attempts))])


def replied(**fields: Any) -> Fixture:
    return of(None, Attempt(upstream="a/m", response=Response(**fields)))


@settings(max_examples=300)
@given(FIXTURES)
def test_what_was_written_reads_back_as_it_was_and_is_written_alike_again(fixture: Fixture) -> None:
    beside = Beside()
    content = write_fixture(fixture, store=beside.store)
    back = read_fixture(content, blob=beside.fetch)
    assert back == fixture
    assert repr(back) == repr(fixture)  # also the order of keys, and 1 is not 1.0
    assert write_fixture(back, store=beside.store) == content
    assert write_fixture(read_fixture(content), store=beside.store) == content


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_fresh_recording_of_the_same_answer_changes_three_lines_a_reply_at_most(name: str) -> None:
    before, after = (written(getattr(Recording(number), name)()).splitlines() for number in (1, 2))
    changed = [line[2:].strip() for line in difflib.ndiff(before, after) if line.startswith("- ")]
    added = [line for line in difflib.ndiff(before, after) if line.startswith("+ ")]
    replies = 2 if name == "chat_stream" else 1
    assert len(changed) == len(added) <= 1 + 2 * replies
    assert {line.partition(":")[0] for line in changed} <= {'"recorded_at"', '"dt_ms"', '"common"'}
    assert len(before) == len(after)
