"""A dry-run's request as it is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.names import Name
from aigw_dev.tui.routes import asking
from aigw_dev.tui.routes.asking import Asked, Shape, as_options, read, words_of

ROUTE = Shape(name="ai-test", metadata_example={"tier": "pro"})


def asked(text: str) -> Asked:
    found = read(text, ROUTE)
    assert isinstance(found, Asked), found
    return found


def problem(text: str) -> str:
    found = read(text, ROUTE)
    assert isinstance(found, str)
    return found


def test_bare_pairs_are_metadata_and_always_text() -> None:
    assert asked("tier=free n=3").metadata == {"tier": "free", "n": "3"}
    assert asked("tier=free, lang=de; x=1").metadata == {"tier": "free", "lang": "de", "x": "1"}


def test_nothing_typed_is_a_request_without_the_header() -> None:
    assert asked("stream=true").metadata is None
    assert asked("{}").metadata == {}


def test_other_names_stand_for_what_conditions_read() -> None:
    found = asked(
        "header.X-Canary=1 query.v=2 model=gpt body.temperature=0.5 body.user.id=7 stream=true input_chars=9"
    )
    facts = found.facts("ai-test")
    assert (found.headers, found.query, found.input_chars) == ({"x-canary": "1"}, {"v": "2"}, 9)
    assert facts.read(Name("body", ("user", "id"))).value == 7
    assert facts.read(Name("stream", ())).value is True
    assert facts.read(Name("model", ())).value == "gpt"
    assert facts.read(Name("input_chars", ())).value == 9


def test_json_is_the_header_itself_and_words_may_follow() -> None:
    found = asked('{"tier": "pro", "n": 3} header.a=b')
    assert found.metadata == {"tier": "pro", "n": 3}
    assert found.headers == {"a": "b"}


def test_a_bad_header_is_said_as_the_gateway_says_it() -> None:
    assert "x-ai-route-metadata could not be read" in problem('{"tier": ["pro"]}')


def test_quotes_keep_blanks_and_commas_together() -> None:
    assert asked('tier="a b, c" x=1').metadata == {"tier": "a b, c", "x": "1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tier", "name=value"),
        ("stream=maybe", "true or false"),
        ("input_chars=many", "number"),
        ("draw=1", "from 0 up to"),
        ("a=1 a=2", "twice"),
        ("é=1", "no metadata key"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    assert words in problem(text)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    found = read(text, ROUTE)
    if isinstance(found, Asked):
        found.facts("ai-test").read(Name("body", ("a", "b")))


PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@given(st.dictionaries(st.sampled_from(["tier", "lang", "a-b"]), PLAIN, min_size=1))
def test_a_logged_request_reads_back_as_it_was(metadata: dict[str, str]) -> None:
    seen = [
        {"name": f"metadata.{key}", "operator": "==", "wanted": "x", "actual": value}
        for key, value in metadata.items()
    ]
    exchange = {"decision": {"trace": [{"type": "if", "observations": seen}]}}
    assert asked(words_of(exchange, [])).metadata == metadata


def test_a_logged_request_brings_what_the_route_reads() -> None:
    exchange = {
        "route": "ai-test",
        "decision": {"trace": [{"type": "split", "sticky": "request", "draw": 0.25}]},
        "request_headers": [["X-Canary", "1"], ["x-ai-route-metadata", '{"tier":"pro"}']],
        "request_body": '{"messages":[{"role":"user","content":"hello"}],"tools":[1],"user":{"id":7}}',
        "is_stream": True,
    }
    reads = [
        "metadata.tier",
        "header.x-canary",
        "stream",
        "input_chars",
        "has_tools",
        "body.user.id",
        "body.none",
    ]
    assert words_of(exchange, reads) == (
        "tier=pro header.x-canary=1 stream=true input_chars=5 has_tools=true body.user.id=7 draw=0.25"
    )


def test_an_empty_header_is_told_from_none() -> None:
    decision = {"trace": [{"type": "if", "observations": [{"name": "metadata.tier", "state": "missing"}]}]}
    assert words_of({"decision": decision}, ["metadata.tier"]) == "{}"


def test_the_command_line_asks_the_same() -> None:
    found = asked("tier=pro header.a=b stream=true consumer=me draw=0.5 conversation=c model=m")
    assert as_options(found) == [
        "--metadata", '{"tier":"pro"}', "--header", "a=b", "--body", '{"stream":true,"model":"m"}',
        "--consumer", "me", "--conversation", "c", "--draw", "0.5",
    ]  # fmt: skip
    assert asking.as_options(asked("")) == []
