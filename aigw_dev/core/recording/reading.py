"""A fixture from its file: every shorthand resolved, everything unexpected refused with where it stands and what to do.

Files come from repositories and from hands: nothing in them is trusted. Fields that the format does not know are
refused, since a mistyped name that is passed over changes what a test proves.
"""

from typing import Any, Final, cast

import msgspec

from aigw_dev.core.merge_patch import patched
from aigw_dev.core.recording.document import one_line, parse
from aigw_dev.core.recording.fixture import (
    FORMAT,
    Attempt,
    Blob,
    FilePart,
    Fixture,
    FixtureError,
    Interaction,
    Request,
    Route,
)
from aigw_dev.core.recording.growth import extended
from aigw_dev.core.recording.literals import Decoder, Fetch, Wrong, read_blob
from aigw_dev.core.recording.replies import Links, read_response
from aigw_dev.core.recording.section import Section, decoded

_REPEATS: Final = ("", "last", "cycle")


def read_fixture(content: bytes, *, blob: Fetch | None = None) -> Fixture:
    """The fixture that a file's bytes say.

    With `blob` the blobs that stand for JSON values (base64, data URLs, long arrays) are put back in; without it they
    stay `Blob`s. Raises FixtureError, `fixture_version` for another major version of the format.
    """
    section = Section(parse(content), "$")
    version = section.take("aigw_fixture", int, None)
    if version is None:
        raise FixtureError(
            "it has no `aigw_fixture` field, so it is no fixture",
            hint=f'a fixture is a JSON object that begins with "aigw_fixture": {FORMAT}',
        )
    if version != FORMAT:
        raise FixtureError(
            f"it is written in version {str(version)[:20]} of the format, this release reads version {FORMAT}",
            where="$.aigw_fixture",
            code="fixture_version",
            hint="record it again, or use the release that wrote it"
            if version < FORMAT
            else "use a newer release of aigw-dev",
        )
    fixture = Fixture(
        interactions=[],
        test=section.take("test", str, ""),
        recorded_at=section.take("recorded_at", str, ""),
        expires=section.take("expires", str, ""),
        notes=section.text("notes"),
        ignore=tuple(section.texts("ignore")),
    )
    reader = _Reader(blob)
    for at, one in enumerate(section.items("interactions", is_needed=True)):
        fixture.interactions.append(reader.interaction(at, Section(one, f"$.interactions[{at}]")))
    section.end()
    return fixture


class _Reader:
    """Reads interactions in order: later ones refer to earlier ones only."""

    def __init__(self, fetch: Fetch | None) -> None:
        self._fetch = fetch
        self._bodies: dict[int | str, Any] = {}
        self._links: Links = {}

    def interaction(self, at: int, section: Section) -> Interaction:
        key = section.take("key", str, "")
        request = self._request(at, section.section("request"))
        route = section.optional("route")
        attempts = [
            self._attempt(f"{at}.{number}", Section(one, f"{section.where}.attempts[{number}]"), request)
            for number, one in enumerate(section.items("attempts", is_needed=True))
        ]
        interaction = Interaction(
            request=request,
            attempts=attempts,
            key=key,
            route=None if route is None else _route(route),
            usage=section.plain("usage"),
            summary=section.plain("summary"),
            repeat=section.choice("repeat", _REPEATS, ""),
            note=section.text("note"),
        )
        section.end()
        return interaction

    def _attempt(self, reference: str, section: Section, client: Request) -> Attempt:
        attempt = Attempt(
            upstream=_upstream(section),
            kind=section.take("kind", str, ""),
            why=section.take("why", str, ""),
            request=self._sent(reference, section, client),
        )
        reply = section.optional("response")
        if reply is not None:
            attempt.response, self._links[reference] = read_response(reply, self._fetch)
        attempt.error = section.take("error", str, "")
        attempt.error_text = section.text("error_text")
        section.end()
        return attempt

    def _sent(self, reference: str, section: Section, client: Request) -> Any:
        if section.fields.get("request", "same") == "same":
            section.take("request", str, "same")
            return "same"
        sent = section.section("request")
        if "~patch" not in sent.fields:
            return self._request(reference, sent)
        patch = self._value(sent, "~patch")
        request = msgspec.structs.replace(
            client,
            body=patched(None if client.body is msgspec.UNSET else client.body, patch),
            op=sent.take("op", str, client.op),
            headers=sent.named_texts("headers") if "headers" in sent.fields else client.headers,
        )
        sent.end()
        return request

    def _request(self, reference: int | str, section: Section) -> Request:
        request = Request(
            op=section.take("op", str),
            method=section.take("method", str, "POST"),
            path=section.take("path", str, ""),
            headers=section.named_texts("headers"),
        )
        section.may_have("body", "form")
        if "body" in section.fields:
            request.body = self._body(reference, section)
            if isinstance(request.body, Blob) and not request.body.form:
                request.blob, request.body = request.body, msgspec.UNSET
        if "form" in section.fields:
            form = self._value(section, "form")
            if not isinstance(form, dict):
                raise section.wrong("form", "it is an object of the form's fields")
            request.form = cast("dict[str, Any]", form)
        request.files = [
            _file(Section(one, f"{section.where}.files[{at}]"))
            for at, one in enumerate(section.items("files"))
        ]
        section.end()
        return request

    def _body(self, reference: int | str, section: Section) -> Any:
        raw = section.fields["body"]
        if isinstance(raw, dict) and "~extends" in raw:
            with_fields = cast("dict[str, Any]", raw)
            raw = section.fields["body"] = decoded(
                lambda: extended(with_fields, self._bodies), f"{section.where}.body"
            )
        self._bodies[reference] = raw
        return self._value(section, "body")

    def _value(self, section: Section, name: str) -> Any:
        decoder = Decoder(fetch=self._fetch, look_up=self._linked)
        raw = section.pop(name)
        return decoded(lambda: decoder.value(raw), f"{section.where}.{name}")

    def _linked(self, reference: Any) -> Any:
        """The value of an earlier reply: `I.A.n`, or `I.A.name` for a field of its `common`."""
        where, _, last = reference.rpartition(".") if isinstance(reference, str) else ("", "", "")
        known = self._links.get(where)
        if known is None or last not in known:
            raise Wrong(
                f"`~v` refers to {one_line(reference)[:40]}, which no earlier reply brought",
                'it is "I.A.n": entry n under `~v` in the `common` of attempt A of interaction I, all counted from 0',
            )
        return known[last]


def _upstream(section: Section) -> str:
    upstream = section.take("upstream", str)
    if not upstream.partition("/")[0]:
        raise section.wrong(
            "upstream", "it names no provider", "it is `PROVIDER/MODEL`, such as openai/gpt-4o-mini"
        )
    return upstream


def _route(section: Section) -> Route:
    route = Route(
        asked=section.take("asked", str, ""),
        rule=section.take("rule", str, ""),
        chosen=section.take("chosen", str, ""),
    )
    section.end()
    return route


def _file(section: Section) -> FilePart:
    kind = section.take("type", str, "")
    name, filename = section.take("name", str), section.take("filename", str, "")
    fields = {"~blob": section.pop("~blob"), "type": kind, "bytes": section.take("bytes", int, 0)}
    blob = decoded(lambda: read_blob(fields), section.where)
    section.end()
    return FilePart(name=name, filename=filename, type=kind, blob=blob)
