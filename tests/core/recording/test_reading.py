import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.mask import MASKED
from aigw_dev.core.recording.fixture import (
    Blob,
    FixtureError,
    Interaction,
    Request,
    Wild,
)
from aigw_dev.core.recording.reading import read_fixture
from tests.core.recording.made_documents import (
    SHA,
    body_of,
    fixture,
    read,
    refused,
    reply_of,
    with_reply,
    with_request,
)


def test_another_major_version_is_refused_and_both_are_named() -> None:
    error = refused(fixture(aigw_fixture=2))
    assert error.code == "fixture_version"
    assert error.where == "$.aigw_fixture"
    assert "version 2" in error.message
    assert "version 1" in error.message
    assert "newer" in error.hint
    assert "record it again" in refused(fixture(aigw_fixture=0)).hint


def test_what_is_no_fixture_says_so() -> None:
    assert "no `aigw_fixture`" in refused({"interactions": []}).message
    assert refused(b"[]").where == "$"
    assert refused(fixture(aigw_fixture="1")).where == "$.aigw_fixture"
    assert refused(fixture(aigw_fixture=True)).where == "$.aigw_fixture"


@pytest.mark.parametrize(
    ("content", "words", "where"),
    [
        (b"", "no JSON", "line 1 column 1"),
        (b'{"aigw_fixture": 1,\n "interactions": [}', "no JSON", "line 2 column 19"),
        (b'{"aigw_fixture": 1,\n "test": "\xff"}', "no UTF-8", "line 2"),
        (b'{"aigw_fixture": 1, "aigw_fixture": 1}', 'the key "aigw_fixture" stands twice', ""),
        (b'{"aigw_fixture": NaN}', "NaN", ""),
        (b'{"aigw_fixture": -Infinity}', "-Infinity", ""),
        (b'{"aigw_fixture": 1e999}', "out of range", ""),
        (b'{"aigw_fixture": ' + b"1" * 5000 + b"}", "digits", ""),
        (b'{"a":' * 100_000, "nests deeper than 200", ""),
        (b"[" * 100_000 + b"]" * 100_000, "nests deeper than 200", ""),
        (b'{"\\":' + b"[" * 100_000, "no JSON", "line 1 column 2"),
    ],
)
def test_hostile_json_is_refused_with_its_place(content: bytes, words: str, where: str) -> None:
    error = refused(content)
    assert words in error.message
    assert error.where == where
    assert error.code == "fixture_invalid"


def test_brackets_in_texts_do_not_count_as_depth() -> None:
    deep = '\\"' + "[{" * 1000
    assert body_of(with_request(deep)) == deep


def test_huge_whole_numbers_stay_exact() -> None:
    assert body_of(with_request({"n": 10**3999, "m": -(2**70)})) == {"n": 10**3999, "m": -(2**70)}


def test_a_byte_order_mark_and_windows_line_ends_are_passed_over() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(with_request("x"), indent=1).replace("\n", "\r\n").encode()
    assert body_of(content) == "x"


def is_read_or_refused(document: Any) -> bool:
    try:
        read(document)
    except FixtureError as error:
        return error.where.startswith("$")
    return True


# shorthands


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"~lines": ["a", "b\u2028"]}, "a\nb\u2028"),
        ({"~lines": []}, ""),
        ({"~row": [1, {"~lines": ["x", ""]}]}, [1, "x\n"]),
        (
            {"~lit": {"~any": True, "b": {"~lit": {"~v": {"~lines": ["a", "b"]}}}}},
            {"~any": True, "b": {"~v": "a\nb"}},
        ),
        ({"~any": True}, Wild()),
        ({"~re": "On .*"}, Wild(pattern="On .*")),
        ({"~secret": "openai-api-key"}, Wild()),
        (
            {"~blob": f"sha256:{SHA}", "type": "image/png", "bytes": 3, "form": "base64"},
            Blob(sha256=SHA, type="image/png", bytes=3, form="base64"),
        ),
    ],
)
def test_shorthands_are_read(written: Any, meant: Any) -> None:
    assert body_of(with_request({"x": [written]})) == {"x": [meant]}


@pytest.mark.parametrize(
    ("written", "words", "hint"),
    [
        ({"~line": []}, "`~line` is no shorthand", "did you mean `~lines`?"),
        ({"~zzzzzz": []}, "is no shorthand", "~lit"),
        ({"~lines": "a"}, "wrong content", "array of texts"),
        ({"~lines": [1]}, "wrong content", "array of texts"),
        ({"~lines": ["a"], "b": 1}, "no other fields", "~lit"),
        ({"~lit": 1}, "wrong content", "object"),
        ({"~row": 1}, "wrong content", "array"),
        ({"~re": 1}, "wrong content", "regex"),
        ({"~blob": "sha256:zz"}, "wrong content", "64 hex"),
        ({"~blob": 1}, "wrong content", "64 hex"),
        ({"~blob": f"sha256:{SHA}", "typ": "x"}, "no field `typ`", "`type`"),
        ({"~blob": f"sha256:{SHA}", "bytes": "x"}, "field is wrong", "64 hex"),
        ({"~v": 0}, "no earlier reply", "I.A.n"),
        ({"~v": "0.0.0"}, "no earlier reply", "I.A.n"),
    ],
)
def test_wrong_shorthands_are_refused_with_their_place(written: Any, words: str, hint: str) -> None:
    error = refused(with_request({"x": [0, written]}))
    assert words in error.message
    assert hint in error.hint
    assert error.where == "$.interactions[0].request.body.x[1]"


def test_wildcards_are_for_requests_and_a_secret_in_a_reply_is_masked() -> None:
    assert reply_of(with_reply({"body": [{"~secret": "x"}]})).body == [MASKED]
    for one in ({"~any": True}, {"~re": "x"}):
        assert "for requests" in refused(with_reply({"body": one})).message


def test_blobs_that_stand_for_json_are_put_back_where_their_bytes_are_given() -> None:
    def fetch(blob: Blob) -> bytes:
        return b"[1.5,2]" if blob.form == "json" else b"\x00\x01\x02"

    marks: list[dict[str, Any]] = [
        {"~blob": f"sha256:{SHA}", "type": kind, "bytes": 3, "form": form}
        for kind, form in (("image/png", "data-url"), ("", "base64"), ("application/json", "json"))
    ]
    content = json.dumps(with_request(marks)).encode()
    assert read_fixture(content, blob=fetch).interactions[0].request.body == [
        "data:image/png;base64,AAEC",
        "AAEC",
        [1.5, 2],
    ]
    with pytest.raises(FixtureError, match=r"body\[2\]: the blob is no JSON"):
        read_fixture(content, blob=lambda _blob: b"{")


def test_a_blob_as_a_whole_body_is_bytes() -> None:
    whole = {"~blob": f"sha256:{SHA}", "type": "audio/mpeg", "bytes": 9}
    blob = Blob(sha256=SHA, type="audio/mpeg", bytes=9)
    assert reply_of(with_reply({"body": whole})).blob == blob
    assert read(with_request(whole)).interactions[0].request == Request(op="o", blob=blob)


# requests that refer to earlier ones


def test_an_extended_request_is_the_earlier_one_with_changes() -> None:
    first = {"model": "m", "messages": [1, 2], "tools": [], "top_p": 1}
    second = {"~extends": 0, "~drop": ["top_p"], "messages": {"~append": [3]}, "seed": 5}
    third = {"~extends": 1, "messages": {"~keep": 1, "~append": [9]}, "tools": None}
    document = with_request(first, second, third)
    assert body_of(document, 1) == {"model": "m", "messages": [1, 2, 3], "tools": [], "seed": 5}
    assert body_of(document, 2) == {"model": "m", "messages": [1, 9], "tools": None, "seed": 5}
    assert list(body_of(document, 2)) == ["model", "messages", "tools", "seed"]


@pytest.mark.parametrize(
    ("second", "words", "step"),
    [
        ({"~extends": 1}, "no earlier request", ""),  # itself
        ({"~extends": 2}, "no earlier request", ""),
        ({"~extends": -1}, "no earlier request", ""),
        ({"~extends": True}, "no earlier request", ""),
        ({"~extends": [0]}, "no earlier request", ""),
        ({"~extends": "0.0"}, "no earlier request", ""),
        ({"~extends": 0, "~drop": "a"}, "list of field names", ""),
        ({"~extends": 0, "~drop": ["zz"]}, "does not have", ""),
        ({"~extends": 0, "~drop": [1]}, "does not have", ""),
        ({"~extends": 0, "~dorp": []}, "no field `~dorp`", ""),
        ({"~extends": 0, "messages": {"~append": 1}}, "continues a list", ".messages"),
        ({"~extends": 0, "model": {"~append": []}}, "continues a list", ".model"),
        ({"~extends": 0, "messages": {"~append": [], "x": 1}}, "no other fields", ".messages"),
        ({"~extends": 0, "messages": {"~append": [], "~keep": 3}}, "0 to 2", ".messages"),
        ({"~extends": 0, "messages": {"~append": [], "~keep": True}}, "0 to 2", ".messages"),
    ],
)
def test_a_wrong_extension_is_refused(second: Any, words: str, step: str) -> None:
    error = refused(with_request({"model": "m", "messages": [1, 2]}, second))
    assert words in error.message
    assert error.where == f"$.interactions[1].request.body{step}"


def test_only_an_object_can_be_extended() -> None:
    assert "no object" in refused(with_request([1], {"~extends": 0})).message


def test_a_patched_request_is_the_callers_with_changes() -> None:
    patch = {"~patch": {"model": "n", "x": None}, "op": "p", "headers": {"a": "b"}}
    attempt = read(with_reply({}, request=patch)).interactions[0].attempts[0]
    assert attempt.request == Request(op="p", headers={"a": "b"}, body={"model": "n"})
    same = read(with_reply({}, request={"~patch": {}})).interactions[0].attempts[0]
    assert same.request == Request(op="o", body={"model": "m", "x": 1})
    where = "$.interactions[0].attempts[0].request"
    assert refused(with_reply({}, request={"~patch": {}, "x": 1})).where == where


def test_a_request_repeats_what_an_earlier_reply_brought() -> None:
    reply = {"common": {"id": "resp_1", "~v": ["call_1"]}, "body": {"id": {"~v": "id"}, "x": {"~v": 0}}}
    document = with_reply(reply)
    document["interactions"] += with_request([{"~v": "0.0.0"}, {"~v": "0.0.id"}])["interactions"]
    assert body_of(document, 1) == ["call_1", "resp_1"]
    document["interactions"][1]["request"]["body"] = {"~v": "0.0.1"}
    assert refused(document).where == "$.interactions[1].request.body"


def test_files_of_a_form_are_read() -> None:
    part = {"name": "file", "filename": "a.wav", "type": "audio/wav", "~blob": f"sha256:{SHA}", "bytes": 6}
    document = fixture(
        interactions=[{"request": {"op": "o", "form": {"a": ["1", "2"]}, "files": [part]}, "attempts": []}]
    )
    request = read(document).interactions[0].request
    assert request.form == {"a": ["1", "2"]}
    assert request.files[0].blob == Blob(sha256=SHA, type="audio/wav", bytes=6)
    part["~blob"] = "md5:1"
    assert refused(document).where == "$.interactions[0].request.files[0]"


def test_the_rest_of_an_interaction_is_read() -> None:
    one = {
        "key": "k1:00",
        "request": {"op": "o"},
        "route": {"asked": "a", "chosen": "b"},
        "attempts": [
            {"upstream": "p", "why": "w", "error": "connect_failed", "error_text": {"~lines": ["a", "b"]}}
        ],
        "summary": {"text": {"~lines": ["x", "y"]}},
        "repeat": "cycle",
        "note": "n",
    }
    interaction = read(fixture(interactions=[one])).interactions[0]
    assert interaction.attempts[0].error_text == "a\nb"
    assert interaction.summary == {"text": "x\ny"}
    assert (interaction.repeat, interaction.note, interaction.key) == ("cycle", "n", "k1:00")
    assert interaction.route is not None
    assert interaction.route.chosen == "b"
    assert isinstance(interaction, Interaction)


_MARKS = [
    "~v",
    "~lit",
    "~lines",
    "~blob",
    "~extends",
    "~append",
    "~patch",
    "~any",
    "~re",
    "~row",
    "events",
    "body",
    "common",
]
_NASTY = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from(["same", "0.0.0", "x", f"sha256:{SHA}"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_MARKS), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_NASTY, _NASTY, _NASTY)
def test_whatever_stands_in_a_file_it_is_read_or_refused(request_: Any, sent: Any, reply: Any) -> None:
    attempts = [{"upstream": "a", "request": sent, "response": reply}]
    first = {"request": {"op": "o", "body": request_}, "attempts": attempts}
    document = fixture(interactions=[first, {"request": {"op": "o", "body": sent}, "attempts": attempts}])
    assert is_read_or_refused(document)


@pytest.mark.parametrize(
    ("reply", "words", "where"),
    [
        ({"status": 99}, "from 100 to 599", "status"),
        ({"status": 600}, "from 100 to 599", "status"),
        ({"headers": {"x": "a\r\nb: c"}}, "CR, LF or NUL", "headers.x"),
        ({"headers": {"x": "a\0"}}, "CR, LF or NUL", "headers.x"),
        ({"headers": {"größe": "1"}}, "no name of a header", "headers"),
        ({"headers": {"": "1"}}, "no name of a header", "headers"),
        ({"common": {"~headers": {"a b": "1"}}}, "no name of a header", "common.~headers"),
    ],
)
def test_a_reply_that_no_server_could_send_is_refused(reply: Any, words: str, where: str) -> None:
    error = refused(with_reply(reply))
    assert words in error.message
    assert error.where == f"$.interactions[0].attempts[0].response.{where}"


@pytest.mark.parametrize("pattern", ["((", "a" * 1001, "\ud800"])
def test_a_regex_that_cannot_be_used_is_refused(pattern: str) -> None:
    error = refused(with_request({"x": {"~re": pattern}}))
    assert "the regex of `~re` cannot be used" in error.message
    assert error.where == "$.interactions[0].request.body.x"


@pytest.mark.parametrize("upstream", ["", "/gpt-4o"])
def test_an_attempt_names_its_provider(upstream: str) -> None:
    document = with_reply({})
    document["interactions"][0]["attempts"][0]["upstream"] = upstream
    error = refused(document)
    assert (error.message, error.where) == (
        "it names no provider",
        "$.interactions[0].attempts[0].upstream",
    )
