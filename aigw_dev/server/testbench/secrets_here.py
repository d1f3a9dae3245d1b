"""Every secret this gateway and its environment know: none of them may stand in a fixture."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aigw_dev.server.gateway import Gateway

_SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH)(?:_|$)", re.IGNORECASE
)
_SHORTEST: Final = 12
"""Shorter values of variables are words."""


def secrets_here(gateway: "Gateway", env: Mapping[str, str]) -> list[str]:
    """Values of keys that were resolved, of our tokens, and of variables named like secrets."""
    found = [*gateway.snapshot.keys.values(), gateway.home.token(), gateway.home.admin_token()]
    found += [
        value.strip()
        for name, value in env.items()
        if _SECRET_NAME.search(name) and len(value.strip()) >= _SHORTEST and not value.startswith(("/", "~"))
    ]
    return [one for one in dict.fromkeys(found) if one]
