"""Which credential a target is called with, and whether this caller may spend it."""

from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.flow import Target
from aigw_dev.server import outbound
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.keys import ReadyKey
from aigw_dev.server.outbound import passed_credential
from aigw_dev.server.snapshot import ReadyProvider
from aigw_dev.server.who import may_spend


async def usable(inbound: Inbound, provider: ReadyProvider, target: Target) -> ReadyKey | Refusal | None:
    """The key to call this target with, None where it takes none, or why it cannot be called."""
    resolved = provider.resolved
    if provider.refusal is not None:
        return provider.refusal
    if resolved.is_passthrough:
        return None if passed_credential(inbound) else _needs_login(provider.name)
    if resolved.auth == "none":
        return None
    shown = inbound.ephemeral
    if shown is not None and shown.provider == provider.name:
        return ReadyKey(name="ephemeral", value=shown.secret)
    is_allowed = may_spend(inbound.identity, provider.name)
    if resolved.is_key_required and not is_allowed:
        return _needs_token(provider.name)
    key = await inbound.snapshot.keys.get(provider.name, target.key)
    if isinstance(key, ReadyKey):
        if not is_allowed:
            return _needs_token(provider.name)
        if resolved.kind.signing == "aws" and outbound.is_half_a_credential(key):
            return _unreadable(key.name)
        return key if provider.exchange_key is None else await provider.exchange_key(key)
    return key if resolved.is_key_required or target.key else None


def _unreadable(key: str) -> Refusal:
    return Refusal(
        code="key_unreadable",
        message=f"key {key} looks like AWS credentials and is not whole; store ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN], "
        "or a Bedrock API key. Nothing was sent.",
    )


def _needs_login(provider: str) -> Refusal:
    return Refusal(
        code="credential_missing",
        message=f"{provider} has `auth: passthrough`: it is called with the caller's own credential, and this request "
        "shows none beside the gateway's; send yours as usual and the gateway's token in `esa_aigw_auth: Bearer ...`",
    )


def _needs_token(provider: str) -> Refusal:
    return Refusal(
        code="gateway_token_required",
        message=f"this call would spend your {provider} key and nobody said who calls; run "
        '`aigw-dev run -- CMD` or `eval "$(aigw-dev env)"`. Nothing was sent.',
    )
