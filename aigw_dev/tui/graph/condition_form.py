"""The form of a condition: the text and its rules side by side, either can be typed into, the other follows."""

from collections.abc import Iterator
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget

from aigw_dev.core.routing.conditions import Condition
from aigw_dev.tui import text
from aigw_dev.tui.graph.rules import CHOICES, Rule, Rules, read_rules, write_rules
from aigw_dev.tui.graph.shorthand import short, spelled
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.entry import Entry
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option
from aigw_dev.tui.widgets.words import Words

_NONE: Final = Rules("all", (Rule(),))


class ConditionForm(Modal[str]):
    """Dismissed with a condition that can be read, in the language's own spelling, or None."""

    DEFAULT_CSS = """
    ConditionForm VerticalScroll { height: auto; max-height: 12; margin: 0 0 1 0; }
    ConditionForm Horizontal { height: 1; }
    ConditionForm .label { width: 8; color: $foreground 60%; }
    ConditionForm .name { width: 2fr; margin: 0 1 0 0; }
    ConditionForm .operator { width: 19; margin: 0 1 0 0; }
    ConditionForm .value { width: 2fr; }
    ConditionForm .part { width: 1fr; }
    ConditionForm #match { width: 24; }
    ConditionForm #said { height: auto; min-height: 2; color: $foreground 60%; }
    ConditionForm #said.wrong { color: $text-error; }
    """
    AUTO_FOCUS = ".name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "accept", "OK", show=False, id="condition.accept", tooltip="Accept the condition."),
        Binding("ctrl+n", "add", "Add rule", show=False, priority=True, id="condition.add", tooltip="One more rule."),
        Binding("ctrl+r", "remove", "Remove rule", show=False, priority=True, id="condition.remove", tooltip="Take the rule with the cursor away."),
    ]  # fmt: skip

    def __init__(self, title: str, look: Look, *, condition: str = "") -> None:
        """`condition` is what it begins with; one that cannot be read stands in the text alone."""
        super().__init__()
        self._title, self._look = title, look
        read = spelled(condition) if condition.strip() else None
        self._begin = short(read.root) if isinstance(read, Condition) else condition
        self._rules = read_rules(condition) if condition.strip() else _NONE

    def compose(self) -> ComposeResult:
        """All or any, the rules, the text, what is wrong with it."""
        with Box() as box:
            text.title(box, self._title, "enter accepts · ^n add rule · ^r remove rule · esc cancels")
            with Horizontal(id="joined"):
                yield Words("if", classes="label")
                yield Choice(
                    (Option(value="all", label="all of these"), Option(value="any", label="any of these")),
                    self._look, value=(self._rules or _NONE).match, title="match", id="match",
                )  # fmt: skip
            with VerticalScroll(id="rules", can_focus=False):
                yield from self._rows()
            with Horizontal():
                yield Words("as text", classes="label")
                yield Entry(
                    self._begin, placeholder='tier == gold and not (region in [eu, uk] or header.x-canary == "1")',
                    id="text", classes="part",
                )  # fmt: skip
            yield Words(id="said")

    def on_mount(self) -> None:
        """Say at once what is wrong with what is there."""
        if self._begin:
            self._judge()
        if self._rules is None:
            self.query_one("#text", Entry).focus()

    @on(Entry.Changed, "#text")
    async def text_typed(self, event: Entry.Changed) -> None:
        """The rules follow the text, while it is what is typed into."""
        self._judge()
        if self.focused is not event.input:
            return
        rules = read_rules(event.value)
        if rules is not None and rules != self._rules:
            self._rules = rules
            await self._show_rules()

    @on(Entry.Changed, ".rule")
    @on(Choice.Changed)
    def rule_typed(self) -> None:
        """The text follows the rules, while one of them is what is typed into."""
        if isinstance(self.focused, Entry) and self.focused.id == "text":
            return
        rules = self._typed()
        if rules != self._rules and (self._rules is not None or write_rules(rules)):
            self._rules = rules
            self.query_one("#text", Entry).value = write_rules(rules)

    @on(Entry.Submitted)
    def submitted(self, event: Entry.Submitted) -> None:
        """`enter` anywhere."""
        event.stop()
        self.action_accept()

    @on(Entry.Left)
    def left(self) -> None:
        """`esc` in a field closes the form."""
        self.dismiss(None)

    def action_accept(self) -> None:
        """Dismiss with the condition, or say what is wrong."""
        read = spelled(self.query_one("#text", Entry).value)
        if isinstance(read, Condition):
            self.dismiss(read.text)
        else:
            self._judge()

    async def action_add(self) -> None:
        """One more rule, with the cursor in it."""
        rules = self._typed()
        self._rules = Rules(rules.match, (*rules.parts, Rule()))
        await self._show_rules()
        self.query("#rules .name").last().focus()

    async def action_remove(self) -> None:
        """Without the rule that has the cursor; the last one is emptied."""
        rows = list(self.query_one("#rules").children)
        at = next((place for place, row in enumerate(rows) if self.focused in row.children), len(rows) - 1)
        rules = self._typed()
        left = rules.parts[:at] + rules.parts[at + 1 :]
        self._rules = Rules(rules.match, left or (Rule(),))
        await self._show_rules()
        self.query_one("#text", Entry).value = write_rules(self._rules)
        self.query("#rules Entry").last().focus()

    def _rows(self) -> Iterator[Widget]:
        for part in (self._rules or _NONE).parts:
            if isinstance(part, str):
                yield Horizontal(Words("", classes="label"), Entry(part, classes="rule part name"))
                continue
            yield Horizontal(
                Words("", classes="label"),
                Entry(part.name, placeholder="tier, header.x-canary ...", classes="rule name"),
                Choice([Option(value=each) for each in CHOICES], self._look, value=part.operator, title="operator", classes="operator"),
                Entry(part.value, placeholder="value", classes="rule value"),
            )  # fmt: skip

    async def _show_rules(self) -> None:
        holder = self.query_one("#rules")
        with self.app.batch_update():
            await holder.remove_children()
            await holder.mount_all(self._rows())
        match = self.query_one("#match", Choice)
        with match.prevent(Choice.Changed):
            match.put((self._rules or _NONE).match)

    def _typed(self) -> Rules:
        parts: list[Rule | str] = []
        for row in self.query_one("#rules").children:
            entries = list(row.query(Entry))
            if len(entries) == 1:
                parts.append(entries[0].value)
                continue
            parts.append(Rule(entries[0].value, row.query_one(Choice).value, entries[1].value))
        match = self.query_one("#match", Choice).value
        return Rules("any" if match == "any" else "all", tuple(parts))

    def _judge(self) -> None:
        typed = self.query_one("#text", Entry).value
        words = self.query_one("#said", Words)
        read = spelled(typed) if typed.strip() else None
        is_wrong = read is not None and not isinstance(read, Condition)
        words.set_class(is_wrong, "wrong")
        if read is None:
            words.say("")
        elif isinstance(read, Condition):
            words.say(f"{self._look.glyphs.tick} {read.text}")
        else:
            words.say(f"{self._look.glyphs.cross} column {read.column}: {read.message}\n  {read.hint}")
