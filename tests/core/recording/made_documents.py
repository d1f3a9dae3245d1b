"""Fixture files as plain documents, right and wrong, for the tests of the reader."""

import json
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Fixture, FixtureError
from aigw_dev.core.recording.reading import read_fixture

SHA = "ab" * 32


def fixture(**fields: Any) -> dict[str, Any]:
    return {"aigw_fixture": 1, "interactions": [], **fields}


def with_request(body: Any, *later: Any) -> dict[str, Any]:
    requests = [{"op": "o", "body": one} for one in (body, *later)]
    return fixture(interactions=[{"request": one, "attempts": []} for one in requests])


def with_reply(*replies: dict[str, Any], request: Any = "same") -> dict[str, Any]:
    attempts = [
        {"upstream": "a/m", "request": request, "response": {"status": 200, **one}} for one in replies
    ]
    return fixture(
        interactions=[{"request": {"op": "o", "body": {"model": "m", "x": 1}}, "attempts": attempts}]
    )


def read(document: Any) -> Fixture:
    return read_fixture(document if isinstance(document, bytes) else json.dumps(document).encode())


def body_of(document: Any, number: int = 0) -> Any:
    return read(document).interactions[number].request.body


def reply_of(document: Any, number: int = 0) -> Any:
    return read(document).interactions[0].attempts[number].response


def refused(document: Any) -> FixtureError:
    with pytest.raises(FixtureError) as caught:
        read(document)
    return caught.value
