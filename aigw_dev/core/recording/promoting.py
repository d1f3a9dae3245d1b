"""A logged call as a fixture's interaction: what the log kept of it, or why that is not enough to answer from.

The log has what the caller sent and got, not what its provider said. Where the two spoke different dialects the reply
carries the caller's (`Response.dialect`), and a replay says it again as the provider would. Failures on the way to a
reply were not kept; they are noted as a recording notes them.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core import paths
from aigw_dev.core.binary_note import NOTE
from aigw_dev.core.dialects.registry import DIALECTS
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Attempt as LoggedAttempt
from aigw_dev.core.exchange import Exchange, StreamTiming
from aigw_dev.core.operations import Match
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.recording import events, redaction
from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.fixture import Attempt, EventRow, Interaction, Request, Response, Route
from aigw_dev.core.recording.keys import key_of
from aigw_dev.core.recording.summary import summary_of_interaction

ASSERTS: Final = ("status", "text", "tool_calls", "finish", "route", "cost", "usage", "snapshot")
"""What a promoted test can be asked to assert."""
USUAL_ASSERTS: Final = ("status", "text", "tool_calls", "finish")
_FAMILIES: Final = frozenset({"chat", "count", "model"})
_GEMINI: Final = "gemini-generate-content"
_FAILED: Final = 400
_CLIENT_LEFT: Final = 499
_RECORD: Final = "`aigw-dev up --record DIR` records such calls as they are made"


def interaction_of(exchange: Exchange, *, state: str = "ended") -> Interaction | Refusal:
    """The exchange as a fixture keeps it, not yet cleaned of secrets; or why it cannot be one.

    `state` is the log's: only what has `ended` can be promoted.
    """
    match = _match(exchange)
    if isinstance(match, Refusal):
        return _no(exchange, f"its path is not served any more: {match.message}")
    why = _unfit(exchange, match, state)
    if why:
        return _no(exchange, why)
    asked = lossless(exchange.request_body or b"")
    if not isinstance(asked, dict):
        return _no(exchange, "its request is no JSON that survives a file")
    body = cast("dict[str, Any]", asked)
    response = _response(exchange)
    if isinstance(response, Refusal):
        return response
    request, model = _request(exchange, match, body)
    attempts = _attempts(exchange, response)
    made = Interaction(
        request=request,
        attempts=attempts,
        key=key_of(request),
        route=Route(asked=model, rule=exchange.route, chosen=attempts[-1].upstream),
        usage=_usage(exchange),
    )
    made.summary = summary_of_interaction(made, dialect=exchange.dialect)
    return made


def cut_by_time(body: bytes, timing: StreamTiming | None, *, started_s: float) -> list[tuple[float, bytes]]:
    """A streamed body as the pieces in which it came: seconds since `started_s` of the exchange, bytes.

    Where the caller got other bytes than the provider sent, the pieces are cut in proportion.
    """
    if timing is None or not timing.at_us or sum(timing.size_bytes) <= 0:
        return [(0.0, body)] if body else []
    total, so_far, at = sum(timing.size_bytes), 0, 0
    pieces: list[tuple[float, bytes]] = []
    for moment_us, size in zip(timing.at_us, timing.size_bytes, strict=False):
        so_far += size
        end = len(body) * so_far // total
        pieces.append((max(0.0, moment_us / 1e6 - started_s), body[at:end]))
        at = end
    return [pair for pair in pieces if pair[1]]


# what cannot be


def _match(exchange: Exchange) -> Match | Refusal:
    path = exchange.path.partition("?")[0]
    found = paths.find(exchange.method, path)
    if isinstance(found, Match):
        return found
    below = paths.find_below(exchange.method, path, {one.provider for one in exchange.attempts})
    return below if isinstance(below, Match) else found


def _unfit(exchange: Exchange, match: Match, state: str) -> str:
    """Why it cannot be promoted; empty where it can."""
    if state != "ended":
        return f"it is {state}; only calls that have ended can be"
    operation = match.operation
    if operation.is_socket:
        return f"a WebSocket's messages are not in the log; {_RECORD}"
    if operation.family not in _FAMILIES:
        return (
            f"{operation.name} works on things at a provider, and the log does not tell them apart; {_RECORD}"
        )
    if not exchange.attempts:
        how = f" ({exchange.error})" if exchange.error else ""
        return f"the gateway answered it itself{how}: no provider was asked, so there is nothing to replay"
    if exchange.error == "cancelled" or exchange.status == _CLIENT_LEFT:
        return "its caller left before the end, and the rest of the answer was never read"
    if exchange.status < _FAILED and ("broken" in exchange.marks or exchange.error):
        return (
            f"its stream broke off ({exchange.error or 'broken'}); promote a whole one, and break it in the test:"
            ' aigw.fault("stream.cut")'
        )
    return _unkept(exchange) or _unknown_words(exchange, operation.family)


def _unkept(exchange: Exchange) -> str:
    """What the log does not hold, and the switch that makes it."""
    request, response = exchange.request_body, exchange.response_body
    if request is None:
        return (
            "its request body was not recorded; switch logging.record_request on (or `aigw-dev logs pause --resume`"
            " where recording is paused) and call again"
        )
    if not request.lstrip().startswith(b"{"):
        return f"it was an upload, of which the log keeps names, sizes and hashes only; {_RECORD}"
    if NOTE.search(request) is not None:
        return (
            f"its body held an image, sound or a file, of which the log keeps size and hash only; {_RECORD}"
        )
    if _has_reply(exchange) and response is None:
        return (
            "its response body was not recorded; switch logging.record_response on (or `aigw-dev logs pause --resume`"
            " where recording is paused) and call again"
        )
    if response is not None and NOTE.search(response) is not None:
        return f"its answer held images, sound or files, of which the log keeps size and hash only; {_RECORD}"
    return ""


def _unknown_words(exchange: Exchange, family: str) -> str:
    """Whether the provider's own words would be needed: what the caller got cannot be turned back into them."""
    kind = KINDS.get(exchange.attempts[-1].kind)
    is_adapted = kind is not None and exchange.operation in dict(kind.adapters)
    if is_adapted or (exchange.ledger and family != "chat"):
        return (
            f"{exchange.attempts[-1].provider} offers {exchange.operation} in a form of its own, which the log does"
            f" not hold; {_RECORD}"
        )
    return ""


def _no(exchange: Exchange, why: str) -> Refusal:
    return Refusal(code="promote_impossible", message=f"{exchange.id} cannot be promoted: {why}.")


# what was asked


def _request(exchange: Exchange, match: Match, body: dict[str, Any]) -> tuple[Request, str]:
    """What was asked, at its dialect's own path, and the model by the name it has there.

    Below a provider's prefix or in a path of Azure's the address said whose model it is: the name says it then.
    """
    made = Request(
        op=exchange.operation,
        method=exchange.method,
        headers=redaction.request_headers(exchange.request_headers),
    )
    named = str(body.get("model") or match.path_model)
    model = f"{match.provider}/{named}" if match.provider else named
    if match.operation.dialect == _GEMINI:
        made.path = f"models/{model}"
    elif model:
        body = {**body, "model": model}
    made.body = body
    return made, exchange.original_model if not match.provider else model


# what came


def _has_reply(exchange: Exchange) -> bool:
    """Whether the last provider asked answered at all."""
    return exchange.attempts[-1].status is not None


def _response(exchange: Exchange) -> Response | Refusal | None:
    """The reply as the caller got it; None where no provider answered."""
    last = exchange.attempts[-1]
    if not _has_reply(exchange):
        return None
    if exchange.status >= _FAILED:
        if (last.status or 0) < _FAILED:
            return _no(
                exchange,
                f"its provider answered {last.status}, and the gateway could not use it ({exchange.error})",
            )
        return _failure(exchange, last)
    body = exchange.response_body or b""
    kind = _content_type(exchange)
    made = Response(status=exchange.status, headers=redaction.response_headers(exchange.response_headers))
    made.headers.pop("content-length", None)
    if exchange.ledger:
        made.dialect = exchange.dialect
    if kind.startswith(events.EVENT_STREAM):
        pieces = cut_by_time(body, exchange.timing, started_s=last.started_s)
        found = events.rows_of(pieces, kind)
        if found.events is None:
            return _no(exchange, "its stream is not made of whole events")
        made.events, made.dt_ms = _with_usage(found.events, found.dt_ms, exchange)
        return made
    waited_s = (last.ended_s or exchange.duration_s) - last.started_s
    made.dt_ms = [max(0, round(waited_s * 1000))]
    whole = events.whole_of(body, kind)
    value: Any = whole.body
    listed = cast("list[Any]", value) if isinstance(value, list) else None
    if listed is not None and exchange.dialect == _GEMINI and exchange.is_stream:
        made.events = [EventRow(data=one) for one in listed]
        made.headers["content-type"], made.dt_ms = events.EVENT_STREAM, []
        return made
    made.body, made.text = value, whole.text
    if body and value is msgspec.UNSET and whole.text is None:
        return _no(exchange, f"its answer ({kind or 'of no type'}) is neither JSON nor text; {_RECORD}")
    return made


def _content_type(exchange: Exchange) -> str:
    return next((value for name, value in exchange.response_headers if name.lower() == "content-type"), "")


def _failure(exchange: Exchange, last: LoggedAttempt) -> Response:
    """A provider's no: the body that the caller got, with the status that the provider gave."""
    whole = events.whole_of(exchange.response_body or b"", _content_type(exchange))
    made = Response(status=last.status or exchange.status, headers={"content-type": "application/json"})
    made.body, made.text = whole.body, whole.text
    if exchange.ledger:
        made.dialect = exchange.dialect
    made.dt_ms = [max(0, round(((last.ended_s or exchange.duration_s) - last.started_s) * 1000))]
    return made


def _with_usage(
    rows: list[EventRow], waits: list[int], exchange: Exchange
) -> tuple[list[EventRow], list[int]]:
    """The events with the chunk of usage that the gateway asked for and its caller did not see."""
    usage = exchange.usage
    if exchange.operation != "openai.chat.completions" or usage is None or usage.estimated:
        return rows, waits
    chunks = [cast("dict[str, Any]", row.data) for row in rows if isinstance(row.data, dict)]
    if not chunks or any(chunk.get("usage") for chunk in chunks) or rows[-1].text != "[DONE]":
        return rows, waits
    told: dict[str, Any] = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    }
    if usage.cached_input:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cached_input}
    if usage.reasoning:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    head = {name: chunks[0][name] for name in ("id", "object", "created", "model") if name in chunks[0]}
    extra = EventRow(data={**head, "choices": [], "usage": told})
    return [*rows[:-1], extra, rows[-1]], [*waits[:-1], 0, *waits[-1:]]


# what was tried


def _attempts(exchange: Exchange, response: Response | None) -> list[Attempt]:
    """Every upstream call, the last with its reply."""
    logged = exchange.attempts
    made: list[Attempt] = []
    for at, one in enumerate(logged):
        attempt = Attempt(
            upstream=f"{one.provider}/{one.request_model}".removesuffix("/"),
            kind="" if one.kind == one.provider else one.kind,
            why=_why(logged, at),
        )
        if one is not logged[-1]:
            _fail(attempt, one, exchange)
        elif response is not None:
            attempt.response = response
        else:
            attempt.error, attempt.error_text = one.error or "upstream_failed", one.error_text
        made.append(attempt)
    return made


def _fail(attempt: Attempt, logged: LoggedAttempt, exchange: Exchange) -> None:
    """A try before the last: not kept where the call went well in the end, else as far as the log tells."""
    if exchange.status < _FAILED:
        what = str(logged.status) if logged.error == "upstream_status" else logged.error or "no reply"
        attempt.error = "not_kept"
        attempt.error_text = f"{what}, not kept: the log holds only what the caller got"
    elif logged.status is None or exchange.dialect not in DIALECTS:
        attempt.error, attempt.error_text = logged.error or "upstream_failed", logged.error_text
    else:
        words = DIALECTS[exchange.dialect].encode_error(logged.status, logged.error, logged.error_text, "")
        attempt.response = Response(
            status=logged.status,
            headers={"content-type": "application/json"},
            body=lossless(words),
            dialect=exchange.dialect if exchange.ledger else "",
        )


def _why(logged: Sequence[LoggedAttempt], at: int) -> str:
    """Why a try was made, in words; empty for the first."""
    if not at:
        return ""
    before = logged[at - 1]
    what = str(before.status) if before.error == "upstream_status" else before.error
    return f"{logged[at].reason}: {what} from {before.provider}/{before.request_model}".removesuffix("/")


def _usage(exchange: Exchange) -> dict[str, Any] | None:
    usage, cost = exchange.usage, exchange.cost
    if usage is None:
        return None
    made: dict[str, Any] = {"input_tokens": usage.input, "output_tokens": usage.output}
    if usage.cached_input:
        made["cached_tokens"] = usage.cached_input
    made["cost_usd"] = "unknown" if cost.nanousd is None else dollars(cost.nanousd)
    if cost.price_id:
        made["prices"] = cost.price_id
    return made


def dollars(nanousd: int) -> str:
    """An amount of nano-USD as decimal text in USD, every digit of it."""
    whole, nano = divmod(nanousd, 1_000_000_000)
    return f"{whole}.{nano:09d}".rstrip("0").rstrip(".") if nano else str(whole)
