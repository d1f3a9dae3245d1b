"""Cassettes of go-vcr, versions 1 to 4.

    version: 1 | 2
    interactions:
    - request: {body, form: {name: [values]}, headers: {Name: [values]}, url, method, ...}
      response: {body, headers, status: "200 OK" or "", code: 200, duration: "1.5s" or "" or nanoseconds}
      discard_on_save

Version 1 (go-vcr 1 and 2) has the same fields without `id`, `proto` and lengths. `duration` is what the round trip took:
until the head of the reply. Read in go-vcr's `cassette.go`, and in recorded cassettes.
"""

from typing import Any, cast

from aigw_dev.core.recording.importing.destination import shown
from aigw_dev.core.recording.importing.http_pair import Content, Pair, interaction_of
from aigw_dev.core.recording.importing.imported import (
    Collection,
    Imported,
    Skip,
    Store,
    as_bytes,
    as_list,
    as_object,
    as_pairs,
    as_status,
    as_text,
)
from aigw_dev.core.recording.importing.moments import go_duration_ms


def import_go_vcr(document: Any, *, name: str, store: Store) -> Imported:
    """The model calls of a cassette, in its order. FixtureError, with a place, for what is no cassette."""
    found = Collection(name, "go-vcr")
    interactions = as_list(as_object(document, "").get("interactions"), "interactions")
    for number, one in enumerate(interactions):
        where = f"interactions[{number}]"
        pair = _pair(as_object(one, where), where)
        made = interaction_of(pair, store=store)
        if isinstance(made, Skip):
            found.skip(where, f"{shown(pair.method, pair.url)}: {made.reason}")
        else:
            found.add(made.interaction, made.notes)
    return found.whole()


def _pair(one: dict[str, Any], where: str) -> Pair:
    request = as_object(one.get("request"), f"{where}.request")
    response = as_object(one.get("response"), f"{where}.response")
    return Pair(
        where=where,
        method=as_text(request.get("method") or "GET", f"{where}.request.method"),  # Go leaves GET empty
        url=as_text(request.get("url"), f"{where}.request.url"),
        request_headers=as_pairs(request.get("headers"), f"{where}.request.headers"),
        sent=Content(
            raw=as_bytes(request.get("body"), f"{where}.request.body"),
            form=_form(request.get("form"), f"{where}.request.form"),
        ),
        status=as_status(response.get("code"), f"{where}.response.code"),
        headers=as_pairs(response.get("headers"), f"{where}.response.headers"),
        got=Content(raw=as_bytes(response.get("body"), f"{where}.response.body")),
        head_ms=go_duration_ms(response.get("duration")),
    )


def _form(value: Any, where: str) -> dict[str, Any] | None:
    """A form's fields; one that was sent once as its text."""
    if not value:
        return None
    found: dict[str, Any] = {}
    for name, one in as_object(value, where).items():
        values = cast("list[Any]", one) if isinstance(one, list) else [one]
        texts = [as_text(text, f"{where}.{name}") for text in values]
        found[name] = texts[0] if len(texts) == 1 else texts
    return found
