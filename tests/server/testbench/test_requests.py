"""Requests as fixtures keep them, through the whole door."""

from hashlib import sha256
from pathlib import Path

import pytest

from aigw_dev.server.testbench.requests import decoded
from tests.server.testbench.stage import staged

pytestmark = pytest.mark.anyio
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30)


async def test_a_form_is_its_fields_and_its_files_by_hash(tmp_path: Path) -> None:
    async with staged(tmp_path, "record") as stage:
        reply = await stage.house.http.post(
            "/t/t/openai/v1/audio/transcriptions",
            data={"model": "mock/transcribe", "language": "en"},
            files={"file": ("a.wav", WAV, "audio/wav")},
            headers=stage.house.token(),
        )
        assert reply.status_code == 200, reply.text
        request = stage.bench.trials["t"].calls[0].request
        await stage.bench.save(stage.bench.trials["t"])
        library = stage.bench.library
        kept = library.read("t").interactions[0].request
        assert library.blob(kept.files[0].blob) == WAV
    assert request.form == {"model": "mock/transcribe", "language": "en"}
    assert (request.files[0].filename, request.files[0].type, request.files[0].blob.sha256) == (
        "a.wav",
        "audio/wav",
        sha256(WAV).hexdigest(),
    )
    assert kept.form == request.form


async def test_headers_that_count_are_kept_and_a_path_that_names_the_model(tmp_path: Path) -> None:
    async with staged(tmp_path, "record") as stage:
        headers = {**stage.house.token(), "anthropic-beta": "x", "user-agent": "y"}
        body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        await stage.house.http.post(
            "/t/g/gemini/v1beta/models/mock%2Fecho:generateContent", json=body, headers=headers
        )
        message = {"model": "mock/echo", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
        await stage.house.http.post(
            "/t/a/anthropic/v1/messages", json=message, headers={**headers, "anthropic-version": "2023-06-01"}
        )
        gemini, claude = (stage.bench.trials[name].calls[0].request for name in ("g", "a"))
    assert gemini.path == "models/mock/echo"
    assert claude.headers == {"anthropic-version": "2023-06-01", "anthropic-beta": "x"}


def test_a_body_that_is_no_json_is_its_text() -> None:
    assert decoded(b'{"a": 1}') == {"a": 1}
    assert decoded(b"\xffoops") == "\ufffdoops"
