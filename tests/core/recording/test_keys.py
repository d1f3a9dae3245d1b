"""What counts in a request's key and what does not: the table of the format, row by row and by property."""

import base64
import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Blob, FilePart, FixtureError, Request, Wild
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.keys import IdText, canonical, has_wilds, key_of
from tests.core.recording.recorded_requests import DIALECTS, chat, request_in

_IDS = {"id", "tool_call_id", "tool_use_id", "call_id", "previous_response_id"}
_PNG = base64.b64decode("iVBORw0KGgo=")


def _form(**changes: Any) -> Request:
    fields: dict[str, Any] = {
        "form": {"model": "whisper-1", "language": "en", "include[]": ["a", "b"]},
        "files": [_part()],
    }
    return Request(op="openai.audio.transcriptions", **(fields | changes))


def _part(**changes: Any) -> FilePart:
    fields: dict[str, Any] = {
        "name": "file",
        "filename": "a.wav",
        "type": "audio/wav",
        "blob": Blob(sha256="a" * 64),
    }
    return FilePart(**(fields | changes))


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        for name, one in cast("dict[str, Any]", value).items():
            yield from _leaves(one, (*path, name))
    elif isinstance(value, list) and value:
        for place, one in enumerate(cast("list[Any]", value)):
            yield from _leaves(one, (*path, place))
    else:
        yield path


def _is_id(path: tuple[Any, ...]) -> bool:
    """Ids of the conversation; not `prompt.id`, not the ids in arguments and schemas."""
    opaque = {"input", "args", "parameters"} - ({"input"} if path[0] == "input" else set())
    return path[-1] in _IDS and path[0] not in {"prompt", "tools"} and not opaque.intersection(path)


def _edited(body: Any, path: tuple[Any, ...], edit: Callable[[Any, Any], None]) -> Any:
    changed = copy.deepcopy(body)
    held = changed
    for step in path[:-1]:
        held = held[step]
    edit(held, path[-1])
    return changed


def _change(held: Any, step: Any) -> None:
    value = held[step]
    if isinstance(value, bool):
        held[step] = not value
    elif isinstance(value, int | float):
        held[step] = value + 1
    elif isinstance(value, str):
        held[step] = f"{value}x"
    else:
        held[step] = {"other": value}


def _remove(held: Any, step: Any) -> None:
    del held[step]


def _add(held: Any, step: Any) -> None:
    if isinstance(held, list):
        held.insert(step, "new")  # pyright: ignore[reportUnknownMemberType] -- any JSON
    else:
        held["new"] = None if len(held) % 2 else 1


@given(data=st.data())
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("edit", [_change, _remove, _add])
def test_changing_any_single_kept_field_changes_the_key(
    dialect: str, edit: Callable[[Any, Any], None], data: st.DataObject
) -> None:
    request = request_in(dialect)
    path = data.draw(st.sampled_from([one for one in _leaves(request.body) if not _is_id(one)]))
    body = _edited(request.body, path, edit)
    if edit is _add and len(path) == 1:  # a null at the top does not count
        body |= {"new": 1}
    assert key_of(msgspec.structs.replace(request, body=body)) != key_of(request)


@given(data=st.data())
@pytest.mark.parametrize("dialect", ["chat", "responses", "anthropic", "gemini"])
def test_a_broken_link_changes_the_key(dialect: str, data: st.DataObject) -> None:
    request = request_in(dialect)
    values = [json.dumps(_at(request.body, one)) for one in _leaves(request.body) if _is_id(one)]
    linked = [
        one
        for one in _leaves(request.body)
        if _is_id(one) and values.count(json.dumps(_at(request.body, one))) > 1
    ]
    path = data.draw(st.sampled_from(linked))
    body = _edited(request.body, path, _change)
    assert key_of(msgspec.structs.replace(request, body=body)) != key_of(request)


def _at(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


@given(data=st.data())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_table_ignores_keeps_the_key(dialect: str, data: st.DataObject) -> None:
    request = request_in(dialect)
    renamed: dict[str, str] = {}

    def other(value: Any, path: tuple[Any, ...]) -> Any:
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            names = data.draw(st.permutations(list(fields)))
            return {name: other(fields[name], (*path, name)) for name in names}
        if isinstance(value, list):
            items = cast("list[Any]", value)
            return [other(one, (*path, place)) for place, one in enumerate(items)]
        if isinstance(value, int) and not isinstance(value, bool):
            return data.draw(st.sampled_from([value, float(value)]))
        if isinstance(value, str) and _is_id(path):
            return renamed.setdefault(value, f"call_{len(renamed)}_{data.draw(st.text('abc', max_size=3))}")
        return value

    body = other(request.body, ())
    nothing = {
        "user": "u",
        "metadata": {"a": 1},
        "store": True,
        "safety_identifier": "s",
        "prompt_cache_key": "k",
    }
    body |= {name: nothing[name] for name in data.draw(st.sets(st.sampled_from(sorted(nothing))))}
    body |= dict.fromkeys(data.draw(st.sets(st.sampled_from(["logprobs", "logit_bias", "parallel"]))))
    sent = {
        "User-Agent": "x",
        "traceparent": "y",
        "Idempotency-Key": "z",
        "X-Stainless-Lang": "py",
        "authorization": "q",
    }
    headers = {name: sent[name] for name in data.draw(st.sets(st.sampled_from(sorted(sent))))}
    changed = msgspec.structs.replace(request, body=body, headers=request.headers | headers)
    assert key_of(changed) == key_of(request)


def test_the_checked_examples_of_the_format_have_the_keys_they_carry(vectors: Path) -> None:
    folder = vectors.parent / "prototypes" / "fixtures"
    if not folder.is_dir():
        pytest.skip("the examples are not here")
    requests = [
        (json.loads(json.dumps(one["request"]), object_hook=_joined), one["key"])
        for path in sorted(folder.glob("*.aigw.json"))
        for one in json.loads(path.read_text(encoding="utf-8"))["interactions"]
        if "~extends" not in one["request"].get("body", {})
    ]
    assert len(requests) == 5
    for held, key in requests:
        files = [
            FilePart(
                name=one["name"],
                filename=one["filename"],
                type=one["type"],
                blob=Blob(sha256=one["~blob"][7:]),
            )
            for one in held.pop("files", [])
        ]
        assert key_of(Request(**held, files=files)) == key


def _joined(held: dict[str, Any]) -> Any:
    return "\n".join(held["~lines"]) if "~lines" in held else held


def test_a_key_names_its_rules_and_has_24_hex_digits() -> None:
    key = key_of(chat("hi"))
    assert key.startswith("k1:")
    assert len(key) == 27
    assert int(key[3:], 16)


@pytest.mark.parametrize(
    "changes",
    [
        {"op": "openai.responses"},
        {"method": "GET"},
        {"path": "/v1/files/file-1"},
        {"headers": {"OpenAI-Beta": "assistants=v2"}},
        {"headers": {"anthropic-version": "2023-06-01"}},
        {"headers": {"Anthropic-Beta": "b"}},
        {"body": None},
        {"body": msgspec.UNSET},
        {"body": []},
        {"body": msgspec.UNSET, "blob": Blob(sha256="a" * 64, type="application/sdp")},
    ],
)
def test_operation_place_and_the_named_headers_count(changes: dict[str, Any]) -> None:
    assert key_of(msgspec.structs.replace(chat("hi"), **changes)) != key_of(chat("hi"))


def test_what_a_socket_offers_counts() -> None:
    plain = Request(op="openai.realtime", method="GET", path="?model=m")
    offering = [msgspec.structs.replace(plain, headers={"sec-websocket-protocol": one}) for one in ("a", "b")]
    assert len({key_of(one) for one in (plain, *offering)}) == 3


def test_who_asks_does_not_count_in_a_query() -> None:
    keys = {
        key_of(Request(op="raw", method="get", path=path))
        for path in ("/a?b=1", "/a?b=1&key=secret", "/a?API_KEY=x&b=1")
    }
    assert len(keys) == 1
    assert key_of(Request(op="raw", path="/a?key=x")) == key_of(Request(op="raw", path="/a"))
    assert key_of(Request(op="raw", path="/a?after=1")) != key_of(Request(op="raw", path="/a?after=2"))


@pytest.mark.parametrize(
    ("options", "other"),
    [
        ({"include_usage": True, "include_obfuscation": False}, {"include_usage": True}),
        ({"include_obfuscation": False}, None),
    ],
)
def test_obfuscation_does_not_count(options: Any, other: Any) -> None:
    assert key_of(chat("hi", stream_options=options)) == key_of(chat("hi", stream_options=other))
    assert key_of(chat("hi", stream_options={"include_usage": True})) != key_of(chat("hi"))


def test_only_nulls_at_the_top_are_as_good_as_absent() -> None:
    assert key_of(chat("hi", stop=None)) == key_of(chat("hi"))
    assert key_of(chat({"role": "user", "content": "hi", "name": None})) != key_of(chat("hi"))


def test_ids_in_arguments_and_schemas_are_content() -> None:
    request = request_in("anthropic")
    request.body["messages"][1]["content"][2]["input"]["id"] = "toolu_8"
    assert key_of(request) != key_of(request_in("anthropic"))
    schema = {"type": "object", "properties": {"items": {"const": {"id": "call_1"}}}}
    other = {"type": "object", "properties": {"items": {"const": {"id": "call_2"}}}}
    assert key_of(chat("a", tools=[{"parameters": schema}])) != key_of(
        chat("a", tools=[{"parameters": other}])
    )


def test_two_calls_that_swap_their_results_have_another_key() -> None:
    request = request_in("chat")
    results = request.body["messages"]
    results[3]["tool_call_id"], results[4]["tool_call_id"] = "call_def", "call_abc"
    assert key_of(request) != key_of(request_in("chat"))


def test_inline_media_and_blobs_have_one_key() -> None:
    sha256 = hashlib.sha256(_PNG).hexdigest()
    request = request_in("chat")
    url = Blob(sha256=sha256, type="image/png", form="data-url")
    request.body["messages"][1]["content"][1]["image_url"]["url"] = url
    assert key_of(request) == key_of(request_in("chat"))
    for dialect, path in (
        ("anthropic", ("messages", 0, "content", 1, "source", "data")),
        ("gemini", ("contents", 0, "parts", 1, "inlineData", "data")),
    ):
        request = request_in(dialect)
        _at(request.body, path[:-1])[path[-1]] = Blob(sha256=sha256, type="image/png", form="base64")
        assert key_of(request) == key_of(request_in(dialect))


@pytest.mark.parametrize("spelling", ["-_-_", "+/+/", "+/+/\n", "+/\r\n+/"])
def test_media_counts_as_its_bytes_however_base64_is_spelled(spelling: str) -> None:
    def key(text: str) -> str:
        return key_of(chat({"role": "user", "content": [{"input_audio": {"data": text, "format": "wav"}}]}))

    assert key(spelling) == key("+/+/")
    assert key("UklGRg") == key("UklGRg==")
    assert key("not base64!") != key("not base64?")


def test_a_data_url_counts_as_its_type_and_bytes() -> None:
    keys = {
        key_of(chat(text))
        for text in (
            "data:image/png;base64,QUJD",
            "data:image/jpeg;base64,QUJD",
            "data:image/png;base64,QUJE",
        )
    }
    assert len(keys) == 3
    assert key_of(chat("data:image/png;base64,QUI=")) == key_of(chat("data:image/png;base64,QUI"))
    assert key_of(chat("data:image/png;base64,!")) != key_of(chat("data:image/png;base64,?"))
    assert key_of(chat("data:text/plain,a")) != key_of(chat("data:text/plain,b"))


@given(content=st.binary(min_size=192, max_size=400))
def test_long_base64_counts_as_its_bytes_wherever_it_stands(content: bytes) -> None:
    text = base64.b64encode(content).decode()
    blob = Blob(sha256=hashlib.sha256(content).hexdigest(), type="image/png", form="base64")
    assert key_of(Request(op="x", body={"any": text})) == key_of(Request(op="x", body={"any": blob}))


def test_base64_with_other_padding_bits_is_another_text() -> None:
    text = "A" * 254 + "=="
    assert key_of(chat(text)) != key_of(chat("A" * 253 + "B=="))


def test_long_lists_of_numbers_count_by_value() -> None:
    numbers = list(range(100))
    blob = Blob(sha256=hashlib.sha256(msgspec.json.encode(numbers)).hexdigest(), form="json")
    keys = {
        key_of(Request(op="openai.embeddings", body={"input": held}))
        for held in (numbers, [float(one) for one in numbers], blob)
    }
    assert len(keys) == 1
    assert key_of(Request(op="x", body={"input": [*numbers[:-1], 0.5]})) not in keys
    assert key_of(Request(op="x", body={"input": [*numbers[:-1], True]})) not in keys
    huge = [key_of(Request(op="x", body={"input": [*numbers, 10**40 + one]})) for one in (0, 0, 1)]
    assert huge[0] == huge[1] != huge[2]


def test_true_is_not_one() -> None:
    assert key_of(chat("hi", logprobs=True)) != key_of(chat("hi", logprobs=1))


def test_texts_are_never_normalised() -> None:
    keys = {key_of(chat(text)) for text in ("\u00e9", "e\u0301", "E", "e ", "\ud800", "")}
    assert len(keys) == 6


def test_a_forms_order_does_not_count_but_its_fields_and_files_do() -> None:
    base = _form()
    shuffled = _form(form={"include[]": ["a", "b"], "language": "en", "model": "whisper-1", "user": "u"})
    assert key_of(shuffled) == key_of(base)
    two = [_part(), _part(name="mask")]
    assert key_of(_form(files=two)) == key_of(_form(files=two[::-1]))
    others = [
        _form(form={"model": "whisper-1", "language": "de", "include[]": ["a", "b"]}),
        _form(form={"model": "whisper-1", "language": "en", "include[]": ["b", "a"]}),
        _form(files=[]),
        _form(files=[_part(), _part()]),
        _form(files=[_part(name="other")]),
        _form(files=[_part(filename="b.wav")]),
        _form(files=[_part(type="audio/mp3")]),
        _form(files=[_part(blob=Blob(sha256="b" * 64))]),
        _form(form=None),
    ]
    assert len({key_of(one) for one in (*others, base)}) == len(others) + 1


def test_files_of_one_name_keep_their_order() -> None:
    one, two = _part(filename="1.png"), _part(filename="2.png")
    assert key_of(_form(files=[one, two])) != key_of(_form(files=[two, one]))


def test_a_request_cannot_pass_for_one_with_media() -> None:
    url = "data:image/png;base64,QUJD"
    mark = canonical(chat(url))["body"]["messages"][0]["content"]
    assert key_of(chat({"role": "user", "content": mark})) != key_of(chat(url))


def test_a_request_of_any_depth_and_size_has_a_key() -> None:
    def nested(end: Any, levels: int = 100_000) -> Any:
        value: Any = end
        for place in range(levels):
            value = [value, 1.0] if place % 2 else {"a": value, "b": "\ud800"}
        return value

    assert key_of(Request(op="x", body=nested(1, 999))) != key_of(Request(op="x", body=nested(2, 999)))
    assert key_of(Request(op="x", body=nested(1))) == key_of(Request(op="x", body=nested(1.0)))
    assert key_of(Request(op="x", body=nested(1))) != key_of(Request(op="x", body=nested(2)))
    assert key_of(chat("hi", seed=10**40)) != key_of(chat("hi", seed=10**40 + 1))


def test_nothing_of_the_request_is_changed() -> None:
    request = request_in("chat", user="u")
    before = copy.deepcopy(request.body)
    key_of(request, ignore=["messages[0].content"])
    assert request.body == before


def test_an_ignored_field_keeps_the_key() -> None:
    rules = compile_rules(["temperature"])
    one, other = chat("hi", temperature=0), chat("hi", temperature=1)
    assert key_of(one, ignore=rules) == key_of(other, ignore=["temperature"])
    assert key_of(one) != key_of(other)
    with pytest.raises(FixtureError, match="character"):
        key_of(one, ignore=["a["])


def test_a_request_with_wildcards_has_no_key() -> None:
    wild = chat({"role": "user", "content": [Wild()]})
    assert has_wilds(wild)
    assert not has_wilds(chat("hi"))
    assert key_of(wild) == ""
    assert has_wilds(Request(op="x", form={"a": Wild(pattern="b")}))


def test_ids_keep_their_text_where_they_are_to_be_compared() -> None:
    found = canonical(request_in("chat"), is_numbered=False)
    result = found["body"]["messages"][3]["tool_call_id"]
    assert isinstance(result, IdText)
    assert result == "call_abc"
    assert canonical(request_in("chat"))["body"]["messages"][3]["tool_call_id"] == "<id-0>"
