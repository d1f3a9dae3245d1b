"""What `aigw-dev --help` prints; written by docs/generate.py."""

HELP = """\
Usage: aigw-dev [OPTIONS] COMMAND [ARGS]...

  One local endpoint in front of every AI provider: routes, keys, logs and
  tests.

Options:
  -V, --version  Print the version and exit.
  -h, --help     Show this message and exit.

Commands:
  up          Start the gateway.
  down        Stop the gateway: running calls end first, then it goes.
  status      Say whether the gateway runs, where, and how it does.
  tui         Open the screens: dashboard, routes, chat, logs, providers.
  replay      Answer from recorded fixtures, without any provider.
  chat        Talk to a model through the gateway.
  run         Run a program with its calls going through the gateway.
  env         Print the variables that point a shell at the gateway.
  keys        Store, list and replace providers' keys.
  providers   List, check and ask providers.
  check       Check that every provider answers and takes its key.
  routes      Show, explain, change and deploy routes.
  edit        Open the config in your editor and put it in force.
  init        Write a config file to begin with.
  enable      Write a config file to begin with: the same as `init`.
  disable     Stop this gateway and remove its config and log.
  config      Show, check and apply the config.
  token       The gateway's own tokens.
  trust       Show the settings that are held back, and accept them.
  doctor      Check this machine, the config, the keys and the log.
  uninstall   Remove everything that aigw-dev keeps on this machine.
  logs        Follow, list, search, show, export and delete exchanges.
  fixtures    List, show, check, prune and import recorded fixtures.
  stats       Sum up requests, success, tokens, cost and times.
  explain     Say what an error code means and how to mend it.
  completion  Print the completion script for a shell.

  Every command takes --config FILE, --home DIR and --json after its name;
  COMMAND --help says more.
"""
