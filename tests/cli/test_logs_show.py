"""`logs show`: one exchange whole, found by any of its names."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.logged import STEERING, Logged
from tests.store.making import exchange, reply, request

Capture = pytest.CaptureFixture[str]
BODY = request("what is this\x1b[2J\u202e? 你好")


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Two exchanges whose ids begin alike, and one more."""
    return Logged(
        tmp_path,
        [
            exchange(id="aa00000000000000", request_body=BODY, request_headers=[("x-evil", STEERING)]),
            exchange(id="aa11111111111111", request_body=None, response_body=b"\xff\x00\xfe"),
            exchange(id="cc22222222222222", response_body=reply("the last")),
        ],
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("last", "cc22222222222222"),
        ("-1", "cc22222222222222"),
        ("-2", "aa11111111111111"),
        ("-3", "aa00000000000000"),
        ("aa0", "aa00000000000000"),
        ("aa11111111111111", "aa11111111111111"),
    ],
)
def test_an_exchange_is_named_by_id_beginning_or_place(
    name: str, found: str, logged: Logged, capsys: Capture
) -> None:
    assert logged.run("logs", "show", name) == 0
    assert found in capsys.readouterr().out.splitlines()[0]


def test_options_may_stand_after_a_place(logged: Logged, capsys: Capture) -> None:
    assert logged.run("logs", "show", "-2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == "aa11111111111111"


def test_without_a_name_it_is_the_last(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "show")
    assert "cc22222222222222" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"), [("aa", "More than one"), ("zz", "no exchange 'zz'"), ("-9", "'-9'")]
)
def test_a_name_that_is_not_one_exchange_is_a_usage_error(
    name: str, said: str, logged: Logged, capsys: Capture
) -> None:
    assert logged.run("logs", "show", name) == 2
    assert said in capsys.readouterr().err


def test_everything_has_its_section_and_nothing_steers(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "show", "aa0")
    logged.run("logs", "show", "aa0", "--raw")
    shown = capsys.readouterr().out
    for title in ("Attempts (times in ms)", "Request", "Response", "Request headers", "Response headers"):
        assert f"\n{title}\n" in shown
    assert "user: what is this\\x1b[2J" in shown
    assert '"messages"' in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_json_holds_the_bodies_as_text_or_base64(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "show", "aa0", "--json")
    assert json.loads(capsys.readouterr().out)["request_body"] == BODY.decode()
    logged.run("logs", "show", "-2", "--body", "response", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "id": "aa11111111111111",
        "response_body": None,
        "response_body_base64": "/wD+",
    }


@pytest.mark.parametrize(
    ("name", "which", "content"), [("aa0", "request", BODY), ("-2", "response", b"\xff\x00\xfe")]
)
def test_a_body_goes_into_a_pipe_byte_for_byte(name: str, which: str, content: bytes, logged: Logged) -> None:
    words = logged.words("logs", "show", name, "--body", which)
    done = subprocess.run(
        [sys.executable, "-m", "aigw_dev", *words], capture_output=True, check=True, timeout=60
    )
    assert done.stdout == content


def test_a_body_that_was_not_kept_is_an_error(logged: Logged, capsys: Capture) -> None:
    assert logged.run("logs", "show", "-2", "--body", "request") == 2
    assert "was not kept" in capsys.readouterr().err
