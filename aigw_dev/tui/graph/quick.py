"""The quick-add line: a branch, a split or a model written in one line.

    tier == gold -> openai/gpt-4o | azure/gpt-4o      a condition before the selected node, its model and fallbacks
    region in eu,uk -> a/b else c/d                   ... and the other branch too
    split 90 a/b 10 c/d                               a split in the place of a model
    else c/d                                          the branch where nothing above holds
    openai/gpt-4o key openai-spare | azure/gpt-4o     a model with its fallbacks

Conditions may be written short (`shorthand`).
"""

import re
from typing import Any, Final, Literal

from msgspec import Struct

from aigw_dev.core.routing.conditions import Fault
from aigw_dev.tui.graph import ops
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.ops import Denied, Outcome
from aigw_dev.tui.graph.shorthand import spelled
from aigw_dev.tui.graph.tree import Empty, If, Send, Split, Tree

EXAMPLE: Final = "tier == gold -> openai/gpt-4o | azure/gpt-4o"
_ARROW: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(->|→)""")
_WORD: Final = re.compile(r"\||[^\s|]+")
_WEIGHT: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?%?")


class Quick(Struct, frozen=True):
    """What a line asks for; values are those of a flow."""

    kind: Literal["rule", "split", "else", "models"]
    value: Any
    """The node: of the true branch for a rule."""
    condition: str = ""
    """Of a rule, in the language's own spelling."""
    otherwise: Any = None
    """The false branch of a rule where the line names it."""


class _FaultError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _Words:
    """The words of a part of a line, from the left."""

    def __init__(self, line: str, begin: int, end: int) -> None:
        self.line = line
        self.end = end
        self._found = list(_WORD.finditer(line, begin, end))
        self._position = 0

    @property
    def next(self) -> str:
        """The word that `take` gives, empty at the end."""
        return self._found[self._position][0] if self._position < len(self._found) else ""

    def take(self) -> str:
        word = self.next
        self._position += bool(word)
        return word

    def fail(self, message: str, hint: str) -> _FaultError:
        """A fault at the next word."""
        begin = self._found[self._position].start() if self.next else len(self.line[: self.end].rstrip())
        return _FaultError(Fault(message=message, column=begin + 1, text=self.line, hint=hint))


def read(line: str) -> Quick | Fault:
    """What the line asks for, or the first thing wrong with it and where."""
    try:
        return _read(line)
    except _FaultError as error:
        return error.fault


def apply(tree: Tree, node_id: str, quick: Quick) -> Outcome:
    """The line done at the selected node."""
    node = trees.find(tree.root, node_id)
    if node is None:
        return Denied("the selected node is gone")
    if quick.kind == "else":
        return _apply_else(tree, node_id, quick.value)
    if quick.kind == "rule":
        if isinstance(node, Empty) or quick.otherwise is not None:
            return _apply_whole_rule(tree, node_id, quick)
        return ops.add_before(tree, node_id, quick.condition, quick.value)
    if isinstance(node, If | Split):
        return Denied("this would replace the whole branch: select a model or an empty branch")
    return ops.replace(tree, node_id, quick.value)


def _apply_whole_rule(tree: Tree, node_id: str, quick: Quick) -> Outcome:
    node = trees.find(tree.root, node_id)
    if isinstance(node, If | Split):
        return Denied("without `else` the selected node becomes the other branch: leave it out")
    value: dict[str, Any] = {"if": quick.condition, "then": quick.value}
    if quick.otherwise is not None:
        value["else"] = quick.otherwise
    return ops.replace(tree, node_id, value, f"add if {quick.condition}")


def _apply_else(tree: Tree, node_id: str, value: Any) -> Outcome:
    """The false end of the chain that the node is in."""
    node = trees.find(tree.root, node_id)
    if isinstance(node, Send):
        parent, position = trees.parents(tree.root).get(node_id, (None, 0))
        node = parent.otherwise if isinstance(parent, If) and position == 0 else node
    while isinstance(node, If):
        node = node.otherwise
    if node is None or isinstance(node, Split):
        return Denied("the chain ends in a split: select the branch to change")
    return ops.replace(tree, node.id, value, f"else {ops.words(trees.load(value).root)}")


def _read(line: str) -> Quick:
    arrow = next((match for match in _ARROW.finditer(line) if match[2]), None)
    if arrow is not None:
        return _rule(line, arrow.start(), arrow.end())
    words = _Words(line, 0, len(line))
    if words.next == "split":
        words.take()
        return Quick("split", _split(words))
    if words.next == "else":
        words.take()
        return Quick("else", _only(words))
    if "/" in words.next and not words.next.startswith(("'", '"')):
        return Quick("models", _only(words))
    end = _Words(line, len(line), len(line))
    if not line.strip():
        raise end.fail("nothing is written yet", f"for example: {EXAMPLE}")
    condition = spelled(_condition_text(line)[0])
    if isinstance(condition, Fault):
        raise _FaultError(_moved(condition, line))
    raise end.fail("where should it go then", "end the line with: -> provider/model")


def _rule(line: str, arrow: int, after: int) -> Quick:
    text, _ = _condition_text(line[:arrow])
    if not text.strip():
        raise _Words(line, 0, arrow).fail("there is no condition before ->", f"for example: {EXAMPLE}")
    condition = spelled(text)
    if isinstance(condition, Fault):
        raise _FaultError(_moved(condition, line))
    words = _Words(line, after, len(line))
    then = _leaf(words)
    if words.next != "else":
        _end(words)
        return Quick("rule", then, condition.text)
    words.take()
    return Quick("rule", then, condition.text, _only(words))


def _condition_text(text: str) -> tuple[str, int]:
    """The condition without a leading `if`, and where it begins."""
    begin = re.match(r"\s*(?:if\s+)?", text)
    at = begin.end() if begin else 0
    return text[at:].rstrip(), at


def _moved(fault: Fault, line: str) -> Fault:
    """A fault in the condition as a fault in the line."""
    column = fault.column + _condition_text(line)[1]
    return Fault(message=fault.message, column=column, text=line, hint=fault.hint)


def _only(words: _Words) -> dict[str, Any]:
    leaf = _leaf(words)
    _end(words)
    return leaf


def _end(words: _Words) -> None:
    if words.next:
        raise words.fail(f"`{words.next}` is not understood here", "models are joined by |")


def _leaf(words: _Words) -> dict[str, Any]:
    leaf = _target(words)
    fallback: list[Any] = []
    while words.next == "|":
        words.take()
        entry = _target(words)
        fallback.append(entry if len(entry) > 1 else entry["send"])
    if fallback:
        leaf["fallback"] = fallback
    return leaf


def _target(words: _Words) -> dict[str, Any]:
    if "/" not in words.next.strip("/"):
        said = f"`{words.next}` is no model" if words.next else "a model is missing"
        raise words.fail(said, "write provider/model, for example openai/gpt-4o")
    leaf: dict[str, Any] = {"send": words.take()}
    if words.next == "key":
        words.take()
        name = words.next
        if name in {"", "|"}:
            raise words.fail("the name of the key is missing", "key openai-api-key")
        leaf["key"] = words.take()
    return leaf


def _split(words: _Words) -> dict[str, Any]:
    entries: list[Any] = []
    while words.next:
        if not _WEIGHT.fullmatch(words.next):
            raise words.fail(f"`{words.next}` is no weight", "split 90 openai/gpt-4o-mini 10 openai/gpt-4o")
        weight = float(words.take().rstrip("%"))
        entries.append({"weight": int(weight) if weight.is_integer() else weight, **_leaf(words)})
    if len(entries) < 2:
        raise words.fail("a split has at least two branches", "split 90 openai/gpt-4o-mini 10 openai/gpt-4o")
    return {"split": entries}
