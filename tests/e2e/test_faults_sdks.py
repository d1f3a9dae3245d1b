"""Every fault of the catalogue at the client's edge, as the official openai and anthropic SDKs see it on real sockets.

The catalogue's words, and with them docs/faults.md, must name what is seen here.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from tests.e2e.conftest import Start
from tests.e2e.fault_seat import (
    HASTY_S,
    IMPOSSIBLE,
    MODES,
    PATIENT_S,
    TALKERS,
    TEXT,
    FaultSeat,
    Mode,
    Seats,
    replaying,
)

_PARAMS: Final = {
    "slow.headers": "delay_ms=1500",
    "slow.first_token": "delay_ms=1500",
    "slow.events": "delay_ms=5",
    "slow.trickle": "bytes_per_s=40000",
    "body.huge": "size_bytes=3000000",
}
_HANGING: Final = frozenset({"slow.headers", "slow.first_token", "stream.stall", "stream.no_done"})
_OF_TOOLS: Final = frozenset({"stream.cut.in_tool_args", "body.tool_bad_json", "body.tool_wrong_schema"})
_AT_CLIENT: Final = [name for name, row in CATALOGUE.items() if "client" in row.edges]

Row = tuple[str, str, str, str, str, str]
"""By `MODES`: chat streamed and whole, Responses streamed; messages streamed, by the helper, whole."""


def _all(told: str) -> Row:
    return (told, told, told, told, told, told)


def _each(openai: str, anthropic: str) -> Row:
    return (openai, openai, openai, anthropic, anthropic, anthropic)


def _broken(streamed: str) -> Row:
    """What the SDKs make of a connection that breaks amid the body: Anthropic's lets the HTTP client's exception out."""
    plain = "APIConnectionError"
    return (plain, plain, plain, streamed, streamed, plain)


def _late(whole: str) -> Row:
    return ("APITimeoutError", whole, "APITimeoutError", "ReadTimeout", "ReadTimeout", whole)


def _streams(chat: str, responses: str, messages: str, helper: str) -> Row:
    return (chat, IMPOSSIBLE, responses, messages, helper, IMPOSSIBLE)


def _other(changed: str) -> str:
    return f"no exception, other {changed}"


_CUT: Final = _other("text, finish, usage")
_TORN: Final = _other("arguments, finish, usage")
_PAGE: Final = _other("text, finish, usage, model")
_NO_CALL: Final = _other("text, arguments, tool, finish")
_NO_USAGE: Final = (_other("usage"), _other("usage"), _other("usage"), _other("usage"))
SEEN: Final[dict[str, Row]] = {
    "http.429": _all("RateLimitError 429"),
    "http.429.slow_down": _all("RateLimitError 429"),
    "http.429.quota": _each("RateLimitError 429", "EnforcedSpendLimitReachedError 429"),
    "http.402": _each("APIStatusError 402", "PaymentRequiredError 402"),
    "http.400.context": _all("BadRequestError 400"),
    "http.400.param": _all("BadRequestError 400"),
    "http.400.content_filter": _each("BadRequestError 400", IMPOSSIBLE),
    "http.401": _all("AuthenticationError 401"),
    "http.403": _all("PermissionDeniedError 403"),
    "http.404": _all("NotFoundError 404"),
    "http.408": _each("APIStatusError 408", "RequestTimeoutError 408"),
    "http.409": _all("ConflictError 409"),
    "http.413": _each("APIStatusError 413", "ContentTooLargeError 413"),
    "http.499": _all(IMPOSSIBLE),
    "http.500": _all("InternalServerError 500"),
    "http.502": _all("InternalServerError 502"),
    "http.503": _each("InternalServerError 503", "ServiceUnavailableError 503"),
    "http.504": _each("InternalServerError 504", "GatewayTimeoutError 504"),
    "http.529": _each("InternalServerError 529", "OverloadedError 529"),
    "http.status": _all("InternalServerError 500"),
    "net.empty": _all("APIConnectionError"),
    "net.garbage": _all("APIConnectionError"),
    "net.reset": _all("APIConnectionError"),
    "slow.headers": _all("APITimeoutError"),
    "slow.first_token": _late("APITimeoutError"),
    "slow.events": _all("whole"),
    "slow.trickle": _all("whole"),
    "chunk.fuzz": _all("whole"),
    "stream.cut.clean": (_CUT, "JSONDecodeError", _CUT, _CUT, _other("text, finish"), "JSONDecodeError"),
    "stream.cut.dirty": _broken("RemoteProtocolError"),
    "stream.reset": _broken("ReadError"),
    "stream.cut.in_tool_args": _streams(_TORN, _TORN, _TORN, _other("arguments, finish")),
    "stream.stall": _late("APITimeoutError"),
    "stream.no_done": _late(IMPOSSIBLE),
    "stream.done_no_finish": _streams(
        _other("finish"), _other("finish, usage"), _other("finish"), _other("finish")
    ),
    "stream.error_event": _streams("APIError", _CUT, "APIStatusError 200", "APIStatusError 200"),
    "stream.bad_json": _streams(*["JSONDecodeError"] * 4),
    "stream.utf8_split": _streams(*["whole"] * 4),
    "stream.utf8_invalid": _streams(*["UnicodeDecodeError"] * 4),
    "stream.u2028": _streams(*[_other("text")] * 4),
    "stream.multi_data": _streams(*["whole"] * 4),
    "stream.crlf": _streams(*["whole"] * 4),
    "stream.comment": _streams(*["whole"] * 4),
    "stream.dup": _streams(_other("text"), "whole", "whole", "whole"),
    "stream.reorder": _streams(_other("text"), "whole", "whole", "IndexError"),
    "stream.skip": _streams(_other("text"), "whole", "whole", "IndexError"),
    "stream.empty_choices": _streams(*["whole"] * 4),
    "stream.no_usage": _streams(_other("usage"), _other("usage"), _other("usage"), "AttributeError"),
    "body.finish_length": _all(_other("finish")),
    "body.content_filter": _all(_other("finish")),
    "body.refusal": _each(_other("text, refusal"), _other("text, finish")),
    "body.tool_bad_json": _each(_other("arguments"), _other("arguments, finish")),
    "body.tool_unknown": (_NO_CALL, _NO_CALL, _other("text, arguments, tool"), _NO_CALL, _NO_CALL, _NO_CALL),
    "body.tool_wrong_schema": _all(_other("arguments")),
    "body.missing_usage": (*_NO_USAGE, "AttributeError", _other("usage")),
    "body.null_content": _all(_other("text")),
    "gateway.wrong_model": _all(_other("model")),
    "body.truncated_length": ("whole", *_broken("RemoteProtocolError")[1:]),
    "body.gzip_broken": _broken("DecodingError"),
    "body.huge": _all(_other("text")),
    "body.wrong_content_type": (_PAGE, _PAGE, _PAGE, _PAGE, "AssertionError", _PAGE),
}
"""What a client without retries gets."""
_BY_STATUS: Final = frozenset({"http.429", "http.429.slow_down", "http.429.quota", "http.408", "http.409", "http.500",
                              "http.502", "http.503", "http.504", "http.529", "http.status"})  # fmt: skip
RETRIED: Final = _BY_STATUS | {"net.empty", "net.garbage", "net.reset", "slow.headers"}
"""What the SDKs try again, whole or streamed."""
RETRIED_WHOLE: Final = RETRIED | {
    "slow.first_token",
    "stream.cut.dirty",
    "stream.reset",
    "stream.stall",
    "body.truncated_length",
    "body.gzip_broken",
}
"""What they try again where the reply is no stream: once a stream has begun, nothing is."""


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seats]:
    with replaying(tmp_path_factory.mktemp("faults")) as started:
        yield started


@pytest.fixture
def seat(seats: Seats, request: pytest.FixtureRequest) -> FaultSeat:
    return FaultSeat(seats, request.node.name)


def _client(fault: str, spec: str = "") -> dict[str, Any]:
    """How the client is made that sees it."""
    return {
        "timeout": HASTY_S if fault in _HANGING else PATIENT_S,
        "default_headers": {"x-aigw-fault": spec or _spec(fault)},
    }


def _spec(fault: str) -> str:
    return fault + (f";{_PARAMS[fault]}" if fault in _PARAMS else "")


def test_every_fault_has_been_looked_at() -> None:
    assert list(SEEN) == _AT_CLIENT


@pytest.mark.parametrize("fault", SEEN)
def test_what_an_sdk_makes_of_a_fault(seat: FaultSeat, fault: str) -> None:
    told = tuple(
        seat.told(mode, has_tool=fault in _OF_TOOLS, max_retries=0, **_client(fault)) for mode in MODES
    )
    assert told == SEEN[fault]


@pytest.mark.parametrize("fault", SEEN)
def test_the_catalogue_names_what_was_seen(fault: str) -> None:
    row, seen = CATALOGUE[fault], SEEN[fault]
    for words, told in ((row.openai_sdk, seen[:3]), (row.anthropic_sdk, seen[3:])):
        for one in told:
            name = one.partition(" ")[0]
            if one in {IMPOSSIBLE, "whole"}:
                continue
            if name == "no":
                assert "raises nothing" in words or "the whole answer" in words, (fault, one, words)
            else:
                assert name in words, (fault, one, words)
        if all(one == "whole" for one in told):
            assert "the whole answer" in words
    assert ("retried" in row.openai_sdk) == (fault in RETRIED_WHOLE or "not retried" in row.openai_sdk)


def _raised() -> Iterator[tuple[str, Mode]]:
    """Every fault that makes an SDK raise, and the way of asking."""
    for fault, row in SEEN.items():
        for mode, told in zip(MODES, row, strict=True):
            is_told = told in {IMPOSSIBLE, "whole"} or told.startswith("no exception")
            if not is_told and mode not in {"responses", "messages helper"} and fault not in _OF_TOOLS:
                yield fault, mode


@pytest.mark.parametrize(("fault", "mode"), list(_raised()))
def test_what_an_sdk_tries_again_by_itself(seat: FaultSeat, fault: str, mode: Mode) -> None:
    quick = ";retry_after_ms=20" if "retry_after_ms" in CATALOGUE[fault].params else ""
    seat.fault(_spec(fault) + quick, times=1)
    timeout = HASTY_S if fault in _HANGING else PATIENT_S
    try:
        text = seat.ask(mode, timeout=timeout, max_retries=1).text
    except Exception as error:  # noqa: BLE001  -- which one it is, is the question
        text = type(error).__name__
    is_retried = fault in (RETRIED if mode.endswith("stream") else RETRIED_WHOLE)
    calls = seat.calls(2 if is_retried else 1)
    assert (text == TEXT, len(calls)) == ((True, 2) if is_retried else (False, 1))


VARIANTS: Final[dict[str, Row]] = {
    "body.wrong_content_type;kind=text": _all("whole"),
    "body.wrong_content_type;kind=json": _all("whole"),
    "stream.no_done;end=clean": _streams("whole", _other("finish, usage"), "whole", "whole"),
    "stream.error_event;kind=failed": _streams("APIError", _CUT, "APIStatusError 200", "APIStatusError 200"),
    "body.finish_length;kind=empty": _all(_other("text, finish")),
    "slow.first_token;delay_ms=900;ping_ms=100": (
        "whole", "APITimeoutError", "whole", "whole", "whole", "APITimeoutError"
    ),
}  # fmt: skip
"""The same of variants whose words are in the catalogue."""


@pytest.mark.parametrize("spec", VARIANTS)
def test_what_an_sdk_makes_of_a_variant(seat: FaultSeat, spec: str) -> None:
    fault = spec.partition(";")[0]
    timeout = _client(fault)["timeout"] if fault.startswith("slow") else PATIENT_S
    client: dict[str, Any] = {"timeout": timeout, "default_headers": {"x-aigw-fault": spec}}
    assert tuple(seat.told(mode, max_retries=0, **client) for mode in MODES) == VARIANTS[spec]


def test_a_gateway_is_started_with_a_fault(start: Start) -> None:
    gateway = start("version: 1\ngateway: {name: e2e}\n", "--fault", "http.503@provider:mock;times=1")
    assert "http.503@provider:mock;times=1 (at the provider's edge)" in gateway.told.read_text("utf-8")
    assert [gateway.chat("mock/echo").status_code for _ in range(2)] == [503, 200]
    assert gateway.admin("/faults")["faults"][0]["fired"] == 1


def test_a_retry_waits_as_long_as_the_fault_says(seat: FaultSeat) -> None:
    seat.fault("http.429", retry_after_ms=60, times=2)
    assert seat.ask("chat", max_retries=2, timeout=PATIENT_S).text == TEXT
    calls = seat.calls(3)
    assert [call["status"] for call in calls] == [429, 429, 200]
    began = [call["started_s"] for call in calls]
    assert all(later - sooner >= 0.06 for sooner, later in itertools.pairwise(began))


@pytest.mark.parametrize(
    "piece", ["fixed;piece_bytes=1", "fixed;piece_bytes=7", "random;seed=3", "random;seed=8"]
)
def test_where_a_stream_is_cut_never_matters(seat: FaultSeat, piece: str) -> None:
    spec = f"chunk.fuzz;kind={piece}"
    for mode in MODES:
        told = seat.told(mode, max_retries=0, **_client("chunk.fuzz", spec))
        assert told == "whole", mode


@pytest.mark.parametrize(
    "path", ["openai/v1/chat/completions", "openai/v1/responses", "anthropic/v1/messages"]
)
def test_the_bytes_of_a_stream_stay_the_same_however_it_is_cut(seat: FaultSeat, path: str) -> None:
    say: Any = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 100}
    if path.endswith("responses"):
        say = {"input": "hi"}
    model = TALKERS["anthropic" if path.startswith("anthropic") else "openai"]
    url = f"{seat.url}/{path}"

    def body(fault: str) -> bytes:
        headers = {"x-aigw-fault": fault} if fault else {}
        reply = httpx.post(
            url, json={"model": model, "stream": True, **say}, headers=headers, timeout=PATIENT_S
        )
        assert reply.status_code == 200
        return _settled(reply.content)

    whole = body("")
    for seed in range(6):
        assert body(f"chunk.fuzz;seed={seed}") == whole
    for size in (1, 2, 3, 5):
        assert body(f"chunk.fuzz;kind=fixed;piece_bytes={size}") == whole


def _settled(content: bytes) -> bytes:
    """Without what is drawn anew for every answer: names and times."""
    drawn = rb'"(id|item_id|created|created_at|completed_at|obfuscation)":("[^"]*"|[0-9.]+|null)'
    return re.sub(drawn, rb'"\1":0', content)
