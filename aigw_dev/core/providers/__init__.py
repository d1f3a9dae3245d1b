"""Providers: the catalogue of kinds, and a configured provider with everything its kind gives filled in."""

from aigw_dev.core.providers.catalogue import KINDS, kinds_for_variable, near_kinds
from aigw_dev.core.providers.kind import OPERATIONS, Auth, Kind, Port, Region
from aigw_dev.core.providers.listing import read_models
from aigw_dev.core.providers.resolve import (
    Place,
    ResolvedProvider,
    chat_place,
    check_url,
    main_place,
    models_url,
    place_url,
    raw_url,
    resolve_provider,
    upstream_url,
)

__all__ = [
    "KINDS",
    "OPERATIONS",
    "Auth",
    "Kind",
    "Place",
    "Port",
    "Region",
    "ResolvedProvider",
    "chat_place",
    "check_url",
    "kinds_for_variable",
    "main_place",
    "models_url",
    "near_kinds",
    "place_url",
    "raw_url",
    "read_models",
    "resolve_provider",
    "upstream_url",
]
