"""The bytes of the protocol's own refusals."""

import json

from aigw_dev.server.door_rules import DoorRules, plain_error, refusal
from aigw_dev.server.http1 import ReplyParser
from aigw_dev.server.request_head import Fault


def test_a_refusal_is_a_whole_response_that_ends_the_connection() -> None:
    parser = ReplyParser()
    body = parser.feed(refusal(DoorRules(), Fault(431, "headers_too_large", "too \u00e4 large"), "/v1"))
    assert parser.is_complete
    assert not parser.is_reusable
    assert parser.status == 431
    assert json.loads(body) == {
        "error": {
            "message": "too \u00e4 large",
            "type": "invalid_request_error",
            "param": None,
            "code": "headers_too_large",
        }
    }


def test_a_fault_of_ours_is_not_called_the_callers() -> None:
    assert (
        json.loads(plain_error(503, "too_many_connections", "full", "")[1])["error"]["type"] == "server_error"
    )


def test_the_path_chooses_the_shape() -> None:
    def encode(status: int, code: str, message: str, path: str) -> tuple[bytes, bytes]:
        return b"text/x", f"{status} {code} {message} {path}".encode()

    sent = refusal(DoorRules(encode=encode), Fault(400, "invalid_http", "no"), "/v1/messages")
    assert b"content-type: text/x\r\n" in sent
    assert sent.endswith(b"\r\n\r\n400 invalid_http no /v1/messages")
