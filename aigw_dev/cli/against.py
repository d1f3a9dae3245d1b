"""`aigw-dev replay DIR --against URL`: the requests of fixtures sent to another gateway or provider, and what it does differently."""

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import msgspec

from aigw_dev.cli import output
from aigw_dev.cli.against_call import (
    NotSentError,
    ask,
    credential,
    error_changes,
    expected,
    operation_of,
    outgoing,
)
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, PROVIDER, CommandError
from aigw_dev.cli.fixture_gateway import AgainstOptions
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.credentials import clean_key, is_own_token, parse_reference
from aigw_dev.core.recording.drift import ShapeChange, render, shape_diff
from aigw_dev.core.recording.fixture import FixtureError, Interaction
from aigw_dev.core.web_address import host_of, is_loopback, problem_with

if TYPE_CHECKING:
    import httpx

    from aigw_dev.fixture_files.library import Library

Verdict = Literal["same", "differs", "failed", "skipped"]
_HIDDEN: Final = "(the key)"
_STYLES: Final[dict[Verdict, str]] = {"same": "green", "differs": "red", "failed": "red", "skipped": "dim"}
_CONNECT_S: Final = 10.0
_READ_S: Final = 120.0
"""No pause of a reply may be longer."""


class Compared(msgspec.Struct, kw_only=True):
    """One interaction and what came of it."""

    fixture: str
    number: int
    """Its place in the fixture, from 0."""
    op: str
    model: str
    verdict: Verdict
    recorded: int | None = None
    """Status."""
    live: int | None = None
    why: str = ""
    """Why it was not sent, or why no reply came."""
    changes: list[ShapeChange] = []
    duration_ms: int | None = None


def replay_against(context: Context, folder: Path, options: AgainstOptions) -> int:
    """Send every fixture's requests to another base URL, and print what is answered differently.

    Compared are status, errors, headers that clients act on, and the shape of bodies and events; never texts.
    """
    from aigw_dev.fixture_files.library import Library

    problem = problem_with(options.against)
    if problem is not None:
        raise CommandError(f"--against: the URL {problem}.")
    library = Library(folder)
    names = _names(library, folder, options.only)
    key = _key(Place(context), options.key, origin=options.against) if options.key else ""
    rows: list[Compared] = []
    with _client(context, options.against) as client:
        for name in names:
            try:
                interactions = library.read(name).interactions
            except FixtureError as error:
                rows.append(
                    Compared(fixture=name, number=0, op="", model="", verdict="failed", why=str(error))
                )
                continue
            for number, one in enumerate(interactions):
                row = _begun(name, number, one)
                _compare(row, one, client, library=library, base=options.against, key=key)
                rows.append(_without(row, key))
                if not context.is_json:
                    output.note(harmless.line(f"{row.verdict:<8} {name} {number + 1}"))
    if context.is_json:
        output.print_json({"against": options.against, "interactions": rows})
    else:
        _show(rows, options.against)
    return _exit_code(rows)


def _names(library: "Library", folder: Path, only: str) -> list[str]:
    if not folder.is_dir():
        raise CommandError(f"{folder}: no such folder of fixtures.", code="fixture_invalid")
    names = [one for one in library.names() if not only or fnmatch.fnmatch(one, only)]
    if not names:
        raise CommandError(
            f"{folder} holds no fixture{f' that fits --only {harmless.line(only)}' if only else ''}.",
            code="fixture_invalid",
        )
    return names


def _key(place: Place, reference: str, *, origin: str) -> str:
    """The key behind a reference, if it may go to this origin; a token of a gateway of ours may be named by `env:`."""
    from aigw_dev.cli.asking import is_person_near
    from aigw_dev.core.errors import Refusal
    from aigw_dev.secrets.resolve import Resolver

    parsed = parse_reference(reference)
    if isinstance(parsed, str):
        raise CommandError(f"--key: {parsed}.")
    if origin.lower().startswith("http://") and not is_loopback(host_of(origin)):
        raise CommandError(
            "--key: a key is not sent over plain http to another machine.", hint="Write --against https://…"
        )
    if parsed.source == "env":
        own = place.env.get(parsed.target, "")
        if is_own_token(own):
            return clean_key(own)
    found = Resolver(place.vault, base=Path.cwd()).get(
        reference, origin=origin, is_person_asked=is_person_near()
    )
    if isinstance(found, Refusal):
        raise CommandError(f"--key: {found.message}.", code=found.code)
    return found.value


def _client(context: Context, base: str) -> "httpx.Client":
    import httpx

    is_direct = is_loopback(host_of(base))
    verify: Any = False
    if base.lower().startswith("https://"):
        from aigw_dev.server.tls import build_context

        environ = context.environ
        verify = build_context(environ.get("SSL_CERT_FILE", ""), environ.get("SSL_CERT_DIR", ""))
    return httpx.Client(
        verify=verify,
        trust_env=not is_direct,
        follow_redirects=False,
        timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
        headers={"accept": "*/*", "accept-encoding": "identity"},
    )


def _begun(name: str, number: int, interaction: Interaction) -> Compared:
    asked = interaction.route.asked if interaction.route is not None else ""
    body: Any = interaction.request.body
    if not asked and isinstance(body, dict):
        asked = str(cast("dict[str, Any]", body).get("model", ""))
    return Compared(fixture=name, number=number, op=interaction.request.op, model=asked, verdict="skipped")


def _compare(
    row: Compared,
    interaction: Interaction,
    client: "httpx.Client",
    *,
    library: "Library",
    base: str,
    key: str,
) -> None:
    """Send it, and say in `row` what came of it."""
    import httpx

    try:
        recorded = expected(interaction)
        call = outgoing(interaction, base, read_blob=library.blob)
        operation = operation_of(interaction.request)
    except (NotSentError, FixtureError) as error:
        row.why = str(error)
        return
    row.recorded = recorded.status
    call.headers.update(credential(operation, key))
    try:
        live = ask(client, call, dialect=operation.dialect)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        row.verdict, row.why = "failed", f"{type(error).__name__}: {error}"
        return
    row.live, row.duration_ms = live.status, live.dt_ms[0]
    row.changes = [*shape_diff(recorded, live), *error_changes(recorded, live)]
    row.verdict = "differs" if row.changes else "same"


def _without(row: Compared, key: str) -> Compared:
    """The row without the key, which a hostile address may have sent back."""
    if not key:
        return row
    row.why = row.why.replace(key, _HIDDEN)
    row.changes = [
        msgspec.structs.replace(
            one,
            path=one.path.replace(key, _HIDDEN),
            recorded=one.recorded.replace(key, _HIDDEN),
            live=one.live.replace(key, _HIDDEN),
        )
        for one in row.changes
    ]
    return row


def _show(rows: Iterable[Compared], base: str) -> None:
    """A table of all, then what differs in each."""
    listed = list(rows)
    headers = ["FIXTURE", "#", "OPERATION", "MODEL", "RECORDED", "NOW", "RESULT"]
    output.table(headers, [_cells(one) for one in listed], right=frozenset({"#", "RECORDED", "NOW"}))
    for one in listed:
        if not one.changes and not (one.why and one.verdict == "failed"):
            continue
        output.say()
        title = f"{one.fixture} {one.number + 1}: {one.op} {one.model}".rstrip()
        output.say(output.styled(harmless.line(title), "bold"))
        text = render(one.changes) if one.changes else one.why
        output.say("\n".join(f"  {harmless.line(each)}" for each in text.splitlines()))
    counts = {verdict: sum(one.verdict == verdict for one in listed) for verdict in _STYLES}
    parts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    output.note(harmless.line(f"{base}: {parts}"))


def _cells(row: Compared) -> list[str]:
    result = row.verdict if row.verdict != "skipped" else f"skipped: {row.why}"
    if row.verdict == "differs":
        result = f"{len(row.changes)} differ"
    return [
        row.fixture,
        str(row.number + 1),
        row.op,
        row.model,
        "-" if row.recorded is None else str(row.recorded),
        "-" if row.live is None else str(row.live),
        result,
    ]


def _exit_code(rows: list[Compared]) -> int:
    """3 where nothing ever answered, 1 where something differs or nothing could be compared."""
    verdicts = {one.verdict for one in rows}
    if "failed" in verdicts and not verdicts & {"same", "differs"}:
        return PROVIDER
    return DONE if verdicts <= {"same", "skipped"} and "same" in verdicts else NOT_HELD
