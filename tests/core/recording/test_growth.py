import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.merge_patch import patched
from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Wild
from aigw_dev.core.recording.growth import patch_between
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.writing import write_fixture
from tests.core.recording.made_fixtures import JSON, Beside

LONG = "a text that is long enough for a reference to be shorter than it is"


def said(*texts: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": f"{text}: {LONG}"} for text in texts]


def turns(*bodies: Any) -> Fixture:
    return Fixture(
        interactions=[Interaction(request=Request(op="o", body=body), attempts=[]) for body in bodies]
    )


def written(fixture: Fixture) -> list[dict[str, Any]]:
    content = write_fixture(fixture, store=Beside().store)
    assert repr(read_fixture(content)) == repr(fixture)
    return json.loads(content)["interactions"]


def bodies(*each: Any) -> list[Any]:
    return [one["request"]["body"] for one in written(turns(*each))]


def test_a_turn_more_is_written_as_what_it_adds() -> None:
    first = {"model": "m", "messages": said("1"), "tools": [LONG]}
    second = {**first, "messages": said("1", "2")}
    third = {**first, "messages": said("1", "2", "3")}
    _first, *later = bodies(first, second, third)
    assert later == [
        {"~extends": 0, "messages": {"~append": said("2")}},
        {"~extends": 1, "messages": {"~append": said("3")}},
    ]


def test_inputs_and_contents_grow_too() -> None:
    for name in ("input", "contents"):
        assert bodies({name: said("1")}, {name: said("1", "2")})[1] == {
            "~extends": 0,
            name: {"~append": said("2")},
        }


def test_a_history_that_changed_at_its_end_keeps_its_beginning() -> None:
    first = {"model": "m", "messages": said("1", "2", "3")}
    second = {"model": "m", "messages": said("1", "2", "x", "y")}
    assert bodies(first, second)[1] == {"~extends": 0, "messages": {"~keep": 2, "~append": said("x", "y")}}


def test_fields_that_changed_went_or_came_are_said() -> None:
    first = {"model": "m", "messages": said("1"), "top_p": 1, "seed": 1}
    second = {"model": "n", "messages": said("1"), "seed": None, "stop": LONG}
    assert bodies(first, second)[1] == {
        "~extends": 0,
        "~drop": ["top_p"],
        "model": "n",
        "seed": None,
        "stop": LONG,
    }


def test_the_same_request_again_is_one_reference() -> None:
    assert bodies({"a": LONG}, {"a": LONG})[1] == {"~extends": 0}


def test_a_request_in_another_order_is_written_whole() -> None:
    assert "~extends" not in bodies({"a": LONG, "b": LONG}, {"b": LONG, "a": LONG})[1]


def test_a_short_or_strange_request_is_written_whole() -> None:
    assert bodies({"a": 1}, {"a": 1})[1] == {"a": 1}
    assert bodies([LONG], [LONG])[1] == [LONG]
    assert bodies({"~x": LONG}, {"~x": LONG})[1] == {"~lit": {"~x": LONG}}


def test_the_nearest_conversation_is_extended() -> None:
    one, other = {"messages": said("1")}, {"messages": said("a")}
    found = bodies(one, other, {"messages": said("1", "2")}, {"messages": said("a", "b")})
    assert [body["~extends"] for body in found[2:]] == [0, 1]


def test_translated_requests_extend_those_of_earlier_attempts() -> None:
    def attempt(*texts: str) -> list[Attempt]:
        return [Attempt(upstream="p/m", request=Request(op="t", body={"contents": said(*texts)}))]

    fixture = turns({"messages": said("1")}, {"messages": said("1", "2")})
    fixture.interactions[0].attempts = attempt("x")
    fixture.interactions[1].attempts = attempt("x", "y")
    sent = written(fixture)[1]["attempts"][0]["request"]
    assert sent["body"] == {"~extends": "0.0", "contents": {"~append": said("y")}}


# attempts


def sent(client: Any, upstream: Any, **fields: Any) -> Any:
    fixture = turns(client)
    fixture.interactions[0].attempts = [
        Attempt(upstream="p/m", request=Request(op="o", body=upstream, **fields))
    ]
    return written(fixture)[0]["attempts"][0]["request"]


def test_a_request_with_another_model_is_a_patch() -> None:
    client = {"model": "smart", "messages": said("1"), "user": "u", "opts": {"a": 1, "b": 2}}
    upstream = {"model": "m", "messages": said("1"), "opts": {"a": 1, "c": 3}}
    patch = {"~patch": {"user": None, "model": "m", "opts": {"b": None, "c": 3}}}
    assert sent(client, upstream) == patch
    assert sent(client, upstream, headers={"anthropic-version": "1"}) == {
        **patch,
        "headers": {"anthropic-version": "1"},
    }


def test_what_a_patch_cannot_say_is_written_whole() -> None:
    client = {"model": "smart", "messages": said("1")}
    assert sent(client, {**client, "seed": None}) == {"op": "o", "body": {**client, "seed": None}}
    assert sent(client, [LONG]) == {"op": "o", "body": [LONG]}
    assert sent(client, {**client, "model": "m"}, path="/x")["path"] == "/x"
    reordered = {"messages": said("1"), "model": "smart"}
    assert sent(client, reordered) == {"op": "o", "body": reordered}


def test_a_patch_that_is_longer_than_the_request_is_not_used() -> None:
    assert sent({"a": LONG, "b": LONG}, {}) == {"op": "o", "body": {}}


_OBJECTS = st.dictionaries(st.sampled_from("abc~"), JSON, max_size=3)


@given(_OBJECTS, _OBJECTS)
def test_a_patch_makes_exactly_what_was_sent_or_there_is_none(client: Any, upstream: Any) -> None:
    patch = patch_between(client, upstream)
    assert patch is None or repr(patched(client, patch)) == repr(upstream)


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(), max_size=3), st.integers())
def test_a_field_that_is_added_behind_the_others_always_has_a_patch(client: Any, value: int) -> None:
    assert patch_between(client, {**client, "z": value}) == {"z": value}


def test_a_patch_replaces_wildcards() -> None:
    assert patch_between({"a": Wild(), "b": 1}, {"a": 1, "b": 1}) == {"a": 1}


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Bodies that each come of one before by a few edits, as agents send them."""
    made: list[dict[str, Any]] = [{"model": "m", "messages": said("1"), "tools": [LONG], "b": draw(JSON)}]
    for _ in range(draw(st.integers(1, 4))):
        body = dict(draw(st.sampled_from(made)))
        body["messages"] = body.get("messages", [])[: draw(st.integers(0, 4))] + said(
            *draw(st.lists(st.text(max_size=2), max_size=2))
        )
        for key in draw(st.lists(st.sampled_from(["model", "tools", "b", "messages"]), max_size=2)):
            body.pop(key, None)
        body.update(draw(st.dictionaries(st.sampled_from(["model", "b", "z"]), JSON, max_size=2)))
        made.append(body)
    return made


@given(conversations())
def test_conversations_come_back_exactly_however_they_grow(made: list[dict[str, Any]]) -> None:
    fixture = turns(*made)
    beside = Beside()
    content = write_fixture(fixture, store=beside.store)
    back = read_fixture(content, blob=beside.fetch)
    assert repr(back) == repr(fixture)
    assert write_fixture(back, store=beside.store) == content
