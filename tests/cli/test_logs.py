"""`logs list` and `logs search`: what happened, a line each, in a table or as JSON."""

import json
from pathlib import Path

import pytest

from tests.cli.logged import STEERING, Logged
from tests.store.making import NOON, exchange, refused, reply, request

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Three exchanges: one well, one refused, one that tries to steer the terminal."""
    return Logged(
        tmp_path,
        [
            exchange(id="a" * 16, started_at=NOON),
            refused(id="b" * 16, started_at=NOON + 1, original_model="nope"),
            exchange(
                id="c" * 16,
                started_at=NOON + 2,
                request_body=request(f"evil {STEERING}"),
                response_body=reply(f"worse {STEERING}"),
                marks={"fallback"},
                assembled=None,
            ),
        ],
    )


def test_the_newest_comes_first_with_the_seeds_five_columns(logged: Logged, capsys: Capture) -> None:
    assert logged.run("logs", "list") == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "ID",
        "STATUS",
        "TIME",
        "MARKS",
        "MODEL",
        "REQUEST",
        "RESPONSE",
        "MS",
        "TOKENS",
        "COST",
    ]
    assert [line[:8] for line in lines] == ["c" * 8, "b" * 8, "a" * 8]
    assert "openai/gpt-4o-mini" in lines[2]
    assert "My card was declined" in lines[2]
    assert "Please check the balance" in lines[2]
    assert "57/40" in lines[2]
    assert "fallback" in lines[0]


def test_nothing_in_a_list_steers_the_terminal(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "list")
    logged.run("logs", "list", "--json")
    printed = capsys.readouterr().out
    assert "evil" in printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_a_filter_narrows_the_list(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "list", "status:>=400", "model:nope", "--columns", "id,error")
    assert capsys.readouterr().out.splitlines()[1:] == ["bbbbbbbb  model_not_found"]


def test_a_wrong_filter_is_a_usage_error_that_says_what_would_be_right(
    logged: Logged, capsys: Capture
) -> None:
    assert logged.run("logs", "list", "stauts:200") == 2
    assert "did you mean status:" in capsys.readouterr().err


def test_times_narrow_the_list(logged: Logged, capsys: Capture) -> None:
    from datetime import UTC, datetime

    edge = datetime.fromtimestamp(NOON + 1, UTC).isoformat()
    logged.run("logs", "list", "--until", edge, "--columns", "id")
    assert capsys.readouterr().out.split() == ["ID", "a" * 8]
    logged.run("logs", "list", "--since", edge, "--columns", "id")
    assert capsys.readouterr().out.split() == ["ID", "c" * 8, "b" * 8]


def test_json_is_one_document_that_says_where_to_go_on(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "list", "--limit", "2", "--json")
    page = json.loads(capsys.readouterr().out)
    assert [entry["id"][0] for entry in page["entries"]] == ["c", "b"]
    logged.run("logs", "list", "--before", str(page["next_before"]), "--json")
    rest = json.loads(capsys.readouterr().out)
    assert [entry["id"][0] for entry in rest["entries"]] == ["a"]
    assert rest["next_before"] is None


def test_a_cut_list_says_how_to_go_on(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "list", "-n", "1")
    assert "--before" in capsys.readouterr().err


def test_an_empty_list_says_so_beside_stdout(tmp_path: Path, capsys: Capture) -> None:
    logged = Logged(tmp_path)
    assert logged.run("logs", "list") == 0
    assert capsys.readouterr() == ("", "nothing has been logged yet\n")
    logged.run("logs", "list", "status:500")
    assert capsys.readouterr().err == "no exchange passes\n"


def test_search_finds_words_of_request_and_response(logged: Logged, capsys: Capture) -> None:
    for words in (["declined"], ["declined", "balance"], ["card was"], ["declin*"]):
        assert logged.run("logs", "search", *words, "--columns", "id") == 0
        assert "aaaaaaaa" in capsys.readouterr().out.split(), words


def test_search_takes_a_phrase_in_one_word(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "search", "was card", "--columns", "id")
    assert capsys.readouterr().out == ""


def test_nothing_in_the_words_of_a_search_is_syntax(logged: Logged, capsys: Capture) -> None:
    for words in (["model:nope"], ['declined"', "OR", "x"], ["NOT", "zzz"], ["nope:("]):
        assert logged.run("logs", "search", *words) == 0
        assert capsys.readouterr().out == "", words


def test_a_search_can_be_narrowed_by_a_filter(logged: Logged, capsys: Capture) -> None:
    logged.run("logs", "search", "declined", "--filter", "provider:openai", "--columns", "id")
    assert "aaaaaaaa" in capsys.readouterr().out
    logged.run("logs", "search", "declined", "--filter", "provider:qwen")
    assert capsys.readouterr().out == ""


def test_a_search_for_nothing_is_a_usage_error(logged: Logged) -> None:
    assert logged.run("logs", "search", " ") == 2
    assert logged.run("logs", "search") == 2
