"""`GET /v1/models`: what can be asked for here, to this caller, in its dialect."""

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import ModelRow
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.core.operations import Match
from aigw_dev.core.routing.flow import CompiledRoute
from aigw_dev.core.routing.nodes import targets
from aigw_dev.server import replies
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.who import may_spend

OWNER_OF_ROUTES = "aigw-dev"


def rows(snapshot: Snapshot, identity: Identity) -> list[ModelRow]:
    """Every route with the names it claims, every listed model of every usable provider, and `mock/*`.

    A caller that may spend no key sees only what spends none.
    """
    found: list[ModelRow] = []
    for route in snapshot.routes.values():
        if not all(_may_use(snapshot, identity, name) for name in _providers_of(route)):
            continue
        names = [
            f"dynamic/{route.name}",
            *(name for name in route.config.models if "*" not in name and "?" not in name),
        ]
        found.extend(ModelRow(id=name, owned_by=OWNER_OF_ROUTES) for name in names)
    for name, models in snapshot.lists.items():
        if _may_use(snapshot, identity, name):
            found.extend(ModelRow(id=f"{name}/{model}", owned_by=name) for model in models)
    return found


async def models_reply(
    match: Match, dialect_name: str, snapshot: Snapshot, identity: Identity, downstream: Downstream
) -> None:
    """Answer a list, or one model of it (raw or `%2F` slashes in its name), in the caller's dialect."""
    dialect = DIALECTS[dialect_name]
    listed = rows(snapshot, identity)
    headers = [(b"content-type", replies.JSON), replies.new_request_id(dialect)]
    wanted = match.model_id
    if not wanted:
        await downstream.answer(200, headers, dialect.encode_models(listed))
        return
    for row in listed:
        if row.id == wanted:
            await downstream.answer(200, headers, dialect.encode_model(row))
            return
    refusal = Refusal(
        code="model_not_found", message=f"no model {wanted!r} is listed here; see GET /v1/models"
    )
    await downstream.answer(404, headers, replies.refusal_body(refusal, dialect, ""))


def _may_use(snapshot: Snapshot, identity: Identity, name: str) -> bool:
    provider = snapshot.providers.get(name)
    if provider is None or provider.refusal is not None:
        return False
    return not snapshot.spends(name) or may_spend(identity, name)


def _providers_of(route: CompiledRoute) -> set[str]:
    """Every provider that a route may send to."""
    return {target.provider for target in targets(route.node)}
