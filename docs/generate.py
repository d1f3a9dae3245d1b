"""Write what is made from code: root help, docs/commands.md, errors.md, providers.md, tui-keys.md, keys in config.md.

`python docs/generate.py` writes them; with `--check` it writes nothing, shows what differs and exits 1.
"""

import ast
import contextlib
import difflib
import io
import itertools
import json
import sys
from pathlib import Path

import msgspec

from aigw_dev.cli import build, describe
from aigw_dev.cli.registry import COMMANDS
from aigw_dev.core import config
from aigw_dev.core.errors import CODES
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.kind import Kind
from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from aigw_dev.core.recording.faults.row import FaultRow
from aigw_dev.tui.key_list import all_actions

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- written by docs/generate.py -->"
END = "<!-- end -->"
RENAMED = {"keep_s": ("keep", "`14d`")}
"""Fields whose key in the file is another, with its default as written there."""


def fixture_schema() -> str:
    """The fixture file as JSON Schema."""
    from aigw_dev.core.recording.schema import SCHEMA

    return json.dumps(SCHEMA, indent=2) + "\n"


def main() -> int:
    pages = {
        "aigw_dev/cli/help_text.py": help_text(),
        "docs/commands.md": commands(),
        "docs/errors.md": errors(),
        "docs/providers.md": providers(),
        "docs/faults.md": between_marks("docs/faults.md", fault_tables()),
        "docs/fixture.schema.json": fixture_schema(),
        "docs/tui-keys.md": tui_keys(),
        "docs/config.md": between_marks("docs/config.md", config_keys()),
    }
    stale = {name: text for name, text in pages.items() if _read(ROOT / name) != text}
    if "--check" not in sys.argv:
        for name, text in stale.items():
            (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {name}")
        return 0
    for name, text in stale.items():
        difference = difflib.unified_diff(
            _read(ROOT / name).splitlines(), text.splitlines(), name, f"{name} as made now", lineterm=""
        )
        print("\n".join(difference))
    if stale:
        print("Run `python docs/generate.py` and read what changed.")
    return 1 if stale else 0


def help_text() -> str:
    """The root help as typer prints it, in a module, so that it is loaded as fast as code can be."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        build.overview(COMMANDS).main(["--help"], "aigw-dev", standalone_mode=False)
    text = printed.getvalue().replace("\\", "\\\\")
    return f'"""What `aigw-dev --help` prints; written by docs/generate.py."""\n\nHELP = """\\\n{text}"""\n'


def tui_keys() -> str:
    """Every key of the screens with its action id, by place."""
    parts = [
        (
            "# Keys of the screens\n\nWritten by `docs/generate.py`; `aigw-dev tui --keys` lists what holds for you. "
            "A key is changed in `tui.yaml` by its action: see [tui.md](tui.md#keys-of-your-own)."
        )
    ]
    for group, members in itertools.groupby(
        sorted(all_actions(), key=lambda one: one.id.partition(".")[0]),
        key=lambda one: one.id.partition(".")[0],
    ):
        rows = [
            [f"`{one.id}`", " ".join(f"`{key}`" for key in one.keys.split(",")), one.help] for one in members
        ]
        parts.append(f"## {group}\n\n" + _table(["action", "key", "does"], rows))
    return "\n\n".join(parts) + "\n"


def commands() -> str:
    """Every command with its arguments and options."""
    parts = [
        "# Commands\n\nWritten by `docs/generate.py` from the commands themselves. Exit codes: 0 done, 1 a check or "
        "assertion did not hold, 2 usage or config error, 3 provider or network error, 130 interrupted.\n\n"
        "Every command takes, after its name:\n\n"
        + _table(["option", "meaning"], _options(describe.common_options()))
    ]
    group = ""
    for page in describe.pages():
        first, _, rest = page.words.partition(" ")
        if rest and first != group:
            parts.append(f"## {first}\n\n{COMMANDS.groups[first]}")
        group = first
        parts.append(_command(page, level=3 if rest else 2))
    return "\n\n".join(parts) + "\n"


def _command(page: describe.Page, *, level: int) -> str:
    parts = [f"{'#' * level} {page.words}\n\n    {page.usage()}\n\n{page.summary}"]
    if page.details:
        parts.append(page.details)
    if page.arguments:
        rows = [[f"`{each.metavar}`", _meaning(each)] for each in page.arguments]
        parts.append(_table(["argument", "meaning"], rows))
    if page.options:
        parts.append(_table(["option", "meaning"], _options(page.options)))
    return "\n\n".join(parts)


def _options(listed: tuple[describe.Parameter, ...]) -> list[list[str]]:
    rows: list[list[str]] = []
    for each in listed:
        flags = ", ".join(f"`{flag} {each.metavar}`" if each.metavar else f"`{flag}`" for flag in each.flags)
        rows.append([flags.replace("|", "\\|"), _meaning(each)])
    return rows


def _meaning(each: describe.Parameter) -> str:
    notes = [f"default {each.default}"] if each.default else []
    notes += ["required"] if each.is_required and each.flags else []
    notes += ["may be repeated"] if each.is_repeated else []
    text = f"{each.help} ({', '.join(notes)})" if notes else each.help
    return text.replace("|", "\\|")


def errors() -> str:
    """Every error code, its status, what it means and how to mend it."""
    rows = [[f"`{code}`", str(row.status or ""), row.meaning, row.remedy] for code, row in CODES.items()]
    intro = (
        "# Error codes\n\nWritten by `docs/generate.py` from `aigw_dev/core/errors.py`. The gateway sends the code in its "
        "error body, the command line prints the remedy; `aigw-dev explain CODE` prints one row. Without a status: only "
        "the command line shows it."
    )
    return f"{intro}\n\n{_table(['code', 'HTTP', 'what it means', 'how to mend it'], rows)}\n"


def fault_tables() -> str:
    """The catalogue of faults by family: what each does on the wire, what it takes, and what official SDKs make of it."""
    parts: list[str] = []
    for family in dict.fromkeys(row.family for row in CATALOGUE.values()):
        rows = [row for row in CATALOGUE.values() if row.family == family]
        wire = [
            [f"`{row.id}`", row.summary, _takes(row), row.openai, row.anthropic, row.gemini] for row in rows
        ]
        seen = [
            [f"`{row.id}`" + (" (legal)" if row.is_legal else ""), row.openai_sdk, row.anthropic_sdk]
            for row in rows
        ]
        parts += [
            f"### {_FAMILIES[family]}",
            _table(["fault", "what happens", "takes", "OpenAI", "Anthropic", "Gemini"], _piped(wire)),
            _table(["fault", "openai SDK", "anthropic SDK"], _piped(seen)),
        ]
    return "\n\n".join(parts)


_FAMILIES = {
    "http": "Error replies (`http.*`)",
    "net": "Connections (`net.*`)",
    "slow": "Slow replies (`slow.*`)",
    "chunk": "The same bytes, cut elsewhere (`chunk.*`)",
    "stream": "Streams (`stream.*`)",
    "body": "Content of a reply (`body.*`)",
    "gateway": "What gateways get wrong (`gateway.*`)",
}


def _takes(row: FaultRow) -> str:
    """The parameters of its own; the kinds with the default first."""
    kinds = [f"`kind` ({', '.join(row.kinds)})"] if row.kinds else []
    only = [] if "client" in row.edges else ["at the provider's edge only"]
    return ", ".join([*(f"`{name}`" for name in row.params), *kinds, *only])


def _piped(rows: list[list[str]]) -> list[list[str]]:
    """Cells that may hold a table's own mark."""
    return [[cell.replace("|", "\\|") for cell in row] for row in rows]


def providers() -> str:
    """Every provider kind, with what its row gives."""
    rows = [
        [
            f"`{name}`",
            f"[{kind.title}]({kind.docs_url})" if kind.docs_url else kind.title,
            _place(kind),
            _key(kind),
        ]
        for name, kind in KINDS.items()
    ]
    intro = (
        "# Provider kinds\n\nWritten by `docs/generate.py` from `aigw_dev/core/providers/catalogue.py`. A provider in "
        "`aigw-dev.yaml` takes its kind from its own name, or from `kind`; what the kind gives can be overridden. A "
        "provider's key is looked for in the config, then in the OS keyring under the key's name, then in the usual "
        "variables."
    )
    return f"{intro}\n\n{_table(['kind', 'what it is', 'base URL', 'key name and variables'], rows)}\n"


def _place(kind: Kind) -> str:
    if kind.is_embedded:
        return "built in"
    own = [f"`{kind.base_url}`"] if kind.base_url else ["set `base_url`"]
    if kind.base_url_example:
        own.append(f"such as `{kind.base_url_example}`")
    return ", ".join([*own, *(f"{region.name}: `{region.base_url}`" for region in kind.regions)])


def _key(kind: Kind) -> str:
    if kind.is_embedded:
        return "none"
    names = ", ".join(f"`{name}`" for name in (kind.key_name, *kind.env))
    return names if kind.is_key_required else f"{names} (only where the server asks for one)"


def config_keys() -> str:
    """Every key of the config below its section, with the default and the text that stands under its field."""
    texts = _field_texts()
    sections = {
        "`gateway`": config.Gateway,
        "`gateway.limits`": config.Limits,
        "`providers.NAME`": config.Provider,
        "`routes.NAME`": config.Route,
        "`logging`": config.Logging,
    }
    parts: list[str] = []
    for title, section in sections.items():
        rows: list[list[str]] = []
        for field in msgspec.structs.fields(section):
            key, default = RENAMED.get(field.name, (field.name, _default(field.default)))
            rows.append([f"`{key}`", default, texts[section.__name__, field.name].replace("|", "\\|")])
        parts.append(f"### {title}\n\n{_table(['key', 'default', 'meaning'], rows)}")
    return "\n\n".join(parts)


def _field_texts() -> dict[tuple[str, str], str]:
    """The string under each field of a struct: it is no part of the running program."""
    found: dict[tuple[str, str], str] = {}
    tree = ast.parse(_read(ROOT / "aigw_dev/core/config.py"))
    for struct in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for field, text in itertools.pairwise(struct.body):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                found[struct.name, field.target.id] = " ".join(str(text.value.value).split())
    return found


def _default(value: object) -> str:
    if value in (None, msgspec.NODEFAULT, "", (), {}) or isinstance(value, msgspec.Struct):
        return ""
    return f"`{msgspec.json.encode(value).decode()}`"


def between_marks(name: str, text: str) -> str:
    """A page written by hand, with the part between its two marks replaced."""
    head, _, rest = _read(ROOT / name).partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}"


def _table(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
