"""Forms read while they are spooled."""

import tracemalloc
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.server import inbound
from aigw_dev.server import spool as spool_module
from aigw_dev.server.body import CallerLeft
from aigw_dev.server.spool import Upload, read_raw, read_upload
from tests.core.forms import BOUNDARY, field, file, form
from tests.server.arriving import Pieces, cut, endless, is_empty, piece

pytestmark = pytest.mark.anyio
MIB = 1 << 20
TYPE = b"multipart/form-data; boundary=" + BOUNDARY


async def uploaded(body: bytes, *, folder: Path | None = None, step: int = 50_000) -> Upload | Refusal:
    return await read_upload(
        cut(body, step), content_type=TYPE, declared=len(body), limit_mb=200, folder=folder
    )


async def sent(upload: Upload, model: str) -> bytes:
    pieces, size = upload.outgoing(model)
    body = b"".join([piece async for piece in pieces])
    assert len(body) == size
    return body


@pytest.mark.parametrize("size", [0, 1000, 3 * MIB])
async def test_a_form_goes_on_with_another_model_and_nothing_else_changed(size: int, tmp_path: Path) -> None:
    content = b"\r\n--" * (size // 4)
    body = form(file("file", content), field("model", b"openai/whisper-1"), field("stream", b"true"))
    upload = await uploaded(body, folder=tmp_path)
    assert isinstance(upload, Upload)
    assert (upload.size, upload.fields["model"], upload.content_type) == (
        len(body),
        "openai/whisper-1",
        TYPE.decode(),
    )
    assert await sent(upload, "whisper-1") == body.replace(b"openai/whisper-1", b"whisper-1")
    assert await sent(upload, "other") == body.replace(b"openai/whisper-1", b"other")  # a fallback
    assert await sent(upload, "") == body
    assert msgspec.json.decode(upload.as_object()) == {"model": "openai/whisper-1", "stream": True}
    described = msgspec.json.decode(upload.describe())
    assert (described[0]["bytes"], described[0]["sha256"]) == (len(content), sha256(content).hexdigest())
    assert await upload.ends(upload.parts[0]) == (content[:65536], content[-65536:])
    upload.close()
    assert is_empty(tmp_path)


@pytest.mark.parametrize("size", [1000, 3 * MIB])
async def test_a_malformed_form_is_refused_and_leaves_nothing(size: int, tmp_path: Path) -> None:
    found = await uploaded(form(file("file", b"a" * size))[:-4], folder=tmp_path)
    assert isinstance(found, Refusal)
    assert found.code == "invalid_multipart"
    assert is_empty(tmp_path)


async def test_a_malformed_form_is_refused_before_its_end() -> None:
    receive = endless()
    found = await read_upload(receive, content_type=TYPE, declared=None, limit_mb=200)
    assert isinstance(found, Refusal)
    assert receive.taken == 1


async def test_a_content_type_without_a_boundary_is_refused_unread() -> None:
    receive = Pieces()
    found = await read_upload(receive, content_type=b"multipart/form-data", declared=None, limit_mb=200)
    assert isinstance(found, Refusal)
    assert receive.taken == 0


async def test_the_upload_limit_is_the_configs() -> None:
    found = await read_upload(Pieces(), content_type=TYPE, declared=201 * MIB, limit_mb=200)
    assert isinstance(found, Refusal)
    assert found.code == "body_too_large"
    assert "upload_mb" in found.message


async def test_a_caller_that_leaves_leaves_nothing(tmp_path: Path) -> None:
    receive = Pieces(piece(form(file("file", b"a" * 2 * MIB))[:-9], more=True), {"type": "http.disconnect"})
    with pytest.raises(CallerLeft):
        await read_upload(receive, content_type=TYPE, declared=None, limit_mb=200, folder=tmp_path)
    assert is_empty(tmp_path)


async def test_a_leafs_parameters_become_fields() -> None:
    upload = await uploaded(form(field("model", b"a/b"), field("language", b"en")))
    assert isinstance(upload, Upload)
    pieces, _ = upload.outgoing("", {"language": "de", "model": "no", "stream": True})
    assert b"".join([piece async for piece in pieces]) == form(
        field("model", b"a/b"), field("language", b"de")
    )
    with pytest.raises(UpstreamError) as caught:
        upload.outgoing("m", {"prompt": "--" + BOUNDARY.decode()})
    assert (caught.value.code, caught.value.is_sent) == ("invalid_multipart", False)


async def test_small_files_are_given_to_adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "SMALL_BYTES", 10)
    upload = await uploaded(
        form(
            file("image", b"1234"),
            file("image", b"more"),
            file("large", b"a" * 11),
            file("mask", b"123456"),
            field("n", b"1"),
        )
    )
    assert isinstance(upload, Upload)
    assert await upload.small_files() == {"image": b"1234", "mask": b"123456"}


async def test_a_raw_body_goes_on_as_it_is(tmp_path: Path) -> None:
    body = b"\0\xff" * MIB
    upload = await read_upload(
        cut(body, 99_999), content_type=b"audio/wav", declared=len(body), limit_mb=200, folder=tmp_path
    )
    assert isinstance(upload, Upload)
    assert (await sent(upload, "other"), await sent(upload, "")) == (body, body)
    assert (upload.fields, upload.parts, await upload.small_files()) == ({}, (), {})
    assert upload.as_object() == b"{}"
    assert msgspec.json.decode(upload.describe()) == [
        {"content_type": "audio/wav", "bytes": len(body), "sha256": sha256(body).hexdigest()}
    ]
    upload.close()
    refused = await read_raw(Pieces(), declared=201 * MIB, limit_mb=200, folder=tmp_path)
    assert isinstance(refused, Refusal)
    assert is_empty(tmp_path)


async def test_it_is_the_upload_that_the_pipeline_knows() -> None:
    upload = await uploaded(form(field("model", b"a")))
    assert isinstance(upload, Upload)
    known: inbound.Upload = upload
    assert known.fields == {"model": "a"}


@pytest.mark.slow
async def test_a_form_of_100_mb_is_scanned_in_bounded_memory(tmp_path: Path) -> None:
    size = 100 * MIB
    head, tail = form(file("file", b"|"), field("model", b"a")).split(b"|")
    zeros = endless(256 * 1024, total=size)

    async def receive() -> dict[str, Any]:
        if zeros.taken == 0:
            zeros.taken = 1
            return piece(head, more=True)
        if zeros.left:
            return (await zeros()) | {"more_body": True}
        return piece(tail)

    tracemalloc.start()
    try:
        upload = await read_upload(receive, content_type=TYPE, declared=None, limit_mb=200, folder=tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(upload, Upload)
    assert upload.parts[0].size == size
    assert upload.parts[0].sha256 == sha256(b"\0" * size).hexdigest()
    assert peak < 12 * MIB
    upload.close()
