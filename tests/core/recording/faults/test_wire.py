"""What every fault does, over all dialects and cuts."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, DIALECTS, GEMINI
from aigw_dev.core.recording.faults.spec import FaultError, FaultSpec, parse_fault
from aigw_dev.core.recording.faults.steps import Act, End, Headers
from aigw_dev.core.recording.faults.wire import perform
from tests.core.recording.faults.playing import (
    CALL,
    CALLERS,
    FRAMES,
    STREAMED,
    TEXT,
    WHOLE,
    Played,
    act,
    payloads,
    play,
    stage,
    stream,
    whole,
)

_CLAIMS = [
    (row.id, dialect, is_stream)
    for row in CATALOGUE.values()
    for dialect in DIALECTS
    for is_stream in (True, False)
    if dialect not in row.not_for and (is_stream or not row.needs_stream)
]
_CHANGING = [
    (fault, dialect)
    for fault, dialect, is_stream in _CLAIMS
    if is_stream and CATALOGUE[fault].family not in {"http", "net"} and fault != "body.huge"
]
_NOTHING_HERE = {
    # Bedrock has no form to build a call in, and the replies here have none of their own
    (name, BEDROCK)
    for name in ("body.tool_bad_json", "body.tool_unknown", "body.tool_wrong_schema")
}
"""Claims that need a reply with a tool call."""
_BEFORE_ANY_REPLY = {
    *(row.id for row in CATALOGUE.values() if row.family in {"http", "net"}),
    "body.wrong_content_type",
}
"""What needs nothing of a provider's reply."""
_NEEDS_CALL = {"stream.cut.in_tool_args"}


def _spec(fault: str) -> FaultSpec:
    return FaultSpec(id=fault, size_bytes=1000 if fault == "body.huge" else None)


def _done(fault: str, dialect: str, *, is_stream: bool, cuts: tuple[int, ...] = ()) -> Played | Act:
    found = perform(_spec(fault), stage(dialect, is_stream=is_stream))
    if isinstance(found, Act):
        return found
    synth = CALL if fault in _NEEDS_CALL or (fault, dialect) in _NOTHING_HERE else TEXT
    body = stream(dialect, synth) if is_stream else whole(dialect, synth)
    return play(found, body, _headers(dialect, is_stream=is_stream), cuts=cuts)


def _headers(dialect: str, *, is_stream: bool) -> Headers:
    if not is_stream:
        return WHOLE
    return FRAMES if dialect == BEDROCK else STREAMED


@pytest.mark.parametrize(("fault", "dialect", "is_stream"), _CLAIMS)
def test_every_fault_is_done_in_every_dialect_that_it_claims(
    fault: str, dialect: str, is_stream: bool
) -> None:
    done = _done(fault, dialect, is_stream=is_stream)
    # what is done before a provider is asked at all is an `Act`, never a rewriter that might find nothing to do
    assert isinstance(done, Act) == (fault in _BEFORE_ANY_REPLY)
    if isinstance(done, Played):
        assert done.has_acted


@pytest.mark.parametrize(("fault", "dialect"), _CHANGING)
def test_cuts_of_the_input_never_matter(fault: str, dialect: str) -> None:
    whole_read = _done(fault, dialect, is_stream=True)
    if isinstance(whole_read, Act):
        return
    for every in (1, 64):
        again = _done(fault, dialect, is_stream=True, cuts=tuple(range(every, 3000, every)))
        assert isinstance(again, Played)
        assert (again.body, again.end, again.headers) == (whole_read.body, whole_read.end, whole_read.headers)


@pytest.mark.parametrize(
    "fault",
    [row.id for row in CATALOGUE.values() if row.family == "stream" and row.id != "stream.no_usage"],
)
@pytest.mark.parametrize("dialect", CALLERS)
@pytest.mark.parametrize("after", [0, 1, 3, 99])
def test_what_stands_before_the_fault_passes_byte_for_byte(fault: str, dialect: str, after: int) -> None:
    body = stream(dialect, CALL if fault in _NEEDS_CALL else TEXT)
    found = perform(parse_fault(f"{fault};after={after}"), stage(dialect))
    assert not isinstance(found, Act)
    played = play(found, body, STREAMED)
    blocks = body.split(b"\n\n")
    prefix = b"".join(block + b"\n\n" for block in blocks[: min(after, len(blocks) - 1)])
    if fault in {"stream.no_done", "stream.done_no_finish"}:  # these are at the end by their nature
        prefix = prefix[: max(0, len(body) - 2000)]
    assert played.body.startswith(prefix)


@pytest.mark.parametrize(("fault", "dialect", "is_stream"), _CLAIMS)
def test_the_same_seed_does_the_same(fault: str, dialect: str, is_stream: bool) -> None:
    def once() -> object:
        done = _done(fault, dialect, is_stream=is_stream)
        return done if isinstance(done, Act) else (done.body, done.pieces, done.steps[-1:], done.headers)

    assert once() == once()


@pytest.mark.parametrize(
    "fault", [row.id for row in CATALOGUE.values() if row.is_legal and row.id != "stream.u2028"]
)
@pytest.mark.parametrize("dialect", CALLERS)
def test_a_legal_oddity_says_the_same(fault: str, dialect: str) -> None:
    done = _done(fault, dialect, is_stream=True)
    assert isinstance(done, Played)
    assert _said(done.payloads) == _said(payloads(stream(dialect)))
    assert done.end is None


def _said(found: list[dict[str, Any]]) -> str:
    texts: list[str] = []
    for payload in found:
        texts += [choice["delta"].get("content") or "" for choice in payload.get("choices", ())]
        if payload.get("type") == "response.output_text.delta":
            texts.append(payload["delta"])
        if payload.get("type") == "content_block_delta":
            texts.append(payload["delta"].get("text", ""))
        for candidate in payload.get("candidates", ()):
            texts += [part["text"] for part in candidate["content"]["parts"]]
    return "".join(texts)


@pytest.mark.parametrize(
    "fault", [row.id for row in CATALOGUE.values() if row.family in {"stream", "body", "gateway"}]
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_error_reply_passes_unchanged(fault: str, dialect: str) -> None:
    if dialect in CATALOGUE[fault].not_for:
        return
    found = perform(_spec(fault), stage(dialect))
    if isinstance(found, Act):
        return
    body = b'{"error":{"message":"slow down"}}'
    headers: Headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    played = play(found, body, headers, status=429)
    assert (played.status, played.headers, played.body, played.end) == (429, headers, body, None)


@pytest.mark.parametrize("fault", [row.id for row in CATALOGUE.values() if row.needs_stream])
def test_a_fault_of_streams_refuses_a_whole_reply(fault: str) -> None:
    with pytest.raises(FaultError) as caught:
        perform(parse_fault(fault), stage(CHAT, is_stream=False))
    assert fault in caught.value.message
    assert '"stream": true' in caught.value.hint


def test_a_dialect_without_the_fault_refuses_it() -> None:
    for fault, dialect in (
        ("http.499", CHAT),
        ("http.400.content_filter", ANTHROPIC),
        ("stream.crlf", BEDROCK),
    ):
        with pytest.raises(FaultError, match=dialect):
            perform(parse_fault(fault), stage(dialect))
    with pytest.raises(FaultError, match="morse"):
        perform(parse_fault("http.500"), stage("morse"))


@pytest.mark.parametrize("kind", ["refused", "dns", "tls", "unreachable", "connect_timeout"])
def test_a_connection_that_is_never_made_is_an_error_before_anything_is_sent(kind: str) -> None:
    found = act(f"net.{kind}@provider")
    assert found.before == "error"
    assert not found.is_sent
    assert found.code in {"connect_failed", "tls_failed", "connect_timeout"}
    at_client = msgspec.structs.replace(stage(CHAT), edge="client")
    with pytest.raises(FaultError) as caught:
        perform(parse_fault(f"net.{kind}@provider"), at_client)
    assert f'aigw.dead_url("{kind}")' in caught.value.hint


def test_a_broken_connection_is_broken_in_its_way() -> None:
    assert (act("net.empty").before, act("net.empty").code) == ("empty", "upstream_reset")
    assert (act("net.reset").before, act("net.reset").code) == ("reset", "upstream_reset")
    garbage = act("net.garbage")
    assert garbage.before == "garbage"
    assert garbage.code == "upstream_protocol"
    noise, end = garbage.steps
    assert end == End("dirty")
    assert msgspec.structs.asdict(noise)["data"][0] >= 0x80


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "content",
                    "type",
                    "index",
                    "tool_calls",
                    "function",
                    "arguments",
                    "name",
                    "response",
                    "output",
                    "item",
                    "status",
                    "usage",
                    "candidates",
                    "parts",
                    "functionCall",
                    "args",
                    "finishReason",
                    "toolUse",
                    "input",
                    "start",
                    "stopReason",
                    "model",
                    "text",
                    "sequence_number",
                    "output_index",
                    "partial_json",
                    "finish_reason",
                    "custom",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def _typed(kind: str, fields: dict[str, object]) -> dict[str, object]:
    return {"type": kind, **fields}


_TYPED = st.builds(
    _typed,
    st.sampled_from(
        [
            "message",
            "message_start",
            "message_delta",
            "content_block_start",
            "content_block_delta",
            "response.completed",
            "response.output_text.delta",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
        ]
    ),
    st.dictionaries(
        st.sampled_from(["delta", "content", "item", "response", "content_block", "name"]), _JSON
    ),
)


@given(
    claim=st.sampled_from(
        [one for one in _CLAIMS if CATALOGUE[one[0]].family in {"stream", "body", "gateway"}]
    ),
    documents=st.lists(_JSON | _TYPED, max_size=5),
)
def test_whatever_a_provider_sends_nothing_raises(
    claim: tuple[str, str, bool], documents: list[object]
) -> None:
    fault, dialect, is_stream = claim
    found = perform(_spec(fault), stage(dialect, is_stream=is_stream))
    if isinstance(found, Act):
        return
    lines = [msgspec.json.encode(one) for one in documents]
    body = b"".join(b"data: " + line + b"\n\n" for line in lines) if is_stream else b"".join(lines)
    play(found, body, STREAMED if is_stream else WHOLE, cuts=(5, 9))


_ON_ANY_BYTES = {
    *("body.gzip_broken", "body.huge", "body.truncated_length", "chunk.fuzz", "stream.no_done"),
    *(row.id for row in CATALOGUE.values() if row.family == "slow"),
}
"""What is done to any body, whatever it says."""


@given(
    claim=st.sampled_from([one for one in _CLAIMS if one[0] not in _ON_ANY_BYTES | _BEFORE_ANY_REPLY]),
    body=st.binary(max_size=200),
)
def test_bytes_that_are_no_reply_pass_as_they_are(claim: tuple[str, str, bool], body: bytes) -> None:
    fault, dialect, is_stream = claim
    odd = bytes((*b"\r\n", *range(128, 256)))
    body = b"\xff" + body.translate(None, odd)  # no JSON, no event, no letter of several bytes
    if not is_stream:
        body = body[:12]  # what breaks off within a whole reply does so behind 16 bytes
    found = perform(_spec(fault), stage(dialect, is_stream=is_stream))
    assert not isinstance(found, Act)
    played = play(found, body, _headers(dialect, is_stream=is_stream), cuts=(3, 50))
    assert (played.body, played.end, played.has_acted) == (body, None, False)


@given(
    claim=st.sampled_from([one for one in _CLAIMS if CATALOGUE[one[0]].family in {"slow", "chunk"}]),
    body=st.binary(max_size=200),
)
def test_pauses_and_cuts_change_no_byte_of_what_is_no_reply(
    claim: tuple[str, str, bool], body: bytes
) -> None:
    fault, dialect, is_stream = claim
    found = perform(_spec(fault), stage(dialect, is_stream=is_stream))
    assert not isinstance(found, Act)
    played = play(found, body, _headers(dialect, is_stream=is_stream), cuts=(3, 50))
    assert played.body == body


def test_a_gemini_stream_may_be_an_array() -> None:
    rows = [line[6:] for line in stream(GEMINI).split(b"\n\n") if line]
    body = b"[" + b",\r\n".join(rows) + b"]"
    cut = perform(parse_fault("stream.cut;after=2"), stage(GEMINI))
    assert not isinstance(cut, Act)
    assert play(cut, body, WHOLE).body == b"[" + rows[0] + b",\r\n" + rows[1]
    for fault in ("stream.dup", "stream.skip", "stream.reorder", "stream.empty_choices", "stream.crlf"):
        found = perform(parse_fault(fault), stage(GEMINI))
        assert not isinstance(found, Act)
        played = play(found, body, WHOLE)
        assert (played.body, played.has_acted) == (body, False)
    failing = perform(parse_fault("stream.error_event;after=1"), stage(GEMINI))
    assert not isinstance(failing, Act)
    documents = msgspec.json.decode(play(failing, body, WHOLE).body)
    assert documents[1]["error"]["status"] == "UNAVAILABLE"
