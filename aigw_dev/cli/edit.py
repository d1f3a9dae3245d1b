"""`aigw-dev edit`: the config in your own editor; saved only when it is good."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.cli import asking, output, swap
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.errors import GatewayError
from aigw_dev.core.problem import Problem

_MARK: Final = "#! "
"""What begins the lines that say what is wrong; they are taken out again when the file is read."""
_USUAL: Final = ("nano", "vim", "vi")


def edit(context: Context) -> int:
    """Open the config in your editor and put it in force.

    $VISUAL, else $EDITOR. A text with an error is opened again with the problems on top; leave it unchanged to give
    up. Nothing is written before it is good.
    """
    place = Place(context)
    before = swap.live(place)
    folder = Path(tempfile.mkdtemp(prefix="aigw-dev-edit-"))
    copy = folder / "aigw-dev.yaml"
    try:
        text = _edited(place, before.text, copy)
        if text == before.text and before.digest:
            output.note("nothing was changed")
            shutil.rmtree(folder, ignore_errors=True)
            return DONE
        done = swap.put(place, text, before, note="edit")
    except GatewayError:
        if copy.exists():
            output.note(f"your text is kept in {copy}")
        raise
    shutil.rmtree(folder, ignore_errors=True)
    if context.is_json:
        output.print_json(done | {"changed": True})
    else:
        output.say(harmless.line(swap.said(done)))
    return DONE


def _edited(place: Place, text: str, copy: Path) -> str:
    """The text once it has no error; the same error saved twice ends it."""
    command = editor(place.env)
    shown = text
    while True:
        copy.write_text(shown, "utf-8", newline="")
        started = subprocess.run([*command, str(copy)], check=False)
        if started.returncode != 0:
            raise CommandError(
                f"The editor {command[0]} ended with {started.returncode}; nothing was changed."
            )
        written = copy.read_text("utf-8")
        text = without_remarks(written)
        problems = swap.problems_of(place, text)
        errors = [problem for problem in problems if problem.severity == "error"]
        if not errors:
            swap.require_usable(problems, where="the config")
            return text
        if written == shown:
            raise CommandError(
                "\n".join(problem.text() for problem in errors),
                code="config_invalid",
                hint="Nothing was changed; `aigw-dev edit` begins again.",
            )
        shown = with_remarks(text, errors)


def with_remarks(text: str, problems: list[Problem]) -> str:
    """The text with its problems on top, as comments; line numbers count those lines too."""
    count = sum(len(problem.text().splitlines()) for problem in problems) + 1
    moved = [
        msgspec.structs.replace(problem, line=problem.line + count if problem.line else 0)
        for problem in problems
    ]
    lines = [line for problem in moved for line in harmless.block(problem.text()).splitlines()]
    lines.append("These lines are taken out when you save. Leave the file as it is to give up.")
    return "".join(f"{_MARK}{line}\n" for line in lines) + text


def without_remarks(text: str) -> str:
    """The text without the lines that `with_remarks` put on top."""
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith(_MARK):
        lines.pop(0)
    return "".join(lines)


def editor(env: Mapping[str, str]) -> list[str]:
    """The editor's command: $VISUAL, $EDITOR, else the first usual one there is."""
    named = env.get("VISUAL", "").strip() or env.get("EDITOR", "").strip()
    if named:
        return shlex.split(named, posix=os.name != "nt")
    asking.require_person(
        "No editor is named.", hint="Set EDITOR, or change the file and run `aigw-dev config apply FILE`."
    )
    if sys.platform == "win32":
        return ["notepad"]
    found = next((name for name in _USUAL if shutil.which(name)), None)
    if found is None:
        raise CommandError("No editor was found.", hint="Set EDITOR to the one you use.")
    return [found]
