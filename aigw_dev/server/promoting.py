"""Logged calls made a fixture and a test: cleaned of every secret that is known here, and refused where one is left.

Nothing is written: what comes of it is text, for whoever asked to look at and to put into a project.
"""

import base64
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Assembled, Exchange
from aigw_dev.core.mask import MASKED, Masker
from aigw_dev.core.recording.fixture import Fixture, FixtureError, Interaction
from aigw_dev.core.recording.keys import key_of
from aigw_dev.core.recording.promoting import USUAL_ASSERTS, dollars, interaction_of
from aigw_dev.core.recording.pytest_text import Facts, TestText, text_of_test, usual_name, wrong_names
from aigw_dev.core.recording.redaction import Redactor
from aigw_dev.fixture_files.blobs import describe
from aigw_dev.fixture_files.naming import name_of_request, name_of_test
from aigw_dev.store.records import Record

MOST: Final = 50
"""Calls in one test."""
_METADATA: Final = "x-ai-route-metadata"


class Wanted(msgspec.Struct, kw_only=True):
    """What is to be made of logged calls."""

    more: list[str] = []
    """Further exchanges, in the order in which the test makes them."""
    name: str = ""
    """The test's; empty = by its model and id."""
    file: str = ""
    """The test's module, relative to the project; empty = of the test's name, in `folder`."""
    folder: str = ""
    """Where tests are: `tests`."""
    asserts: tuple[str, ...] = USUAL_ASSERTS
    """Members of `core.recording.promoting.ASSERTS`."""
    has_test: bool = True
    """False: a fixture alone, that answers as often as it is asked."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that lie beside a fixture."""

    sha256: str
    type: str
    base64: str


class Promoted(msgspec.Struct, frozen=True, kw_only=True):
    """A fixture, and the test that uses it, as texts."""

    of: list[str]
    """Ids of the exchanges."""
    fixture: str
    """Its name in a folder of fixtures."""
    content: str
    """Its file."""
    blobs: list[Beside]
    test_id: str = ""
    name: str = ""
    file: str = ""
    """The test's module, relative to the project."""
    imports: list[str] = []
    """What a module that is there already must import, too."""
    function: str = ""
    """The test alone, for a module that is there already."""
    module: str = ""
    """The test as a module of its own."""
    notes: list[str] = []
    """What a reviewer should know."""


def promote(records: Sequence[Record], wanted: Wanted, *, secrets: Sequence[str]) -> Promoted | Refusal:
    """The exchanges as one fixture and one test. Blocking: takes as long as reading and writing JSON does.

    `secrets` are values that must not stand anywhere in it. The fixture is as old as the oldest call, so that the same
    calls make the same files.
    """
    masker, redactor = Masker(secrets), Redactor(secrets)
    exchanges = [_masked(record.exchange, masker) for record in records]
    made: list[Interaction] = []
    for record, exchange in zip(records, exchanges, strict=True):
        one = interaction_of(exchange, state=record.state)
        if isinstance(one, Refusal):
            return one
        made.append(one)
    name = wanted.name or usual_name(exchanges[0].original_model, exchanges[0].id)
    file = wanted.file or "/".join([*filter(None, [wanted.folder.strip("/")]), f"{name}.py"])
    wrong = wrong_names(name, file, wanted.asserts) if wanted.has_test else ""
    if wrong:
        return Refusal(code="invalid_request", message=wrong, status=400)
    test_id = f"{file}::{name}" if wanted.has_test else ""
    clean = redactor.clean(
        Fixture(
            test=test_id, recorded_at=_moment(min(one.started_at for one in exchanges)), interactions=made
        )
    )
    for one in clean.interactions:
        one.key = key_of(one.request)
        one.repeat = "" if wanted.has_test else "last"
    text: TestText | Refusal | None = None
    if wanted.has_test:
        facts = [_facts(each, one) for each, one in zip(exchanges, clean.interactions, strict=True)]
        text = text_of_test(facts, name=name, asserts=wanted.asserts)
        if isinstance(text, Refusal):
            return text
    return _rendered(clean, text, records, exchanges, file=file, name=name, redactor=redactor)


def _rendered(
    fixture: Fixture,
    text: TestText | None,
    records: Sequence[Record],
    exchanges: Sequence[Exchange],
    *,
    file: str,
    name: str,
    redactor: Redactor,
) -> Promoted | Refusal:
    """Everything as text, looked through once more."""
    from aigw_dev.core.recording.fixture import Blob
    from aigw_dev.core.recording.writing import write_fixture

    held: dict[str, tuple[Blob, bytes]] = {}

    def store(content: bytes, media_type: str) -> Blob:
        blob = describe(content, media_type)
        held[blob.sha256] = (blob, content)
        return blob

    ids = [record.exchange.id for record in records]
    try:
        content = write_fixture(fixture, store=store)
    except FixtureError as failure:
        return Refusal(code="promote_impossible", message=f"{ids[0]} cannot be promoted: {failure}")
    module = text.module(ids) if text is not None else ""
    left = [*redactor.leftovers(content), *(f"test, {one}" for one in redactor.leftovers(module.encode()))]
    for _, piece in held.values():
        left += redactor.leftovers(piece)
    if left:
        said = "; ".join(left[:5])
        return Refusal(
            code="fixture_unsafe",
            message=f"{ids[0]} was not promoted: what would be written holds what looks like a secret: {said}",
            status=409,
        )
    blobs = [
        Beside(sha256=blob.sha256, type=blob.type, base64=base64.b64encode(piece).decode())
        for blob, piece in held.values()
    ]
    first = fixture.interactions[0]
    asked = first.route.asked if first.route is not None else ""
    return Promoted(
        of=ids,
        fixture=name_of_test(fixture.test)
        if text is not None
        else name_of_request(first.request, asked, first.key),
        content=content.decode(),
        blobs=blobs,
        notes=_notes(exchanges, content, has_test=text is not None),
        **({} if text is None else _of_test(text, fixture.test, name=name, file=file, module=module)),
    )


def _of_test(text: TestText, test_id: str, *, name: str, file: str, module: str) -> dict[str, Any]:
    return {
        "test_id": test_id,
        "name": name,
        "file": file,
        "imports": list(text.imports),
        "function": text.function,
        "module": module,
    }


def _notes(exchanges: Sequence[Exchange], content: bytes, *, has_test: bool) -> list[str]:
    """What a reviewer should know, each thing once."""
    notes: list[str] = []
    for one in exchanges:
        if one.route:
            notes.append(
                f"the route {one.route} decides again when this is replayed: the project's aigw-dev.yaml must hold it"
            )
        if len(one.attempts) > 1:
            notes.append(
                f"{len(one.attempts) - 1} failed tries of {one.id[:12]} are noted, not kept: the log has no replies of them"
            )
        if one.ledger and one.status < 400:  # noqa: PLR2004 -- HTTP
            notes.append(
                f"{one.id[:12]} was translated from {one.provider}: its reply is kept as the caller got it, and replay writes"
                f" it in {one.provider}'s words again"
            )
    if has_test and any(one.usage is not None and one.usage.estimated for one in exchanges):
        notes.append("usage and cost that were estimated are not asserted")
    if MASKED.encode() in content:
        notes.append(
            f"secrets were masked: they stand as {MASKED} in the fixture"
            + (" and the test" if has_test else "")
        )
    return list(dict.fromkeys(notes))


def _masked(exchange: Exchange, masker: Masker) -> Exchange:
    """The exchange with every secret masked that is known now; the log knew those of its day."""

    def clean(body: bytes | None) -> bytes | None:
        return None if body is None else masker.bytes(body)

    assembled = exchange.assembled
    if assembled is not None:
        assembled = msgspec.json.decode(masker.bytes(msgspec.json.encode(assembled)), type=Assembled)
    headers = [(name, masker.text(value)) for name, value in exchange.request_headers]
    attempts = [
        msgspec.structs.replace(one, error_text=masker.text(one.error_text)) for one in exchange.attempts
    ]
    return msgspec.structs.replace(
        exchange,
        request_body=clean(exchange.request_body),
        response_body=clean(exchange.response_body),
        assembled=assembled,
        request_headers=headers,
        attempts=attempts,
    )


def _facts(exchange: Exchange, interaction: Interaction) -> Facts:
    """What a test can assert of it."""
    said = exchange.assembled or Assembled()
    usage, cost = exchange.usage, exchange.cost
    is_guess = usage is not None and usage.estimated
    steering = dict(exchange.request_headers) if exchange.route else {}
    return Facts(
        id=exchange.id,
        interaction=interaction,
        is_stream=exchange.is_stream,
        status=exchange.status,
        text=said.text,
        tool_calls=tuple((one.name, _arguments(one.arguments)) for one in said.tool_calls),
        finish=exchange.finish,
        tokens=None if usage is None or usage.estimated else (usage.input, usage.output),
        cost_usd=None if is_guess else "" if cost.nanousd is None else dollars(cost.nanousd),
        route=exchange.route,
        headers=_steering(steering),
    )


def _steering(headers: Mapping[str, str]) -> dict[str, str]:
    """What a route decides by, beside the body: its metadata, and headers of the caller's own."""
    passed = (
        "x-stainless-",
        "x-aigw-",
        "x-ratelimit-",
        "x-request-id",
        "x-amzn-",
        "x-should-retry",
        "x-session-id",
    )
    return {
        name: value
        for name, value in headers.items()
        if name == _METADATA or (name.startswith("x-") and not name.startswith(passed))
    }


def _arguments(text: str) -> Any:
    """A tool call's arguments as the test's handle gives them."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return cast("dict[str, Any]", found) if isinstance(found, dict) else text


def _moment(at_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))
