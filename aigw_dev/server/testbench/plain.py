"""Requests and replies as plain JSON, for answers of the admin API: what stands for bytes becomes a short note."""

from typing import Any, cast

import msgspec

from aigw_dev.core.recording.fixture import Blob, Request, Wild


def plain_request(request: Request) -> Any:
    """The body as sent, a form as its fields with `files`, or a note of other bytes; None where there is none."""
    if request.form is not None:
        files = [
            {
                "name": one.name,
                "filename": one.filename,
                "type": one.type,
                "sha256": one.blob.sha256,
                "bytes": one.blob.bytes,
            }
            for one in request.files
        ]
        return {**request.form, "files": files} if files else dict(request.form)
    if request.blob is not None:
        return plain(request.blob)
    return None if request.body is msgspec.UNSET else plain(request.body)


def plain(value: Any) -> Any:
    """`value` without `Blob` and `Wild`."""
    if isinstance(value, Blob):
        return {"~blob": f"sha256:{value.sha256}", "type": value.type, "bytes": value.bytes}
    if isinstance(value, Wild):
        return {"~any": True} if value.pattern is None else {"~re": value.pattern}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(one) for one in cast("list[Any]", value)]
    return value


def dollars(nanousd: int) -> str:
    """An amount as decimal text, every digit of it."""
    whole, nano = divmod(nanousd, 1_000_000_000)
    return f"{whole}.{nano:09d}".rstrip("0").rstrip(".") if nano else str(whole)
