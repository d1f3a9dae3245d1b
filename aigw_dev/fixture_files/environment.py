"""Secrets that the environment of a program holds: none of them may stand in a fixture."""

import re
from collections.abc import Mapping
from typing import Final

_SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH)(?:_|$)", re.IGNORECASE
)
_SHORTEST: Final = 12
"""Shorter values are words."""


def secrets_in(env: Mapping[str, str]) -> list[str]:
    """The values of variables that are named like secrets, each once; paths are none."""
    values = (value.strip() for name, value in env.items() if _SECRET_NAME.search(name))
    return [
        each for each in dict.fromkeys(values) if len(each) >= _SHORTEST and not each.startswith(("/", "~"))
    ]
