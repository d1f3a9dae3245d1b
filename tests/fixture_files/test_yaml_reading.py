"""YAML of cassettes: plain data as YAML 1.1 means it, with either parser, and nothing else."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.fixture_files import yaml_reading
from aigw_dev.fixture_files.yaml_reading import read_yaml


@pytest.fixture(params=["pyyaml", "ruamel"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Any]:
    """Reading with one parser; ruamel is what is there without PyYAML."""
    if request.param == "pyyaml" and "pyyaml" not in yaml_reading.parsers():
        pytest.skip("PyYAML has no C parser here")
    if request.param == "ruamel":
        monkeypatch.setattr(yaml_reading, "_pyyaml", lambda: None)
        assert yaml_reading.parsers() == ["ruamel"]
    return read_yaml


Read = Callable[[bytes], Any]


def test_scalars_are_what_yaml_1_1_says(read: Read) -> None:
    text = b"""
    [~, null, '', "null", yes, Off, true, 12, -0x1F, 0b11, 010, 1_000, 1.5, -2.5e+3, .5, .inf, -.INF, 1e6, 12:30:45,
    2024-01-02, "\\u00e9", !!str 12, !!int "7", !!float "1", !!null ~, !!bool no, !!timestamp 2024-01-02, ! x, +, -a, .]
    """
    assert read(text) == [
        None, None, "", "null", True, False, True, 12, -31, 3, 8, 1000, 1.5, -2500.0, 0.5, float("inf"), float("-inf"),
        "1e6", "12:30:45", "2024-01-02", "é", "12", 7, 1.0, None, False, "2024-01-02", "x", "+", "-a", ".",
    ]  # fmt: skip
    assert str(read(b".nan")) == "nan"


def test_bytes_come_as_bytes(read: Read) -> None:
    assert read(b"string: !!binary |\n  aGVs\n  bG8=\n") == {"string": b"hello"}


def test_keys_are_text_as_spelled(read: Read) -> None:
    assert read(b"200: a\nyes: b\n!!binary aGk=: c\n'x y': d\n") == {
        "200": "a",
        "yes": "b",
        "hi": "c",
        "x y": "d",
    }


def test_aliases_stand_for_what_they_name(read: Read) -> None:
    assert read(b"a: &x [1, {b: 2}]\nc: *x\nd: &y k\n*y : e\n") == {
        "a": [1, {"b": 2}],
        "c": [1, {"b": 2}],
        "d": "k",
        "k": "e",
    }


def test_halves_of_a_pair_are_put_together(read: Read) -> None:
    assert read(b'"\\ud83d\\ude00"') == "😀"


def test_an_empty_document_is_nothing(read: Read) -> None:
    assert read(b"") is None
    assert read(b"\xef\xbb\xbf---\na: 1\n") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: !!python/object/apply:os.system ['id']", "the tag '!!python/object/apply:os.system' is not read"),
        (b"a: !!python/name:os.system x", "python/name"),
        (b"a: !include /etc/passwd", "the tag '!include'"),
        (b"a: !!set {b}", "the tag '!!set'"),
        (b"a: !!binary not*base64", "no base64"),
        (b"a: !!int x", "whole number"),
        (b"a: !!float x", "number that is none"),
        (b"a: !!bool x", "does not fit"),
        (b"a: *nothing", "nothing"),
        (b"a: &a [*a]", "stands for nothing that is complete"),
        (b"<<: {a: 1}", "merge keys"),
        (b"? [a]\n: b", "a key that is no text"),
        (b"a: &x [1]\n*x : 1", "a key that is no text"),
        (b"a: 1\n---\nb: 2", "a second document"),
        (b"a: [1", "no YAML"),
        (b"a: \x00", "no YAML"),
        (b"\xff", "no UTF-8"),
        (b"a: " + b"9" * 2000, "too many digits"),
        (b"[" * 500, "nests deeper"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(read: Read, text: bytes, message: str) -> None:
    with pytest.raises(FixtureError, match=r".") as refused:
        read(text)
    assert message in refused.value.message


def test_a_refusal_names_the_line(read: Read) -> None:
    with pytest.raises(FixtureError, match="line 3: the tag"):
        read(b"a: 1\nb: 2\nc: !x y\n")


def test_a_billion_laughs_are_counted_not_told(read: Read) -> None:
    lines = [b"a0: &a0 [lol, lol]"]
    lines += [b"a%d: &a%d [%s]" % (at, at, b", ".join([b"*a%d" % (at - 1)] * 9)) for at in range(1, 12)]
    began = time.monotonic()
    with pytest.raises(FixtureError, match="aliases counted in full"):
        read(b"\n".join(lines))
    assert time.monotonic() - began < 5


def test_what_pyyaml_writes_comes_back_the_same(read: Read) -> None:
    document = {
        "interactions": [
            {
                "body": {"string": b"\x00\xff"},
                "headers": {"etag": ["1e6", "yes", "0o7", "012", "~", "=", "<<"]},
            },
            {"text": "a\n b\u2028\U0001f600 \x85", "n": [1, -5, 1.5, True, None, 10**20]},
        ],
        "version": 1,
    }
    assert read(yaml.safe_dump(document).encode()) == document


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_whatever_pyyaml_writes_is_read_as_it_was(document: Any) -> None:
    content = yaml.safe_dump(
        document
    ).encode()  # as vcrpy does: without `allow_unicode`, which loses line breaks
    assert read_yaml(content) == document
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_reading, "_pyyaml", lambda: None)
        assert read_yaml(content) == document


@given(st.binary() | st.text("!&*<>|-?:{}[],'\"\\ \n\tab01~.#%@").map(str.encode))
def test_whatever_comes_it_is_data_or_a_clear_error(content: bytes) -> None:
    for has_pyyaml in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not has_pyyaml:
                patch.setattr(yaml_reading, "_pyyaml", lambda: None)
            found: Any = None
            with contextlib.suppress(FixtureError):  # any other error fails the test
                found = read_yaml(content)
            assert _is_plain(found)


def _is_plain(found: Any) -> bool:
    """Whether it is data alone: no object that a tag made."""
    if isinstance(found, list):
        return all(map(_is_plain, cast("list[Any]", found)))
    if isinstance(found, dict):
        return all(_is_plain(each) for pair in cast("dict[Any, Any]", found).items() for each in pair)
    return found is None or type(found) in {str, int, float, bool, bytes}


def test_every_recorded_cassette_reads_as_pyyaml_reads_it(vectors: Path) -> None:
    cassettes = sorted(vectors.rglob("cassettes/*.yaml"))[:40]
    assert cassettes
    for cassette in cassettes:
        content = cassette.read_bytes()
        assert read_yaml(content) == yaml.safe_load(content), cassette.name
