"""What `y` copies."""

import csv
import io

from aigw_dev.tui.dashboard import csv_text
from tests.tui.dashboard.made import group, made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_series_has_a_line_for_every_bucket() -> None:
    rows = read(csv_text.series(made()))
    assert len(rows) == 45
    assert rows[0]["start"] == "2026-09-21T14:00:00Z"
    assert rows[15]["failed"] == "3"
    assert float(rows[0]["p95_ms"]) > float(rows[0]["p50_ms"])


def test_an_unknown_cost_is_an_empty_cell_and_never_zero() -> None:
    rows = {row["model"]: row for row in read(csv_text.groups(made()))}
    assert rows["llama3.2:3b"]["cost_usd"] == ""
    assert rows["gpt-4o"]["cost_usd"] == "0.618000000"


def test_faults_say_when() -> None:
    rows = read(csv_text.faults(made()))
    assert (rows[0]["count"], rows[0]["status"], rows[0]["what"]) == ("14", "429", "rate limited")
    assert rows[0]["first"] < rows[0]["last"]


def test_what_others_wrote_is_harmless_in_a_terminal_and_in_a_spreadsheet() -> None:
    evil = made(groups={"groups": [group("=HYPERLINK(1)\x1b[31m", 1), group("a,b", 1)]})
    text = csv_text.groups(evil)
    assert "\x1b" not in text
    assert [row["model"][:2] for row in read(text)] == ["'=", "a,"]
