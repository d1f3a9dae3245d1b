"""Exchanges as files, as calls, side by side."""

import os
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.json_diff import Difference
from aigw_dev.tui.logs import comparing, export
from aigw_dev.tui.logs.call import body_of, curl_of, metadata_of
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.logs.test_facts import exchange, said

URL = "http://127.0.0.1:2449"


def test_har_has_request_reply_and_times() -> None:
    made: dict[str, Any] = msgspec.json.decode(export.encoded([exchange()], "har", base_url=URL, version="1"))
    entry = made["log"]["entries"][0]
    assert entry["request"]["url"] == f"{URL}/v1/chat/completions"
    assert entry["response"]["content"]["mimeType"] == "text/event-stream"
    assert round(entry["timings"]["wait"]) == 1094
    assert round(entry["time"]) == 2021
    assert entry["_aigw"]["route"] == "smart"


def test_bytes_that_are_no_text_stay_base64() -> None:
    one = exchange(response_body=None, response_body_base64="AAEC")
    made: dict[str, Any] = msgspec.json.decode(export.encoded([one], "har", base_url=URL, version="1"))
    assert made["log"]["entries"][0]["response"]["content"]["encoding"] == "base64"


def test_json_lines_keep_every_value_and_hold_nothing_that_steers() -> None:
    one = exchange(error_text="\u202e\x9b red")
    text = export.encoded([one, one], "jsonl", base_url=URL, version="1")
    assert [msgspec.json.decode(line) for line in text.splitlines()] == [one, one]
    assert "\u202e" not in text


def test_a_file_is_private_and_an_error_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    export.write(path, "one\n")
    assert path.read_text() == "one\n"
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError):
        export.write(tmp_path / "none" / "x", "two")
    assert [one.name for one in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_call_is_made_again_with_metadata_and_without_credentials() -> None:
    one = exchange()
    one["request_headers"] += [
        ["x-stainless-os", "Linux"],
        ["anthropic-beta", "x"],
        ["authorization", "Bearer [masked]"],
    ]
    words = shlex.split(curl_of(one, URL))
    assert msgspec.json.decode(words[words.index("-d") + 1]) == body_of(one)
    headers = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
    assert any(header.startswith("x-ai-route-metadata") for header in headers)
    assert "anthropic-beta: x" in headers
    assert not any("stainless" in header or "masked" in header for header in headers)


def test_metadata_in_either_spelling_and_bodies_that_are_none() -> None:
    assert metadata_of(exchange()) == {"tier": "free", "lang": "en"}
    assert metadata_of(exchange(request_headers=[["X-AI-Route-Metadata", "a=1; b=2"]])) == {
        "a": "1",
        "b": "2",
    }
    assert metadata_of(exchange(request_headers=[])) is None
    assert metadata_of(exchange(request_headers=[["x-ai-route-metadata", "[1]"]])) is None
    for body in (None, "", "no json", "[1]"):
        assert body_of(exchange(request_body=body)) is None
    assert curl_of(exchange(request_body=None), URL).startswith("# the request's body was not kept")


def comparison(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "before": "a",
        "after": "b",
        "is_same": False,
        "fields": [
            {"name": "status", "before": 200, "after": 200, "delta": None},
            {"name": "duration_s", "before": 1.0, "after": 0.588, "delta": -0.412},
            {"name": "cost_nanousd", "before": 4_100_000, "after": 5_000_000, "delta": 900_000},
            {"name": "error", "before": "", "after": "", "delta": None},
        ],
        "text": {
            "similarity": 0.97,
            "is_exact": True,
            "hunks": [
                {"kind": "same", "text": "the sky is "},
                {"kind": "removed", "text": "blue "},
                {"kind": "added", "text": "green\nand wide "},
                {"kind": "same", "text": "today"},
            ],
        },
        "reasoning": None,
        "tool_calls": [
            {"kind": "changed", "name_before": "f", "name_after": "g",
             "arguments": msgspec.to_builtins([Difference(path="x", kind="changed", before="1", after="2")])},
        ],
        "request": [],
        "response": [],
        "notes": ["the requests were not both kept"],
    }  # fmt: skip
    return found | fields


def test_a_comparison_shows_words_calls_and_amounts() -> None:
    shown = said(comparing.rows(comparison(), UNICODE, width=90))
    for words in (
        "They differ",
        "Δ −412",
        "Δ +0.0009",
        "97 % alike",
        "[-blue-] {+green",
        "and wide+}",
        "f → g",
        "- 1",
        "+ 2",
        "the requests were not both kept",
    ):
        assert words in shown
    assert "error" not in shown


def test_a_badge_says_it_in_a_few_words() -> None:
    assert comparing.badge(comparison(), UNICODE) == "Δ −412 ms · text 97 % alike"
    same = comparison(text={"similarity": 1.0, "hunks": []}, fields=[])
    assert comparing.badge(same, UNICODE) == "same text"


def test_replays_have_a_line_each_and_failures_say_why() -> None:
    made = [
        {
            "id": "1",
            "model": "mock/echo",
            "status": 200,
            "outcome": "ok",
            "duration_s": 0.2,
            "comparison": comparison(),
        },
        {
            "id": "2",
            "model": "x/y",
            "status": 502,
            "outcome": "failed",
            "duration_s": 0.1,
            "error": "connect_failed",
            "error_text": "",
            "comparison": comparison(),
        },
    ]
    rows = [plain(row) for row in comparing.replays(made, UNICODE, width=90)]
    assert "text 97 % alike" in rows[1]
    assert "connect_failed" in rows[2]
    assert sum("── " in row for row in rows) == 2
