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
    names_exchange: bool = False
    """Its argument names an exchange, so that `-2` is the last but one and no option."""

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
        Command(
            "down", "aigw_dev.cli.status:down", "Stop the gateway: running calls end first, then it goes."
        ),
        Command(
            "status", "aigw_dev.cli.status:status", "Say whether the gateway runs, where, and how it does."
        ),
        Command(
            "tui",
            "aigw_dev.cli.tui:tui",
            "Open the screens: dashboard, routes, chat, logs, providers.",
        ),
        Command("replay", "aigw_dev.cli.up:replay", "Answer from recorded fixtures, without any provider."),
        Command("chat", "aigw_dev.cli.chat:chat", "Talk to a model through the gateway."),
        Command(
            "run",
            "aigw_dev.cli.run:run",
            "Run a program with its calls going through the gateway.",
            takes_command_line=True,
        ),
        Command("env", "aigw_dev.cli.env:env", "Print the variables that point a shell at the gateway."),
        Command("keys add", "aigw_dev.cli.keys_add:keys_add", "Store a provider's key in the OS keyring."),
        Command(
            "keys list",
            "aigw_dev.cli.keys:keys_list",
            "List the keys: name, provider, origin, fingerprint, last use.",
        ),
        Command(
            "keys rotate",
            "aigw_dev.cli.keys_rotate:keys_rotate",
            "Replace a key by a new one, tried before it is in force.",
        ),
        Command(
            "keys remove",
            "aigw_dev.cli.keys:keys_remove",
            "Delete a key from its place, with what a rotation kept of it.",
        ),
        Command(
            "keys check", "aigw_dev.cli.keys:keys_check", "Try keys with their providers, without spending."
        ),
        Command(
            "keys allow", "aigw_dev.cli.keys:keys_allow", "Let a key be sent to another address as well."
        ),
        Command(
            "keys import",
            "aigw_dev.cli.keys_import:keys_import",
            "Store keys found in variables and a .env file in the keyring.",
        ),
        Command(
            "providers list",
            "aigw_dev.cli.providers:providers_list",
            "List the providers and whether they can be used.",
        ),
        Command(
            "providers check",
            "aigw_dev.cli.providers:providers_check",
            "Ask providers whether they answer, without spending.",
        ),
        Command(
            "providers models",
            "aigw_dev.cli.providers:providers_models",
            "Ask providers for their models, and keep the lists.",
        ),
        Command(
            "check", "aigw_dev.cli.providers:check", "Check that every provider answers and takes its key."
        ),
        Command(
            "routes list", "aigw_dev.cli.routes:routes_list", "List the routes with the names they claim."
        ),
        Command(
            "routes show",
            "aigw_dev.cli.routes:routes_show",
            "Draw a route as text or as a Mermaid flowchart.",
        ),
        Command(
            "routes explain",
            "aigw_dev.cli.routes:routes_explain",
            "Draw the path a request would take, with the actual values.",
        ),
        Command(
            "routes test",
            "aigw_dev.cli.routes:routes_test",
            "Check a file of requests against the targets they expect.",
        ),
        Command("routes add", "aigw_dev.cli.routes_edit:routes_add", "Add a route."),
        Command(
            "routes edit",
            "aigw_dev.cli.routes_edit:routes_edit",
            "Change a route: one thing by options, or all in your editor.",
        ),
        Command("routes rename", "aigw_dev.cli.routes_edit:routes_rename", "Give a route another name."),
        Command("routes remove", "aigw_dev.cli.routes_edit:routes_remove", "Take a route out."),
        Command(
            "routes history",
            "aigw_dev.cli.deployments:routes_history",
            "List the configs that were in force, newest first.",
        ),
        Command(
            "routes diff",
            "aigw_dev.cli.deployments:routes_diff",
            "Show what deploying or rolling back would change.",
        ),
        Command(
            "routes deploy",
            "aigw_dev.cli.deployments:routes_deploy",
            "Put the draft in force, or the file that waits.",
        ),
        Command(
            "routes rollback",
            "aigw_dev.cli.deployments:routes_rollback",
            "Write an earlier deployment back, as a new one.",
        ),
        Command("edit", "aigw_dev.cli.edit:edit", "Open the config in your editor and put it in force."),
        Command("init", "aigw_dev.cli.setup:init", "Write a config file to begin with."),
        Command(
            "enable", "aigw_dev.cli.setup:enable", "Write a config file to begin with: the same as `init`."
        ),
        Command(
            "disable", "aigw_dev.cli.teardown:disable", "Stop this gateway and remove its config and log."
        ),
        Command("config path", "aigw_dev.cli.config:config_path", "Print which config file holds, and why."),
        Command(
            "config show",
            "aigw_dev.cli.config:config_show",
            "Print the config in force, with where each setting comes from.",
        ),
        Command(
            "config check",
            "aigw_dev.cli.config:config_check",
            "Say what is wrong with the config, and how to mend it.",
        ),
        Command(
            "config schema",
            "aigw_dev.cli.config:config_schema",
            "Print the JSON Schema of the config, for editors.",
        ),
        Command(
            "config apply",
            "aigw_dev.cli.config:config_apply",
            "Put a file in force, after showing what it changes.",
        ),
        Command(
            "token show",
            "aigw_dev.cli.tokens:token_show",
            "Print the gateway's token, on stdout and nothing else.",
        ),
        Command(
            "token rotate",
            "aigw_dev.cli.tokens:token_rotate",
            "Replace the gateway's token by a new one, at once.",
        ),
        Command(
            "trust", "aigw_dev.cli.trust:trust", "Show the settings that are held back, and accept them."
        ),
        Command(
            "doctor", "aigw_dev.cli.doctor:doctor", "Check this machine, the config, the keys and the log."
        ),
        Command(
            "uninstall",
            "aigw_dev.cli.teardown:uninstall",
            "Remove everything that aigw-dev keeps on this machine.",
        ),
        Command("logs list", "aigw_dev.cli.logs:logs_list", "List exchanges, newest first."),
        Command("logs tail", "aigw_dev.cli.logs_tail:logs_tail", "Print exchanges as they end."),
        Command(
            "logs show",
            "aigw_dev.cli.logs_show:logs_show",
            "Show one exchange whole: route, attempts, timing, cost, bodies.",
            names_exchange=True,
        ),
        Command(
            "logs search",
            "aigw_dev.cli.logs:logs_search",
            "List the exchanges whose request or response holds these words.",
        ),
        Command(
            "logs export",
            "aigw_dev.cli.logs_export:logs_export",
            "Write exchanges whole, as JSON lines or one JSON document.",
        ),
        Command(
            "logs purge", "aigw_dev.cli.logs_purge:logs_purge", "Delete exchanges from the log, for good."
        ),
        Command(
            "logs replay",
            "aigw_dev.cli.logs_replay:logs_replay",
            "Send a recorded request again, and show what came differently.",
            names_exchange=True,
        ),
        Command(
            "logs promote",
            "aigw_dev.cli.logs_promote:logs_promote",
            "Make a fixture and a pytest test of logged calls.",
            names_exchange=True,
        ),
        Command(
            "logs pause",
            "aigw_dev.cli.logs_audit:logs_pause",
            "Stop recording bodies until the gateway ends, or resume.",
        ),
        Command(
            "logs audit",
            "aigw_dev.cli.logs_audit:logs_audit",
            "List who changed what: keys, config, trust, tokens, logs.",
        ),
        Command(
            "fixtures list",
            "aigw_dev.cli.fixtures:fixtures_list",
            "List recorded fixtures, and say which are broken.",
        ),
        Command(
            "fixtures show",
            "aigw_dev.cli.fixtures_show:fixtures_show",
            "Show a fixture: prompts, answers, route, attempts, timing.",
        ),
        Command(
            "fixtures fmt",
            "aigw_dev.cli.fixtures_fmt:fixtures_fmt",
            "Write fixtures in their canonical form.",
        ),
        Command(
            "fixtures check",
            "aigw_dev.cli.fixtures_check:fixtures_check",
            "Check fixtures: keys, summaries, blobs, secrets, age.",
        ),
        Command(
            "fixtures prune",
            "aigw_dev.cli.fixtures_prune:fixtures_prune",
            "Remove fixtures and blobs that no test needs.",
        ),
        Command(
            "fixtures import",
            "aigw_dev.cli.fixtures_import:fixtures_import",
            "Turn recordings of other tools into fixtures.",
        ),
        Command("stats", "aigw_dev.cli.stats:stats", "Sum up requests, success, tokens, cost and times."),
        Command(
            "explain", "aigw_dev.cli.explain:explain", "Say what an error code means and how to mend it."
        ),
        Command(
            "completion", "aigw_dev.cli.completion:completion", "Print the completion script for a shell."
        ),
    ),
    groups={
        "config": "Show, check and apply the config.",
        "token": "The gateway's own tokens.",
        "keys": "Store, list and replace providers' keys.",
        "providers": "List, check and ask providers.",
        "routes": "Show, explain, change and deploy routes.",
        "fixtures": "List, show, check, prune and import recorded fixtures.",
        "logs": "Follow, list, search, show, export and delete exchanges.",
    },
)
