"""Every kind of failure has its exit code."""

import pytest

from aigw_dev.cli.exits import CommandError, exit_code
from aigw_dev.core.errors import CODES, ConfigError, GatewayError, SecretError, StoreError, UpstreamError


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (CommandError("no"), 2),
        (CommandError("a check did not hold", exit_code=1), 1),
        (ConfigError("no"), 2),
        (SecretError("no"), 2),
        (StoreError("no"), 2),
        (GatewayError("no"), 2),
        (UpstreamError("no"), 3),
    ],
)
def test_the_exit_code_of_a_failure(failure: GatewayError, code: int) -> None:
    assert exit_code(failure) == code


def test_a_commands_own_error_can_be_explained() -> None:
    assert CommandError("no").code in CODES
