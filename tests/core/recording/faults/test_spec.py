"""The words of a fault, and when it strikes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from aigw_dev.core.recording.faults.spec import (
    Armed,
    CallFacts,
    FaultError,
    FaultSpec,
    fault_of,
    generator,
    parse_fault,
    parse_faults,
    text_of,
)

CLIENT = CallFacts(edge="client", model="gpt-4o-mini", test="t1")
QWEN = CallFacts(edge="provider", provider="qwen", model="qwen3-max", route="ai-test", node="flow.then")


def test_a_fault_is_read_with_its_place_and_parameters() -> None:
    spec = parse_fault("http.429@route:ai-test/qwen/org/qwen3:7b;times=2;retry_after_ms=30")
    assert spec == FaultSpec(
        id="http.429",
        edge="provider",
        route="ai-test",
        provider="qwen",
        model="org/qwen3:7b",
        times=2,
        retry_after_ms=30,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stream.cut", FaultSpec(id="stream.cut.clean")),
        ("stream.cut;after=3;times=1", FaultSpec(id="stream.cut.clean", after_events=3, times=1)),
        ("stream.dup;k=0", FaultSpec(id="stream.dup", after_events=0)),
        ("http.500@client", FaultSpec(id="http.500", edge="client")),
        ("http.500@provider", FaultSpec(id="http.500", edge="provider")),
        ("http.500@provider:openai", FaultSpec(id="http.500", edge="provider", provider="openai")),
        ("net.reset@node:flow.then[0]", FaultSpec(id="net.reset", edge="provider", node="flow.then[0]")),
        ("http.500;rate=0.25;seed=7", FaultSpec(id="http.500", rate=0.25, seed=7)),
        ('http.500;message="a; b, \\"c\\""', FaultSpec(id="http.500", message='a; b, "c"')),
        ("http.429;kind=requests", FaultSpec(id="http.429", kind="requests")),
        ("body.wrong_model;text=x", FaultSpec(id="gateway.wrong_model", text="x")),
    ],
)
def test_every_form_of_the_grammar_is_read(text: str, expected: FaultSpec) -> None:
    assert parse_fault(text) == expected


@pytest.mark.parametrize(
    ("text", "part", "near"),
    [
        ("http.42", "http.42", "http.429"),
        ("stream.stal", "stream.stal", "stream.stall"),
        ("http.429;tims=2", "tims", "times"),
        ("http.429;kind=token", "token", "tokens"),
        ("stream.dup;bytes_per_s=2", "bytes_per_s", ""),
        ("http.429;times=0", "times", "from 1"),
        ("http.429;times=two", "two", "whole number"),
        ("http.429;times=٣", "٣", "whole number"),
        ("http.500;rate=1.5", "rate", "0 to 1"),
        ("http.500;rate=nan", "rate", "0 to 1"),
        ("http.500;rate=x", "rate", "0 to 1"),
        ("http.status;status=200", "status", "400 to 599"),
        ("http.429@moon", "@moon", ""),
        ("http.429@route:", "@route:", ""),
        ("http.429@node:", "@node:", ""),
        ("http.429;times", "times", "no value"),
        ("stream.no_done;end=never", "never", "hold"),
        ("http.500;edge=middle", "middle", "client or provider"),
        (";", ";", "no fault"),
        ('http.500;message="x', 'message="x', "not closed"),
        ('http.500;message="\\q"', "\\q", "cannot be read"),
        ("http.500@client;provider=openai", "http.500", "provider's edge"),
    ],
)
def test_an_error_names_the_part_at_fault_and_what_is_near(text: str, part: str, near: str) -> None:
    with pytest.raises(FaultError) as caught:
        parse_fault(text)
    assert caught.value.code == "fault_unknown"
    assert part in caught.value.message
    assert near in caught.value.message


def test_a_long_text_is_not_repeated_whole_in_an_error() -> None:
    with pytest.raises(FaultError) as caught:
        parse_fault("x" * 10_000)
    assert len(caught.value.message) < 200


def test_a_connection_that_cannot_be_faked_sends_to_a_dead_url() -> None:
    with pytest.raises(FaultError) as caught:
        parse_fault("net.refused")
    assert "aigw.dead_url('refused')" in caught.value.hint
    assert parse_fault("net.refused@provider:openai").edge_of == "provider"


def test_several_faults_are_divided_by_blanks_and_commas() -> None:
    found = parse_faults(' http.429;times=1 , http.500;message="a b, c"\nnet.reset')
    assert [spec.id for spec in found] == ["http.429", "http.500", "net.reset"]
    assert found[1].message == "a b, c"
    assert parse_faults(" , ") == []


def test_one_fault_is_one() -> None:
    with pytest.raises(FaultError, match="2 faults"):
        parse_fault("http.429 http.500")
    with pytest.raises(FaultError, match="0 faults"):
        parse_fault("")


def test_an_object_says_the_same_as_a_text() -> None:
    assert fault_of({"fault": "http.429", "provider": "openai", "times": 2, "rate": None}) == FaultSpec(
        id="http.429", provider="openai", times=2
    )
    assert fault_of({"id": " stream.cut;after=1 ", "after_bytes": 3}) == FaultSpec(
        id="stream.cut.clean", after_events=1, after_bytes=3
    )
    with pytest.raises(FaultError, match="times"):
        fault_of({"fault": "http.429", "times": True})
    with pytest.raises(FaultError, match="no fault is named"):
        fault_of({"times": 1})


_NAMES = st.text("abcxyz0123456789-_.:", min_size=1, max_size=8).filter(lambda name: "/" not in name)

_WHERE = st.sampled_from(
    [
        (),
        ("edge=client",),
        ("edge=provider",),
        ("provider", "model"),
        ("provider",),
        ("route", "provider", "model"),
        ("route",),
        ("node",),
        ("node", "provider"),
        ("model",),
        ("model", "edge=client"),
    ]
)


@given(
    fault=st.sampled_from([row.id for row in CATALOGUE.values() if "client" in row.edges]),
    where=_WHERE,
    name=_NAMES,
    times=st.none() | st.integers(1, 9),
    test=st.text(max_size=10),
)
def test_what_is_written_is_read_back(
    fault: str, where: tuple[str, ...], name: str, times: int | None, test: str
) -> None:
    placed = {part.partition("=")[0]: part.partition("=")[2] or name for part in where}
    spec = msgspec.convert({"id": fault, "times": times, "test": test, **placed}, FaultSpec)
    again = parse_fault(text_of(spec))
    assert again.edge_of == spec.edge_of
    assert again == FaultSpec(
        id=spec.id,
        times=times,
        test=test,
        edge=again.edge,
        provider=spec.provider,
        model=spec.model,
        route=spec.route,
        node=spec.node,
    )


@pytest.mark.parametrize(
    ("text", "facts", "is_struck"),
    [
        ("http.500", CLIENT, True),
        ("http.500", QWEN, False),
        ("http.500@provider", QWEN, True),
        ("http.500@provider:qwen", QWEN, True),
        ("http.500@provider:openai", QWEN, False),
        ("http.500@provider:qwen/qwen3-max", QWEN, True),
        ("http.500@provider:qwen/other", QWEN, False),
        ("http.500@route:ai-test", QWEN, True),
        ("http.500@route:other", QWEN, False),
        ("http.500@node:flow.then", QWEN, True),
        ("http.500@node:qwen/qwen3-max", QWEN, True),
        ("http.500@node:flow.else", QWEN, False),
        ("http.500@client;model=gpt-4o-mini", CLIENT, True),
        ("http.500@client;model=other", CLIENT, False),
        ("http.500;test=t1", CLIENT, True),
        ("http.500;test=t2", CLIENT, False),
    ],
)
def test_a_fault_strikes_where_it_was_put(text: str, facts: CallFacts, is_struck: bool) -> None:
    assert Armed(parse_fault(text)).wants(facts) is is_struck


def _struck(text: str, calls: int = 6) -> list[int]:
    armed = Armed(parse_fault(text))
    return [number for number in range(1, calls + 1) if armed.wants(CLIENT)]


def test_times_and_on_call_count_matching_calls() -> None:
    assert _struck("http.500") == [1, 2, 3, 4, 5, 6]
    assert _struck("http.500;times=2") == [1, 2]
    assert _struck("http.500;on_call=3") == [3]
    assert _struck("http.500;on_call=3;times=2") == [3, 4]


def test_calls_elsewhere_are_not_counted() -> None:
    armed = Armed(parse_fault("http.500;on_call=2"))
    assert [armed.wants(facts) for facts in (CLIENT, QWEN, QWEN, CLIENT)] == [False, False, False, True]
    assert armed.seen == 2
    assert armed.fired == 1


def test_the_same_seed_strikes_the_same_calls() -> None:
    first = _struck("http.500;rate=0.5;seed=3", 200)
    assert first == _struck("http.500;rate=0.5;seed=3", 200)
    assert first != _struck("http.500;rate=0.5;seed=4", 200)
    assert 70 < len(first) < 130
    assert _struck("http.500;rate=0") == []
    assert _struck("http.500;rate=1") == [1, 2, 3, 4, 5, 6]


def test_draws_can_be_given() -> None:
    armed = Armed(parse_fault("http.500;rate=0.5"))
    assert [armed.wants(CLIENT, lambda value=value: value) for value in (0.4, 0.6)] == [True, False]


@given(st.integers())
def test_numbers_depend_on_the_seed_alone_and_stay_below_one(seed: int) -> None:
    first, second = generator(seed), generator(seed)
    numbers = [first() for _ in range(5)]
    assert numbers == [second() for _ in range(5)]
    assert all(0 <= number < 1 for number in numbers)


def test_the_generator_is_splitmix64() -> None:
    # the first output for seed 0 is 0xE220A8397B1DCDAF (reference implementation)
    assert generator(0)() == (0xE220A8397B1DCDAF >> 11) / (1 << 53)


def test_a_short_word_is_found_for_a_mistyped_one() -> None:
    with pytest.raises(FaultError, match="did you mean `stream\\.cut`"):
        parse_fault("strem.cut")


@given(st.text(max_size=60))
def test_whatever_is_asked_for_is_a_fault_or_an_error(text: str) -> None:
    try:
        found = parse_faults(text)
    except FaultError:
        return
    assert all(spec.id in CATALOGUE for spec in found)
