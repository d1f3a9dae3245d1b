"""The rows of the panes."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aigw_dev.tui import text
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.providers import show
from aigw_dev.tui.providers.board import Health
from aigw_dev.tui.providers.spend import Spent
from aigw_dev.tui.widgets.lines import Row, Span, plain
from tests.tui.providers.known import board, line


def said(rows: Sequence[Row]) -> str:
    return "\n".join(plain(row) for row in rows)


def detail(name: str, cells: int = 80, **more: Any) -> str:
    return said(
        show.detail_rows(replace(line(name), **more), board(), traffic="3 calls", cells=cells, glyphs=UNICODE)
    )


def test_details_show_where_it_is_its_key_and_who_uses_it() -> None:
    shown = detail("qwen")
    for words in (
        "https://q.test/v1",
        "qwen-api-key",
        "from the OS keyring",
        "ai-test → qwen3-max with qwen-api-key",
    ):
        assert words in shown
    assert "3 calls" in shown


def test_details_show_what_the_config_says_beyond_the_kind() -> None:
    shown = detail("qwen", written={"proxy": "http://p.test:1", "timeout_ms": 0, "connect_timeout_ms": 1500, "idle_timeout_ms": 20, "headers": {"x-a": "b"}, "forward_headers": ["x-c"]})  # fmt: skip
    for words in ("http://p.test:1", "connect 1.5 s, idle 20 ms, whole call off", "x-a: b", "x-c"):
        assert words in shown


def test_a_provider_held_back_shows_the_settings_and_the_command() -> None:
    held = replace(line("openai"), why="base_url is not trusted; run `aigw-dev trust`")
    rows = show.detail_rows(
        held, replace(board(), held_back=("providers.openai.base_url",)), traffic="", cells=80, glyphs=UNICODE
    )
    assert "providers.openai.base_url" in said(rows)
    assert "aigw-dev trust" in said(rows)


def test_a_missing_key_is_red_names_its_route_and_its_key() -> None:
    entry = show.key_entries(line("openai"), now=0, cells=120, glyphs=UNICODE)[0]
    cells = [cell if isinstance(cell, Span) else Span(cell) for cell in entry.cells]
    assert cells[0] == Span("✗ openai-eu", "bad")
    assert "K sets it" in cells[2].text
    assert "ai-test" in cells[5].text


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (1_000_000.0, "just now"),
        (999_000.0, "17 min ago"),
        (990_000.0, "3 h ago"),
        (500_000.0, "6 d ago"),
        (-9e6, "69"),
    ],
)
def test_ages_are_words(added: float, words: str) -> None:
    qwen = line("qwen")
    old = replace(qwen, keys=(replace(qwen.keys[0], added_at=added),))
    cell = show.key_entries(old, now=1_000_000.0, cells=120, glyphs=UNICODE)[0].cells[3]
    assert isinstance(cell, Span)
    assert words in cell.text


def test_the_list_counts_models_and_keys_and_marks_what_is_missing() -> None:
    rows = show.list_entries(
        board(), {"qwen": Health(is_well=True, duration_s=0.3)}, frozenset({"openai"}), UNICODE
    )
    shown = {row.key: [cell.text if isinstance(cell, Span) else cell for cell in row.cells] for row in rows}
    assert shown["mock"] == ["mock", "1", "–", "○ not tested"]
    assert shown["qwen"] == ["qwen", "1", "1 ✗1", "✓ 300 ms"]
    assert shown["openai"] == ["openai", "–", "✗1", "↻ asking…"]


def test_results_show_the_steps_the_words_and_the_way_on() -> None:
    health = Health(is_well=False, reason="401 bad key", status=401, duration_s=0.2)
    shown = said(show.result_rows(line("qwen"), health, cells=80, glyphs=UNICODE))
    for words in ("✗ key refused", "200 ms", "401 bad key", "→ The provider refused"):
        assert words in shown


def test_a_spent_token_shows_its_cost_or_what_went_wrong() -> None:
    well = Spent(model="qwen/q", is_well=True, cost_usd="0.000002", tokens="8 in, 1 out", duration_s=0.5)
    assert "$0.000002" in said(show.spent_rows(well, cells=80, glyphs=UNICODE))
    free = replace(well, cost_usd="unknown")
    assert "cost unknown" in said(show.spent_rows(free, cells=80, glyphs=UNICODE))
    bad = Spent(model="qwen/q", is_well=False, reason="402 no money", hint="pay")
    shown = said(show.spent_rows(bad, cells=80, glyphs=ASCII))
    assert "402 no money" in shown
    assert "> pay" in shown


def test_empty_places_teach() -> None:
    assert "a adds one" in said(show.empty_rows(is_loaded=True))
    assert "asking" in said(show.empty_rows(is_loaded=False))
    assert "$ makes one real call" in said(show.untested(80))
    assert show.no_keys(line("mock"), {}) == "It needs no key."
    assert "without one" in show.no_keys(replace(line("openai"), is_usable=True), {})
    assert "env:NAME" in show.no_keys(line("openai"), {"state": "none"})
    assert "I imports" in show.no_keys(line("openai"), {"state": "ok"})


def test_the_keyring_is_called_as_people_do() -> None:
    assert show.keyring_words({}, UNICODE) == ""
    assert (
        show.keyring_words({"state": "ok", "backend": "SecretService.Keyring"}, UNICODE)
        == "keyring: Secret Service ✓"
    )
    assert show.keyring_words({"state": "ok", "backend": "other"}, UNICODE) == "keyring: other ✓"
    assert show.keyring_words({"state": "locked"}, UNICODE) == "keyring: locked !"


def test_traffic_is_told_by_provider() -> None:
    groups = [
        {"key": {"provider": "qwen"}, "totals": {"requests": 2_000, "failed": 3, "input_tokens": 1_400_000, "output_tokens": 9, "cost_nanousd": 12_000_000}},
        {"key": {"provider": "mock"}, "totals": {"requests": 1, "input_tokens": 3_000, "cost_unknown": 1}},
        {"key": {"provider": "half"}, "totals": {"requests": 1, "cost_partial": 1, "cost_nanousd": 1_000_000}},
        {"key": {"provider": "idle"}, "totals": {"requests": 0}},
    ]  # fmt: skip
    assert show.traffic_words({"groups": groups}) == {
        "qwen": "2,000 calls, 3 failed, 1.4M tokens, $0.0120",
        "mock": "1 call, 3.0k tokens, cost unknown",
        "half": "1 call, 0 tokens, at least $0.0010",
    }


HOSTILE = "\x1b[31mred\x1b]0;title\x07 [bold]x[/] \u202edlrow"


def test_hostile_names_and_words_come_out_harmless() -> None:
    bad = replace(line("openai"), name=HOSTILE, why=HOSTILE, base_url=f"http://{HOSTILE}", written={"proxy": HOSTILE, "headers": {HOSTILE: HOSTILE}})  # fmt: skip
    rows = show.detail_rows(bad, board(), traffic=HOSTILE, cells=60, glyphs=UNICODE)
    rows += show.result_rows(bad, Health(is_well=False, reason=HOSTILE), cells=60, glyphs=UNICODE)
    rows += show.spent_rows(
        Spent(model=HOSTILE, is_well=False, reason=HOSTILE, hint=HOSTILE), cells=60, glyphs=UNICODE
    )
    shown = said(rows)
    assert not any(char in shown for char in "\x1b\x07\u202e")


@given(
    st.lists(
        st.tuples(st.text(alphabet="ab 漢\u0301-", max_size=30), st.sampled_from(["", "dim"])), max_size=6
    ),
    st.integers(8, 60),
    st.integers(0, 13),
)
def test_flowing_spans_fit_and_lose_no_word(parts: list[tuple[str, str]], cells: int, indent: int) -> None:
    rows = show.flow([Span(*part) for part in parts], max(cells, indent + 8), label="x", indent=indent)
    assert all(text.width(plain(row)) <= max(cells, indent + 8) for row in rows)
    kept = "".join("".join(span.text for span in (row[1:] if indent else row)) for row in rows)
    assert kept.replace(" ", "") == "".join(part[0] for part in parts).replace(" ", "")
