"""Exchanges as files."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.tui.logs import export
from tests.tui.logs.test_facts import exchange

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
