"""Providers: the catalogue of kinds, and a configured provider with everything its kind gives filled in."""

from aigw_dev.core.providers.catalogue import KINDS, kinds_for_variable, near_kinds
from aigw_dev.core.providers.kind import OPERATIONS, Auth, Kind, Region
from aigw_dev.core.providers.listing import read_models
from aigw_dev.core.providers.resolve import (
    ResolvedProvider,
    check_url,
    models_url,
    resolve_provider,
    upstream_url,
)

__all__ = [
    "KINDS",
    "OPERATIONS",
    "Auth",
    "Kind",
    "Region",
    "ResolvedProvider",
    "check_url",
    "kinds_for_variable",
    "models_url",
    "near_kinds",
    "read_models",
    "resolve_provider",
    "upstream_url",
]
