"""What goes to a provider: which of its places, which path, which body, which headers; and the signed call."""

import datetime as dt
from collections.abc import AsyncIterable
from typing import Final

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.own_signatures import own_signatures
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.mask import MASKED
from aigw_dev.core.operations import Match, Operation, chat_name
from aigw_dev.core.providers import (
    Place,
    ResolvedProvider,
    chat_place,
    main_place,
    place_url,
    raw_url,
    vertex,
)
from aigw_dev.core.routing.flow import Target
from aigw_dev.server import realtime_calls
from aigw_dev.server.call import Call
from aigw_dev.server.headers import CREDENTIAL_HEADERS, Pairs, upward
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.snapshot import ReadyProvider
from aigw_dev.server.translation import Reading, Translation, is_foreign_header, translate

AUTH: Final = {
    "bearer": (b"authorization", b"Bearer "),
    "api-key": (b"api-key", b""),
    "x-api-key": (b"x-api-key", b""),
    "x-goog-api-key": (b"x-goog-api-key", b""),
    "token": (b"authorization", b"Token "),
}
_SHORTEST_SECRET: Final = 8
"""Shorter texts are no credentials, and stand in other words."""
_AWS_REGION: Final = "us-east-1"
"""Where a host does not say its region (a proxy, a VPC endpoint of one's own name)."""
_JSON: Final = (b"content-type", b"application/json")


class Plan(msgspec.Struct, kw_only=True):
    """One call to one target, but for its key."""

    place: Place
    path: str
    model: str = ""
    """The name in the path, where it is not the target's."""
    body: bytes | AsyncIterable[bytes] | None = None
    body_bytes: int | None = None
    query: str = ""
    url: str = ""
    """The whole URL, where it is not made of the place, the path and the query."""
    secrets: tuple[bytes, ...] = ()
    """What was sent as a credential: an error that repeats it is masked before the caller reads it."""
    hides_usage: bool = False
    """The gateway asks for usage that the caller did not: the extra event is hidden."""
    translation: Translation | None = None


def plan(
    inbound: Inbound,
    exchange: Exchange,
    provider: ReadyProvider,
    target: Target,
    *,
    reading: Reading | None,
    wants_usage: bool,
) -> Plan | Refusal:
    """What goes to `target`; a refusal where its provider cannot do it, or the request cannot be said to it."""
    resolved, operation = provider.resolved, inbound.match.operation
    publication = None
    if resolved.kind.has_publishers and operation.family in {"chat", "count"}:
        publication = publish(resolved, target.model)
        target = msgspec.structs.replace(target, model=publication.model)
    query = inbound.query.decode("latin-1") if inbound.query else ""
    if operation.family in {"chat", "count"} and reading is not None:
        place = chat_place(resolved, operation.dialect) if publication is None else publication.place
        if place.dialect != operation.dialect:
            made = _translated(inbound, exchange, provider, target, reading=reading, place=place)
            return (
                made
                if publication is None or isinstance(made, Refusal)
                else published(made, exchange, operation, publication)
            )
    else:
        place = resolved.places.get(exchange.dialect) or main_place(resolved)
        is_elsewhere = operation.family == "model" and place.dialect != operation.dialect
        if operation.name in resolved.kind.lacks or is_elsewhere:
            return _lacking(provider, operation.name)
    if reading is None:
        return _as_it_came(inbound, provider, place, target)
    if operation.family == "model" and realtime_calls.is_realtime(operation):
        renamed = realtime_calls.renamed_body(reading.body, target.model)
        query = realtime_calls.renamed_query(query, target.model)
        return Plan(place=place, path=operation.path, body=renamed, query=query)
    request, hides = reading.body, False
    if operation.family == "chat":
        request = own_signatures(request, operation.dialect)
    dialect = DIALECTS[operation.dialect]
    if exchange.is_stream and resolved.injects_usage and not wants_usage:
        request, hides = dialect.ask_usage(request), True
    body = dialect.rename_model(request, target.model, target.params) if target.model else request.raw
    made = Plan(place=place, path=operation.path, body=body, query=query, hides_usage=hides)
    return made if publication is None else published(made, exchange, operation, publication)


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """Where a publisher's model is called."""

    publisher: str
    model: str
    place: Place


def publish(resolved: ResolvedProvider, name: str) -> Publication:
    """Where a model of Vertex is called, by whose it is; those of unknown publishers at the OpenAI-compatible endpoint."""
    publisher, model = vertex.split_model(name)
    base = vertex.read_place(resolved.base_url).api_base
    row = vertex.PUBLISHERS.get(publisher)
    if row is None:
        place = Place(dialect=resolved.dialect, api_base=base + vertex.OPENAI_PATH, auth=resolved.auth)
        return Publication(publisher=publisher, model=name, place=place)
    place = Place(dialect=row.dialect, api_base=base, auth=resolved.auth)
    return Publication(publisher=publisher, model=model, place=place)


def published(made: Plan, exchange: Exchange, operation: Operation, where: Publication) -> Plan:
    """The call as the publisher's place takes it: other path, and for some another body."""
    is_count = operation.family == "count"
    there = vertex.call(where.publisher, is_stream=exchange.is_stream, is_count=is_count)
    if there is None or not isinstance(made.body, bytes):
        return made
    made.path, made.query, made.model = there.path, there.query, where.model
    made.body = vertex.native_body(where.publisher, made.body, model=where.model, is_count=is_count)
    return made


def _translated(
    inbound: Inbound,
    exchange: Exchange,
    provider: ReadyProvider,
    target: Target,
    *,
    reading: Reading,
    place: Place,
) -> Plan | Refusal:
    route = inbound.snapshot.routes.get(exchange.route)
    on_loss = route.config.on_loss if route is not None else "allow"
    made = translate(
        reading,
        exchange,
        place=place,
        table=provider.resolved.kind.traits,
        target=target,
        on_loss=on_loss,
        thoughts=inbound.things.thoughts,
    )
    if isinstance(made, Refusal):
        return made
    return Plan(
        place=place,
        path=made.outgoing.path,
        body=made.outgoing.body,
        query=made.outgoing.query,  # the caller's own query is in the caller's dialect
        translation=made,
    )


def _as_it_came(inbound: Inbound, provider: ReadyProvider, place: Place, target: Target) -> Plan:
    """An upload, a thing by its id, or anything below a prefix."""
    match = inbound.match
    path, query, url = path_of(match), inbound.query.decode("latin-1"), ""
    if match.operation.family == "raw":
        url, place = raw_url(provider.resolved, match.rest, query=query)
    if inbound.upload is None:
        return Plan(place=place, path=path, body=inbound.body or None, query=query, url=url)
    params = target.params
    if realtime_calls.is_realtime(match.operation):
        query = realtime_calls.renamed_query(query, target.model)
        params = {**params, **realtime_calls.form_changes(inbound, target.model)}
    body, size = inbound.upload.outgoing(
        "" if realtime_calls.is_realtime(match.operation) else target.model, params
    )
    return Plan(place=place, path=path, body=body, body_bytes=size, query=query, url=url)


def path_of(match: Match) -> str:
    """The path behind the provider's API base."""
    from urllib.parse import quote

    operation = match.operation
    return operation.path.replace("{id}", quote(match.resource_id, safe="-._~"))


def call(
    inbound: Inbound, provider: ReadyProvider, target: Target, planned: Plan, key: ReadyKey | None
) -> Call:
    """The call itself, with the key in it."""
    resolved, place = provider.resolved, planned.place
    url = planned.url or place_url(
        resolved, place, planned.path, model=planned.model or target.model, query=planned.query
    )
    connect_ms = (
        resolved.connect_timeout_ms if target.connect_timeout_ms is None else target.connect_timeout_ms
    )
    headers = _headers_up(inbound, provider, planned)
    made = Call(
        method=inbound.method,
        url=url,
        headers=headers,
        body=planned.body,
        body_bytes=planned.body_bytes,
        connect_timeout_s=connect_ms / 1000 if connect_ms else 0.0,
        proxy=resolved.proxy,
    )
    authorize(made, provider, place, key)
    planned.secrets = secrets_of(key)
    return made


def spoken_in(planned: Plan, exchange: Exchange) -> tuple[str, str]:
    """The dialect that the provider is spoken to in, and the operation's name there."""
    translation = planned.translation
    if translation is None:
        return exchange.dialect, exchange.operation
    return translation.dialect, chat_name(translation.dialect)


def without_secrets(planned: Plan, text: bytes) -> bytes:
    """A provider's words without the credential that it was shown."""
    return masked(planned.secrets, text)


def secrets_of(key: ReadyKey | None) -> tuple[bytes, ...]:
    """What of a key must not come down: itself, and the secret parts of a key of several."""
    return () if key is None else (key.value, *key.value.split(b":")[1:])


def masked(secrets: tuple[bytes, ...], text: bytes) -> bytes:
    """`text` without `secrets`."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET and secret in text:
            text = text.replace(secret, MASKED.encode())
    return text


def authorize(made: Call, provider: ReadyProvider, place: Place, key: ReadyKey | None) -> None:
    """Put the key into a call, as its provider wants it."""
    if key is None:
        return
    if provider.resolved.kind.signing == "aws" and _signed_for_aws(made, key):
        return
    name, prefix = AUTH[place.auth]
    made.headers.append((name, prefix + key.value))


def is_half_a_credential(key: ReadyKey) -> bool:
    """Whether a key looks like AWS credentials and cannot be read as such: it must not go out as a plain key."""
    from aigw_dev.core.providers import sigv4

    text = key.value.decode("utf-8", "replace").strip()
    return text.startswith(("AKIA", "ASIA", "{")) and sigv4.parse_credentials(text) is None


def _signed_for_aws(made: Call, key: ReadyKey) -> bool:
    """Sign with AWS credentials; False where the key is a plain one (a Bedrock API key)."""
    from aigw_dev.core.providers import sigv4

    credentials = sigv4.parse_credentials(key.value.decode("utf-8", "replace"))
    if credentials is None:
        return False
    if made.body is not None and not isinstance(made.body, bytes):
        raise UpstreamError(
            "a streamed upload cannot be signed for AWS; use a Bedrock API key for it",
            code="operation_not_supported",
            is_sent=False,
        )
    body, host = made.body or b"", made.url.partition("://")[2].partition("/")[0]
    added = sigv4.sign(
        made.method,
        made.url,
        headers=[("content-type", "application/json")] if body else [],
        body=body,
        credentials=credentials,
        region=sigv4.region_of(host) or _AWS_REGION,
        service=sigv4.service_of(host),
        at=dt.datetime.now(dt.UTC),
    )
    _replace(made.headers, tuple(added))
    return True


def _headers_up(inbound: Inbound, provider: ReadyProvider, planned: Plan) -> Pairs:
    headers = upward(inbound.headers, provider.forward)
    translation = planned.translation
    if translation is not None:
        headers = [
            pair
            for pair in headers
            if pair[0] not in {b"content-type", b"accept"}
            and not is_foreign_header(pair[0], translation.dialect)
        ]
        headers.append(_JSON)
        _replace(headers, translation.outgoing.headers)
    elif planned.place.headers:
        sent = {name for name, _ in headers}
        headers += [
            (name.encode(), value.encode())
            for name, value in planned.place.headers
            if name.encode() not in sent
        ]
    headers.append((b"accept-encoding", b"identity"))
    if provider.fixed_headers:
        fixed = {name for name, _ in provider.fixed_headers}
        headers = [pair for pair in headers if pair[0] not in fixed]
        headers.extend(provider.fixed_headers)
    if provider.resolved.is_passthrough:
        headers += passed_credential(inbound)
    return headers


def passed_credential(inbound: Inbound) -> Pairs:
    """The caller's own credential, for a provider with `auth: passthrough`; none of the gateway's, no stored key."""
    if inbound.identity.kind == "provider-key":
        return []  # a key that this gateway holds for somebody else goes nowhere but there
    return [
        (name, value)
        for name, value in inbound.headers
        if name in CREDENTIAL_HEADERS and name != b"esa_aigw_auth" and b"aigwdev-" not in value
    ]


def _replace(headers: Pairs, ours: tuple[tuple[str, str], ...]) -> None:
    names = {name.encode() for name, _ in ours}
    headers[:] = [pair for pair in headers if pair[0] not in names]
    headers += [(name.encode(), value.encode()) for name, value in ours]


def _lacking(provider: ReadyProvider, operation: str) -> Refusal:
    return Refusal(
        code="operation_not_supported",
        message=f"{provider.name} ({provider.resolved.kind.title}) does not do {operation}; name a provider that does",
    )
