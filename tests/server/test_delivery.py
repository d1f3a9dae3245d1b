"""What of a good reply is relayed, as what, and what cannot be."""

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.delivery import is_binary, request_id, require_acceptable
from aigw_dev.server.embedded import EmbeddedReply


@pytest.mark.parametrize(
    ("kind", "binary"),
    [
        (b"application/json", False),
        (b"text/event-stream; charset=utf-8", False),
        (b"application/sdp", False),
        (b"application/vnd.api+json", False),
        (b"application/x-jsonlines", False),
        (b"audio/mpeg", True),
        (b"video/mp4", True),
        (b"application/octet-stream", True),
        (b"", False),
    ],
)
def test_a_reply_is_binary_by_its_content_type(kind: bytes, binary: bool) -> None:
    assert is_binary(kind) == binary


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (302, [(b"location", b"https://elsewhere/x?token=1")], "upstream_redirect"),
        (200, [(b"content-encoding", b"gzip")], "upstream_encoded"),
    ],
)
def test_a_redirect_and_an_encoded_reply_are_refused(
    status: int, headers: list[tuple[bytes, bytes]], code: str
) -> None:
    with pytest.raises(UpstreamError) as caught:
        require_acceptable(EmbeddedReply(status, headers, []))
    assert caught.value.code == code
    assert "token=1" not in caught.value.message


def test_the_providers_own_id_is_found_by_any_of_its_names() -> None:
    assert request_id([(b"request-id", b"req_1")]) == "req_1"
    assert request_id([(b"x-amzn-requestid", b"a"), (b"x-request-id", b"b")]) == "b"
    assert request_id([]) == ""
