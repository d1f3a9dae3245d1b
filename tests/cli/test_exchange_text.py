"""One exchange as text: every fact is there once, with its doubt, and nothing of it steers a terminal."""

import json
from pathlib import Path
from typing import Any

from aigw_dev.cli import exchange_text
from aigw_dev.core.exchange import Assembled, Cost, Exchange, StreamTiming, Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.units import Images, Units
from tests.cli.logged import STEERING, guessed, shown, unpriced
from tests.store.making import attempt, exchange, refused

DECISION = {
    "route": "ai-test",
    "targets": [{"provider": "mock", "model": "echo", "node": "flow.else"}],
    "trace": [
        {
            "type": "if",
            "node": "flow",
            "condition": 'metadata.tier == "pro"',
            "observations": [
                {
                    "name": "metadata.tier",
                    "operator": "==",
                    "wanted": "pro",
                    "actual": "free",
                    "result": False,
                }
            ],
            "result": False,
            "not_taken": "qwen/qwen3-max",
        },
        {"type": "send", "node": "flow.else"},
    ],
}


def overview(given: Exchange, folder: Path) -> dict[str, str]:
    """The overview's rows by label."""
    rows = exchange_text.overview(shown(given, folder))
    return {line[:11].strip(): line[11:] for line in rows}


def test_the_overview_says_what_was_asked_who_answered_and_how_it_ended(tmp_path: Path) -> None:
    rows = overview(
        exchange(original_model="smart", route="ai-test", marks={"retried", "fallback"}), tmp_path
    )
    assert rows["exchange"].endswith("  ok")
    assert rows["status"] == "200  finish stop"
    assert rows["model"] == (
        "openai/gpt-4o-mini (asked for as smart, answered by gpt-4o-mini-2024-07-18)  key openai-api-key"
    )
    assert rows["route"] == "ai-test"
    assert rows["marks"] == "fallback retried"
    assert rows["asked"] == "POST /v1/chat/completions  openai.chat.completions"
    assert rows["caller"] == "consumer none  OpenAI/Python 1.60.0"
    assert rows["tokens"] == "57 in, 40 out"
    assert rows["cost"] == "$0.000033  exact  price openai/gpt-4o-mini@2024-07-18"
    assert rows["took"].startswith("500 ms, first packet after 400 ms")
    assert "trace 4bf92f3577b34da6a3ce929d0e0e4736" in rows["gateway"]


def test_a_refusal_says_why_and_has_no_cost(tmp_path: Path) -> None:
    rows = overview(refused(original_model="nope", error_text="no such model"), tmp_path)
    assert rows["error"] == "model_not_found: no such model"
    assert rows["model"] == "nope (nothing was sent)"
    assert "cost" not in rows


def test_doubtful_tokens_and_costs_say_so(tmp_path: Path) -> None:
    rows = overview(guessed(), tmp_path)
    assert "estimated: the provider sent no usage" in rows["tokens"]
    assert rows["cost"].startswith("~$0.001  estimated")
    (tmp_path / "unpriced").mkdir()
    assert overview(unpriced(), tmp_path / "unpriced")["cost"] == "unknown  no price for openai/gpt-99"


def test_a_free_call_is_called_free(tmp_path: Path) -> None:
    rows = overview(exchange(cost=Cost(status="free", nanousd=0, reason="mock costs nothing")), tmp_path)
    assert rows["cost"] == "$0  free  mock costs nothing"


def test_parts_of_the_tokens_are_named(tmp_path: Path) -> None:
    usage = Usage(input=100, output=50, cached_input=60, cache_write=10, reasoning=30)
    rows = overview(exchange(usage=usage), tmp_path)
    assert rows["tokens"] == "100 in (60 cached, 10 written to the cache), 50 out (30 reasoning)"


def test_a_call_without_a_model_names_the_provider_alone(tmp_path: Path) -> None:
    rows = overview(exchange(original_model="", request_model="", response_model=""), tmp_path)
    assert rows["model"] == "openai  key openai-api-key"


def test_what_was_used_beside_tokens_is_named(tmp_path: Path) -> None:
    pictures = Units(images=(Images(2, "1792x1024", "hd"),))
    assert overview(exchange(units=pictures), tmp_path)["units"] == "2 images  1792x1024 hd"
    heard = Units(characters=40, audio_out_s=2.5)
    assert overview(exchange(units=heard), tmp_path)["units"] == "2.5 s spoken, 40 characters"
    film = Units(videos=1, video_s=8.0, resolution="720p", job="video_1")
    assert overview(exchange(units=film), tmp_path)["units"] == "1 video, 8 s  720p"
    assert (
        overview(exchange(units=Units(unknown=("audio_in_s",))), tmp_path)["units"]
        == "nobody told audio_in_s"
    )
    assert "units" not in overview(exchange(), tmp_path)


def test_a_stream_tells_its_chunks_and_longest_gap(tmp_path: Path) -> None:
    timing = StreamTiming(at_us=[400_000, 410_000, 700_000, 705_000], size_bytes=[10, 10, 10, 10])
    rows = overview(exchange(is_stream=True, timing=timing), tmp_path)
    assert rows["stream"] == "4 chunks, longest gap 290 ms before chunk 3, last at 705 ms"


def test_a_stream_of_one_chunk_has_no_gap(tmp_path: Path) -> None:
    rows = overview(exchange(is_stream=True, timing=StreamTiming(at_us=[5], size_bytes=[1])), tmp_path)
    assert rows["stream"] == "1 chunk"


def test_every_attempt_has_its_own_target_key_status_and_times(tmp_path: Path) -> None:
    calls = [
        attempt("qwen", status=429, error="upstream_status", error_text="slow down", retry_after_s=2.0, number=1,
                upstream_request_id="req-1"),
        attempt("openai", number=2, reason="fallback", started_s=0.2, first_byte_s=0.3, ended_s=0.5),
    ]  # fmt: skip
    header, rows = exchange_text.attempts(shown(exchange(attempts=calls), tmp_path))
    assert header == ["#", "WHY", "TARGET", "KEY", "STATUS", "START", "FIRST", "END", "ERROR"]
    assert rows[0][1:5] == ["first", "qwen/gpt-4o-mini", "qwen-api-key", "429"]
    assert rows[0][8] == "upstream_status: slow down (retry after 2 s)  [req-1]"
    assert rows[1] == [
        "2",
        "fallback",
        "openai/gpt-4o-mini",
        "openai-api-key",
        "200",
        "200",
        "300",
        "500",
        "-",
    ]


def test_the_path_of_a_route_is_drawn_with_values_and_what_was_not_taken(tmp_path: Path) -> None:
    decided = exchange(route="ai-test", decision=json.dumps(DECISION).encode())
    drawn = "\n".join(exchange_text.path(shown(decided, tmp_path), width=80, is_ascii=False))
    assert 'metadata.tier is "free"' in drawn
    assert "then (not taken): qwen/qwen3-max" in drawn
    assert "else (taken): mock/echo" in drawn
    plain = exchange_text.path(shown(decided, tmp_path), width=80, is_ascii=True)
    assert "".join(plain).isascii()


def test_a_decision_that_cannot_be_read_is_said_not_hidden(tmp_path: Path) -> None:
    (line,) = exchange_text.path({"decision": {"route": "x"}}, width=80, is_ascii=False)
    assert "--json shows it" in line
    assert exchange_text.path(shown(exchange(), tmp_path), width=80, is_ascii=False) == []


def test_bodies_that_are_no_text_are_named_by_size(tmp_path: Path) -> None:
    binary = shown(exchange(request_body=b"\xff\xfe", response_body=b"\xff", assembled=None), tmp_path)
    assert exchange_text.request(binary) == ["300 bytes that are no text"]
    assert exchange_text.response(binary) == ["400 bytes that are no text"]


def test_the_ledger_of_a_translation_is_shown(tmp_path: Path) -> None:
    ledger = Ledger("openai-chat", "anthropic-messages")
    ledger.keep("messages", "tools")
    ledger.dropped("logit_bias", "Anthropic has no such thing")
    ledger.side = "reply"
    ledger.invented("id", "made here")
    translated = shown(exchange(ledger=ledger.encode()), tmp_path)
    assert exchange_text.ledger(translated) == [
        "openai-chat to anthropic-messages",
        "dropped      logit_bias: Anthropic has no such thing",
        "invented     id: made here (reply)",
        "kept         messages, tools",
    ]
    assert exchange_text.violations(shown(exchange(violations=["[DONE] \x1b[2J twice"]), tmp_path)) == [
        "[DONE] \\x1b[2J twice"
    ]
    assert exchange_text.ledger(shown(exchange(), tmp_path)) == []


def test_nothing_that_came_from_elsewhere_steers_the_terminal(tmp_path: Path) -> None:
    evil: dict[str, Any] = dict.fromkeys(
        ("session", "client", "original_model", "response_model", "finish", "error", "error_text", "path"),
        STEERING,
    )
    evil |= {
        "status": 500,
        "assembled": Assembled(text=STEERING, reasoning=STEERING),
        "request_headers": [("x-a", STEERING)],
        "attempts": [attempt(error="upstream_status", error_text=STEERING)],
    }
    found = shown(exchange(**evil), tmp_path)
    lines = [
        *exchange_text.overview(found),
        *exchange_text.request(found),
        *exchange_text.response(found),
        *exchange_text.headers(found["request_headers"]),
        *exchange_text.raw(STEERING),
    ]
    assert "\x1b" not in "".join(lines)
    assert "\u202e" not in "".join(lines)
