"""The words of a miss: whole texts, as a person reads them."""

import json
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response, Route
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.likeness import FieldDiff
from aigw_dev.core.recording.matching import Miss, Pool
from aigw_dev.core.recording.miss import (
    MOST_ROWS,
    Mend,
    as_dict,
    command_mend,
    explain,
    explain_message,
    explain_orphan,
    explain_route,
    explain_unused,
    message_as_dict,
    pytest_mend,
    rules_for,
)
from tests.core.recording.recorded_requests import chat, request_in

TEST = "tests/test_agent.py::test_weather_tool"
FILE = "tests/llm_fixtures/test_agent/test_weather_tool.aigw.json"
MEND = pytest_mend(TEST)


def _miss(sent: Request, *recorded: Request) -> Miss:
    interactions = [Interaction(request=one, attempts=[]) for one in recorded]
    miss = Pool([(FILE, Fixture(interactions=interactions))] if recorded else []).take(sent)
    assert isinstance(miss, Miss)
    return miss


def _text(miss: Miss, **more: Any) -> str:
    fields: dict[str, Any] = {
        "mend": MEND,
        "recorded_at": "2026-08-21T10:15:00Z",
        "now_at": "2026-09-02T11:00:00Z",
    }
    return explain(miss, test=TEST, fixture_path=FILE, **(fields | more))


def test_a_miss_shows_the_fields_that_differ_and_what_to_type() -> None:
    sent = request_in("chat", temperature=None, top_k=5)
    sent.body["messages"][3]["content"] = '{"temp_c": 4.0, "unit": "C"}'
    assert _text(_miss(sent, chat("Hello"), request_in("chat"))) == (
        """\
aigw: no recorded response for this request  tests/test_agent.py::test_weather_tool

  POST openai.chat.completions   key KEY…   call #1 of this test
  fixture  tests/llm_fixtures/test_agent/test_weather_tool.aigw.json   (2 interactions, recorded 2026-08-21, 12 days ago)
  nearest  interaction 2 (96 % alike, not yet used)

    field                recorded       sent now
    messages[3].content  {"temp_c": 4}  {"temp_c": 4.0, "unit": "C"}  changed
    temperature          0.5            -                             - gone
    top_k                -              5                             + new

  This changed on purpose?   pytest tests/test_agent.py::test_weather_tool --aigw=record
  It should be ignored?      @pytest.mark.aigw(ignore=["$.messages[3].content", "temperature", "top_k"])
  Nothing was sent to a provider.""".replace("KEY", _miss(sent).key[:15])
    )


def test_other_counts_of_messages_and_tools_are_said() -> None:
    sent = request_in("chat", tools=[])
    sent.body["messages"].pop()
    text = _text(_miss(sent, request_in("chat")), recorded_at="2026-09-02T10:00:00Z")
    assert "(1 interaction, recorded 2026-09-02, today)" in text
    assert "5 messages and 2 tools recorded, 4 and 0 sent now" in text


def test_a_used_nearest_says_so() -> None:
    pool = Pool([(FILE, Fixture(interactions=[Interaction(request=chat("a"), attempts=[])]))])
    pool.take(chat("a"))
    miss = pool.take(chat("b"))
    assert isinstance(miss, Miss)
    assert "alike, already used)" in _text(miss)
    assert "call #2 of this test" in _text(miss)


def test_exhausted_says_how_often_it_was_recorded() -> None:
    pool = Pool([(FILE, Fixture(interactions=[Interaction(request=chat("a"), attempts=[])] * 2))])
    pool.take(chat("a"))
    pool.take(chat("a"))
    miss = pool.take(chat("a"))
    assert isinstance(miss, Miss)
    assert _text(miss, recorded_at="", mend=command_mend("fixtures", ["npm", "test", "a b"])) == (
        f"""\
aigw: recorded 2x, this is call 3 of the same request  {TEST}

  POST openai.chat.completions   key {miss.key[:15]}…   call #3 of this test
  fixture  {FILE}   (2 interactions)
  last     interaction 2
  Equal requests sent at once take the recorded answers in the order they arrive.

  repeat='last' if intended: "repeat": "last"   in the interaction
  The test changed?          aigw-dev run --record fixtures -- npm test 'a b'
  Nothing was sent to a provider."""
    )


def test_one_recorded_answer_needs_no_word_about_order() -> None:
    pool = Pool([(FILE, Fixture(interactions=[Interaction(request=chat("a"), attempts=[])]))])
    pool.take(chat("a"))
    miss = pool.take(chat("a"))
    assert isinstance(miss, Miss)
    assert "order they arrive" not in _text(miss)


def test_no_fixture_file_says_how_to_record_one() -> None:
    miss = _miss(Request(op="openai.files.item", method="GET", path="/v1/files/file-1"))
    assert _text(miss, mend=command_mend("my fixtures")) == (
        f"""\
aigw: nothing is recorded for this test  {TEST}

  GET openai.files.item /v1/files/file-1   key {miss.key[:15]}…   call #1 of this test
  fixture  {FILE}   (there is no such file)

  Record it:                 aigw-dev up --record 'my fixtures'
  Nothing was sent to a provider."""
    )


def test_an_empty_fixture_has_no_nearest() -> None:
    miss = Pool([(FILE, Fixture(interactions=[]))]).take(chat("a"))
    assert isinstance(miss, Miss)
    text = _text(miss, recorded_at="yesterday")
    assert "(0 interactions, recorded yesterday)" in text
    assert "nearest" not in text
    assert as_dict(miss, test=TEST, fixture_path=FILE, mend=MEND)["nearest"] is None


def test_a_nearest_without_differences_has_no_table() -> None:
    miss = _miss(chat("a"), chat("b"))
    text = _text(Miss(kind="miss", request=miss.request, key=miss.key, call=1, nearest=miss.nearest))
    assert "nearest  interaction 1" in text
    assert "recorded  " not in text


def test_a_long_table_is_cut_and_values_take_one_line() -> None:
    miss = _miss(chat("a\nb" * 30, **{f"p{place}": place for place in range(20)}), chat("c"))
    text = _text(miss)
    assert f"… and {21 - MOST_ROWS} more" in text
    assert r"a\nba\nb" in text
    assert "It should be ignored?" not in text


def test_nothing_in_it_steers_the_terminal_or_gives_a_key_away() -> None:
    secret = "sk-proj-Zx81kQp0aR7tLw93mVb2cN5dYf4hJ6gT"
    miss = _miss(chat(f"\x1b[2J\u202e my key is {secret}", **{"\x1b]0;": 1}), chat("c"))
    for text in (
        _text(miss, mend=pytest_mend("a\x1b[2Jb")),
        json.dumps(as_dict(miss, test="\x1b", fixture_path="\x1b", mend=MEND), ensure_ascii=False),
    ):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "Zx81" not in text


def test_the_same_as_json() -> None:
    miss = _miss(chat("a", temperature=1), chat("b"), chat("a"))
    found = as_dict(miss, test=TEST, fixture_path=FILE, mend=MEND)
    assert found == {
        "code": "fixture_miss",
        "kind": "miss",
        "test": TEST,
        "fixture": FILE,
        "op": "openai.chat.completions",
        "key": miss.key,
        "call": 1,
        "recorded_times": 0,
        "recorded_total": 2,
        "nearest": {"file": FILE, "number": 1, "likeness": round(miss.likeness, 3), "is_used": False},
        "fields": [{"path": "temperature", "recorded": "", "sent": "1", "verdict": "+ new"}],
        "record": f"pytest {TEST} --aigw=record",
        "ignore": ["temperature"],
    }


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        (chat("a", temperature=1), chat("a")),
        (chat("a", metadata2={"x.y": 1}), chat("a", metadata2={"x.y": 2})),
        (Request(op="x", body={"x.y": 1}), Request(op="x", body={"x.y": 2})),
        (Request(op="x", body={"headers": {"a": 1}}), Request(op="x", body={"headers": {"a": 2}})),
        (Request(op="x", body={"files": [1, 1]}), Request(op="x", body={"files": [1, 2]})),
        (Request(op="x", body={"op": 1}), Request(op="x", body={"op": 2})),
        (Request(op="x", body=[1, 2]), Request(op="x", body=[1, 3])),
        (Request(op="x", headers={"anthropic-beta": "a"}), Request(op="x", headers={"anthropic-beta": "b"})),
        (Request(op="x", form={"prompt": "a"}), Request(op="x", form={"prompt": "b"})),
    ],
)
def test_the_rules_that_are_offered_make_it_a_hit(sent: Request, recorded: Request) -> None:
    rules = rules_for(_miss(sent, recorded).fields)
    assert rules
    compile_rules(rules)
    pool = Pool([("f", Fixture(interactions=[Interaction(request=recorded, attempts=[])]))], ignore=rules)
    assert not isinstance(pool.take(sent), Miss)


def test_what_cannot_be_ignored_is_not_offered() -> None:
    fields = [FieldDiff(path="op", recorded="a", sent="b", verdict="changed")]
    assert rules_for(fields) == []
    assert rules_for([]) == []
    assert rules_for([FieldDiff(path="files[0].sha256", recorded="a", sent="b", verdict="changed")]) == []


def test_an_unused_interaction_says_what_came_nearest() -> None:
    interaction = Interaction(request=chat("a"), attempts=[])
    text = explain_unused(
        interaction, number=1, total=3, fixture_path=FILE, nearest=_miss(chat("b"), chat("a")), mend=MEND
    )
    assert text == (
        f"""\
aigw: interaction 2 of 3 never requested: POST openai.chat.completions - the last request that reached it differed at messages[0].content (call #1)
  fixture  {FILE}
  The test no longer makes this call?   pytest {TEST} --aigw=record"""
    )
    bare = explain_unused(interaction, number=0, total=1, fixture_path=FILE, mend=Mend())
    assert (
        bare == f"aigw: interaction 1 of 1 never requested: POST openai.chat.completions\n  fixture  {FILE}"
    )


def test_a_message_on_a_socket_shows_where_it_differs_and_what_to_type() -> None:
    asked = Request(op="openai.realtime", method="GET", path="?model=m")
    one = Interaction(request=asked, attempts=[])
    mend = pytest_mend("tests/a.py::b")
    fields = [FieldDiff(path="item.n", recorded="1", sent="2", verdict="changed")]
    text = explain_message(one, number=2, total=3, fields=fields, test="b", fixture_path="b.json", mend=mend)
    assert text.splitlines() == [
        "aigw: message 2 on the WebSocket is not the recorded one  b",
        "",
        "  GET openai.realtime ?model=m   3 messages of the caller recorded",
        "  fixture  b.json",
        "",
        "    field   recorded  sent now",
        "    item.n  1         2         changed",
        "",
        "  This changed on purpose?   pytest tests/a.py::b --aigw=record",
        '  It should be ignored?      @pytest.mark.aigw(ignore=["$.item.n"])',
        "  Nothing was sent to a provider.",
    ]
    assert message_as_dict(number=2, fields=fields)["ignore"] == ["$.item.n"]


def test_a_message_too_many_on_a_socket_has_no_table() -> None:
    one = Interaction(request=Request(op="openai.realtime", method="GET"), attempts=[])
    text = explain_message(one, number=2, total=1, fields=None, fixture_path="b.json", mend=Mend())
    assert text.splitlines() == [
        "aigw: message 2 on the WebSocket is one more than was recorded",
        "",
        "  GET openai.realtime   1 message of the caller recorded",
        "  fixture  b.json",
        "",
        "  Nothing was sent to a provider.",
    ]
    assert message_as_dict(number=2, fields=None) == {
        "code": "fixture_miss", "message": 2, "fields": [], "ignore": []
    }  # fmt: skip


def test_a_changed_route_shows_what_was_recorded_and_what_was_tried() -> None:
    interaction = Interaction(
        request=chat("a"),
        attempts=[
            Attempt(upstream="openai/gpt-4o-mini", response=Response(status=429)),
            Attempt(upstream="ollama/qwen3", error="connect_failed"),
            Attempt(upstream="ollama/qwen3"),
            Attempt(upstream="anthropic/claude-haiku-4-5", response=Response(status=200)),
        ],
        route=Route(rule="cheap"),
    )
    assert explain_route(
        interaction, tried="mistral/small", rule="smart", test=TEST, fixture_path=FILE, mend=MEND
    ) == (
        f"""\
aigw: the route changed  {TEST}

  POST openai.chat.completions
  fixture  {FILE}
  recorded openai/gpt-4o-mini 429 -> ollama/qwen3 connect_failed -> ollama/qwen3 failed -> anthropic/claude-haiku-4-5 200; now the router tried mistral/small: rule `smart` (recorded by rule `cheap`) changed

  This changed on purpose?   pytest {TEST} --aigw=record
  Nothing was sent to a provider."""
    )
    bare = explain_route(
        Interaction(request=chat("a"), attempts=[]), tried="a", test="", fixture_path="f", mend=Mend()
    )
    assert "recorded no attempt; now the router tried a: the route changed" in bare
    assert "on purpose" not in bare


def test_an_orphan_says_whose_it_was() -> None:
    text = explain_orphan(fixture_path="f", test="a::b", mend=command_mend("d"))
    assert text == (
        "aigw: f belongs to no test that ran: a::b.\n  Deleted or renamed?   aigw-dev fixtures prune d"
    )
    assert explain_orphan(fixture_path="f", test="", mend=Mend()).endswith("it names none.")


def test_a_test_id_is_quoted_for_the_shell() -> None:
    assert pytest_mend("t.py::test[a b]").record == "pytest 't.py::test[a b]' --aigw=record"
