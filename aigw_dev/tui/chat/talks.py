"""Conversations of the Chat screen as a whole: kept, listed, opened again, begun anew, branched, more strands or fewer."""

import time

import msgspec

from aigw_dev.tui import text
from aigw_dev.tui.chat.board import Board
from aigw_dev.tui.chat.draft import Draft
from aigw_dev.tui.chat.shelf import new_id
from aigw_dev.tui.chat.talk import Listed, Strand, Talk, branched, decode, encode
from aigw_dev.tui.widgets.picker import Option, Picker


def new(room: Board) -> None:
    """Same models and parameters, nothing said."""
    room.keep()
    draft = msgspec.convert(msgspec.to_builtins(room.draft), Draft)
    strands = [Strand(model=strand.model) for strand in room.talk.strands]
    room.open_talk(Talk(id=new_id(time.time()), began_at=time.time(), strands=strands, draft=draft))
    room.prompt.focus()


def add_strand(room: Board, model: str) -> None:
    """The active strand's conversation with another model beside it."""
    turns = decode(encode(room.talk)).strands[room.talk.strands.index(room.pane.strand)].turns
    room.talk.strands.append(Strand(model=model, turns=turns))
    room.build_panes()
    room.activate_last()


def drop_strand(room: Board) -> None:
    """Take the active strand away; the last one stays."""
    strands = room.talk.strands
    if len(strands) == 1:
        room.shell.toast("One pane stays", "N begins a new conversation", "warning")
        return
    if room.is_busy:
        room.shell.toast("An answer is coming", "esc stops it", "warning")
        return
    gone = room.pane.strand
    strands.remove(gone)
    room.build_panes()
    room.shell.toast("Took a pane away", gone.model)


def branch(room: Board) -> None:
    """Pick the message from which a copy of the conversation goes on; the message comes into the prompt."""
    turns = room.pane.strand.turns
    options = [
        Option(value=str(at), label=text.line(turn.text[:200]), detail=f"message {number}")
        for number, (at, turn) in enumerate(
            ((at, turn) for at, turn in enumerate(turns) if turn.role == "user"), 1
        )
    ]
    if not options:
        room.shell.toast("Nothing to branch from", "send something first", "warning")
        return

    def then(value: str | None) -> None:
        if value is None:
            return
        room.keep()
        said = turns[int(value)].text
        made = branched(room.talk, int(value), id=new_id(time.time()), now=time.time())
        room.open_talk(made)
        room.prompt.put(said)
        room.prompt.focus()
        room.shell.toast("Branched", f"H has the conversation it came from: {made.title}")

    room.app.push_screen(Picker("Branch before which message", options, room.shell.look), then)


def show_list(room: Board) -> None:
    """Every kept conversation, newest first."""
    room.keep()

    def show(found: list[Listed]) -> None:
        if not found:
            room.shell.toast("No conversation was kept yet")
            return
        now = time.time()
        options = [
            Option(
                value=one.id,
                label=one.title or "(no title)",
                detail=f"{one.turns} · {_ago(now - one.began_at)} · {', '.join(one.models)}",
            )
            for one in found
        ]
        picker = Picker("Conversations", options, room.shell.look, at=room.talk.id)
        room.app.push_screen(picker, lambda value: _open(room, value) if value else None)

    room.in_thread(room.shelf.list, show)


def _open(room: Board, talk_id: str) -> None:
    def then(talk: Talk | None) -> None:
        if talk is None:
            room.shell.toast("This conversation cannot be read", severity="error")
            return
        room.open_talk(talk)

    room.in_thread(lambda: room.shelf.load(talk_id), then)


def _ago(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"
