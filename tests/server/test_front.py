"""The checks before credential and body."""

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.server import front

RULES = front.rules(
    port=2449, host="127.0.0.1", allowed_hosts=("dev.box",), allowed_origins=("http://app.test:3000",)
)


def head(*pairs: tuple[bytes, bytes], host: bytes = b"127.0.0.1:2449") -> front.Head:
    return front.read_head([(b"host", host), *pairs])


def code(found: Refusal | None) -> str:
    return found.code if found is not None else ""


@pytest.mark.parametrize(
    "host", [b"127.0.0.1:2449", b"LOCALHOST:2449", b"[::1]:2449", b"app.localhost:2449", b"dev.box", b"dev.box:2449",
             b"host.docker.internal:2449"],
)  # fmt: skip
def test_our_own_names_are_served(host: bytes) -> None:
    assert front.check(head(host=host), RULES) is None


@pytest.mark.parametrize(
    "host", [b"127.0.0.1", b"127.0.0.1:2450", b"evil.test:2449", b"127.0.0.1.evil.test:2449", b"localhost.evil:2449",
             b"evillocalhost:2449", b"[::ffff:127.0.0.1]:2449", b"0.0.0.0:2449", b""],
)  # fmt: skip
def test_every_other_name_is_refused(host: bytes) -> None:
    assert code(front.check(head(host=host), RULES)) == "host_not_allowed"


def test_no_host_and_two_hosts_are_refused() -> None:
    assert code(front.check(front.read_head([]), RULES)) == "invalid_http"
    assert code(front.check(head((b"host", b"localhost:2449")), RULES)) == "invalid_http"


def test_both_framings_are_refused() -> None:
    both = head((b"content-length", b"3"), (b"transfer-encoding", b"chunked"))
    assert code(front.check(both, RULES)) == "invalid_http"


@pytest.mark.parametrize(
    "origin", [b"http://127.0.0.1:2449", b"http://app.test:3000", b"HTTP://APP.TEST:3000"]
)
def test_own_and_configured_origins_pass(origin: bytes) -> None:
    assert front.check(head((b"origin", origin)), RULES) is None


@pytest.mark.parametrize(
    "origin", [b"http://evil.test", b"null", b"http://127.0.0.1:9999", b"https://127.0.0.1:2449"]
)
def test_a_foreign_origin_is_refused_with_the_line_to_add(origin: bytes) -> None:
    refusal = front.check(head((b"origin", origin)), RULES)
    assert refusal is not None
    assert origin.decode() in refusal.message
    assert "allowed_origins" in refusal.message


@pytest.mark.parametrize(
    ("site", "is_refused"),
    [(b"cross-site", True), (b"same-site", True), (b"none", False), (b"same-origin", False)],
)
def test_a_cross_site_fetch_is_refused(site: bytes, is_refused: bool) -> None:
    assert (code(front.check(head((b"sec-fetch-site", site)), RULES)) == "origin_not_allowed") is is_refused


def test_only_a_configured_origin_gets_cors() -> None:
    assert front.is_allowed_origin(head((b"origin", b"http://app.test:3000")), RULES)
    assert not front.is_allowed_origin(head((b"origin", b"http://127.0.0.1:2449")), RULES)
    assert not front.is_allowed_origin(head(), RULES)


def test_a_containers_name_wants_a_token() -> None:
    assert front.needs_token(head(host=b"host.docker.internal:2449"), RULES)
    assert not front.needs_token(head(), RULES)


@pytest.mark.parametrize(
    ("kind", "is_refused"),
    [(b"application/json", False), (b"Application/JSON; charset=utf-8", False), (b"text/plain", True),
     (b"application/x-www-form-urlencoded", True), (b"", True), (b"multipart/form-data", True)],
)  # fmt: skip
def test_a_post_wants_json(kind: bytes, is_refused: bool) -> None:
    found = front.check_media(head((b"content-type", kind)), "POST", media=("application/json",))
    assert (code(found) == "unsupported_media_type") is is_refused


def test_an_upload_wants_multipart_and_a_get_nothing() -> None:
    assert (
        front.check_media(
            head((b"content-type", b"multipart/form-data; boundary=x")),
            "POST",
            media=("multipart/form-data",),
        )
        is None
    )
    assert front.check_media(head(), "GET", media=("application/json",)) is None


def test_an_encoded_body_is_refused() -> None:
    encoded = head((b"content-type", b"application/json"), (b"content-encoding", b"gzip"))
    assert code(front.check_media(encoded, "POST", media=("application/json",))) == "unsupported_media_type"


@pytest.mark.parametrize("name", [b"origin", b"sec-fetch-site", b"content-type", b"content-encoding"])
def test_a_header_that_decides_is_accepted_once_only(name: bytes) -> None:
    found = front.check(head((name, b"http://evil.test"), (name, b"http://127.0.0.1:2449")), RULES)
    assert code(found) == "invalid_http"
    assert found is not None
    assert name.decode() in found.message


def test_our_own_origin_does_not_excuse_a_foreign_site() -> None:
    own = (b"origin", b"http://127.0.0.1:2449")
    assert code(front.check(head(own, (b"sec-fetch-site", b"cross-site")), RULES)) == "origin_not_allowed"
    assert front.check(head(own, (b"sec-fetch-site", b"same-origin")), RULES) is None
    known = (b"origin", b"http://app.test:3000")
    assert front.check(head(known, (b"sec-fetch-site", b"cross-site")), RULES) is None


def test_the_null_origin_is_refused_without_advice_to_allow_it() -> None:
    found = front.check(head((b"origin", b"null")), RULES)
    assert code(found) == "origin_not_allowed"
    assert found is not None
    assert "['null']" not in found.message


def test_an_empty_label_before_localhost_is_no_name_of_ours() -> None:
    assert code(front.check(head(host=b".localhost:2449"), RULES)) == "host_not_allowed"
