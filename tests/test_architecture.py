"""Rules of the house that a machine can check. Every table of exceptions here only shrinks."""

import ast
import functools
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = ROOT / "aigw_dev"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))
TESTS: Final = sorted((ROOT / "tests").rglob("*.py"))

LONGEST_MODULE_LINES: Final = 400
LONGEST_FUNCTION_LINES: Final = 60
MOST_PARAMETERS: Final = 8

LONG_MODULES: Final[dict[str, int]] = {}
"""Modules past the budget, with their own. A table of data may be long; a module that decides may not."""

LONG_FUNCTIONS: Final[dict[str, int]] = {}
"""`module:function` past the budget, with its own."""

UNTESTED_MODULES: Final = {
    "core/config.py": "structs without behaviour; config_file's tests read into them",
    "cli/help_text.py": "generated; tests/cli/test_main.py holds it equal to typer's own",
}
"""Modules without a test file of their own name, and why."""

BROAD_EXCEPTS: Final = {
    "cli/dispatch.py": 1,  # the root of the process
    "cli/temporary.py": 1,  # the root of its thread: what ended the gateway is told to the command that waits
    "secrets/keyring_child.py": 1,  # the root of its process: backends raise anything
    "server/rounds.py": 2,  # the roots of its two background tasks
    "store/writer.py": 2,  # the root of its thread, and of each exchange completed there
    "server/pipeline.py": 1,  # the root of a request: a fault still gets an answer and a record
    "server/socket_calls.py": 1,  # the root of a socket, likewise
}
"""How many `except Exception` a module may have: only at the root of a thread, a task or a process."""

SLEEPING_TESTS: Final = {"tests/conftest.py": 1, "tests/tui/harness.py": 1}
"""Only the two `until` wait by the clock."""

BANNED_NAMES: Final = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc|base)(_|$)")
VENDOR_FREE_FROM: Final = {"mock"}
"""The embedded provider is part of this program and may be named."""

SHARED_BY_DIALECTS: Final = {"protocol", "request_body", "codec", "registry", "own_signatures"}
"""Modules of core/dialects that belong to no family; a family is named by the first word of its files."""

HEAVY_FOR_HELP: Final = (
    "asyncio", "httpx", "keyring", "litestar", "msgspec", "platformdirs", "rich", "ruamel", "sqlite_utils", "typer",
    "typing", "uvicorn", "uvloop",
)  # fmt: skip


def name(module: Path) -> str:
    return module.relative_to(PACKAGE if module.is_relative_to(PACKAGE) else ROOT).as_posix()


@functools.cache
def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node for node in ast.walk(parsed(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    docstring = ast.get_docstring(function, clean=False)
    described = docstring.count("\n") + 1 if docstring is not None else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - described


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_fits_its_line_budget(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= LONG_MODULES.get(name(module), LONGEST_MODULE_LINES)


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_function_fits_on_one_screen(module: Path) -> None:
    for function in functions(module):
        allowed = LONG_FUNCTIONS.get(f"{name(module)}:{function.name}", LONGEST_FUNCTION_LINES)
        assert body_lines(function) <= allowed, function.name


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_function_takes_at_most_eight_parameters(module: Path) -> None:
    for function in functions(module):
        arguments = function.args
        taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        own = [each for each in taken if each.arg not in {"self", "cls"}]
        assert len(own) <= MOST_PARAMETERS, function.name


def test_the_tables_of_exceptions_hold_nothing_that_is_not_needed() -> None:
    lengths = {name(module): len(module.read_text(encoding="utf-8").splitlines()) for module in MODULES}
    sizes = {
        f"{name(each)}:{function.name}": body_lines(function)
        for each in MODULES
        for function in functions(each)
    }
    assert [module for module in LONG_MODULES if lengths.get(module, 0) <= LONGEST_MODULE_LINES] == []
    assert [function for function in LONG_FUNCTIONS if sizes.get(function, 0) <= LONGEST_FUNCTION_LINES] == []
    assert [
        module for module in UNTESTED_MODULES if module not in lengths or mirror_of(PACKAGE / module).exists()
    ] == []
    assert [module for module in BROAD_EXCEPTS if module not in lengths] == []


def mirror_of(module: Path) -> Path:
    """`core/routing/retry.py` is tested by `tests/core/routing/test_retry.py`."""
    return ROOT / "tests" / module.relative_to(PACKAGE).with_name(f"test_{module.name}")


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_has_its_test_file(module: Path) -> None:
    if name(module) in UNTESTED_MODULES:
        return
    if module.name in {"__init__.py", "__main__.py"}:
        defined = [node for node in parsed(module).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert not defined, (
            f"{name(module)} only gathers and starts: move {defined[0].name} to a module with a test"
        )
        return
    assert mirror_of(module).exists(), f"{name(module)} wants {mirror_of(module).relative_to(ROOT)}"


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_name_says_what_is_inside(module: Path) -> None:
    assert not [
        part for part in module.relative_to(PACKAGE).with_suffix("").parts if BANNED_NAMES.search(part)
    ]
    assert (ast.get_docstring(parsed(module)) or "").strip(" ."), "the module's docstring says why to open it"


def mentioned(operands: list[ast.expr]) -> set[str]:
    """Every text that stands in any of the operands."""
    inside = (node for operand in operands for node in ast.walk(operand))
    return {node.value for node in inside if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def compared(node: ast.AST) -> set[str]:
    """The texts that this piece of code compares something with."""
    if isinstance(node, ast.Compare):
        return mentioned([node.left, *node.comparators])
    if isinstance(node, ast.MatchValue):
        return mentioned([node.value])
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"startswith", "endswith"}
    ):
        return mentioned(node.args)
    return set()


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_nothing_compares_a_vendors_name(module: Path) -> None:
    from aigw_dev.core.providers.catalogue import KINDS

    vendors = set(KINDS) - VENDOR_FREE_FROM
    for node in ast.walk(parsed(module)):
        found = compared(node) & vendors
        assert not found, (
            f"line {getattr(node, 'lineno', 0)}: what {found} does differently is a field of its row"
        )


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_broad_except_stands_only_at_a_root(module: Path) -> None:
    broad = [
        node.lineno
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.ExceptHandler) and is_broad(node) and not is_raised_again(node)
    ]
    assert len(broad) == BROAD_EXCEPTS.get(name(module), 0), f"lines {broad}"


def is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in kinds
    )


def is_raised_again(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and passing the error on hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize(
    "module", [each for each in MODULES if "core" in each.relative_to(PACKAGE).parts[:1]], ids=name
)
def test_the_core_asks_nobody(module: Path) -> None:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            assert called not in {"open", "print", "input", "now", "utcnow", "today", "urlopen"}, (
                f"line {node.lineno}"
            )


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_data_is_never_run_as_code(module: Path) -> None:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            assert not {each.name for each in node.names} & {"pickle", "marshal", "shelve", "dill"}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec", "compile"}, f"line {node.lineno}"


@pytest.mark.parametrize("file", [*MODULES, *TESTS], ids=name)
def test_no_file_promises_work_for_later(file: Path) -> None:
    promised = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    with tokenize.open(file) as lines:
        found = [number for number, text in enumerate(lines, 1) if promised.search(text)]
    assert not found, f"lines {found}: open an issue instead"


@pytest.mark.parametrize("file", TESTS, ids=name)
def test_no_test_waits_by_the_clock(file: Path) -> None:
    slept = [
        node.lineno
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep", "anyio.sleep", "sleep"}
        if not (
            node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        )  # lets others run
    ]
    assert len(slept) == SLEEPING_TESTS.get(name(file), 0), f"lines {slept}: await an event, or use `until`"


READS_MARKUP: Final = {
    "Static", "Label", "Button", "Markdown", "RichLog", "DataTable", "Select", "OptionList", "SelectionList", "Tree",
    "ListView", "Log", "Collapsible", "Footer", "Header", "Checkbox", "RadioButton", "Tabs", "Tab", "TabbedContent",
}  # fmt: skip
"""Widgets of Textual that take markup, or lag where there is much to show."""


@pytest.mark.parametrize(
    "module", [each for each in MODULES if each.parts[-2:-1] and "tui" in each.parts], ids=name
)
def test_screens_show_text_through_our_own_widgets_only(module: Path) -> None:
    """What a model or a provider says can then neither be read as markup nor slow the screen down."""
    imported = {
        alias.name
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("textual.widgets")
        for alias in node.names
    }
    allowed = {"Static"} if name(module) == "tui/widgets/words.py" else set[str]()
    assert imported & READS_MARKUP <= allowed


DIALECTS: Final = [
    each for each in MODULES if each.parent == PACKAGE / "core" / "dialects" and each.stem != "__init__"
]


@pytest.mark.parametrize("module", DIALECTS, ids=name)
def test_a_dialect_knows_no_other_dialect(module: Path) -> None:
    """`openai_chat` may share with `openai_usage`, never with `anthropic_messages`."""
    package = "aigw_dev.core.dialects"
    family = "" if module.stem in SHARED_BY_DIALECTS else module.stem.partition("_")[0]
    imports = [node for node in ast.walk(parsed(module)) if isinstance(node, ast.ImportFrom) and node.module]
    named = {f"{node.module}.{each.name}" for node in imports for each in node.names}
    stems = {
        each.removeprefix(f"{package}.").partition(".")[0] for each in named if each.startswith(f"{package}.")
    }
    strangers = {each for each in stems - SHARED_BY_DIALECTS if each.partition("_")[0] != family}
    assert not strangers


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts on the package in `folder`."""
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-P", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_import_contracts_hold() -> None:
    outcome = lint_imports(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its contracts, free to be broken."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(PACKAGE, folder / "aigw_dev", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/problem.py", "import os", "The core does no I/O"),
        ("core/problem.py", "import aigw_dev.store", "Imports point down"),
        ("secrets/home.py", "import aigw_dev.store", "Imports point down"),
        ("server/headers.py", "import httpx", "Only upstream knows an HTTP client"),
        ("config_file/__init__.py", "import sqlite3", "SQL lives in the store"),
        ("cli/exits.py", "import keyring", "The keyring is reached through its child"),
        ("tui/look.py", "import aigw_dev.store", "The TUI reaches the gateway only over HTTP"),
        ("newcomer.py", "", "Imports point down"),
    ],
)
def test_a_broken_contract_is_found(copied: Path, module: str, line: str, contract: str) -> None:
    broken = copied / "aigw_dev" / module
    before = broken.read_bytes() if broken.exists() else None
    with broken.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    try:
        outcome = lint_imports(copied)
    finally:
        if before is None:
            broken.unlink()
        else:
            broken.write_bytes(before)
    assert outcome.returncode != 0
    assert re.search(rf"{re.escape(contract)}.*BROKEN", outcome.stdout), outcome.stdout


def loaded_by(code: str) -> set[str]:
    """What a fresh Python has loaded after `code`, beyond what it loads anyway."""
    script = f"import sys, re; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by("sys.argv = ['aigw-dev', '--help']\nfrom aigw_dev.cli.main import main\nmain()")
    assert "aigw_dev.cli.main" in loaded
    assert not loaded & set(HEAVY_FOR_HELP)
    assert len(loaded) <= 6, loaded


def test_the_pytest_plugin_loads_only_the_standard_library() -> None:
    loaded = loaded_by("import pytest\nbefore |= set(sys.modules)\nimport aigw_dev.pytest_plugin")
    foreign = {module for module in loaded if module.partition(".")[0] not in sys.stdlib_module_names}
    assert {module for module in foreign if not module.startswith("aigw_dev.pytest_plugin")} == {"aigw_dev"}


@pytest.mark.parametrize("module", sorted((PACKAGE / "pytest_plugin").glob("*.py")), ids=name)
def test_a_module_of_the_plugin_names_nothing_that_may_be_absent(module: Path) -> None:
    known = {"pytest", "_pytest", "aigw_dev", *sys.stdlib_module_names}
    optional = {"syrupy"} if module.name == "snapshot.py" else set[str]()
    for node in ast.walk(parsed(module)):
        roots = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        roots += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for one in roots:
            assert one.partition(".")[0] in known | optional, one
            assert not one.startswith("aigw_dev") or one.startswith("aigw_dev.pytest_plugin"), one
