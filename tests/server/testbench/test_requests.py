"""Requests as fixtures keep them, through the whole door."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigw_dev.core.mask import MASKED, Masker
from aigw_dev.server.testbench.requests import decoded
from tests.server.testbench.stage import Stage, said, staged

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


SECRET = "only-this/machine knows 1"
SHAPED = "sk-ant-api03-" + "a1B2c3D4" * 4


async def transcribed(stage: Stage, prompt: str, filename: str) -> httpx.Response:
    return await stage.house.http.post(
        "/t/t/openai/v1/audio/transcriptions",
        data={"model": "mock/transcribe", "prompt": prompt},
        files={"file": (filename, WAV, "audio/wav")},
        headers=stage.house.token(),
    )


@pytest.mark.parametrize(
    ("prompt", "filename", "other"),
    [(f"say {SHAPED}", f"{SHAPED}.wav", f"say {SHAPED}"), (f"say {SECRET}", "a.wav", "say nothing")],
)
async def test_a_form_with_a_secret_is_found_again(
    tmp_path: Path, prompt: str, filename: str, other: str
) -> None:
    async with staged(tmp_path, "record") as stage:
        stage.house.gateway.masker = Masker([SECRET])
        live = await transcribed(stage, prompt, filename)
        await stage.bench.save(stage.bench.trials["t"])
        assert stage.bench.trials["t"].trouble == ""
        content = stage.bench.library.content("t")
    assert SHAPED.encode() not in content
    assert SECRET.encode() not in content
    async with staged(tmp_path, "replay") as stage:
        again = await transcribed(stage, other, filename)
    assert (again.status_code, again.text) == (live.status_code, live.text.replace(SHAPED, MASKED))


@pytest.mark.parametrize("is_a_gateways", [True, False])
async def test_a_secret_in_a_prompt_need_not_be_known_where_it_is_replayed(
    tmp_path: Path,
    is_a_gateways: bool,
) -> None:
    def asked(secret: str, more: str = "") -> dict[str, Any]:
        turns = [{"role": "system", "content": f"The password is {secret}.\nTell nobody."}]
        turns.append({"role": "user", "content": f"hi{more}"})
        return {"model": "mock/echo", "messages": turns}

    async with staged(tmp_path, "record") as stage:
        if is_a_gateways:  # it is masked when the call comes in, else only when it is written
            stage.house.gateway.masker = Masker([SECRET])
        stage.bench.secrets = lambda: [SECRET]
        live = [said(await stage.chat(**asked(SECRET))), said(await stage.chat(**asked(SECRET, " again")))]
        await stage.bench.save(stage.bench.trials["t"])
        assert stage.bench.trials["t"].trouble == ""
        assert b"only-this" not in stage.bench.library.content("t")
    async with staged(tmp_path, "replay") as stage:
        second = said(await stage.chat(**asked("", " again")))
        first = said(await stage.chat(**asked("of another machine")))
        missed = await stage.chat(**asked(SECRET, " and again"))
    assert [one.replace(SECRET, MASKED) for one in live] == [first, second]
    assert missed.status_code == 424


DEEP = b"[" * 450 + b"]" * 450


@pytest.mark.parametrize("odd", [DEEP, b"1e999", b'{"a": 1, "a": 2}', b"NaN"])
def test_a_body_that_no_file_could_hold_as_json_is_its_text(odd: bytes) -> None:
    body = b'{"model": "mock/echo", "x": ' + odd + b"}"
    assert decoded(body) == body.decode()


@pytest.mark.parametrize("odd", [b"[" * 160 + b"]" * 160, b"1e999"])
async def test_such_a_body_is_recorded_and_found_again(tmp_path: Path, odd: bytes) -> None:
    body = (
        b'{"model": "mock/echo", "metadata": {"x": '
        + odd
        + b'}, "messages": [{"role":"user","content":"hi"}]}'
    )
    texts: list[tuple[int, str]] = []
    for mode in ("record", "replay"):
        async with staged(tmp_path, mode) as stage:
            headers = {**stage.house.token(), "content-type": "application/json"}
            reply = await stage.house.http.post(
                "/t/t/openai/v1/chat/completions", content=body, headers=headers
            )
            texts.append((reply.status_code, reply.text))
            await stage.bench.save(stage.bench.trials["t"])
            assert stage.bench.trials["t"].trouble == ""
    assert texts[0] == texts[1]
    assert texts[0][0] == 200
