"""How a command ends: the exit codes of the contract and the error a command raises itself."""

from typing import Final

from aigw_dev.core.errors import GatewayError, UpstreamError

DONE: Final = 0
NOT_HELD: Final = 1
"""A check or an assertion did not hold."""
USAGE: Final = 2
"""The command line, the config or something on this machine is not as it must be."""
PROVIDER: Final = 3
"""A provider or the network failed."""
INTERRUPTED: Final = 130


class CommandError(GatewayError):
    """A command cannot do what was asked; ends with `exit_code`."""

    code = "usage_error"

    def __init__(
        self, message: str, *, hint: str = "", code: str | None = None, exit_code: int = USAGE
    ) -> None:
        """`message` says what and where, `hint` how to mend it."""
        super().__init__(message, code=code, hint=hint)
        self.exit_code = exit_code


def exit_code(error: GatewayError) -> int:
    """The exit code for an error that ended a command."""
    if isinstance(error, CommandError):
        return error.exit_code
    return PROVIDER if isinstance(error, UpstreamError) else USAGE
