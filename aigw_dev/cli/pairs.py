"""`--metadata` and `--param`: what a person writes as `k=v`, read as values."""

from collections.abc import Sequence
from typing import Any

import msgspec

from aigw_dev.cli.exits import CommandError
from aigw_dev.core import harmless
from aigw_dev.core.exchange import Scalar


def read_metadata(given: Sequence[str]) -> dict[str, Scalar | None]:
    """Metadata from `k=v` pairs (split by `,` or `;`, values are text) and flat JSON objects; later ones win."""
    found: dict[str, Scalar | None] = {}
    for text in given:
        if text.lstrip().startswith("{"):
            found |= _object(text)
            continue
        for pair in text.replace(";", ",").split(","):
            if pair.strip():
                name, value = _pair(pair, flag="--metadata", example="tier=pro")
                found[name] = value
    return found


def read_params(given: Sequence[str]) -> dict[str, Any]:
    """Fields of the body from `k=JSON`; a field given twice counts the last time."""
    found: dict[str, Any] = {}
    for text in given:
        name, value = _pair(text, flag="--param", example="seed=7")
        try:
            found[name] = msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            raise CommandError(
                f"--param {_shown(name)}: {_shown(value)} is not JSON.",
                hint=f"Text wants quotes: --param '{_shown(name)}=\"{_shown(value)}\"'",
            ) from error
    return found


def _object(text: str) -> dict[str, Scalar | None]:
    try:
        return dict(msgspec.json.decode(text, type=dict[str, str | int | float | bool | None]))
    except msgspec.MsgspecError as error:
        raise CommandError(
            f"--metadata {_shown(text)} is not a flat JSON object: {harmless.line(str(error))}.",
            hint="""Write --metadata '{"tier":"pro"}' or --metadata tier=pro.""",
        ) from error


def _pair(text: str, *, flag: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise CommandError(f"{flag} {_shown(text)} is not NAME=VALUE.", hint=f"For example {flag} {example}.")
    return name.strip(), value.strip()


def _shown(text: str) -> str:
    return harmless.line(text[:60])
