"""Refusals and exceptions: expected no's are `Refusal` values, the exceptions are for what is broken.

Their codes stand in `core.error_codes`.
"""

import msgspec

from aigw_dev.core.error_codes import CODES, Explanation

__all__ = (
    "CODES",
    "ConfigError",
    "Explanation",
    "GatewayError",
    "Refusal",
    "SecretError",
    "StoreError",
    "UpstreamError",
)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway's own no, shaped in the caller's dialect by the door."""

    code: str
    """A key of `CODES`."""
    message: str
    """What happened, to what, and what to do; never a secret."""
    status: int = 0
    """0 = the status of `CODES[code]`."""
    param: str | None = None
    """The request field at fault."""
    retry_after_s: float | None = None


class GatewayError(Exception):
    """Root of what is broken: carries a code of `CODES` and a message fit for a person."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", detail: str = "") -> None:
        """`hint` says how to mend it; `code` overrides the class's; `detail` is what to look at: a diff."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail
        if code is not None:
            self.code = code


class ConfigError(GatewayError):
    """The config cannot be used."""

    code = "config_invalid"


class SecretError(GatewayError):
    """A key could not be read or written."""

    code = "keyring_unavailable"


class StoreError(GatewayError):
    """A database could not be used."""

    code = "store_unavailable"


class UpstreamError(GatewayError):
    """An upstream call ended without a usable reply; `code` says how."""

    code = "upstream_failed"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", is_sent: bool = True
    ) -> None:
        """`is_sent` is False where nothing reached the provider (a refused connection)."""
        super().__init__(message, code=code, hint=hint)
        self.is_sent = is_sent
