"""Whether fixtures can be trusted: what each says of itself against what it holds, its blobs, its age, its safety.

Nothing is changed. A finding says which file, where in it, what is wrong and how to mend it.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from aigw_dev.core.recording.fixture import SUFFIX, Blob, Fixture, FixtureError
from aigw_dev.fixture_files import references
from aigw_dev.fixture_files.library import Leftovers, Library
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.naming import BLOBS, name_of_test

_DAY_S: Final = 86_400


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a file."""

    file: str
    """Relative to the folder of fixtures."""
    where: str = ""
    """In the file: a JSON path, a line; empty = all of it."""
    message: str
    hint: str = ""
    is_warning: bool = False
    """It works, but should be looked at."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of fixtures beyond being right."""

    now_s: float
    """POSIX time, for ages."""
    max_age_s: int | None = None
    """Older recordings are stale; None = age does not matter."""
    tests: frozenset[str] | None = None
    """Every test there is, by id: fixtures of others are orphans; None = it is not known."""


def check_one(library: Library, name: str, *, leftovers: Leftovers, rules: Rules) -> list[Finding]:
    """Everything that is wrong with one fixture; what it cannot be read for comes alone."""
    file = f"{name}{SUFFIX}"
    try:
        content = library.content(name)
        fixture = library.parse(content, file=file)
    except FixtureFileError as failure:
        return [_of(failure, file)]
    return [
        *_inner(fixture, file),
        *_blobs(library, content, file, leftovers),
        *(_secret(each, file) for each in leftovers(content)),
        *_form(library, fixture, content, file),
        *_age(fixture, file, rules),
        *_orphan(fixture, name, rules),
    ]


def check_folder(library: Library) -> Iterator[Finding]:
    """What is wrong with the folder as a whole: links, names that clash, blobs that nobody wants."""
    for odd in library.odd():
        yield Finding(file=odd.file, message=f"{odd.why}.", hint="It is never replayed: rename or remove it.")
    unused = references.unused_blobs(library)
    if unused.unsure:
        yield Finding(file=BLOBS, message=f"unused blobs cannot be told: {unused.unsure}.", is_warning=True)
    for file in unused.files:
        yield Finding(
            file=file,
            message="no fixture wants this blob.",
            hint="`aigw-dev fixtures prune` removes it.",
            is_warning=True,
        )


def moment(text: str) -> float | None:
    """POSIX time of an RFC 3339 moment or a date; None where it is neither. Without a zone it is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def is_expired(fixture: Fixture, *, now_s: float) -> bool:
    """Whether the fixture says of itself that it is over."""
    at = moment(fixture.expires) if fixture.expires else None
    return at is not None and at <= now_s


def is_orphan(fixture: Fixture, name: str, tests: Collection[str]) -> bool:
    """Whether the fixture lies where a test's does that is not among `tests`.

    One that names no test, or lies elsewhere, may be used by any.
    """
    return bool(fixture.test) and fixture.test not in tests and name == name_of_test(fixture.test)


def _inner(fixture: Fixture, file: str) -> Iterator[Finding]:
    """Keys, summaries, orders: what the core can tell from the fixture alone."""
    from aigw_dev.core.recording.summary import check_fixture

    for found in check_fixture(fixture):
        yield Finding(file=file, where=found.where, message=found.message, hint=found.hint)


def _blobs(library: Library, content: bytes, file: str, leftovers: Leftovers) -> Iterator[Finding]:
    for sha256 in sorted(references.wanted_by(content)):
        try:
            held = library.blob(Blob(sha256=sha256))
        except FixtureFileError as failure:
            yield Finding(file=file, where=failure.file, message=failure.message, hint=failure.hint)
            continue
        for each in leftovers(held):
            yield _secret(f"{BLOBS}/{sha256[:16]}: {each}", file)


def _secret(found: str, file: str) -> Finding:
    return Finding(
        file=file,
        message=f"what looks like a secret is left: {found}.",
        hint="Change the key at its provider if it is real, and record again with the key known to `aigw-dev keys`.",
    )


def _form(library: Library, fixture: Fixture, content: bytes, file: str) -> Iterator[Finding]:
    try:
        is_canonical = library.render(fixture).content == content
    except FixtureError as failure:
        yield _of(failure, file)
        return
    if not is_canonical:
        yield Finding(
            file=file,
            message="it is not in canonical form, so the next recording changes more lines than it must.",
            hint="`aigw-dev fixtures fmt` writes it so.",
            is_warning=True,
        )


def _age(fixture: Fixture, file: str, rules: Rules) -> Iterator[Finding]:
    for field in ("recorded_at", "expires"):
        text = getattr(fixture, field)
        if text and moment(text) is None:
            yield Finding(
                file=file,
                where=f"$.{field}",
                message=f"`{text[:40]}` is no moment.",
                hint="Write it as 2026-08-21T10:15:00Z.",
            )
    if is_expired(fixture, now_s=rules.now_s):
        yield Finding(
            file=file,
            where="$.expires",
            message=f"it has expired ({fixture.expires}).",
            hint="Record it again, or remove it with `aigw-dev fixtures prune`.",
        )
    recorded_s = moment(fixture.recorded_at)
    if rules.max_age_s is None or recorded_s is None or rules.now_s - recorded_s <= rules.max_age_s:
        return
    yield Finding(
        file=file,
        where="$.recorded_at",
        message=f"it is stale: recorded {(rules.now_s - recorded_s) / _DAY_S:.0f} days ago, "
        f"{rules.max_age_s / _DAY_S:g} are allowed.",
        hint="Record it again.",
    )


def _orphan(fixture: Fixture, name: str, rules: Rules) -> Iterator[Finding]:
    if rules.tests is not None and is_orphan(fixture, name, rules.tests):
        yield Finding(
            file=f"{name}{SUFFIX}",
            where="$.test",
            message=f"no test is called {fixture.test[:200]}.",
            hint="Rename it with its test, or remove it.",
        )


def _of(failure: FixtureError, file: str) -> Finding:
    named = failure.file if isinstance(failure, FixtureFileError) else file
    where = failure.where if named == file else ": ".join(filter(None, (named, failure.where)))
    return Finding(file=file, where=where, message=failure.message, hint=failure.hint)
