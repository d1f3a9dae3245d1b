"""Headers of a reply on its way."""

from aigw_dev.core.recording.faults.steps import Headers, is_good, value_of, without

HEAD: Headers = [(b"Content-Type", b"a"), (b"x", b"1"), (b"content-type", b"b")]


def test_names_are_found_in_any_case() -> None:
    assert value_of(HEAD, b"content-type") == b"a"
    assert value_of(HEAD, b"y") == b""
    assert without(HEAD, b"content-type") == [(b"x", b"1")]


def test_only_success_has_content_to_change() -> None:
    assert [status for status in (199, 200, 299, 300, 500) if is_good(status)] == [200, 299]
