"""From what passed the provider's edge to files: interactions put together, cleaned of secrets, written where they are safe."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

import msgspec

from aigw_dev.core.errors import GatewayError
from aigw_dev.core.recording import events, redaction, summary
from aigw_dev.core.recording.fixture import (
    SESSION,
    Attempt,
    Blob,
    Fixture,
    FixtureError,
    Interaction,
    Request,
    Response,
    Route,
)
from aigw_dev.core.recording.keys import key_of
from aigw_dev.core.routing.retry import UNUSABLE_ERRORS
from aigw_dev.core.streams.sse import Decoder
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.naming import name_of_request
from aigw_dev.server.headers import value_of
from aigw_dev.server.testbench.capture import Captured
from aigw_dev.server.testbench.plain import dollars
from aigw_dev.server.testbench.socket_capture import CapturedSocket
from aigw_dev.server.testbench.trial import BenchCall, Trial

_FAILED: Final = 400
_NOT_SENT: Final = UNUSABLE_ERRORS | {"gateway_token_required", "keyring_locked"}
"""Refusals for want of a key or trust: another run would not see them."""


class Writes(Protocol):
    """What writing needs of the bench."""

    @property
    def library(self) -> Library:
        """Where fixtures lie."""
        ...

    @property
    def is_told(self) -> bool:
        """A runner says when tests begin and end: also calls of no test go into one file."""
        ...

    @property
    def shared(self) -> dict[str, list[Interaction]]:
        """What was recorded in this session for fixtures that several tests name, by file."""
        ...

    @property
    def secrets(self) -> Callable[[], list[str]]:
        """Every secret that must not be written. Blocking."""
        ...

    @property
    def tell(self) -> Callable[[str], None]:
        """Says something to a person."""
        ...


async def save(bench: Writes, trial: Trial) -> None:
    """Write what `trial` recorded; what cannot be written is said in `trial.trouble`."""
    if trial.passed is False:
        return  # nothing is kept of a test that failed
    calls = [
        one
        for one in trial.calls
        if one.has_ended and one.source == "live" and one.captured and not one.is_saved
    ]
    if not calls:
        return
    try:
        written, troubles = await asyncio.to_thread(_write, bench, trial, calls)
    except (FixtureError, GatewayError, OSError) as error:
        text = error.message if isinstance(error, GatewayError) else str(error)
        trial.trouble = f"not written: {text}"
        bench.tell(trial.trouble)
        return
    trial.written = ", ".join(dict.fromkeys([*filter(None, trial.written.split(", ")), *written]))
    trial.trouble = "\n".join(troubles)
    for trouble in troubles:
        bench.tell(trouble)


def gap_in(trial: Trial) -> str:
    """Why a test's recording would not hold all of it, so that the one before must stay; empty where it does."""
    for call in trial.calls:
        if not call.has_ended:
            return f"not written: call {call.number + 1} ({call.exchange.original_model}) had not ended with its test"
        if call.exchange.error in _NOT_SENT and not call.captured:
            return (
                f"not written: call {call.number + 1} ({call.exchange.original_model}) was refused, {call.exchange.error}: "
                f"{call.exchange.error_text}"
            )
    return ""


def _write(bench: Writes, trial: Trial, calls: Sequence[BenchCall]) -> tuple[list[str], list[str]]:
    """The files that were written, and why others were not. Blocking; runs in a thread."""
    redactor = redaction.Redactor(bench.secrets())
    if _masked(trial.options.fixture or trial.name, redactor) != (trial.options.fixture or trial.name):
        for call in calls:
            call.forget()
        raise FixtureError(
            "it holds a secret, and a file would be named for it",
            where="the test's name",
            code="fixture_unsafe",
            hint="Name the test, or its fixture, otherwise.",
        )
    blobs = Blobs()
    new: list[tuple[int, Interaction]] = []
    troubles: list[str] = []
    for call in calls:
        try:
            new.append((call.number, interaction_of(call, trial, blobs)))
        except (FixtureError, ValueError, RecursionError) as error:
            troubles.append(f"not written: call {call.number + 1} of {trial.name!r}: {_words(error)}")
        call.forget()
    trial.blobs.update(blobs.held)
    paths: list[str] = []
    for name, fixture in _files(bench, trial, new, redactor):
        try:
            clean = rekeyed(redactor.clean(fixture))
            rendered = bench.library.render(clean)
            for sha256, pair in trial.blobs.items():
                rendered.blobs.setdefault(sha256, pair)
            paths.append(str(bench.library.put(name, rendered, leftovers=redactor.leftovers)))
        except (FixtureError, OSError, ValueError, RecursionError) as error:
            troubles.append(f"not written: {name}: {_words(error)}")
    if trial.is_of_nobody:
        trial.blobs.clear()
    return paths, troubles


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, (FixtureError, OSError)) else f"{type(error).__name__}: {error}"


def _must_be_ours(bench: Writes, name: str, fixture: Fixture) -> None:
    """Two tests whose names lead to one file would take turns in writing it."""
    if not fixture.test or not bench.library.has(name):
        return
    try:
        before = bench.library.read(name).test
    except FixtureError:
        return  # what cannot be read is replaced
    if before and before != fixture.test:
        raise FixtureError(
            f"{name}.aigw.json belongs to the test {before!r}; {fixture.test!r} has the same file name",
            hint="Rename one of the two, or name a fixture of its own.",
        )


def _files(
    bench: Writes, trial: Trial, new: list[tuple[int, Interaction]], redactor: redaction.Redactor
) -> list[tuple[str, Fixture]]:
    """What goes into which file: a test's calls into its own, others one file for each request."""
    recorded_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if trial.is_of_nobody:
        for _, one in new:
            one.repeat = "last"  # a file that nobody's test owns answers as often as it is asked
        return _requests(bench, trial, [(_name_of(one, trial, redactor), one) for _, one in new], recorded_at)
    trial.recorded += new
    made = [one for _, one in sorted(trial.recorded, key=lambda pair: pair[0])]
    before = trial.fixture or Fixture(interactions=[])
    held = [*before.interactions]
    if trial.options.fixture and trial.options.mode == "record":
        # Several tests may name one fixture: each adds what those before it in this session did not record.
        held = bench.shared.setdefault(trial.file, [])
        known = {key_of(one.request, ignore=trial.options.ignore) for one in held}
        made = [one for one in made if key_of(one.request, ignore=trial.options.ignore) not in known]
        bench.shared[trial.file] = held = [*held, *made]
        made = []
    fixture = Fixture(
        test="" if trial.name == SESSION or trial.options.fixture else trial.name,
        recorded_at=recorded_at,
        ignore=tuple(dict.fromkeys([*before.ignore, *trial.options.ignore])),
        interactions=[*held, *made],
        notes=before.notes,
        expires=before.expires,
    )
    _must_be_ours(bench, trial.file, fixture)
    return [(trial.file, fixture)]


def _requests(
    bench: Writes, trial: Trial, made: list[tuple[str, Interaction]], recorded_at: str
) -> list[tuple[str, Fixture]]:
    """A file for each request that belongs to no test; one asked again in this session is added to its file."""
    ignore = trial.options.ignore
    files: dict[str, list[Interaction]] = {}
    for name, one in made:
        files.setdefault(name, []).append(one)
    found: list[tuple[str, Fixture]] = []
    for name, interactions in files.items():
        before = bench.library.read(name).interactions if name in trial.files else []
        trial.files.add(name)
        held = [*before, *interactions]
        found.append((name, Fixture(recorded_at=recorded_at, ignore=ignore, interactions=held)))
    return found


def _name_of(one: Interaction, trial: Trial, redactor: redaction.Redactor) -> str:
    key = one.key or key_of(one.request, ignore=trial.options.ignore)
    return name_of_request(one.request, _masked(one.route.asked if one.route else "", redactor), key)


def _masked(text: str, redactor: redaction.Redactor) -> str:
    """A text that becomes a file's name, without secrets."""
    return redactor.clean(Fixture(interactions=[], notes=text)).notes


def rekeyed(fixture: Fixture) -> Fixture:
    """The fixture with the keys and summaries that it has as it will be read."""
    for one in fixture.interactions:
        one.summary = summary.shortened(one.summary)  # when it is masked: half a secret would not be found
        one.key = key_of(one.request, ignore=fixture.ignore)
    return fixture


class Blobs:
    """Bytes that an interaction refers to, until they are written."""

    def __init__(self) -> None:
        """None yet."""
        self.held: dict[str, tuple[Blob, bytes]] = {}

    def put(self, content: bytes, media_type: str) -> Blob:
        """Keep bytes; what refers to them."""
        from aigw_dev.fixture_files import blobs

        blob = blobs.describe(content, media_type)
        self.held[blob.sha256] = (blob, content)
        return blob


def interaction_of(call: BenchCall, trial: Trial, blobs: Blobs) -> Interaction:
    """What an exchange was, as a fixture keeps it."""
    exchange = call.exchange
    for media_type, content in call.files:
        blobs.put(content, media_type)
    attempts = [attempt_of(one, call, blobs, is_raw=trial.options.record_raw) for one in call.captured]
    if not trial.options.keep_failures:
        attempts = _without_failures(attempts)
    made = Interaction(
        request=call.request,
        attempts=attempts,
        key=key_of(call.request, ignore=trial.options.ignore),
        route=Route(asked=exchange.original_model, rule=exchange.route, chosen=call.chosen()),
        usage=_usage(call),
    )
    made.summary = summary.summary_of_interaction(made, dialect=call.captured[-1].dialect, is_whole=True)
    return made


def _without_failures(attempts: list[Attempt]) -> list[Attempt]:
    """Failures that did not matter in the end are noted, not kept: nobody's limits are worth replaying for ever."""
    if not _is_well(attempts[-1]):
        return attempts
    kept: list[Attempt] = []
    for one in attempts[:-1]:
        if _is_well(one):
            kept.append(one)
            continue
        what = one.error or (str(one.response.status) if one.response is not None else "no reply")
        kept.append(
            Attempt(
                upstream=one.upstream,
                kind=one.kind,
                why=one.why,
                error="not_kept",
                error_text=f"{what}, not kept: the request succeeded elsewhere (keep_failures keeps it)",
            )
        )
    return [*kept, attempts[-1]]


def _is_well(attempt: Attempt) -> bool:
    return attempt.response is not None and attempt.response.status < _FAILED


def attempt_of(captured: Captured, call: BenchCall, blobs: Blobs, *, is_raw: bool = False) -> Attempt:
    """One upstream call."""
    made = Attempt(upstream=captured.upstream, kind=captured.kind, why=captured.why)
    if captured.request is not None and not _is_same(call.request, captured):
        made.request = captured.request
    if not captured.status:
        made.error, made.error_text = captured.error or "upstream_failed", captured.error_text
        return made
    made.response = response_of(captured, blobs, is_raw=is_raw)
    return made


def _is_same(request: Request, captured: Captured) -> bool:
    """Whether what went up is the caller's request but for the model's name, which `upstream` says."""
    sent = captured.request
    assert sent is not None  # noqa: S101  -- the caller looked
    if sent.op != request.op or sent.headers != request.headers or sent.method != request.method:
        return False
    if request.form is not None or request.blob is not None:
        return sent.body is msgspec.UNSET
    there: Any = sent.body
    asked: Any = request.body
    if isinstance(asked, dict) and "model" in asked:
        asked = {**cast("dict[str, Any]", asked), "model": captured.upstream.partition("/")[2]}
    return there == asked


def response_of(captured: Captured, blobs: Blobs, *, is_raw: bool = False) -> Response:
    """The reply as it came."""
    if isinstance(captured, CapturedSocket) and captured.said is not None:
        return captured.response(blobs, is_exact=is_raw)
    kind = value_of(captured.headers, b"content-type")
    made = Response(
        status=captured.status,
        headers=redaction.response_headers(captured.headers),
        end=captured.end or "cut",
    )
    timed = [(at_s - captured.sent_s, piece) for at_s, piece in captured.pieces]
    body = b"".join(piece for _, piece in timed)
    last_s = timed[-1][0] if timed else captured.head_s - captured.sent_s
    made.dt_ms = [max(0, round(last_s * 1000))]
    if is_raw or kind.lower().startswith(b"text/event-stream"):
        is_torn = made.end != "eof" and _ends_amid_event(body)
        found = events.rows_of(timed, kind.decode("latin-1"), is_raw=is_raw or is_torn)
        made.events, made.raw, made.dt_ms = found.events, found.raw, found.dt_ms
        if (
            made.events is not None
            and made.end == "eof"
            and not events.is_terminated(made.events, captured.dialect)
        ):
            made.end = "cut"
        return made
    if not body:
        return made
    whole = events.whole_of(body, kind.decode("latin-1"))
    if whole.body is not msgspec.UNSET or whole.text is not None:
        made.body, made.text = whole.body, whole.text
        return made
    if len(timed) > 1 and not value_of(captured.headers, b"content-length"):
        made.raw = events.rows_of(timed, kind.decode("latin-1"), is_raw=True).raw
        made.dt_ms = []
        return made
    made.blob = blobs.put(body, kind.decode("latin-1").partition(";")[0])
    return made


def _ends_amid_event(body: bytes) -> bool:
    """Whether a stream that broke off did so where only the end of its last event is missing: its reader never got that one."""
    decoder = Decoder()
    decoder.feed(body)
    return bool(decoder.close())


def last_response(call: BenchCall) -> Response | None:
    """The reply of the last upstream call, where there was one."""
    with_reply = [one for one in call.captured if one.status]
    return response_of(with_reply[-1], Blobs()) if with_reply else None


def _usage(call: BenchCall) -> dict[str, Any] | None:
    exchange = call.exchange
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
