"""How long a provider asks us to wait."""

import pytest

from aigw_dev.core.retry_after import wait_s

NOW = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT


@pytest.mark.parametrize(
    ("milliseconds", "seconds", "expected"),
    [
        (b"", b"7", 7.0),
        (b"", b" 1.5 ", 1.5),
        (b"250", b"7", 0.25),
        (b"junk", b"7", 7.0),
        (b"", b"Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        (b"", b"Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        (b"", b"99999999999", 7 * 86400.0),
        (b"", b"Fri, 21 Oct 2050 07:28:00 GMT", 7 * 86400.0),
        (b"", b"", None),
        (b"", b"soon", None),
        (b"", b"-3", None),
        (b"", b"\xff", None),
        (b"", b"1e9", None),
    ],
)
def test_a_wait_is_read_from_milliseconds_seconds_or_a_date(
    milliseconds: bytes, seconds: bytes, expected: float | None
) -> None:
    assert wait_s(milliseconds, seconds, now_at=NOW) == expected
