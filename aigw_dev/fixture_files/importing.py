"""Recordings of other tools into a library: finding and parsing them, redacting and writing what they hold."""

from collections.abc import Sequence
from os.path import commonpath
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from aigw_dev.core.recording.fixture import SUFFIX, Blob, Fixture, FixtureError
from aigw_dev.fixture_files import blobs, limits
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.naming import name_of_test

ENDINGS: Final = (".yaml", ".yml", ".json", ".har")
"""Of the files that are taken from a folder."""


class Redacting(Protocol):
    """What `core.recording.redaction.Redactor` does."""

    def clean(self, fixture: Fixture) -> Fixture:
        """The fixture with secrets masked."""
        ...

    def leftovers(self, content: bytes) -> list[str]:
        """Kinds and places of what is left."""
        ...


class Source(NamedTuple):
    """One recording to import."""

    path: Path
    name: str
    """The name that its fixture gets."""


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one recording."""

    file: str
    source: str
    """Its format."""
    written: list[str]
    """Paths of fixtures."""
    interactions: int
    notes: list[str]
    """What was guessed or changed."""
    skipped: list[str]
    """What was left out: where, which call, why."""


def sources(paths: Sequence[Path]) -> list[Source]:
    """The recordings that these files and folders mean, each with a name of its own; absent ones are a `FixtureFileError`."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(
                each
                for each in path.rglob("*")
                if each.suffix.lower() in ENDINGS and each.is_file() and not each.name.endswith(SUFFIX)
            )
        elif path.exists():
            files.append(path)
        else:
            raise FixtureFileError("there is no such file.", file=str(path))
    files = list(dict.fromkeys(files))
    if not files:
        return []
    above = Path(commonpath([each.absolute().parent for each in files]))
    taken: dict[str, Path] = {}
    for file in files:
        name = _name(file.absolute().relative_to(above))
        if name.casefold() in {each.casefold() for each in taken}:
            name = name_of_test(f"{name}-{file.suffix[1:]}")
        taken[name] = file
    return [Source(file, name) for name, file in taken.items()]


def import_into(
    library: Library, source: Source, *, redactor: Redacting, kind: str = "", is_forced: bool = False
) -> Import:
    """Import one recording as `kind`, or as what it looks like; one that cannot be is a `FixtureFileError`."""
    from aigw_dev.core.recording.importing import IMPORTERS, guess

    beside: dict[str, tuple[Blob, bytes]] = {}

    def store(content: bytes, media_type: str) -> Blob:
        blob = blobs.describe(content, media_type)
        beside[blob.sha256] = (blob, content)
        return blob

    try:
        document = read_document(limits.read_regular(source.path.resolve(), file=str(source.path)))
        kind = kind or guess(document)
        found = IMPORTERS[kind](document, name="", store=store)
    except FixtureFileError:
        raise
    except FixtureError as failure:
        raise FixtureFileError(
            failure.message, file=str(source.path), where=failure.where, hint=failure.hint
        ) from failure
    written: list[str] = []
    for at, fixture in enumerate(found.fixtures):
        name = source.name if not at else f"{source.name}-{at + 1}"
        written.append(
            str(_write(library, name, fixture, beside=beside, redactor=redactor, is_forced=is_forced))
        )
    return Import(
        file=str(source.path),
        source=kind,
        written=written,
        interactions=sum(len(each.interactions) for each in found.fixtures),
        notes=found.notes,
        skipped=found.skipped,
    )


def read_document(content: bytes) -> Any:
    """JSON or YAML as plain data; `FixtureError` with the line where it is neither."""
    from aigw_dev.core.recording.document import parse
    from aigw_dev.fixture_files.yaml_reading import read_yaml

    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}:
        return parse(content)
    return read_yaml(content)


def _write(
    library: Library,
    name: str,
    fixture: Fixture,
    *,
    beside: dict[str, tuple[Blob, bytes]],
    redactor: Redacting,
    is_forced: bool,
) -> Path:
    from aigw_dev.core.recording.keys import key_of
    from aigw_dev.core.recording.summary import summary_of_interaction

    if library.has(name) and not is_forced:
        raise FixtureFileError(
            "there is a fixture of this name.",
            file=str(library.path_of(name)),
            hint="--force replaces it; or import into another folder.",
        )
    clean = redactor.clean(fixture)
    for one in clean.interactions:
        one.key = key_of(one.request, ignore=clean.ignore)
        one.summary = summary_of_interaction(one)
    rendered = library.render(clean)
    rendered.blobs.update(
        {sha256: pair for sha256, pair in beside.items() if sha256.encode() in rendered.content}
    )
    return library.put(name, rendered, leftovers=redactor.leftovers)


def _name(file: Path) -> str:
    """`cassettes/test_a/x.yaml` is `cassettes/test_a/x`."""
    return name_of_test(file.with_suffix("").as_posix())
