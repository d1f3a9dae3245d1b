"""How long WebM is."""

import pytest

from aigw_dev.core.matroska import matroska_length
from tests.core.audio_files import element, webm


def length(body: bytes) -> tuple[float, bool] | None:
    return matroska_length(body[:65536], body[-65536:], len(body))


def test_a_duration_is_exact() -> None:
    assert length(webm(12_500.0)) == (12.5, True)
    assert length(webm(125.0, scale=100_000)) == (0.0125, True)
    single = webm(12_500.0).replace(
        element(b"\x44\x89", webm(12_500.0)[-8:]), element(b"\x44\x89", b"\x46\x43\x50\0")
    )
    assert length(single) is None or length(single) == (12.5, True)


def test_a_recording_without_one_is_as_long_as_its_last_cluster_is_far() -> None:
    assert length(webm(None, 0, 5_000, 10_000)) == (10.0, False)
    assert length(webm(0.0, 0, 5_000)) == (5.0, False)
    assert length(webm(None)) is None
    assert length(webm(None, 0)) is None


@pytest.mark.parametrize("cut", range(len(webm(9.0, 1))))
def test_a_file_that_is_cut_never_raises(cut: int) -> None:
    length(webm(9.0, 1)[:cut])


def test_more_elements_than_anybody_writes_are_given_up() -> None:
    body = webm(None)
    assert length(body + element(b"\xec", b"") * 300 + element(b"\x44\x89", b"\0" * 8)) is None
