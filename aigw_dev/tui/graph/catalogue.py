"""What a route can be sent to: providers, their models and their named keys, as the admin API lists them."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from aigw_dev.core.routing.names import nearest
from aigw_dev.core.routing.yaml_tree import as_list

Row = Mapping[str, Any]


class Model(Struct, frozen=True, kw_only=True):
    """One model of one provider."""

    provider: str
    name: str
    price: str = ""
    """`$0.15 / $0.60 per M`, empty where it is not known."""
    is_usable: bool = True
    why: str = ""
    """Why it cannot be used now: a missing key, an untrusted address."""


class Key(Struct, frozen=True, kw_only=True):
    """One named key of one provider."""

    provider: str
    name: str
    state: str = ""
    """In words, empty where it is in order: `missing`, `locked`."""
    detail: str = ""
    """Where it is kept, its fingerprint."""


class Catalogue(Struct, frozen=True, kw_only=True):
    """Everything that can be picked. An empty one knows nothing, so nothing is checked against it."""

    providers: tuple[str, ...] = ()
    """Configured ones, without routes; `mock` among them."""
    models: tuple[Model, ...] = ()
    keys: tuple[Key, ...] = ()
    listed: Mapping[str, tuple[str, ...]] = {}
    """The keys each provider's config names, for those that name any."""
    whys: Mapping[str, str] = {}
    """Why a provider cannot be used, for those that cannot."""

    def of_provider(self, provider: str) -> tuple[Model, ...]:
        """The models it lists."""
        return tuple(model for model in self.models if model.provider == provider)

    def keys_of(self, provider: str) -> tuple[Key, ...]:
        """The keys that may be named for it."""
        return tuple(key for key in self.keys if key.provider == provider)

    def for_core(self) -> dict[str, tuple[str, ...] | None] | None:
        """As `compile_flow` takes it; None where no provider is known."""
        return {name: self.listed.get(name) for name in self.providers} if self.providers else None

    def like(self, provider: str, model: str) -> str:
        """A listed model of the provider with a name much like `model`, or empty."""
        return nearest(model, [each.name for each in self.of_provider(provider)])


def read_catalogue(
    *, models: Iterable[Row] = (), providers: Iterable[Row] = (), keys: Iterable[Row] = ()
) -> Catalogue:
    """From the rows of `AdminClient.models()`, `.providers()` and `.keys()`; any may be left out, unknown keys too.

    Routes among the models are passed over: a route sends to providers only.
    """
    found = tuple(_model(row) for row in models if row.get("provider") not in {"dynamic", "", None})
    places = list(providers)
    names = dict.fromkeys([str(row["name"]) for row in places] + [model.provider for model in found])
    listed = {str(row["name"]): _texts(row["keys"]) for row in places if _texts(row.get("keys"))}
    named = [_key(row, provider) for row in keys for provider in _owners(row)]
    known = {(key.provider, key.name) for key in named}
    for provider, listing in listed.items():
        named += [Key(provider=provider, name=name) for name in listing if (provider, name) not in known]
    return Catalogue(
        providers=tuple(names),
        models=found,
        keys=tuple(named),
        listed=listed,
        whys={str(row["name"]): str(row.get("why") or "") for row in places if row.get("usable") is False},
    )


def _model(row: Row) -> Model:
    prices = [row.get("input_usd_per_m"), row.get("output_usd_per_m")]
    is_priced = all(isinstance(price, int | float) for price in prices)
    return Model(
        provider=str(row["provider"]),
        name=str(row.get("model") or ""),
        price=f"${prices[0]:g} / ${prices[1]:g} per M" if is_priced else "",
        is_usable=row.get("usable") is not False,
        why=str(row.get("why") or ""),
    )


def _owners(row: Row) -> tuple[str, ...]:
    """The provider it was added for, and those whose config names it."""
    return tuple(dict.fromkeys([str(row.get("provider") or ""), *_texts(row.get("used_by"))]))


def _key(row: Row, provider: str) -> Key:
    state = str(row.get("state") or "")
    words = [str(row.get(name) or "") for name in ("source", "fingerprint")]
    return Key(
        provider=provider,
        name=str(row.get("name") or ""),
        state="" if state in {"ok", "stored"} else state,
        detail=" ".join(word for word in words if word),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in as_list(value) or ())
