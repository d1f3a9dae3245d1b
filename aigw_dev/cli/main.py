"""The way in: `aigw-dev` with its words, and out with an exit code.

Help and version are answered here from static text, so that they cost no more than starting Python. For the same
reason this file imports nothing but `sys`; everything else is imported when a command is known to be asked for.
"""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run the command that `argv` (default: the process's own arguments) names; the exit code of the contract."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not words and not _is_terminal():
            words = ["--help"]
        first = words[0] if words else ""
        if first in {"--help", "-h"}:
            from aigw_dev.cli.help_text import HELP

            return _print(HELP)
        if first in {"--version", "-V"}:
            from aigw_dev import __version__

            return _print(f"aigw-dev {__version__}\n")
        from aigw_dev.cli import dispatch

        return dispatch.run(words)
    except KeyboardInterrupt:
        return 130


def _is_terminal() -> bool:
    """Whether a person sits at both ends; a closed stream is None."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty())


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        from aigw_dev.cli import output

        output.close_quietly()
    return 0
