"""The codes that the contract names are there, with the statuses it says."""

import pytest

from aigw_dev.core.error_codes import CODES


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("model_not_found", 404),
        ("gateway_token_required", 401),
        ("host_not_allowed", 403),
        ("origin_not_allowed", 403),
        ("not_trusted", 403),
        ("unsupported_media_type", 415),
        ("body_too_large", 413),
        ("keyring_locked", 503),
        ("route_metadata_invalid", 400),
        ("route_metadata_missing", 400),
        ("translation_loss", 400),
        ("previous_response_not_found", 400),
    ],
)
def test_a_code_has_the_status_that_callers_rely_on(code: str, status: int) -> None:
    assert CODES[code].status == status
