"""Subprotocols go up, credentials among them do not."""

import pytest

from aigw_dev.server.socket_offers import MOST, read_offers


def offers(*values: bytes) -> tuple[tuple[bytes, ...], list[bytes]]:
    read = read_offers([(b"sec-websocket-protocol", value) for value in values])
    return read.subprotocols, [value for _, value in read.credentials]


@pytest.mark.parametrize(
    "item",
    [
        b"openai-insecure-api-key.sk-1.2",
        b"xai-client-secret.sk-1.2",
        b"Bearer.sk-1.2",
        b"base64url.bearer.authorization.sk-1.2",
        b"access_token.sk-1.2",
        b"token.sk-1.2",
    ],
)
def test_a_credential_stays_and_counts(item: bytes) -> None:
    up, shown = offers(b"realtime, " + item)
    assert up == (b"realtime",)
    assert len(shown) == 1
    assert shown[0].endswith(b"sk-1.2")


def test_other_offers_go_up_in_order_once() -> None:
    assert offers(b"realtime,openai-beta.realtime-v1", b"openai-project.p, realtime") == (
        (b"realtime", b"openai-beta.realtime-v1", b"openai-project.p"),
        [],
    )


def test_what_is_no_token_or_ours_is_passed_over() -> None:
    assert offers(b'a"b, x y, , aigwdev-abc, x.aigwdev-1, \xff') == ((), [])


def test_only_so_many_are_read() -> None:
    up, _ = offers(b",".join(b"p%d" % number for number in range(100)))
    assert len(up) == MOST
    assert read_offers([]).subprotocols == ()
