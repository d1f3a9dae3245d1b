"""Putting a new config text in force: through the running gateway, else into the file."""

from typing import Any

import msgspec

from aigw_dev.cli import output
from aigw_dev.cli.announce import write_audit
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from aigw_dev.config_file.diff import describe_diff
from aigw_dev.core.problem import Problem


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The config's text as a change starts from it."""

    text: str
    digest: str
    """What a write is checked against; empty where there is no file yet."""
    where: str
    """The file, or where the first save goes."""


def live(place: Place) -> Live:
    """The text there is: the running gateway's file, else this config's; without a file, the default written out."""
    client = place.client()
    if client is not None:
        with client:
            found = client.config()
        text = found["text"] or place.source.first_text()
        return Live(
            text=text, digest=found["digest"], where=found["path"] or str(place.source.found.first_save)
        )
    reading = place.reading
    path = place.source.path or place.source.found.first_save
    return Live(text=reading.text or place.source.first_text(), digest=reading.digest, where=str(path))


def problems_of(place: Place, text: str) -> list[Problem]:
    """What is wrong with a text, as if it stood in the file."""
    return place.source.parse(text).problems


def require_usable(problems: list[Problem], *, where: str) -> None:
    """Exit 2 with every problem where one is an error; warnings go to stderr."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise CommandError(
            "\n".join(problem.text() for problem in errors),
            code="config_invalid",
            hint=f"{where} was not changed.",
        )
    for problem in problems:
        output.note(f"warning: {problem.text()}")


def difference(before: Live, text: str) -> str:
    """What would change, harmless to print; empty where nothing would."""
    return (
        ""
        if before.digest and text == before.text
        else describe_diff(before.text if before.digest else "", text)
    )


def put(place: Place, text: str, before: Live, *, note: str) -> dict[str, Any]:
    """Write `text` in the place of `before` and put it in force; what became of it, for people and `--json`.

    A file that changed since `before` was read is an error (`config_changed`) and stays as it is.
    """
    client = place.client()
    if client is not None:
        with client:
            done = client.put_config(text, digest=before.digest, note=note)
        return {"path": done["path"], "is_live": True, "generation": done["generation"]}
    path = place.source.write(text, expected_digest=before.digest)
    write_audit(place, "config.written", str(path))
    return {"path": str(path), "is_live": False, "generation": 0}


def said(done: dict[str, Any]) -> str:
    """What became of it, in a sentence."""
    if done["is_live"]:
        return f"{done['path']} was written and is in force (generation {done['generation']})."
    return f"{done['path']} was written; no gateway serves it now, `aigw-dev up` starts one."
