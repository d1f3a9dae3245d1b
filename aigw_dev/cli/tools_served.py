"""Which dialects a config serves, and which of them with the caller's own login: what an app is pointed at.

A dialect counts as served where a bare model name in it leads somewhere: to a route that claims names, to
`gateway.default_provider`, or to the dialect's home provider. OpenAI's always does: it is what unknown programs speak.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from aigw_dev.cli.place import URL_VARIABLE, Place
from aigw_dev.cli.variables import DIALECTS, Aim
from aigw_dev.core.routing import address

if TYPE_CHECKING:
    from aigw_dev.core.config import Config

ALWAYS: Final = "openai"
_MODELS_S: Final = 5.0
_MOST_MODELS: Final = 200


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


def aim_of(place: Place, *, url: str, token: str) -> Aim:
    """The aim at the gateway of this place; every dialect where its config cannot be read from here."""
    config = None if place.env.get(URL_VARIABLE, "").strip() else place.reading.config
    if config is None:
        return Aim(url=url, token=token)
    return Aim(url=url, token=token, dialects=served(config), passthrough=passed_through(config))


def served(config: "Config") -> tuple[str, ...]:
    """The dialects in which a bare name leads somewhere; keys of `DIALECTS`."""
    has_claims = any(route.models for route in config.routes.values())
    if has_claims or config.gateway.default_provider is not None:
        return tuple(DIALECTS)
    return tuple(name for name in DIALECTS if name == ALWAYS or _home(config, name) is not None)


def passed_through(config: "Config") -> frozenset[str]:
    """The dialects whose bare names go to a provider with `auth: passthrough`."""
    found: set[str] = set()
    for name in DIALECTS:
        provider = config.providers.get(config.gateway.default_provider or _home(config, name) or "")
        if provider is not None and provider.auth == "passthrough":
            found.add(name)
    return frozenset(found)


def listed_models(aim: Aim) -> tuple[str, ...]:
    """What the gateway lists for this credential, at most 200 names; empty where it does not answer."""
    import httpx

    headers = {"authorization": f"Bearer {aim.token}"}
    try:
        reply = httpx.get(f"{aim.url}/v1/models", headers=headers, timeout=_MODELS_S, trust_env=False)
        reply.raise_for_status()
        found = msgspec.json.decode(reply.content, type=_Models)
    except (httpx.HTTPError, msgspec.MsgspecError):
        return ()
    return tuple(one.id for one in found.data[:_MOST_MODELS])


def _home(config: "Config", family: str) -> str | None:
    return address.home_of(address.address_table(config, lists={}), family)
