"""Reads a config file and its local overlay into a checked `Config`, or everything that is wrong with them.

Nothing here raises for what a file holds: whatever is wrong is a `Problem` with file, line and column.
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.config_file import ownership
from aigw_dev.config_file.merge import merge
from aigw_dev.config_file.ownership import UNKNOWN, Owners, own_number
from aigw_dev.config_file.yaml_tree import MAX_BYTES, TOO_LARGE, Document, read_yaml
from aigw_dev.core import literal_keys
from aigw_dev.core.config import Config
from aigw_dev.core.config_check import Rules, check_config
from aigw_dev.core.problem import Problem

CONFIG_NAME: Final = "aigw-dev.yaml"
OVERLAY_NAME: Final = "aigw-dev.local.yaml"


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A config as it was read."""

    config: Config | None
    """None where a problem is an error."""
    problems: list[Problem]
    """Errors and warnings, by file and line."""
    text: str
    """The main file, character for character."""
    digest: str
    """SHA-256 (hex) of the main file's bytes: what `write_atomic` expects. Empty where it could not be read."""
    combined_digest: str
    """Digest of main file and overlay together; equal to `digest` where there is no overlay."""
    path: Path | None
    overlay_path: Path | None
    """The overlay, where one was merged or tried."""
    tree: Any
    """The merged plain tree."""
    document: Document | None
    """The main file's tree and marks; None where it could not be read as YAML."""

    @property
    def errors(self) -> list[Problem]:
        """What keeps the config from being used."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """What a person should know."""
        return [problem for problem in self.problems if problem.severity == "warning"]


def read(path: Path, *, rules: Rules, overlay: bool = True, owners: Owners = ownership.owners) -> Loaded:
    """The config at `path`, with `aigw-dev.local.yaml` beside it merged over it.

    Reads at most 256 KiB of each, and only regular files. An overlay that belongs to another user than the
    config and than the one running this is left out with a warning.
    """
    content, problem = _content(path)
    if problem is not None or content is None:
        return _unreadable(path, problem)
    beside = path.parent / OVERLAY_NAME
    problems: list[Problem] = []
    over_content: bytes | None = None
    is_wanted = overlay and path.name != OVERLAY_NAME and os.path.lexists(beside)
    if is_wanted:
        over_content, problem = (
            _content(beside) if _is_ours(beside, path, owners) else (None, _foreign(beside))
        )
        problems += [problem] if problem is not None else []
    loaded = _load(content, _shown(path), over_content, _shown(beside), rules=rules)
    return msgspec.structs.replace(
        loaded,
        config=loaded.config if all(found.severity == "warning" for found in problems) else None,
        problems=[*problems, *loaded.problems],
        path=path,
        overlay_path=beside if is_wanted else None,
    )


def parse_text(
    text: str, *, rules: Rules, file: str = CONFIG_NAME, overlay_text: str | None = None
) -> Loaded:
    """A config from its text, as if it stood in `file`; for what is not saved yet (a draft, `config apply`)."""
    over = None if overlay_text is None else overlay_text.encode("utf-8", "surrogatepass")
    return _load(text.encode("utf-8", "surrogatepass"), file, over, OVERLAY_NAME, rules=rules)


def digest_of(content: str | bytes) -> str:
    """SHA-256 (hex) of a text's UTF-8 bytes, or of bytes: the `digest` of `Loaded`."""
    return hashlib.sha256(
        content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    ).hexdigest()


def _load(content: bytes, file: str, over_content: bytes | None, over_file: str, *, rules: Rules) -> Loaded:
    digest = digest_of(content)
    combined = digest if over_content is None else digest_of(f"{digest}\n{digest_of(over_content)}")
    document = _document(content)
    over = None if over_content is None else _document(over_content)
    problems = [*_named(document.problems, file), *(_named(over.problems, over_file) if over else [])]
    tree, config = document.value, None
    if not problems:
        if over is None:
            config, found = check_config(tree, rules=rules)
            problems = [_at(problem, document, file) for problem in found]
        else:
            tree, problems = _merged((document, file), (over, over_file))
            config, found = check_config(tree, rules=rules)
            problems += _placed(
                [one for one in found if not literal_keys.is_refusal(one)],
                (document, file),
                (over, over_file),
            )
        problems.sort(key=lambda problem: (problem.file != file, problem.line, problem.column))
        config = None if any(problem.severity == "error" for problem in problems) else config
    return Loaded(
        config=config,
        problems=problems,
        text=document.text,
        digest=digest,
        combined_digest=combined,
        path=None,
        overlay_path=None,
        tree=tree,
        document=None if document.problems else document,
    )


def _merged(main: tuple[Document, str], over: tuple[Document, str]) -> tuple[Any, list[Problem]]:
    """The merged tree, what merging had to say, and keys in plain text: also one that the overlay hides is refused."""
    tree, notes = merge(main[0].value, over[0].value)
    problems = [_at(problem, *over) for problem in notes]
    for document, file in (main, over):
        problems += [_at(problem, document, file) for problem in literal_keys.find(document.value)]
    return tree, problems


def _document(content: bytes) -> Document:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        message = "the file is UTF-16" if is_utf16 else "the file is not UTF-8 text"
        hint = (
            "Save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)." if is_utf16 else "Save it as UTF-8."
        )
        problem = Problem(path=(), message=message, hint=hint, line=1 if is_utf16 else line, column=1)
        return Document(text="", value={}, nodes={}, problems=[problem])
    return read_yaml(text)


def _placed(found: list[Problem], main: tuple[Document, str], over: tuple[Document, str]) -> list[Problem]:
    """Problems with the file and line of the deepest part of their path that exists; the overlay wins a draw."""
    placed: list[Problem] = []
    for problem in found:
        is_over = _depth(over[0], problem) >= max(_depth(main[0], problem), 1)
        placed.append(_at(problem, *(over if is_over else main)))
    return placed


def _depth(document: Document, problem: Problem) -> int:
    return max(
        (length for length in range(len(problem.path) + 1) if problem.path[:length] in document.nodes),
        default=0,
    )


def _at(problem: Problem, document: Document, file: str) -> Problem:
    line, column = document.place(problem.path)
    return msgspec.structs.replace(problem, file=file, line=line, column=column)


def _named(problems: list[Problem], file: str) -> list[Problem]:
    return [msgspec.structs.replace(problem, file=file) for problem in problems]


def _content(path: Path) -> tuple[bytes | None, Problem | None]:
    """The file's bytes, or why they were not read. A pipe or device is never opened: reading it could take for ever."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return None, _problem(path, "this is a folder", f"Name the file in it: {CONFIG_NAME}.")
        if not stat.S_ISREG(status.st_mode):
            return None, _problem(path, "this is not a regular file", "Save the config as a file.")
        if status.st_size > MAX_BYTES:
            return None, _problem(
                path, f"{TOO_LARGE}: it has {status.st_size:,} bytes", "Is this the right file?"
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None, _problem(
            path, "there is no such file", "Check the path, or make one with `aigw-dev init`."
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the path is not valid"
        return None, _problem(path, f"the file cannot be read: {reason}", "Check its path and permissions.")
    if len(content) > MAX_BYTES:
        return None, _problem(path, TOO_LARGE, "Is this the right file?")
    return content, None


def _unreadable(path: Path, problem: Problem | None) -> Loaded:
    return Loaded(
        config=None,
        problems=[problem] if problem is not None else [],
        text="",
        digest="",
        combined_digest="",
        path=path,
        overlay_path=None,
        tree={},
        document=None,
    )


def _is_ours(beside: Path, main: Path, owners: Owners) -> bool:
    """Whether an overlay belongs to this user or to the config's owner."""
    return owners(beside) <= owners(main) | {
        own_number(),
        UNKNOWN,
    }  # reading says what is wrong with the unknown


def _foreign(path: Path) -> Problem:
    message = "this file belongs to another user of this computer and is not read"
    return msgspec.structs.replace(
        _problem(path, message, "Take it out, or make it yours."), severity="warning"
    )


def _problem(path: Path, message: str, hint: str) -> Problem:
    return Problem(path=(), message=message, hint=hint, file=_shown(path))


def _shown(path: Path) -> str:
    """The file as messages name it: relative to the working directory where it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
