"""The pool: which recording answers, in what order, how often, and what is said when none does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Fixture, FixtureError, Interaction, Request, Wild
from aigw_dev.core.recording.keys import key_of
from aigw_dev.core.recording.matching import Miss, Pool, Taken
from tests.core.recording.recorded_requests import chat


def _recorded(*requests: Request, ignore: tuple[str, ...] = (), **fields: Any) -> Fixture:
    interactions = [Interaction(request=one, attempts=[], key=key_of(one), **fields) for one in requests]
    return Fixture(interactions=interactions, ignore=ignore)


def _pool(*requests: Request, repeat: Any = "", **fields: Any) -> Pool:
    return Pool([("a.aigw.json", _recorded(*requests, **fields))], repeat=repeat)


def _number(found: Taken | Miss) -> int:
    assert isinstance(found, Taken), found
    return found.number


def _missed(found: Taken | Miss) -> Miss:
    assert isinstance(found, Miss), found
    return found


def test_equal_requests_get_their_answers_in_the_order_recorded() -> None:
    pool = _pool(chat("a"), chat("b"), chat("a"))
    assert [_number(pool.take(chat(one))) for one in ("a", "a", "b")] == [0, 2, 1]


def test_an_answer_says_where_it_stands_and_how_often_it_was_asked_for() -> None:
    pool = _pool(chat("a"), chat("a"), repeat="last")
    taken = [pool.take(chat("a")) for _ in range(3)]
    assert [one.occurrence for one in taken if isinstance(one, Taken)] == [1, 2, 3]
    assert [one.is_repeat for one in taken if isinstance(one, Taken)] == [False, False, True]
    assert {one.file for one in taken if isinstance(one, Taken)} == {"a.aigw.json"}


@given(order=st.permutations(["a", "a", "a", "b", "b", "c"]))
def test_any_order_of_calls_uses_every_recording_once(order: list[str]) -> None:
    recorded = ["a", "b", "a", "c", "b", "a"]
    pool = _pool(*map(chat, recorded))
    numbers = [_number(pool.take(chat(one))) for one in order]
    assert sorted(numbers) == list(range(6))
    for name in "abc":
        own = [number for number, one in zip(numbers, order, strict=True) if one == name]
        assert own == [number for number, one in enumerate(recorded) if one == name]
    assert pool.unused() == []


def test_files_follow_each_other() -> None:
    pool = Pool([("1", _recorded(chat("a"))), ("2", _recorded(chat("a"), chat("b")))])
    assert len(pool) == 3
    found = [pool.take(chat("a")), pool.take(chat("a"))]
    assert [(one.file, one.number) for one in found if isinstance(one, Taken)] == [("1", 0), ("2", 0)]
    assert [(file, number) for file, number, _ in pool.unused()] == [("2", 1)]


def test_after_the_last_answer_comes_a_miss_that_says_so() -> None:
    pool = _pool(chat("a"), chat("a"), chat("b"))
    pool.take(chat("a"))
    pool.take(chat("a"))
    miss = _missed(pool.take(chat("a")))
    assert (miss.kind, miss.recorded_times, miss.recorded_total, miss.call) == ("exhausted", 2, 3, 3)
    assert (miss.nearest_number, miss.nearest_used, miss.likeness) == (1, True, 1.0)
    assert miss.key == key_of(chat("a"))


@pytest.mark.parametrize(("repeat", "numbers"), [("last", [0, 1, 1, 1, 1]), ("cycle", [0, 1, 0, 1, 0])])
def test_repeat_gives_the_last_or_all_again(repeat: str, numbers: list[int]) -> None:
    for pool in (
        _pool(chat("a"), chat("a"), repeat=repeat),
        _pool(chat("a"), chat("a"), repeat=repeat, note=""),
    ):
        assert [_number(pool.take(chat("a"))) for _ in range(5)] == numbers
    own = Pool([("f", _recorded(chat("a"), chat("a"), repeat=repeat))])
    assert [_number(own.take(chat("a"))) for _ in range(5)] == numbers


def test_an_interactions_own_repeat_goes_before_the_pools() -> None:
    fixture = _recorded(chat("a"), chat("a"), repeat="last")
    pool = Pool([("f", fixture)], repeat="cycle")
    assert [_number(pool.take(chat("a"))) for _ in range(3)] == [0, 1, 1]


def test_where_only_some_ask_for_it_those_are_given_again() -> None:
    pool = Pool([("1", _recorded(chat("a"), repeat="cycle")), ("2", _recorded(chat("a")))])
    found = [pool.take(chat("a")) for _ in range(4)]
    assert [one.file for one in found if isinstance(one, Taken)] == ["1", "2", "1", "1"]


def test_many_sets_of_rules_keep_their_files_apart() -> None:
    files = [
        (str(place), _recorded(chat(str(place % 3)), ignore=(f"p{place % 300}",))) for place in range(600)
    ]
    pool = Pool(files)
    assert [_number(pool.take(chat(str(place % 3)))) for place in range(600)] == [0] * 600


def test_rules_of_the_file_and_of_the_test_are_in_force_together() -> None:
    recorded = chat("a", temperature=0, seed=1)
    fixture = _recorded(recorded, ignore=("temperature",))
    assert _missed(Pool([("f", fixture)]).take(chat("a", temperature=1, seed=2))).ignore == ("temperature",)
    pool = Pool([("f", fixture)], ignore=["seed", "temperature"])
    assert _number(pool.take(chat("a", temperature=1, seed=2))) == 0


def test_each_file_is_looked_at_under_its_own_rules() -> None:
    pool = Pool([("1", _recorded(chat("a", seed=1), ignore=("seed",))), ("2", _recorded(chat("a", seed=2)))])
    taken = pool.take(chat("a", seed=2))
    assert isinstance(taken, Taken)
    assert taken.file == "1"
    assert _number(pool.take(chat("a", seed=2))) == 0
    assert _missed(pool.take(chat("a", seed=2))).recorded_times == 2


def test_a_key_of_one_rule_set_answers_no_other() -> None:
    pool = Pool([("1", _recorded(chat("a"), ignore=("seed",))), ("2", _recorded(chat("b")))])
    assert _missed(pool.take(chat("b", seed=5))).kind == "miss"


def test_a_bad_rule_names_the_file() -> None:
    with pytest.raises(FixtureError, match=r"f\.json: ignore rule"):
        Pool([("f.json", _recorded(chat("a"), ignore=("a[",)))])
    with pytest.raises(FixtureError, match="ignore rule"):
        Pool([], ignore=["a["])


def test_a_fixture_without_keys_is_matched_all_the_same() -> None:
    assert (
        _number(
            Pool([("f", Fixture(interactions=[Interaction(request=chat("a"), attempts=[])]))]).take(chat("a"))
        )
        == 0
    )


def test_a_key_left_behind_by_a_hand_edit_does_no_harm() -> None:
    fixture = _recorded(chat("a"), chat("b"))
    fixture.interactions[0].request = chat("c")
    pool = Pool([("f", fixture)])
    assert _number(pool.take(chat("c"))) == 0
    assert _missed(pool.take(chat("d"))).kind == "miss"


def test_wildcards_answer_where_no_key_fits() -> None:
    wild = chat({"role": "user", "content": Wild(pattern="a.*")})
    pool = _pool(wild, wild, chat("ab"))
    assert [_number(pool.take(chat(one))) for one in ("ab", "ab", "ac")] == [2, 0, 1]
    miss = _missed(pool.take(chat("ab")))
    assert (miss.kind, miss.recorded_times) == ("exhausted", 3)
    assert miss.key == key_of(chat("ab"))
    assert _missed(pool.take(chat("b"))).kind == "miss"


def test_wildcards_are_given_again_as_they_ask_for() -> None:
    wild = chat({"role": "user", "content": Wild()})
    pool = _pool(wild, repeat="last")
    assert [_number(pool.take(chat(one))) for one in "abc"] == [0, 0, 0]


def test_wildcards_are_read_under_their_files_rules() -> None:
    wild = chat({"role": "user", "content": Wild()}, seed=1)
    pool = Pool([("1", _recorded(chat("x"))), ("2", _recorded(wild, ignore=("seed",)))])
    assert _number(pool.take(chat("a", seed=2))) == 0


def test_a_miss_shows_the_nearest_recording_and_where_it_differs() -> None:
    pool = _pool(chat("a", temperature=0), chat("Weather in Oslo?", temperature=0), chat("c"))
    miss = _missed(pool.take(chat("Weather in Rome?", temperature=0)))
    assert (miss.kind, miss.nearest_number, miss.nearest_used, miss.call) == ("miss", 1, False, 1)
    assert [(one.path, one.recorded, one.sent) for one in miss.fields] == [
        ("messages[0].content", "Weather in Oslo?", "Weather in Rome?")
    ]
    assert 0.5 < miss.likeness < 1
    assert miss.recorded_total == 3


def test_what_was_never_asked_for_knows_the_miss_that_came_nearest() -> None:
    pool = _pool(chat("Weather in Oslo?"), chat("b"))
    pool.take(chat("Weather in Rome?"))
    pool.take(chat("Weather in Oslo"))
    pool.take(chat("Weather at home, far from Oslo?"))
    nearest = pool.nearest_to("a.aigw.json", 0)
    assert nearest is not None
    assert nearest.call == 2
    assert pool.nearest_to("a.aigw.json", 1) is None
    assert pool.nearest_to("other", 1) is None


def test_nothing_recorded_is_another_miss_than_an_empty_file() -> None:
    assert _missed(Pool([]).take(chat("a"))).kind == "no_fixture"
    assert _missed(Pool([]).take(chat("a"))).key == key_of(chat("a"))
    empty = _missed(Pool([("f", _recorded())]).take(chat("a")))
    assert (empty.kind, empty.nearest, empty.fields) == ("miss", None, [])
