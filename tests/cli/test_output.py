"""stdout and stderr have one owner: JSON that parses, tables that fit, errors that help, nothing that steers."""

import contextlib
import io
import json
import os
import sys

import pytest

from aigw_dev.cli import output
from aigw_dev.core.errors import CODES, GatewayError


class Terminal(io.StringIO):
    """A stream at which a person looks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal, 40 columns wide."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_json_is_one_document_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"text": "a\x1b]0;x\x07\x9b\u202e", "numbers": [1, 2]})
    text = capsys.readouterr().out
    assert json.loads(text) == {"text": "a\x1b]0;x\x07\x9b\u202e", "numbers": [1, 2]}
    assert "\x9b" not in text
    assert "\u202e" not in text


def test_json_lines_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_lines({"n": number, "text": "two\nlines\u2028"} for number in range(3))
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1, 2]


def test_a_table_in_a_pipe_is_never_cut_and_has_no_trailing_space(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(
        ["NAME", "TOKENS", "NOTE"],
        [["qwen", "5", ""], ["x" * 200, "1000", "漢字\x1b[2J"]],
        right=frozenset({"TOKENS"}),
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"NAME{' ' * 196}  TOKENS  NOTE"
    assert lines[1] == f"qwen{' ' * 196}       5"
    assert lines[2] == f"{'x' * 200}    1000  漢字\\x1b[2J"


def test_a_table_in_a_terminal_is_cut_to_its_width(terminal: Terminal) -> None:
    with contextlib.redirect_stdout(terminal):
        output.table(["ID", "TEXT"], [["1", "漢" * 60], ["2", "b" * 10]])
    plain = terminal.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert plain[1] == f"1   {'漢' * 17}…"
    assert plain[2] == f"2   {'b' * 10}"


def test_a_table_wider_than_any_terminal_keeps_readable_cells(terminal: Terminal) -> None:
    with contextlib.redirect_stdout(terminal):
        output.table([f"COLUMN {number}" for number in range(8)], [["x" * 30] * 8])
    assert terminal.getvalue().splitlines()[1].split() == ["x" * 7 + "…"] * 8


def test_style_only_where_a_person_looks(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert output.styled("x", "red", stream=terminal) == "\x1b[31mx\x1b[0m"
    assert output.styled("x", "red", stream=io.StringIO()) == "x"
    assert output.styled("x", "red") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.styled("x", "red", stream=terminal) == "x"
    monkeypatch.setenv("NO_COLOR", "")
    assert output.is_colour(terminal)
    monkeypatch.setenv("TERM", "dumb")
    assert not output.is_colour(terminal)


def test_an_error_says_what_happened_and_how_to_mend_it(capsys: pytest.CaptureFixture[str]) -> None:
    output.error(GatewayError("qwen: \x1b[31mno\nsecond line", code="key_missing"))
    shown = capsys.readouterr().err
    assert shown == f"error: qwen: \\x1b[31mno\n  second line\n  {CODES['key_missing'].remedy}\n"


def test_an_errors_own_hint_wins(capsys: pytest.CaptureFixture[str]) -> None:
    output.error(GatewayError("no", hint="Do this.", code="key_missing"))
    assert capsys.readouterr().err == "error: no\n  Do this.\n"


def test_an_error_with_an_unknown_code_is_still_shown(capsys: pytest.CaptureFixture[str]) -> None:
    output.error(GatewayError("no", code="not_in_the_table"))
    assert capsys.readouterr().err == "error: no\n"


def test_a_stream_that_a_program_reads_becomes_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    narrow = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "stdout", narrow)
    output.prepare()
    output.say("漢")
    output.flush()
    assert raw.getvalue() == "漢\n".encode()


def test_a_terminal_that_cannot_show_a_character_gets_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    class NarrowTerminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", NarrowTerminal(raw, encoding="ascii", newline="\n"))
    output.prepare()
    output.say("é")
    output.flush()
    assert raw.getvalue() == b"\\xe9\n"


def test_after_the_reader_left_stdout_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    monkeypatch.setattr(sys, "stdout", stream)
    os.close(reading)
    output.say("nobody hears this")
    output.flush()
    output.say("nor this")
    output.flush()
    stream.close()
