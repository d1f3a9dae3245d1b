"""What an answer means and what to do about it."""

import pytest
from msgspec.structs import replace

from aigw_dev.tui.providers import advice
from aigw_dev.tui.providers.board import Health
from tests.tui.providers.known import line


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "K sets another"),
        (403, "K sets another"),
        (404, "e edits the base URL"),
        (301, "e edits the base URL"),
        (429, "over its limit"),
        (503, "provider's own trouble"),
        (418, "l."),
        (0, "Nobody answered"),
    ],
)
def test_every_failure_says_what_to_do(status: int, words: str) -> None:
    health = Health(is_well=False, reason="x", status=status)
    assert words in advice.what_to_do(health, line("qwen"))


def test_a_provider_without_a_key_or_without_trust_is_told_its_own_way() -> None:
    health = Health(is_well=False, reason="no key")
    assert "K stores a key" in advice.what_to_do(health, line("openai"))
    held = replace(line("openai"), why="run `aigw-dev trust`")
    assert "aigw-dev trust" in advice.what_to_do(health, held)


def test_all_well_needs_no_advice_and_a_blind_check_says_so() -> None:
    assert advice.what_to_do(Health(is_well=True), line("qwen")) == ""
    assert "$" in advice.what_to_do(Health(is_well=True, reason="key not checked"), line("qwen"))


def test_the_list_shows_time_status_or_what_is_missing() -> None:
    qwen, openai = line("qwen"), line("openai")
    assert advice.short(Health(is_well=True, duration_s=0.312), qwen) == ("good", "312 ms")
    assert advice.short(Health(is_well=True, reason="?", duration_s=4.1), qwen) == ("warn", "4.1 s")
    assert advice.short(Health(is_well=False, status=401), qwen) == ("bad", "401")
    assert advice.short(Health(is_well=False, reason="no answer within 15 s"), qwen) == ("bad", "timeout")
    assert advice.short(Health(is_well=False, reason="refused"), qwen) == ("bad", "no answer")
    assert advice.short(None, qwen) == ("dim", "not tested")
    assert advice.short(None, openai) == ("bad", "no key")
    assert advice.short(Health(is_well=False, reason="no key"), openai) == ("bad", "no key")
    assert advice.short(None, replace(openai, why="run `aigw-dev trust`")) == ("warn", "not trusted")
    assert advice.short(None, replace(openai, key="k", why="broken")) == ("bad", "off")


def test_steps_stop_where_the_provider_did() -> None:
    qwen = line("qwen")
    well = advice.steps(Health(is_well=True, status=200), qwen)
    assert [style for style, _ in well] == ["good", "good", "good"]
    refused = advice.steps(Health(is_well=False, status=401), qwen)
    assert refused == [("good", "reached q.test"), ("bad", "answered 401"), ("bad", "key refused")]
    silent = advice.steps(Health(is_well=False), qwen)
    assert silent == [("bad", "q.test not reached"), ("dim", "no answer"), ("dim", "key not checked")]
    assert advice.steps(Health(is_well=False), line("openai")) == [("bad", "not asked")]
    assert advice.steps(Health(is_well=True), line("mock")) == [("good", "in this process")]
    blind = advice.steps(Health(is_well=True, status=200, reason="key not checked"), qwen)
    assert blind[-1] == ("warn", "key not checked")
