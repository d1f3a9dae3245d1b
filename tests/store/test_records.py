import base64
import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Assembled, Cost, Exchange, StreamTiming, ToolCall, Usage
from aigw_dev.core.units import Images, Units
from aigw_dev.store.records import Record, as_json, marks
from tests.store.making import (
    KEEP_ALL,
    NOON,
    attempt,
    batches,
    exchange,
    log_reader,
    quick_log,
    refused,
    reply,
    write,
)


def stored(tmp_path: Path, *exchanges: Exchange) -> list[Record]:
    write(tmp_path / "log.db", exchanges)
    return list(reversed(list(log_reader(tmp_path / "log.db").records())))


def full_exchange() -> Exchange:
    """Every field has a value of its own."""
    return exchange(
        path="/v1/chat/completions?beta=1",
        dialect="openai-chat",
        consumer="alice",
        run="tests",
        session="conversation-7",
        is_stream=True,
        route="ai-test",
        decision=b'{"route":"ai-test","trace":[]}',
        attempts=[
            attempt(
                status=429, error="upstream_status", error_text="slow down", retry_after_s=2.5, node="then"
            ),
            attempt("qwen", number=2, reason="fallback", upstream_request_id="req-1", first_byte_s=None),
        ],
        provider="qwen",
        marks={"fallback", "retried"},
        usage=Usage(
            input=9,
            output=8,
            cached_input=7,
            cache_write=6,
            reasoning=5,
            estimated=False,
            reported_nanousd=12,
            raw=msgspec.Raw(b'{"prompt_tokens":9}'),
        ),
        units=Units(
            images=(Images(2, "1024x1024", "high"), Images(1)), audio_in_s=1.25, unknown=("video_s",)
        ),
        cost=Cost(status="partial", nanousd=77, price_id="qwen/x@2025", reason="no rate for audio"),
        error_text="",
        request_headers=[("accept", "*/*"), ("traceparent", "00-1-1-01")],
        response_headers=[("x-request-id", "7")],
        timing=StreamTiming(at_us=[10, 25, 900], size_bytes=[3, 4, 5]),
        assembled=Assembled(
            text="T", reasoning="R", tool_calls=[ToolCall(id="c", name="f", arguments="{}")], finish="stop"
        ),
        ledger=b'{"dropped":["n"]}',
    )


def equal(found: Exchange, given: Exchange) -> None:
    for name in given.__struct_fields__:
        if name == "usage":
            assert msgspec.json.encode(found.usage) == msgspec.json.encode(given.usage)
        else:
            assert getattr(found, name) == getattr(given, name), name


@pytest.mark.parametrize("times", [1, 3])
def test_an_exchange_comes_back_as_it_was_given(tmp_path: Path, times: int) -> None:
    given = [full_exchange() for _ in range(times)]
    for one, found in zip(given, stored(tmp_path, *given), strict=True):
        equal(found.exchange, one)
        assert (found.state, found.outcome, found.cost_status) == ("ended", "ok", "partial")


def test_a_plain_reply_is_put_together_again_from_its_body(tmp_path: Path) -> None:
    (found,) = stored(tmp_path, exchange(response_body=reply("hello there")))
    message = found.exchange.assembled
    assert message is not None
    assert (message.text, message.finish) == ("hello there", "stop")


@pytest.mark.parametrize(
    "fields", [{"status": 500}, {"response_body": None, "assembled": None}, {"dialect": "other"}]
)
def test_what_is_no_reply_is_not_put_together(tmp_path: Path, fields: dict[str, Any]) -> None:
    (found,) = stored(tmp_path, exchange(**fields))
    assert found.exchange.assembled is None


def test_a_refusal_has_nothing_to_price(tmp_path: Path) -> None:
    (found,) = stored(tmp_path, refused())
    assert (found.cost_status, found.outcome, found.exchange.cost.status) == (None, "failed", "unknown")
    assert found.exchange.attempts == []
    assert found.exchange.usage is None


def test_an_exchange_as_json_is_readable_whole(tmp_path: Path) -> None:
    (found,) = stored(tmp_path, full_exchange())
    shown = as_json(found)
    text = json.dumps(shown)
    assert json.loads(text)["id"] == found.exchange.id
    assert shown["decision"] == {"route": "ai-test", "trace": []}
    assert shown["ledger"] == {"dropped": ["n"]}
    assert shown["usage"]["raw"] == {"prompt_tokens": 9}
    assert shown["marks"] == ["fallback", "retried"]
    assert shown["ended_at"] == NOON + 0.5
    assert json.loads(shown["request_body"])["model"] == "gpt-4o-mini"
    assert [one["status"] for one in shown["attempts"]] == [429, 200]
    assert shown["timing"] == {"at_us": [10, 25, 900], "size_bytes": [3, 4, 5]}


def test_a_body_that_is_no_text_is_exported_as_base64(tmp_path: Path) -> None:
    body = b"\x89PNG\xff"
    (found,) = stored(tmp_path, exchange(response_body=body))
    shown = as_json(found)
    assert shown["response_body"] is None
    assert base64.b64decode(shown["response_body_base64"]) == body


def test_bodies_left_out_are_null(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange()], Logging(record_request=False, record_response=False))
    found = log_reader(tmp_path / "log.db").get("last")
    assert isinstance(found, Record)
    shown = as_json(found)
    assert (shown["request_body"], shown["response_body"], shown["assembled"]) == (None, None, None)
    assert shown["request_bytes"] == 300


def test_a_row_whose_detail_was_mangled_is_shown_without_it(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [full_exchange(), full_exchange()])
    db = sqlite3.connect(tmp_path / "log.db")
    db.execute("UPDATE content SET detail='{' WHERE seq=1")
    db.execute("UPDATE content SET reply=x'00', codec=0 WHERE seq=1")
    db.execute("DELETE FROM content WHERE seq=2")
    db.execute("DELETE FROM shared")
    db.commit()
    db.close()
    for found in log_reader(tmp_path / "log.db").records():
        assert found.exchange.attempts == []
        assert found.exchange.method == ""
        assert as_json(found)["status"] == 200


def test_texts_that_are_not_json_are_shown_as_they_are(tmp_path: Path) -> None:
    (found,) = stored(tmp_path, exchange())
    found.exchange.decision = b"not json"
    assert as_json(found)["decision"] == "not json"


def test_marks_come_in_their_order() -> None:
    assert marks(0) == []
    assert marks(64 | 1 | 8) == ["throttled", "retried", "broken"]


def test_models_are_told_apart_in_the_detail_once_the_table_is_full(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    db.execute("INSERT INTO dim SELECT 10000, '', '', '', '', '', '', '', '', '', '', '', '', ''")
    batches(db).write([exchange(request_model="very-new")], [], KEEP_ALL)
    db.close()
    reader = log_reader(tmp_path / "log.db")
    assert reader.page().entries[0].request_model == "(other)"
    found = reader.get("last")
    assert isinstance(found, Record)
    assert found.exchange.request_model == "very-new"
