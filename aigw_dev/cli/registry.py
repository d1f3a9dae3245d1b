"""The table of commands: a command is one function in one file and one row here.

A row whose capability has not landed does not exist. Order here is the order of `--help`, which shows `help`;
the function's docstring begins with the same words (tests/cli/test_registry.py).
"""

from typing import Final, NamedTuple

ROOT_HELP: Final = "One local endpoint in front of every AI provider: routes, keys, logs and tests."
ROOT_EPILOG: Final = (
    "Every command takes --config FILE, --home DIR and --json after its name; COMMAND --help says more."
)


class Command(NamedTuple):
    """One command: its words, where its function lives, and what it does in one line."""

    words: str
    """`up`, or `keys add` for a command of a group."""
    place: str
    """`module:function`; imported only when the command runs."""
    help: str
    """One sentence: what it does for the user."""
    takes_command_line: bool = False
    """Its last argument is another program's command line: what follows the first word is not ours to read."""

    @property
    def last_word(self) -> str:
        """`add` of `keys add`."""
        return self.words.rpartition(" ")[2]


class Registry(NamedTuple):
    """Commands in order, and one line of help for every group of them."""

    rows: tuple[Command, ...]
    groups: dict[str, str]
    """By the first word of every command that has two: what the group is for."""

    def find(self, words: str) -> Command | None:
        """The row of a command, by its words."""
        return next((row for row in self.rows if row.words == words), None)

    def members(self, group: str) -> tuple[Command, ...]:
        """The commands of a group, in order."""
        return tuple(row for row in self.rows if row.words.startswith(f"{group} "))

    def top_level(self) -> tuple[tuple[str, str], ...]:
        """First words with their one line of help, in order of appearance, each once."""
        seen: dict[str, str] = {}
        for row in self.rows:
            first, _, rest = row.words.partition(" ")
            seen.setdefault(first, self.groups[first] if rest else row.help)
        return tuple(seen.items())


COMMANDS: Final = Registry(
    rows=(
        Command("up", "aigw_dev.cli.up:up", "Start the gateway."),
        Command("keys add", "aigw_dev.cli.keys_add:keys_add", "Store a provider's key in the OS keyring."),
        Command("keys list", "aigw_dev.cli.keys:keys_list", "List the keys: name, provider, origin, fingerprint, last use."),
        Command("keys rotate", "aigw_dev.cli.keys_add:keys_rotate", "Replace a key by a new one, tried before it is in force."),
        Command("keys remove", "aigw_dev.cli.keys:keys_remove", "Delete a key from its place, with what a rotation kept of it."),
        Command("keys check", "aigw_dev.cli.keys:keys_check", "Try keys with their providers, without spending."),
        Command("keys allow", "aigw_dev.cli.keys:keys_allow", "Let a key be sent to another address as well."),
        Command("keys import", "aigw_dev.cli.keys_add:keys_import", "Store keys found in variables and a .env file in the keyring."),
        Command("providers list", "aigw_dev.cli.providers:providers_list", "List the providers and whether they can be used."),
        Command("providers check", "aigw_dev.cli.providers:providers_check", "Ask providers whether they answer, without spending."),
        Command("providers models", "aigw_dev.cli.providers:providers_models", "Ask providers for their models, and keep the lists."),
        Command("check", "aigw_dev.cli.providers:check", "Check that every provider answers and takes its key."),
        Command("routes list", "aigw_dev.cli.routes:routes_list", "List the routes with the names they claim."),
        Command("routes show", "aigw_dev.cli.routes:routes_show", "Draw a route as text or as a Mermaid flowchart."),
        Command("routes explain", "aigw_dev.cli.routes:routes_explain", "Draw the path a request would take, with the actual values."),
        Command("routes test", "aigw_dev.cli.routes:routes_test", "Check a file of requests against the targets they expect."),
        Command(
            "explain", "aigw_dev.cli.explain:explain", "Say what an error code means and how to mend it."
        ),
        Command(
            "completion", "aigw_dev.cli.completion:completion", "Print the completion script for a shell."
        ),
    ),
    groups={"keys": "Store, list and replace providers' keys.", "providers": "List, check and ask providers.", "routes": "Show, explain and deploy routes."},
)
