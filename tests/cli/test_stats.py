"""`stats`: sums that are right, with every doubt about them said."""

import json
import time
from pathlib import Path

import pytest

from aigw_dev.cli import stats
from aigw_dev.core.rollup import Totals
from tests.cli.logged import STEERING, Logged, guessed, unpriced
from tests.store.making import exchange, refused

Capture = pytest.CaptureFixture[str]
HEADER = (
    "PROVIDER(TYPE)  MODEL@BASEURL  RESP-TYPE  TOTAL-REQ  SUCCESS/FAILED  AVG-DUR(ms)  TOKENS(INPUT/OUTPUT)"
)


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Six exchanges that just ended: two well, one refused, one a stream, one unpriced, one estimated."""
    now = time.time() - 60
    return Logged(
        tmp_path,
        [
            exchange(started_at=now),
            exchange(started_at=now, duration_s=1.5, marks={"fallback"}),
            refused(started_at=now),
            exchange(started_at=now, is_stream=True, ttft_s=0.2, duration_s=2.0),
            unpriced(started_at=now, provider="qwen"),
            guessed(started_at=now, provider="qwen"),
        ],
    )


def test_the_table_by_provider_is_the_seeds(logged: Logged, capsys: Capture) -> None:
    assert logged.run("stats", "--by", "provider") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header == HEADER
    assert [row.split("  ") for row in rows] == [
        [
            "openai(openai)",
            "gpt-4o-mini@https://openai.test/v1",
            "/v1/chat/completions",
            "3",
            "3/0",
            "1333",
            "171/120",
        ],
        [
            "qwen(qwen)",
            "gpt-4o-mini@https://qwen.test/v1",
            "/v1/chat/completions",
            "2",
            "2/0",
            "500",
            "66/42",
        ],
        ["-(-)", "gpt-4o-mini@-", "/v1/chat/completions", "1", "0/1", "-", "0/0"],
    ]


def test_everything_together_says_success_tokens_cost_and_times(logged: Logged, capsys: Capture) -> None:
    assert logged.run("stats") == 0
    rows = {line[:11].strip(): line[11:] for line in capsys.readouterr().out.splitlines()}
    assert rows["requests"].startswith("6  ")
    assert rows["success"] == "83.3%  5 ok, 1 failed"
    assert rows["marks"] == "1 fallback"
    assert rows["tokens"] == "237 in, 162 out  (1 request counted by us)"
    assert rows["cost"] == ">=$0.001098  ($0.001 of it unsure, 1 without a price, 1 estimated)"
    assert rows["whole"].startswith("p50 ")
    assert rows["whole"].endswith("5 requests")
    assert rows["streams"].endswith("1 request")
    assert rows["ttft"].startswith("p50 ")


def test_groups_come_with_percentiles_of_whole_replies_streams_and_first_packets(
    logged: Logged, capsys: Capture
) -> None:
    logged.run("stats", "--by", "provider,stream")
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header.split()[:5] == ["PROVIDER", "STREAM", "REQUESTS", "OK", "FAILED"]
    assert header.split()[-6:] == ["P50(ms)", "P95(ms)", "STREAM-P50", "STREAM-P95", "TTFT-P50", "TTFT-P95"]
    assert len(first.split()) == len(header.split())


def test_a_filter_narrows_the_sums(logged: Logged, capsys: Capture) -> None:
    logged.run("stats", "provider:qwen", "--json")
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert group["totals"]["requests"] == 2
    assert group["success_rate"] == 1.0
    assert group["cost"] == ">=$0.001"


def test_json_holds_what_the_table_shows(logged: Logged, capsys: Capture) -> None:
    logged.run("stats", "--by", "provider", "--json")
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert groups[0]["key"]["provider"] == "openai"
    assert groups[0]["key"]["base_url"] == "https://openai.test/v1"
    assert groups[0]["mean_duration_s"] == pytest.approx(4 / 3, abs=0.001)


def test_what_lies_outside_the_interval_is_not_counted(logged: Logged, capsys: Capture) -> None:
    logged.run("stats", "--since", "10s", "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out)["groups"][0]["totals"]["requests"] == 0
    logged.run("stats", "--since", "10s")
    assert "nothing ended" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "modle"], "no grouping by 'modle'"),
        (["--since", "soon"], "--since does not take `soon`"),
        (["--since", "1m", "--until", "5m"], "--since is not before --until"),
        (["status:200"], "can be filtered by"),
    ],
)
def test_what_cannot_be_summed_is_a_usage_error(
    words: list[str], said: str, logged: Logged, capsys: Capture
) -> None:
    assert logged.run("stats", *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("totals", "text"),
    [
        (Totals(), "$0"),
        (Totals(cost_nanousd=2_000_000_000), "$2.00"),
        (Totals(cost_unknown=1), "unknown"),
        (Totals(cost_free=3), "free"),
        (Totals(cost_free=3, cost_unknown=1), ">=$0"),
        (Totals(cost_nanousd=1_000_000, cost_unknown=1), ">=$0.001"),
        (Totals(cost_nanousd=1_000_000, cost_partial=1, cost_estimated=1), ">=$0.001"),
        (Totals(cost_nanousd=1_000_000, cost_estimated=1), "~$0.001"),
        (Totals(cost_nanousd=1_000_000, cost_upper_bound=1), "<=$0.001"),
        (Totals(cost_nanousd=1), "<$0.000001"),
    ],
)
def test_a_sum_shows_its_doubt_and_is_never_a_silent_zero(totals: Totals, text: str) -> None:
    assert stats.cost(totals) == text


def test_names_from_elsewhere_do_not_steer(tmp_path: Path, capsys: Capture) -> None:
    logged = Logged(tmp_path, [exchange(started_at=time.time() - 5, request_model=STEERING)])
    for words in (["--by", "provider"], ["--by", "model"], ["--by", "provider", "--json"]):
        logged.run("stats", *words)
    printed = capsys.readouterr().out
    assert "owned" in printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed
