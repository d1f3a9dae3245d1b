"""Forms read while they are spooled."""

import tracemalloc
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.config import Limits
from aigw_dev.core.errors import Refusal
from aigw_dev.server.body import CallerLeft
from aigw_dev.server.spool import Spool
from aigw_dev.server.upload import Upload, read_raw, read_upload
from tests.core.forms import BOUNDARY, field, file, form
from tests.server.arriving import Pieces, cut, endless, is_empty, piece

pytestmark = pytest.mark.anyio
MIB = 1 << 20
TYPE = b"multipart/form-data; boundary=" + BOUNDARY
LIMITS = Limits(upload_mb=200)


async def uploaded(body: bytes, *, folder: Path | None = None, step: int = 50_000) -> Upload | Refusal:
    return await read_upload(
        cut(body, step), content_type=TYPE, declared=len(body), limits=LIMITS, folder=folder
    )


async def sent(upload: Upload, model: str) -> bytes:
    splices = upload.renamed(model)
    assert not isinstance(splices, Refusal)
    body = b"".join([piece async for piece in upload.stream(splices)])
    assert len(body) == upload.length(splices)
    return body


@pytest.mark.parametrize("size", [0, 1000, 3 * MIB])
async def test_a_form_goes_on_with_another_model_and_nothing_else_changed(size: int, tmp_path: Path) -> None:
    content = b"\r\n--" * (size // 4)
    body = form(file("file", content), field("model", b"openai/whisper-1"), field("stream", b"true"))
    upload = await uploaded(body, folder=tmp_path)
    assert isinstance(upload, Upload)
    assert (upload.size, upload.fields["model"], upload.content_type) == (len(body), "openai/whisper-1", TYPE)
    assert await sent(upload, "whisper-1") == body.replace(b"openai/whisper-1", b"whisper-1")
    assert await sent(upload, "other") == body.replace(b"openai/whisper-1", b"other")  # a fallback
    assert b"".join([piece async for piece in upload.stream()]) == body
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
    found = await read_upload(receive, content_type=TYPE, declared=None, limits=LIMITS)
    assert isinstance(found, Refusal)
    assert receive.taken == 1


async def test_a_content_type_without_a_boundary_is_refused_unread() -> None:
    receive = Pieces()
    found = await read_upload(receive, content_type=b"multipart/form-data", declared=None, limits=LIMITS)
    assert isinstance(found, Refusal)
    assert receive.taken == 0


async def test_the_upload_limit_is_the_configs() -> None:
    found = await read_upload(Pieces(), content_type=TYPE, declared=201 * MIB, limits=LIMITS)
    assert isinstance(found, Refusal)
    assert found.code == "body_too_large"
    assert "upload_mb" in found.message


async def test_a_caller_that_leaves_leaves_nothing(tmp_path: Path) -> None:
    receive = Pieces(piece(form(file("file", b"a" * 2 * MIB))[:-9], more=True), {"type": "http.disconnect"})
    with pytest.raises(CallerLeft):
        await read_upload(receive, content_type=TYPE, declared=None, limits=LIMITS, folder=tmp_path)
    assert is_empty(tmp_path)


async def test_a_raw_body_is_kept_unread(tmp_path: Path) -> None:
    body = b"\0\xff" * MIB
    spool = await read_raw(cut(body, 99_999), declared=len(body), limits=LIMITS, folder=tmp_path)
    assert isinstance(spool, Spool)
    assert b"".join([piece async for piece in spool.stream()]) == body
    spool.close()
    refused = await read_raw(Pieces(), declared=201 * MIB, limits=LIMITS, folder=tmp_path)
    assert isinstance(refused, Refusal)
    assert is_empty(tmp_path)


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
        upload = await read_upload(receive, content_type=TYPE, declared=None, limits=LIMITS, folder=tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(upload, Upload)
    assert upload.parts[0].size == size
    assert upload.parts[0].sha256 == sha256(b"\0" * size).hexdigest()
    assert peak < 10 * MIB
    upload.close()
