"""Reads YAML into a plain tree and remembers where each node stands. Refuses what a config does not need.

One pass over ruamel's parser events; nothing is composed or constructed, so an alias bomb is never built.
Scalars follow the YAML 1.2 core schema (`no` and `on` are text); keys are always text, as written.
Refused: anchors, aliases, tags, merge keys, directives, several documents, duplicate keys, keys that are
collections, control characters, numbers JSON cannot carry, more than 32 levels or 10,000 nodes.
Every index counts characters of the text as given, a byte order mark included.
"""

import re
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, cast

import msgspec

from aigw_dev.config_file.yaml_hints import control_character_hint, cut_condition, describe, has_open_quote
from aigw_dev.config_file.yaml_scalars import UnfitError, plain_value
from aigw_dev.core import literal_keys
from aigw_dev.core.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000
"""About 0.2 s of parsing; a config of this size would have several hundred routes."""
MAX_KEY_CHARS: Final = 256
TOO_LARGE: Final = f"the config is larger than {MAX_BYTES // 1024} KiB"

Path = tuple[str | int, ...]

_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)
"""Controls, lone surrogates, a byte order mark inside, and the line ends that YAML 1.1 and 1.2 read differently."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Where one value stands in the text."""

    kind: Literal["scalar", "mapping", "sequence"]
    style: Literal["block", "flow", "plain", "quoted", "literal"]
    """`block` and `flow` are collections, the others scalars; `literal` is `|` or `>`."""
    start: int
    """First character of the value; for an empty scalar, the place after its `:` or `-`."""
    end: int
    """After its last character, without the comment or line end that follows."""
    key_start: int = -1
    """First character of its key; -1 for list items and the root."""
    key_end: int = -1
    lead_end: int = -1
    """After the `:` or the block list's `-` that introduces it; -1 where there is none."""
    column: int = 0
    """Of a block collection: the column of its keys or dashes."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written (`key:`)."""
        return self.kind == "scalar" and self.style == "plain" and self.start == self.end


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One YAML text as read. Where `problems` holds errors, `value` is what was read before the first."""

    text: str
    value: Any
    """dicts with text keys, lists, str, int, float, bool, None; an empty document is an empty dict."""
    nodes: dict[Path, Node]
    problems: list[Problem]
    """Each with line and column."""

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the key or list item at `path`, or of its nearest ancestor that exists."""
        steps = path
        while steps and steps not in self.nodes:
            steps = steps[:-1]
        node = self.nodes.get(steps)
        if node is None:
            return 1, 1
        return line_and_column(self.text, node.key_start if node.key_start >= 0 else node.start)


def line_and_column(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character index; a byte order mark has no column."""
    line = text.count("\n", 0, index) + 1
    begin = text.rfind("\n", 0, index) + 1
    if begin == 0 and text.startswith("\ufeff"):
        begin = 1
    return line, max(index - begin, 0) + 1


def read_yaml(text: str) -> Document:
    """The tree of a YAML text, or the first thing that is wrong with it. Never raises; bounded in time and memory."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return _failed(text, 0, TOO_LARGE, "Split it into several gateways.")
    forbidden = _FORBIDDEN.search(text, 1 if text.startswith("\ufeff") else 0)
    if forbidden is not None:
        message, hint = control_character_hint(forbidden[0])
        return _failed(text, forbidden.start(), message, hint)
    builder = _Builder(text)
    try:
        builder.run()
    except _RefusedError as refused:
        return _failed(text, refused.index, refused.message, refused.hint, path=refused.path)
    return Document(text=text, value=builder.root, nodes=builder.nodes, problems=[])


class _RefusedError(Exception):
    """Ends the pass: what is wrong, and where."""

    def __init__(self, index: int, message: str, hint: str = "", *, path: Path = ()) -> None:
        super().__init__(message)
        self.index, self.message, self.hint, self.path = index, message, hint, path


def _failed(text: str, index: int, message: str, hint: str, *, path: Path = ()) -> Document:
    line, column = line_and_column(text, index)
    problem = Problem(path=path, message=message, hint=hint, line=line, column=column)
    return Document(text=text, value={}, nodes={}, problems=[problem])


class _Open:
    """A collection whose end has not come yet."""

    def __init__(
        self, *, path: Path, is_mapping: bool, style: Literal["block", "flow"], node: dict[str, int]
    ) -> None:
        self.path = path
        self.is_mapping = is_mapping
        self.style: Literal["block", "flow"] = style
        self.node = node
        self.mapping: dict[str, Any] = {}
        self.items: list[Any] = []
        self.key: tuple[str, int, int] | None = None
        self.last_end = node["start"]


class _Builder:
    """Feeds on parser events; `root` and `nodes` are whole after `run`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = {}
        self.nodes: dict[Path, Node] = {}
        self.stack: list[_Open] = []
        self.count = 0
        self.documents = 0

    def run(self) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        # ruamel is typed as Any throughout; this is its only door.
        events = cast("Iterator[Any]", YAML(typ="safe", pure=True).parse(self.text))  # pyright: ignore[reportUnknownMemberType]  # ruamel.yaml has no complete types
        steps = {
            "DocumentStartEvent": self._document,
            "MappingStartEvent": self._open,
            "SequenceStartEvent": self._open,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
        }
        try:
            for event in events:
                step = steps.get(type(event).__name__)
                if step is not None:
                    step(event)
        except YAMLError as error:
            index, message, hint = describe(self.text, error)
            raise _RefusedError(index, message, hint, path=self._here()) from None
        except (ValueError, OverflowError, RecursionError, IndexError):
            # An escape beyond Unicode, a version number of 5,000 digits: ruamel raises what Python raises.
            raise _RefusedError(
                0, "this is not YAML that can be read", "Look for stray escapes in quoted text."
            ) from None

    def _here(self) -> Path:
        """The path of what comes next, as far as it is known."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if top.is_mapping:
            return (*top.path, top.key[0]) if top.key is not None else top.path
        return (*top.path, len(top.items))

    def _refuse(self, event: Any, message: str, hint: str = "") -> NoReturn:
        raise _RefusedError(event.start_mark.index, message, hint, path=self._here())

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._refuse(
                event,
                "a second document begins here; a config is one document",
                "Take out the `---` or `...` line.",
            )
        if event.tags or event.version not in {None, (1, 2)}:
            self._refuse(
                event,
                "a directive (`%...`) stands before the document; a config needs none",
                "Take the line out.",
            )

    def _alias(self, event: Any) -> None:
        self._refuse(
            event,
            "an alias (`*name`) stands here; a config repeats what it means",
            'Text that begins with `*` needs quotes: "*-mini".',
        )

    def _check_node(self, event: Any) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            self._refuse(
                event, f"the config has more than {MAX_NODES:,} values", "Split it into several gateways."
            )
        if event.anchor is not None:
            self._refuse(
                event,
                "an anchor (`&name`) stands here; a config repeats what it means",
                "Text that begins with `&` needs quotes.",
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(
                event,
                "a tag (`!...`) stands here; a config needs none",
                "Text that begins with `!` needs quotes; in a condition write `not`.",
            )

    def _open(self, event: Any) -> None:
        self._check_node(event)
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(
                event,
                f"the config is nested more than {MAX_DEPTH} levels deep",
                "Split the flow into several routes.",
            )
        if self._is_key_next():
            self._refuse(
                event,
                "a key is a list or mapping here",
                "Keys are text; text that begins with `[` or `{` needs quotes.",
            )
        path, marks = self._enter(event.start_mark.index)
        marks["column"] = event.start_mark.column
        style = "flow" if self.text[event.start_mark.index : event.end_mark.index] in {"[", "{"} else "block"
        is_mapping = type(event).__name__ == "MappingStartEvent"
        self.stack.append(_Open(path=path, is_mapping=is_mapping, style=style, node=marks))

    def _close(self, event: Any) -> None:
        done = self.stack.pop()
        cut = (
            next((key for key in done.mapping if has_open_quote(key)), None)
            if done.path[-1:] == ("if",)
            else None
        )
        if cut is not None:
            message, hint = cut_condition(self.text, *self._key_span((*done.path, cut)))
            raise _RefusedError(done.node["start"], message, hint, path=done.path)
        end = event.end_mark.index if done.style == "flow" else done.last_end
        kind: Literal["mapping", "sequence"] = "mapping" if done.is_mapping else "sequence"
        self.nodes[done.path] = Node(kind=kind, style=done.style, end=end, **done.node)
        self._put(done.mapping if done.is_mapping else done.items, end)

    def _scalar(self, event: Any) -> None:
        self._check_node(event)
        start, end = event.start_mark.index, event.end_mark.index
        if self._is_key_next():
            self._take_key(event, start, end)
            return
        is_plain = event.implicit[0] and not event.style
        path, marks = self._enter(start)
        if start == end:  # nothing is written; ruamel puts the mark of the next token here
            marks["start"] = end = (
                marks["lead_end"] if marks["lead_end"] >= 0 else max(marks["key_end"], start)
            )
        style: Literal["plain", "quoted", "literal"] = "plain" if is_plain else "quoted"
        if event.style in {"|", ">"}:
            style, end = "literal", self._literal_end(start, end)
        if is_plain and path[-1:] == ("if",) and has_open_quote(event.value):
            message, hint = cut_condition(self.text, start, end)
            raise _RefusedError(start, message, hint, path=path)
        self.nodes[path] = Node(kind="scalar", style=style, end=end, **marks)
        self._put(self._resolve(event) if is_plain else self._whole_text(event), end)

    def _is_key_next(self) -> bool:
        return bool(self.stack) and self.stack[-1].is_mapping and self.stack[-1].key is None

    def _take_key(self, event: Any, start: int, end: int) -> None:
        key, top = str(event.value), self.stack[-1]
        if not event.style and key == "<<":
            self._refuse(event, "a merge key (`<<`) stands here; a config repeats what it means")
        if not key and start == end:
            self._refuse(
                event, "a `:` stands here without a key before it", "Text that begins with `:` needs quotes."
            )
        if len(key) > MAX_KEY_CHARS:
            self._refuse(event, f"a key has more than {MAX_KEY_CHARS} characters")
        if literal_keys.holds_key(key):
            self._refuse(
                event,
                "something that looks like a provider's key stands here as the name of a setting",
                "Run `aigw-dev keys add PROVIDER --name NAME`, paste it there, and write the name under `keys`.",
            )
        if key in top.mapping:
            earlier, _ = line_and_column(self.text, self.nodes[*top.path, key].key_start)
            self._refuse(
                event, f"`{key}` is given twice; it is also on line {earlier}", "Take one of them out."
            )
        top.key = (key, start, end)

    def _enter(self, start: int) -> tuple[Path, dict[str, int]]:
        """Path and marks of a value that begins at `start`."""
        marks = {"start": start, "key_start": -1, "key_end": -1, "lead_end": -1}
        if not self.stack:
            return (), marks
        top = self.stack[-1]
        if top.is_mapping and top.key is not None:
            key, marks["key_start"], marks["key_end"] = top.key
            colon = re.compile(r"\s*:").match(self.text, marks["key_end"])
            if colon is not None:
                marks["lead_end"] = colon.end()
            return (*top.path, key), marks
        if top.style == "block":
            dash = re.compile(rf"^ {{{top.node['column']}}}-(?=\s|\Z)", re.MULTILINE)
            first = top.node["start"]
            found = None if not top.items else dash.search(self.text, top.last_end)
            marks["lead_end"] = found.end() if found is not None else first + 1
        return (*top.path, len(top.items)), marks

    def _key_span(self, path: Path) -> tuple[int, int]:
        return self.nodes[path].key_start, self.nodes[path].key_end

    def _put(self, value: Any, end: int) -> None:
        """Store a finished value in the collection that is open."""
        if not self.stack:
            self.root = {} if value is None else value
            return
        top = self.stack[-1]
        if top.is_mapping and top.key is not None:
            top.mapping[top.key[0]] = value
            end = max(end, top.key[2])
            top.key = None
        else:
            top.items.append(value)
        top.last_end = max(top.last_end, end)

    def _literal_end(self, start: int, end: int) -> int:
        """The end of a `|` or `>` text: blank lines after it belong to it only where its header says so (`|+`)."""
        header = re.compile(r"[|>][0-9+-]*").match(self.text, start)
        if header is not None and "+" in header[0]:
            return end - 1 if self.text.endswith("\n", start, end) else end
        return start + len(self.text[start:end].rstrip())

    def _whole_text(self, event: Any) -> str:
        """Quoted text; two escapes that are halves of one character (JSON writes emoji so) become that character."""
        try:
            return str(event.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._refuse(
                event,
                "an escape in this text is half of a character",
                "Write both halves, or the character itself.",
            )

    def _resolve(self, event: Any) -> Any:
        try:
            return plain_value(str(event.value))
        except UnfitError as unfit:
            self._refuse(event, str(unfit), "Put quotes around it to make it a text.")
