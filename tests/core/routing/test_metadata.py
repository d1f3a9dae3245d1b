"""The metadata header is read as JSON or pairs; a caller who got it wrong is shown a call that is right."""

import json
import shlex
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Scalar
from aigw_dev.core.routing.flow import CompiledRoute
from aigw_dev.core.routing.metadata import HEADER, MAX_CHARS, missing, parse_metadata


class Plain(msgspec.Struct):
    """A route as the header's reader sees it."""

    name: str = "ai-test"
    metadata_example: dict[str, Scalar] = msgspec.field(default_factory=lambda: {"test-key": "ok"})


def refused(header: str | bytes) -> Refusal:
    refusal = parse_metadata(header, Plain())
    assert isinstance(refusal, Refusal), refusal
    assert refusal.code == "route_metadata_invalid"
    return refusal


@pytest.mark.parametrize(
    ("header", "metadata"),
    [
        ('{"tier":"pro"}', {"tier": "pro"}),
        (' {"a":1,"b":1.5,"c":true,"d":null,"e":""} ', {"a": 1, "b": 1.5, "c": True, "d": None, "e": ""}),
        ("{}", {}),
        ('{"any key, even =;":"v"}', {"any key, even =;": "v"}),
        ('{"n":123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
        ("tier=pro", {"tier": "pro"}),
        ("tier=pro,region=eu", {"tier": "pro", "region": "eu"}),
        ("tier=pro;region=eu", {"tier": "pro", "region": "eu"}),
        (" tier = pro ; region = eu ,", {"tier": "pro", "region": "eu"}),
        ("a=1", {"a": "1"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        ('a="quoted"', {"a": "quoted"}),
        ('a="', {"a": '"'}),
        ("name=grün".encode(), {"name": "grün"}),
        ("name=grün".encode().decode("latin-1"), {"name": "grün"}),
        ('{"name":"gr\\u00fcn 漢"}'.encode(), {"name": "grün 漢"}),
        (b"name=caf\xe9", {"name": "café"}),
    ],
)
def test_metadata_is_read(header: str | bytes, metadata: dict[str, Scalar | None]) -> None:
    assert parse_metadata(header, Plain()) == metadata


@pytest.mark.parametrize("header", [None, "", b"", "   "])
def test_a_header_that_says_nothing_is_absent(header: str | bytes | None) -> None:
    assert parse_metadata(header, Plain()) is None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ('{"a":{"b":1}}', "not a flat JSON object"),
        ('{"a":[1]}', "not a flat JSON object"),
        ("[1]", "not a flat JSON object"),
        ('"tier=pro"', "not a flat JSON object"),
        ('{"a":' + "[" * 4000, "not a flat JSON object"),
        ("{'tier':'pro'}", "is not valid"),
        ('{"tier":"pro"', "is not valid"),
        ('{"a":NaN}', "is not valid"),
        ('{"a":"\\ud83d"}', "is not valid"),
        ('{"a":1}{"b":2}', "is not valid"),
        ('{"a":1,"a":2}', "the key `a` is given twice"),
        ("a=1;a=1", "the key `a` is given twice"),
        ("pro", "`pro` is neither a JSON object nor a pair"),
        ("a=1,pro", "`pro` is neither"),
        ("=x", "`` is no key"),
        ("a b=x", "`a b` is no key"),
        ("größe=x", "`größe` is no key"),
        ("x" * 100, "`" + "x" * 40 + "…`"),
        ("a=" + "x" * MAX_CHARS, "at most 8,192 are read"),
    ],
)
def test_a_malformed_header_is_refused_with_the_reason(header: str, reason: str) -> None:
    assert reason in refused(header).message


def test_a_refusal_names_the_header_and_the_keys_and_is_a_400() -> None:
    for refusal in (refused("nonsense"), missing(Plain())):
        assert refusal.param == HEADER
        assert HEADER in refusal.message
        assert "test-key" in refusal.message


def curl_of(refusal: Refusal) -> list[str]:
    command = refusal.message.splitlines()[-1]
    assert command.startswith("curl ")
    return shlex.split(command)


def test_the_curl_of_a_refusal_is_the_call_put_right() -> None:
    awkward = Plain(name="it's", metadata_example={"tier": 'pro\'s "best"', "age": 18})
    for refusal in (
        parse_metadata("nonsense", awkward, url="http://localhost:1/v1/chat/completions"),
        missing(awkward, url="http://localhost:1/v1/chat/completions"),
    ):
        assert isinstance(refusal, Refusal)
        words = curl_of(refusal)
        assert words[1] == "http://localhost:1/v1/chat/completions"
        header = next(word for word in words if word.startswith(HEADER)).partition(": ")[2]
        assert parse_metadata(header, awkward) == awkward.metadata_example
        assert json.loads(words[-1])["model"] == "dynamic/it's"


def test_the_example_comes_from_the_conditions_of_the_route(route_of: Callable[[str], CompiledRoute]) -> None:
    words = curl_of(missing(route_of("seed")))
    assert f'{HEADER}: {{"test-key":"ok"}}' in words
    words = curl_of(missing(route_of("every-operator")))
    assert f'{HEADER}: {{"tier":"pro","region":"us","team":"ops","age":18,"score":0.5}}' in words


def test_a_route_that_reads_no_metadata_says_so() -> None:
    refusal = parse_metadata("nonsense", Plain(metadata_example={}))
    assert isinstance(refusal, Refusal)
    assert "reads no metadata" in refusal.message


FLAT = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    max_size=6,
)


@given(FLAT, st.booleans())
def test_every_flat_object_is_read_as_it_was_sent(metadata: dict[str, Scalar | None], is_ascii: bool) -> None:
    header = json.dumps(metadata, ensure_ascii=is_ascii)
    assert parse_metadata(header.encode(), Plain()) == metadata
    assert parse_metadata(header.encode().decode("latin-1"), Plain()) == metadata


PAIRS = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,6}", fullmatch=True),
    st.from_regex(r"[a-z0-9=:/ .-]{0,8}", fullmatch=True).map(str.strip),
    min_size=1,
    max_size=5,
)


@given(PAIRS, st.sampled_from([",", ";", ", ", " ; "]))
def test_pairs_are_read_as_they_were_sent(pairs: dict[str, str], separator: str) -> None:
    header = separator.join(f"{key}={value}" for key, value in pairs.items())
    assert parse_metadata(header, Plain()) == pairs


@given(st.binary(max_size=60) | st.text(max_size=60) | st.text(alphabet='{}[]":,;= a1', max_size=40))
def test_no_header_breaks_the_reader(header: str | bytes) -> None:
    parse_metadata(header, Plain())
