"""From calls to a fixture and a test: asked in a form, shown before it is written, written into the project stood in."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.core.recording.fixture import SUFFIX, FixtureError
from aigw_dev.core.recording.promoting import ASSERTS, USUAL_ASSERTS
from aigw_dev.core.recording.pytest_text import usual_name, wrong_names
from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.highlight import highlighted
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.text_pane import TextPane

_SHORT: Final = 12
_TEST: Final = "test"
_WHAT: Final = (
    Option(value=_TEST, label="fixture and pytest test"),
    Option(value="fixture", label="fixture alone", detail="answers as often as it is asked"),
)
_THERE: Final = (
    Option(value="stop", label="write nothing"),
    Option(value="append", label="add the test to it"),
    Option(value="force", label="replace it"),
)


def ask(room: Room, shell: Shell, ids: Sequence[str], *, model: str) -> None:
    """Ask how, make it, show it, write it. `ids` are exchanges in the order of the test; `model` names it."""
    from aigw_dev.fixture_files import promoted

    project = Path.cwd()
    name = usual_name(model, ids[0])
    folder = promoted.usual_tests(project)
    fields = [
        Field(name="what", kind="choice", options=_WHAT, value=_TEST),
        Field(name="name", label="test", value=name),
        Field(name="file", label="in the file", value="/".join(filter(None, [folder, f"{name}.py"]))),
        Field(name="asserts", value=" ".join(USUAL_ASSERTS), placeholder=" ".join(ASSERTS)),
        Field(name="to", label="fixtures in", value=_near(promoted.usual_fixtures(project), project)),
        Field(name="there", label="if it is there", kind="choice", options=_THERE, value="stop"),
    ]
    count = "this call" if len(ids) == 1 else f"these {len(ids)} calls, in their order,"
    note = f"Of {count} below {project}. Can be asserted: {', '.join(ASSERTS)}. It is shown before it is written."

    def then(values: dict[str, Any] | None) -> None:
        if values:
            _make(room, shell, ids, values)

    form = Form("Save as fixture", fields, shell.look, note=note, check=_wrong)
    room.app.push_screen(form, then)


def _wrong(values: dict[str, Any]) -> str:
    if not values["to"]:
        return "fixtures need a folder"
    return wrong_names(values["name"], values["file"], _words(values)) if values["what"] == _TEST else ""


def _words(values: dict[str, Any]) -> list[str]:
    return str(values["asserts"]).replace(",", " ").split()


def _near(path: Path, project: Path) -> str:
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path)


def _command(ids: Sequence[str], values: dict[str, Any]) -> str:
    """The command that does the same."""
    named = " ".join(shlex.quote(one[:_SHORT]) for one in ids)
    how = f"--to {shlex.quote(values['to'])}"
    if values["what"] == _TEST:
        how += f" --name {shlex.quote(values['name'])} --test-file {shlex.quote(values['file'])}"
        how += f" --assert {shlex.quote(','.join(_words(values)))}"
    else:
        how += " --no-test"
    there = "" if values["there"] == "stop" else f" --{values['there']}"
    return f"aigw-dev logs promote {named} {how}{there}"


def _make(room: Room, shell: Shell, ids: Sequence[str], values: dict[str, Any]) -> None:
    shell.cli(_command(ids, values))

    def work(client: AdminClient) -> dict[str, Any]:
        has_test = values["what"] == _TEST
        return client.promote(
            ids, name=values["name"], file=values["file"], asserts=_words(values), has_test=has_test
        )

    def failed(error: GatewayError) -> None:
        shell.toast("Not saved", error.message, "error")

    def then(made: dict[str, Any]) -> None:
        room.app.push_screen(
            Review(made, shell.look),
            lambda is_wanted: _write(room, shell, made, values) if is_wanted else None,
        )

    shell.link.ask(room, work, then, failed=failed)


def _write(room: Room, shell: Shell, made: dict[str, Any], values: dict[str, Any]) -> None:
    """In a thread: files, and a last look for secrets of this machine's."""

    def work(_: AdminClient) -> tuple[list[Path], str]:
        from aigw_dev.core.recording.redaction import Redactor
        from aigw_dev.fixture_files import promoted
        from aigw_dev.fixture_files.environment import secrets_in

        place = promoted.Place(
            project=Path.cwd(),
            fixtures=Path(values["to"]).expanduser().absolute(),
            is_forced=values["there"] == "force",
            is_appended=values["there"] == "append",
        )
        try:
            return promoted.write(made, place, leftovers=Redactor(secrets_in(os.environ)).leftovers), ""
        except FixtureError as failure:
            return [], f"{failure} {failure.hint}".strip()

    def then(found: tuple[list[Path], str]) -> None:
        paths, wrong = found
        if wrong:
            shell.toast("Not saved", wrong, "error")
            return
        said = "\n".join(_near(path, Path.cwd()) for path in paths)
        run = f"\nrun it: pytest {made['test_id']}" if made["test_id"] else ""
        shell.toast("Saved", f"{said}{run}")

    shell.link.ask(room, work, then, is_local=True)


class Review(Modal[bool]):
    """What would be written; dismissed with True where it is wanted."""

    DEFAULT_CSS = """
    Review > Vertical { width: 92%; height: 92%; }
    Review TextPane { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,ctrl+j",
            "accept",
            "Write",
            show=False,
            priority=True,
            id="review.write",
            tooltip="Write the files.",
        ),
    ]

    def __init__(self, made: dict[str, Any], look: Look) -> None:
        """`made` is the gateway's answer to `promote`."""
        super().__init__()
        self._made, self._look = made, look

    def compose(self) -> ComposeResult:
        """The notes, the test, the fixture."""
        with Box() as box:
            text.title(box, "To be written", "enter writes · arrows scroll · esc cancels")
            yield TextPane(_rows(self._made, self._look))

    def action_accept(self) -> None:
        """It is wanted."""
        self.dismiss(True)


def _rows(made: dict[str, Any], look: Look) -> list[Row]:
    """Everything that a reviewer reads, test first."""
    rows: list[Row] = [[Span(f"{look.glyphs.warn} {text.line(note)}", "warn")] for note in made["notes"]]
    if made["module"]:
        rows += [*([[]] if rows else []), [Span(text.line(made["file"]), "accent strong")]]
        rows += [list(row) for row in highlighted(text.block(made["module"].rstrip("\n")), "python")]
    rows += [*([[]] if rows else []), [Span(text.line(f"{made['fixture']}{SUFFIX}"), "accent strong")]]
    rows += [list(row) for row in highlighted(text.block(made["content"].rstrip("\n")), "json")]
    beside = [f"_blobs: {len(made['blobs'])} beside it"] if made["blobs"] else []
    return [*rows, *([Span(line, "dim")] for line in beside)]
