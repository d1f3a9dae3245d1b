"""What can be done with logged exchanges: sent again, compared, copied, written to a file, deleted."""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aigw_dev
from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui import promote
from aigw_dev.tui.logs import comparing, export
from aigw_dev.tui.logs.call import body_of, curl_of, metadata_of
from aigw_dev.tui.logs.columns import COLUMNS
from aigw_dev.tui.logs.feed import Feed
from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.logs.log_list import LogList
from aigw_dev.tui.logs.many_picker import ManyPicker
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.confirm import Confirm
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option, Picker

MOST_MODELS: Final = 8
_BATCH: Final = 500
_SHORT: Final = 12
"""Characters of an id that a command names an exchange by."""


class Acts:
    """Of one Logs screen."""

    def __init__(self, room: Room, shell: Shell, log: LogList, feed: Feed) -> None:
        """`room` is what calls belong to; things are done with the rows of `log`."""
        self._room, self._shell, self._log, self._feed = room, shell, log, feed

    # again

    def replay(self) -> None:
        """Send it again as it was."""
        line = self._log.line_here()
        if line is not None:
            self._send(line, None)

    def replay_many(self) -> None:
        """Ask for models, then send it to each."""
        line = self._log.line_here()
        if line is None:
            return

        def then(options: list[Option]) -> None:
            picker = ManyPicker(
                f"Replay {line.id[:_SHORT]} against",
                options,
                self._shell.look,
                most=MOST_MODELS,
                is_free=True,
            )
            self._room.app.push_screen(picker, lambda models: self._send(line, models) if models else None)

        self._shell.link.ask(self._room, _models, then)

    def edit(self) -> None:
        """The request goes to Chat, to be changed and sent there."""
        line = self._log.line_here()
        if line is None:
            return

        def then(one: dict[str, Any]) -> None:
            body = body_of(one)
            if body is None:
                self._shell.toast("Nothing to edit", "the request's body was not kept as JSON", "warning")
                return
            metadata = metadata_of(one)
            self._shell.cli(f"aigw-dev logs replay {line.id[:_SHORT]} --edit '{{\"temperature\": 0}}'")
            self._shell.go("chat", request=body, model=str(body.get("model", "")), metadata=metadata or {})

        self._shell.link.ask(self._room, lambda client: client.exchange(line.id), then)

    def compare(self) -> None:
        """The two that are marked, the older one first; or the one marked and the one under the cursor."""
        ids = self._log.marked_ids()
        line = self._log.line_here()
        if len(ids) == 1 and line is not None and line.id != ids[0]:
            ids.append(line.id)
        first, other = ids[0], ids[1]
        glyphs = self._shell.look.glyphs

        def then(found: dict[str, Any]) -> None:
            title = f"{first[:_SHORT]} {glyphs.to} {other[:_SHORT]}"
            names = (first[:_SHORT], other[:_SHORT])
            self._show(title, lambda width: comparing.rows(found, glyphs, width=width, names=names))

        self._shell.link.ask(self._room, lambda client: client.compare(first, other), then)

    def fixture(self) -> None:
        """A fixture and a test of the marked ones, the oldest first; where none is marked of the one under the cursor."""
        line = self._log.line_here()
        if line is not None:
            ids = self._log.marked_ids() or [line.id]
            promote.ask(self._room, self._shell, ids, model=line.original_model)

    def _send(self, line: Line, models: Sequence[str] | None) -> None:
        name, glyphs = line.id[:_SHORT], self._shell.look.glyphs
        options = "".join(f" --model {shlex.quote(model)}" for model in models or ())
        self._shell.cli(f"aigw-dev logs replay {name}{options}")
        count = len(models or ()) or 1
        self._shell.toast(
            f"Replaying {name}", f"{count} call{'' if count == 1 else 's'} to a provider, at the usual price"
        )

        def then(found: dict[str, Any]) -> None:
            self._feed.wake()
            made: list[Mapping[str, Any]] = found["replays"]
            if len(made) == 1:
                one = made[0]
                is_well = one["status"] < 400
                said = comparing.badge(one["comparison"], glyphs)
                title = f"Replayed: {one['status']}"
                self._shell.toast(title, said, "information" if is_well else "warning")
            self._show(f"Replay of {name}", lambda width: comparing.replays(made, glyphs, width=width))

        def failed(error: GatewayError) -> None:
            self._shell.toast("Not replayed", error.message, "error")

        self._shell.link.ask(
            self._room, lambda client: client.replay(line.id, models=models), then, failed=failed
        )

    def _show(self, title: str, make: Callable[[int], list[Any]]) -> None:
        self._room.app.push_screen(
            comparing.CompareView(title, make, self._shell.look, copy=self._shell.copy)
        )

    # out

    def copy_menu(self) -> None:
        """Pick what is copied."""
        line = self._log.line_here()
        if line is None:
            return
        query = self._feed.listing.query
        options = [
            Option(value="id", label="id", detail=line.id),
            Option(value="curl", label="cURL command", detail="the same call"),
            Option(value="request", label="request body", detail=f"{line.request_bytes:,} bytes"),
            Option(value="response", label="response body", detail=f"{line.response_bytes:,} bytes"),
            Option(value="answer", label="answer", detail="the reply's text"),
            Option(value="filter", label="filter, as a command", detail=query or "everything"),
            Option(value="show", label="command that shows it", detail=f"aigw-dev logs show {line.id[:8]}"),
        ]
        self._room.app.push_screen(
            Picker("Copy", options, self._shell.look), lambda what: self._copy(line, what) if what else None
        )

    def _copy(self, line: Line, what: str) -> None:
        ready = {
            "id": (line.id, "the id"),
            "filter": (list_command(self._feed.listing.query), "the command"),
            "show": (f"aigw-dev logs show {line.id}", "the command"),
        }
        if what in ready:
            self._shell.copy(*ready[what])
            return
        url = self._shell.link.url

        def then(one: dict[str, Any]) -> None:
            if what == "curl":
                self._shell.copy(curl_of(one, url), "the curl command")
                return
            said = (one.get("assembled") or {}).get("text") if what == "answer" else one.get(f"{what}_body")
            if said:
                self._shell.copy(said, f"the {what}")
            else:
                self._shell.toast("Nothing to copy", f"the {what} was not kept as text", "warning")

        self._shell.cli(
            f"aigw-dev logs show {line.id[:_SHORT]}"
            + (f" --body {what}" if what in {"request", "response"} else "")
        )
        self._shell.link.ask(self._room, lambda client: client.exchange(line.id), then)

    def export(self) -> None:
        """Ask what, how and where to, then write."""
        marked = self._log.marked_ids()
        which = [Option(value="list", label="the rows of this list")]
        if marked:
            which.insert(0, Option(value="marked", label=f"the {len(marked)} marked"))
        fields = [
            Field(name="which", label="what", kind="choice", options=which, value=which[0].value),
            Field(
                name="format",
                label="as",
                kind="choice",
                options=[Option(value="jsonl", label="JSON lines"), Option(value="har", label="HAR"), Option(value="curl", label="curl commands")],
                value="jsonl",
            ),
            Field(name="path", label="file", value=f"aigw-dev-logs-{time.strftime('%Y%m%d-%H%M%S')}", check=_path_check),
        ]  # fmt: skip
        note = f"At most {export.MOST:,} exchanges, the newest; bodies as they were kept, keys masked. The file is readable by you only."
        self._room.app.push_screen(
            Form("Export", fields, self._shell.look, note=note),
            lambda values: self._export(values) if values else None,
        )

    def _export(self, values: Mapping[str, Any]) -> None:
        form = values["format"]
        path = Path(values["path"]).expanduser()
        if not path.suffix:
            path = path.with_suffix(export.SUFFIXES[form])
        ids = self._log.marked_ids() if values["which"] == "marked" else None
        seqs = self._newest(export.MOST) if ids is None else []
        url, query = self._shell.link.url, self._feed.listing.query
        if form == "jsonl" and ids is None:
            self._shell.cli(
                f"aigw-dev logs export {shlex.quote(query)} -o {shlex.quote(str(path))}".replace(" '' ", " ")
            )

        def work(client: AdminClient) -> tuple[int, str]:
            wanted = ids if ids is not None else _ids(client, seqs)
            exchanges = [client.exchange(name) for name in wanted]
            content = export.encoded(exchanges, form, base_url=url, version=aigw_dev.__version__)
            try:
                export.write(path, content)
            except OSError as error:
                return 0, f"{path} cannot be written: {error.strerror}"
            return len(exchanges), ""

        def then(found: tuple[int, str]) -> None:
            count, wrong = found
            if wrong:
                self._shell.toast("Not exported", wrong, "error")
            else:
                self._shell.toast(f"Exported {count:,} exchange{'' if count == 1 else 's'}", str(path))

        self._shell.link.ask(self._room, work, then)

    def _newest(self, most: int) -> list[int]:
        size = len(self._feed.listing)
        return self._feed.listing.runs.seqs(size - most, size)

    # the list

    def columns(self) -> None:
        """Pick those that are shown."""
        log = self._log
        options = [Option(value=one.name, label=one.title, detail=one.said) for one in COLUMNS.values()]
        taken = log.columns or tuple(one.column.name for one in log.placed)

        def then(names: list[str] | None) -> None:
            if names is not None:
                log.columns = tuple(names)
                log.repaint()
                self._shell.cli(
                    " --columns ".join(("aigw-dev logs list", ",".join(names)))
                    if names
                    else "aigw-dev logs list"
                )

        picker = ManyPicker("Columns (none = ours)", options, self._shell.look, taken=taken)
        self._room.app.push_screen(picker, then)

    def mark(self) -> None:
        """Mark the row or not, and go on to the next."""
        line, log = self._log.line_here(), self._log
        if line is None:
            return
        if log.marked.pop(line.seq, None) is None:
            log.marked[line.seq] = line.id
        log.set_follow(is_on=False)
        log.repaint()
        log.action_move(1)
        self._room.refresh_bindings()

    # away

    def purge(self) -> None:
        """Delete what the filter finds, for good, after a typed word."""
        query, count = self._feed.listing.query, len(self._feed.listing)
        which = f"that pass `{query}`" if query else "of this log, all there are"
        said = (
            f"{count:,} exchanges {which} are deleted and overwritten on disk. Statistics keep counting them."
        )
        self._room.app.push_screen(
            Confirm("Purge the log", said, "purge"), lambda is_sure: self._purge(query) if is_sure else None
        )

    def _purge(self, query: str) -> None:
        self._shell.cli(f"aigw-dev logs purge {shlex.quote(query) if query else ''}".rstrip())

        def then(found: dict[str, Any]) -> None:
            self._shell.toast(f"Deleted {found['deleted']:,} exchanges")
            self._feed.wake()

        self._shell.link.ask(self._room, lambda client: client.purge(query), then)


def list_command(query: str) -> str:
    """The command that lists the same."""
    return f"aigw-dev logs list {shlex.quote(query)}" if query else "aigw-dev logs list"


def _ids(client: AdminClient, seqs: Sequence[int]) -> list[str]:
    ids: list[str] = []
    for start in range(0, len(seqs), _BATCH):
        ids += [str(one["id"]) for one in client.rows(seqs=seqs[start : start + _BATCH])["entries"]]
    return ids


def _models(client: AdminClient) -> list[Option]:
    """Routes, then every provider's models."""
    options = [
        Option(value=f"dynamic/{route['name']}", detail=str(route.get("description") or "route"))
        for route in client.routes()
    ]
    for provider in client.providers():
        state = "" if provider.get("usable", True) else str(provider.get("why", ""))
        options += [
            Option(value=f"{provider['name']}/{model}", detail=state, style="bad" if state else "")
            for model in provider.get("models") or ()
        ]
    return options


def _path_check(value: str) -> str:
    if not value:
        return "a file, please"
    path = Path(value).expanduser()
    return "" if path.parent.is_dir() else f"there is no folder {path.parent}"
