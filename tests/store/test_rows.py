import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Assembled, StreamTiming, Usage
from aigw_dev.store import rows
from aigw_dev.store.interning import Interning
from aigw_dev.store.rows import Detail, Encoder
from tests.store.making import KEEP_ALL, attempt, exchange, quick_log, unmasked


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return Encoder(Interning(quick_log(tmp_path / "log.db"), unmasked), unmasked)


def content(
    encoder: Encoder,
    *,
    is_busy: bool = False,
    logging: Logging = KEEP_ALL,
    is_ended: bool = True,
    **fields: Any,
) -> dict[str, Any]:
    """The row of an exchange's content, by column, with its pieces."""
    draft = encoder.draft(exchange(**fields), 1, logging=logging, is_ended=is_ended)
    encoder.mask([draft])
    row, pieces = encoder.content_rows(draft, is_busy=is_busy)
    names = ("seq", "codec", "detail", "request", "response", "reply", "timing")
    return dict(zip(names, row, strict=True)) | {"pieces": pieces, "shared": draft.shared}


def detail(encoder: Encoder, **fields: Any) -> Detail:
    return msgspec.json.decode(str(content(encoder, **fields)["detail"]), type=Detail)


def test_a_body_is_readable_text_in_the_database(encoder: Encoder) -> None:
    found = content(encoder, request_body=b'{"model":"m"}', response_body="größer".encode())
    assert (found["request"], found["response"], found["codec"]) == ('{"model":"m"}', "größer", 0)


def test_a_body_that_is_no_text_is_kept_byte_for_byte(encoder: Encoder) -> None:
    assert content(encoder, response_body=b"\xff\x00\xfe")["response"] == bytearray(b"\xff\x00\xfe")


def test_a_large_body_is_compressed_when_nobody_waits(encoder: Encoder) -> None:
    body = b'{"text":"' + b"again and again " * 500 + b'"}'
    found = content(encoder, request_body=body)
    assert found["codec"] == rows.REQUEST_BIT
    assert zlib.decompress(found["request"]) == body
    assert len(found["request"]) < len(body) / 10
    assert not content(encoder, request_body=body, is_busy=True)["codec"] & rows.REQUEST_BIT


def test_an_empty_body_is_not_an_absent_one(encoder: Encoder) -> None:
    assert content(encoder, request_body=b"")["request"] == bytearray()
    assert content(encoder, request_body=None)["request"] == ""


def test_switches_keep_bodies_and_the_message_out(encoder: Encoder) -> None:
    found = content(encoder, logging=Logging(record_request=False), is_stream=True)
    assert (found["request"], bool(found["response"]), bool(found["reply"])) == ("", True, True)
    found = content(encoder, logging=Logging(record_response=False), is_stream=True)
    assert (bool(found["request"]), found["response"], found["reply"]) == (True, "", "")


def test_the_message_is_kept_where_it_cannot_be_read_from_the_body(encoder: Encoder) -> None:
    assert content(encoder)["reply"] == ""
    assert "balance" in str(content(encoder, is_stream=True)["reply"])
    assert "balance" in str(content(encoder, response_body=None)["reply"])
    assert content(encoder, is_stream=True, assembled=None)["reply"] == ""


def test_an_exchange_that_still_runs_has_no_bodies(encoder: Encoder) -> None:
    found = content(encoder, is_ended=False, timing=StreamTiming(at_us=[1], size_bytes=[2]))
    assert [found[name] for name in ("request", "response", "reply", "timing")] == [""] * 4
    assert "attempts" in found["detail"]


def test_what_repeats_is_shared_from_its_second_time_on(encoder: Encoder) -> None:
    decision = b'{"route":"ai-test"}'
    first = detail(encoder, decision=decision)
    assert bytes(first.head)
    assert bytes(first.decision) == decision
    found = content(encoder, decision=decision)
    assert found["shared"] == (1, 2)
    assert "decision" not in found["detail"]


def test_a_large_body_is_cut_into_pieces_that_fill_pages(encoder: Encoder) -> None:
    body = bytes(range(256)) * 40
    found = content(encoder, request_body=body, is_busy=True)
    assert (found["request"], found["codec"]) == ("", rows.REQUEST_BIT << rows.IN_PIECES)
    assert [len(part) for _, part in found["pieces"]] == [2000, 2000, 2000, 2000, 2000, 240]
    assert b"".join(part for _, part in found["pieces"]) == body


def test_secrets_are_masked_in_everything_that_is_kept(tmp_path: Path) -> None:
    looks: list[bytes] = []

    def mask(text: bytes) -> bytes:
        looks.append(text)
        return text.replace(b"secret", b"***")

    encoder = Encoder(Interning(quick_log(tmp_path / "log.db"), mask), mask)
    drafts = [
        encoder.draft(exchange(request_body=body), 1, logging=KEEP_ALL, is_ended=True)
        for body in (b"x", b"secret")
    ]
    encoder.mask(drafts)
    assert [dict(draft.texts)[rows.REQUEST_BIT] for draft in drafts] == [b"x", b"***"]
    looks.clear()
    encoder.mask(drafts)
    assert len(looks) == 1


def test_a_session_is_masked_once(tmp_path: Path) -> None:
    looks: list[bytes] = []

    def mask(text: bytes) -> bytes:
        looks.append(text)
        return text.upper()

    encoder = Encoder(Interning(quick_log(tmp_path / "log.db"), mask), mask)
    for number in (*range(1001), 1000):
        row = encoder.exchange_row(exchange(session=f"s{number}"), 1, dim=1, state=0, end="ok", shared=(0, 0))
        assert row[-2] == f"S{number}"
    assert looks.count(b"s1000") == 1


def test_headers_that_differ_every_time_do_not_keep_the_others_from_being_shared(encoder: Encoder) -> None:
    found = Detail()
    for number in range(2):
        headers = [("accept", "*/*"), ("traceparent", f"00-{number:032x}-1-01")]
        found = detail(encoder, request_headers=headers)
        assert found.headers == [("traceparent", f"00-{number:032x}-1-01")]
    assert not bytes(found.head)


def test_detail_leaves_out_what_is_empty(encoder: Encoder) -> None:
    content(encoder)
    found = str(content(encoder, usage=None, response_headers=[], attempts=[])["detail"])
    assert found == "{}"


def test_detail_keeps_what_the_provider_said_of_its_usage(encoder: Encoder) -> None:
    usage = Usage(input=1, raw=msgspec.Raw(b'{"cost":0.5}'), reported_nanousd=500_000_000)
    found = detail(encoder, usage=usage, ledger=b'{"dropped":["n"]}', trace_id="odd", error_text="why")
    assert (bytes(found.usage), found.reported_nanousd) == (b'{"cost":0.5}', 500_000_000)
    assert (bytes(found.ledger), found.trace_id, found.error_text) == (b'{"dropped":["n"]}', "odd", "why")
    assert not bytes(detail(encoder, usage=Usage(input=1, estimated=True)).usage)


def test_attempts_are_kept_in_microseconds(encoder: Encoder) -> None:
    found = detail(
        encoder,
        attempts=[
            attempt(first_byte_s=None, ended_s=0.25, status=None, error="connect_failed", reason="retry")
        ],
    )
    assert found.attempts == [(1, 1, 1000, None, 250_000, None, "connect_failed", "", None, "")]


def test_an_id_of_a_trace_that_is_not_hex_has_no_bytes(encoder: Encoder) -> None:
    for trace_id, stored in (("0" * 31 + "g", b""), ("x", b""), ("ab" * 16, b"\xab" * 16)):
        row = encoder.exchange_row(exchange(trace_id=trace_id), 1, dim=1, state=0, end="ok", shared=(0, 0))
        assert row[-1] == bytearray(stored)


def test_long_timing_is_compressed_when_nobody_waits(encoder: Encoder) -> None:
    timing = StreamTiming(at_us=list(range(0, 5_000_000, 5000)), size_bytes=[250] * 1000)
    found = content(encoder, is_stream=True, timing=timing, assembled=Assembled(text="x"))
    assert found["codec"] == rows.TIMING_BIT
    assert content(encoder, is_stream=True, timing=timing, is_busy=True)["codec"] == 0
