"""What `aigw-dev --help` prints; written by docs/generate.py."""

HELP = """\
Usage: aigw-dev [OPTIONS] COMMAND [ARGS]...

  One local endpoint in front of every AI provider: routes, keys, logs and
  tests.

Options:
  -V, --version  Print the version and exit.
  -h, --help     Show this message and exit.

Commands:
  explain     Say what an error code means and how to mend it.
  completion  Print the completion script for a shell.

  Every command takes --config FILE, --home DIR and --json after its name;
  COMMAND --help says more.
"""
