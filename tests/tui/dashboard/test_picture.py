"""What the answers mean."""

from aigw_dev.tui.dashboard.picture import term
from tests.tui.dashboard.made import UNTIL_S, answers, entry, group, made, point, question


def test_totals_and_the_interval_before_come_from_their_answers() -> None:
    found = made()
    assert (found.totals.requests, found.before.requests) == (1204, 1075)
    assert found.times.p95_s == 2.87
    assert found.ttft.p50_s == 0.214


def test_no_groups_are_zeros() -> None:
    found = made(total={"groups": []}, before={"groups": []}, groups={"groups": []})
    assert found.totals.requests == 0
    assert found.times.p50_s is None


def test_faults_are_gathered_by_kind_the_most_frequent_first() -> None:
    faults = made().faults
    assert [(fault.calls, fault.status, fault.words, fault.model) for fault in faults] == [
        (14, 429, "rate limited", "openai/gpt-4o"),
        (10, 500, "server error", "mistral/mistral-large"),
        (1, 400, "route_metadata_missing", ""),
        (1, 504, "upstream_timeout", "mistral/mistral-large"),
    ]
    assert faults[0].filter == "outcome:failed status:429 error:upstream_status provider:openai model:gpt-4o"
    assert faults[0].first_s < faults[0].last_s


def test_a_status_nobody_knows_keeps_its_code() -> None:
    odd = made(faults=[entry(799, "upstream_status", "m", UNTIL_S - 5.0), entry(418, "", "m", UNTIL_S - 9.0)])
    assert [fault.words for fault in odd.faults] == ["upstream_status", "i'm a teapot"]


def test_a_name_that_a_filter_would_read_otherwise_is_left_out() -> None:
    assert term("model", "gpt-4o") == "model:gpt-4o"
    assert term("model", "a b") == term("model", "x*") == term("model", "") == ""


def test_a_run_counts_as_the_caller() -> None:
    rows = [
        group("", 5) | {"key": {"consumer": "none", "run": "ide"}},
        group("", 3) | {"key": {"consumer": "ann", "run": ""}},
    ]
    rows.append(group("", 1) | {"key": {"consumer": "none", "run": ""}})
    found = made("consumer", groups={"groups": rows}).groups
    assert [(one.name, one.filter) for one in found] == [
        ("ide", "run:ide"),
        ("ann", "consumer:ann"),
        ("", ""),
    ]


def test_lately_is_told_over_one_second_fifteen_and_a_minute() -> None:
    lately = made().lately
    assert (lately.qps, lately.stream_qps) == (3.0, 1.0)
    one, fifteen, minute = lately.success
    assert one == 1.0
    assert fifteen == 44 / 45
    assert minute == 179 / 180
    assert lately.input_per_s == 3 * 340


def test_without_a_call_lately_nothing_is_known_of_success() -> None:
    quiet = made(lately={"points": [point(UNTIL_S - 1, 0)]}).lately
    assert quiet.success == (None, None, None)
    assert made(lately={"points": []}).lately.qps == 0


def test_only_deployments_of_the_range_are_marked() -> None:
    assert [one.number for one in made().deployed] == [7]


def test_percentiles_of_the_larger_part_stand_in_where_only_parts_are_told() -> None:
    parts = {
        "non_stream_latency": {"p50_s": 1.0, "p95_s": 2.0},
        "stream_latency": {"p50_s": 3.0, "p95_s": 4.0},
    }
    whole = (
        group("", 9) | parts | {"latency": None, "stream": {"durations": 8}, "non_stream": {"durations": 1}}
    )
    assert made(total={"groups": [whole]}).times == (3.0, 4.0)


def test_a_question_names_its_window() -> None:
    assert question().window() == "since:2026-09-21T14:00:00Z until:2026-09-21T14:15:00Z"
    assert answers().is_empty is False
