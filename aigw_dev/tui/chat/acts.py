"""What the Chat screen's keys do to a conversation: pick, retry, edit, attach, answer tools, compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui import promote, text
from aigw_dev.tui.chat import attach as files
from aigw_dev.tui.chat import beside
from aigw_dev.tui.chat.board import LETTERS, Board
from aigw_dev.tui.chat.draft import Draft, read
from aigw_dev.tui.chat.pane import Pane
from aigw_dev.tui.chat.talk import Strand, Turn
from aigw_dev.tui.routes.editing import edit_text
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option, Picker
from aigw_dev.tui.widgets.viewer import Viewer

MOST_ROUNDS: Final = 8
"""Tools answer by themselves this often in a row, then a person must."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be picked."""

    options: list[Option]
    first: str
    """What a new conversation begins with."""
    kinds: dict[str, str]
    """Every provider's kind."""


def choices(client: AdminClient) -> Choices:
    """Routes and chat models with price and key state. Blocks."""
    rows = client.models("chat")
    kinds = {str(one["name"]): str(one.get("kind", "")) for one in client.providers()}
    options = [_option(row) for row in rows]
    usable = [option for option, row in zip(options, rows, strict=True) if row.get("usable")]
    first = next(iter(usable), None)
    return Choices(options, first.value if first else "mock/echo", kinds)


def _option(row: Mapping[str, Any]) -> Option:
    value = f"{row['provider']}/{row['model']}"
    if not row.get("usable"):
        return Option(value=value, detail=str(row.get("why") or "cannot be used"), style="bad")
    before, after = row.get("input_usd_per_m"), row.get("output_usd_per_m")
    if before is None:
        price = "route" if row["provider"] == "dynamic" else "price unknown"
    else:
        price = f"${before:g} / ${after or 0:g} per M" if before or after else "free"
    state = str(row.get("key_state") or "")
    key = f" · {state.replace('none needed', 'no key needed')}" if state else ""
    return Option(value=value, detail=f"{price}{key}")


def pick_model(room: Board, title: str, then: Callable[[str], None]) -> None:
    """Over all that can chat; a name that is not listed can be typed."""
    picker = Picker(
        title,
        room.options,
        room.shell.look,
        at=room.pane.strand.model,
        is_free=True,
        note="type to filter, or provider/model as it is",
    )
    room.app.push_screen(picker, lambda value: then(value) if value else None)


def forget_failure(strand: Strand, editing: int | None = None) -> None:
    """Take a failed question away, or everything from the message that is edited on."""
    if editing is not None:
        del strand.turns[editing:]
    while _ends_with(strand, "error"):
        strand.turns.pop()
        if _ends_with(strand, "assistant") and strand.turns[-1].is_partial:
            strand.turns.pop()
        if _ends_with(strand, "user"):
            strand.turns.pop()


def retry(room: Board) -> None:
    """The active pane's last question again."""
    pane = room.pane
    turns = pane.strand.turns
    last = next((at for at in reversed(range(len(turns))) if turns[at].role in {"user", "tool"}), None)
    if last is None:
        room.shell.toast("Nothing to retry", "send something first", "warning")
        return
    if not room.may_send():
        return
    if turns[last].role == "user" and turns[last].text == room.prompt.text.strip("\n"):
        room.prompt.put("")  # it was put back after a failure
    del turns[last + 1 :]
    pane.show_strand(pane.strand)
    room.ask([pane])


def save_fixture(room: Board) -> None:
    """The active pane's conversation: every exchange of it, in order, as one test."""
    turns = room.pane.strand.turns
    ids = [turn.facts.exchange for turn in turns if turn.facts is not None and turn.facts.exchange]
    if ids:
        promote.ask(room, room.shell, ids, model=room.pane.strand.model)
    else:
        room.shell.toast("Nothing to save yet", "send something first", "warning")


def edit(room: Board) -> None:
    """The last message of the active pane comes back into the prompt; sending replaces it."""
    turns = room.pane.strand.turns
    last = next((at for at in reversed(range(len(turns))) if turns[at].role == "user"), None)
    if last is None:
        room.shell.toast("Nothing to edit", "send something first", "warning")
        return
    room.editing = last
    room.prompt.put(turns[last].text)
    room.prompt.focus()
    room.refresh_prompt()


def show_diff(room: Board, at: int) -> None:
    """The first pane's answer and another's."""
    strands = room.talk.strands
    if len(strands) < 2:
        room.shell.toast("One pane only", "+ puts another model beside it", "warning")
        return
    other = at if at > 0 else 1
    cells = min(200, max(40, int(room.size.width * 0.9) - 6))
    rows = beside.diff_rows(
        ("A", strands[0]), (LETTERS[other], strands[other]), cells, room.shell.look.glyphs
    )
    room.app.push_screen(Viewer(f"A and {LETTERS[other]}", rows, copy=room.shell.copy))


def mark_winner(room: Board) -> None:
    """The active pane, or none after a second time."""
    chosen = room.pane.strand
    was = chosen.is_winner
    for strand in room.talk.strands:
        strand.is_winner = strand is chosen and not was
    for pane in room.panes:
        pane.refresh_title()
    room.keep()
    if not was:
        room.shell.toast("Winner", chosen.model)


def attach(room: Board, folder: Path | None = None) -> None:
    """Pick a file, folder by folder, or type its path; the same key takes attachments away."""
    if room.attached and folder is None:
        room.shell.toast(f"Took {len(room.attached)} attachments away", "a attaches again")
        room.attached = []
        room.refresh_prompt()
        return

    def show(found: tuple[Path, list[Option]]) -> None:
        here, options = found
        title = f"Attach from {text.line(str(here))}"
        picker = Picker(title, options, room.shell.look, is_free=True, note="type to filter, or a path")
        room.app.push_screen(picker, lambda value: choose(here, value) if value else None)

    def choose(here: Path, value: str) -> None:
        path = here / Path(value).expanduser()
        room.in_thread(lambda: _opened(path), taken)

    def taken(found: "files.Attachment | Path | str") -> None:
        if isinstance(found, Path):
            attach(room, found)
        elif isinstance(found, str):
            room.shell.toast("Not attached", found, "error")
        else:
            room.attached.append(found)
            room.refresh_prompt()
            room.refresh_requests()

    start = folder
    room.in_thread(lambda: _listed(start or Path.cwd()), show)


def _listed(folder: Path) -> tuple[Path, list[Option]]:
    return folder, files.listing(folder)


def _opened(path: Path) -> "files.Attachment | Path | str":
    if path.is_dir():
        return path.resolve()
    try:
        return files.load(path)
    except GatewayError as error:
        return error.message


def waiting_calls(strand: Strand) -> list[dict[str, Any]]:
    """Tool calls of the last answer that nobody answered."""
    last = strand.turns[-1] if strand.turns else None
    return list(last.message.get("tool_calls") or ()) if last is not None and last.role == "assistant" else []


def answer_tools(room: Board, pane: Pane) -> None:
    """Where every called tool has a canned result, it is sent; else the pane says which key types one."""
    calls = waiting_calls(pane.strand)
    if not calls or pane.answer is None or pane.answer.is_stopped or pane.answer.error is not None:
        return
    canned = read(room.draft).canned
    names = [str(call["function"]["name"]) for call in calls]
    rounds = sum(turn.role == "tool" for turn in pane.strand.turns[_last_user(pane.strand) :])
    if all(name in canned for name in names) and rounds < MOST_ROUNDS:
        give_results(
            room, pane, {str(call["id"]): canned[name] for call, name in zip(calls, names, strict=True)}
        )
        return
    pane.view.end(pane.view.add("note", f"waiting for the result of {', '.join(names)}: t types it"))


def give_results(room: Board, pane: Pane, results: Mapping[str, str]) -> None:
    """The tools' answers by call id, and the question goes on."""
    turns = [
        Turn(role="tool", message={"tool_call_id": call, "content": said}) for call, said in results.items()
    ]
    pane.strand.turns.extend(turns)
    pane.show_strand(pane.strand)
    room.ask([pane])


def ask_results(room: Board, pane: Pane) -> None:
    """A field for every call."""
    calls = waiting_calls(pane.strand)
    if not calls:
        room.shell.toast("No tool waits for a result", severity="warning")
        return
    canned = read(room.draft).canned
    fields = [
        Field(
            name=f"r{number}",
            label=text.cut(text.line(str(call["function"]["name"])), 15),
            kind="area",
            value=canned.get(str(call["function"]["name"]), ""),
            placeholder=text.line(str(call["function"]["arguments"]))[:200],
        )
        for number, call in enumerate(calls)
    ]
    form = Form(
        "Tool results",
        fields,
        room.shell.look,
        note="What the tools answer; the arguments stand in the fields.",
    )

    def then(values: dict[str, Any] | None) -> None:
        if values is not None and room.may_send():
            give_results(
                room, pane, {str(call["id"]): values[f"r{number}"] for number, call in enumerate(calls)}
            )

    room.app.push_screen(form, then)


def presets(room: Board) -> None:
    """Pick one, or type a new name to keep the parameters as they are."""
    options = [
        Option(value=name, detail=str(kept.get("model", ""))) for name, kept in sorted(room.presets.items())
    ]

    def then(name: str | None) -> None:
        if not name:
            return
        if name not in room.presets:
            room.presets[name] = msgspec.to_builtins(room.draft)
            room.shell.toast("Preset kept", name)
            return
        model = room.draft.model
        room.talk.draft = msgspec.convert(room.presets[name], Draft)
        room.talk.draft.model = model
        room.refresh_all()
        room.shell.toast("Preset in force", name)

    note = "pick one, or type a new name to keep these parameters"
    room.app.push_screen(Picker("Presets", options, room.shell.look, is_free=True, note=note), then)


def edit_outside(room: Board) -> None:
    """The prompt in the person's editor."""
    command = room.shell.opening.editor
    if not command:
        room.shell.toast("No editor", "$EDITOR names none", "warning")
        return
    try:
        changed = edit_text(room.app, command, room.prompt.text, suffix=".md")
    except OSError as error:
        room.shell.toast("The editor failed", f"{command[0]} cannot be started: {error.strerror}", "error")
        return
    if changed is not None:
        room.prompt.put(changed.rstrip("\n"))


def _ends_with(strand: Strand, role: str) -> bool:
    return bool(strand.turns) and strand.turns[-1].role == role


def _last_user(strand: Strand) -> int:
    return next((at for at in reversed(range(len(strand.turns))) if strand.turns[at].role == "user"), 0)
