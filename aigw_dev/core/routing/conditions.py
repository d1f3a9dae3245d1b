"""The condition language: text to tree and back. `evaluate` (in its own file, offered here too) answers a tree.

    or-expression   and-expression { "or" and-expression }
    and-expression  not-expression { "and" not-expression }
    not-expression  "not" not-expression | "(" or-expression ")" | comparison
    comparison      NAME operator VALUE | NAME ["not"] "in" "[" VALUE { "," VALUE } "]" | NAME "exists" | FLAG
    VALUE           "text" | 'text' | number | true | false

So `not` binds before `and` before `or`. Hostile text is answered with a `Fault`, whatever its length or depth.
"""

from typing import Final

from aigw_dev.core.problem import Problem
from aigw_dev.core.routing.evaluate import Observation, evaluate
from aigw_dev.core.routing.lexer import YAML_HINT, Fault, FaultError
from aigw_dev.core.routing.parser import MAX_DEPTH, Parser
from aigw_dev.core.routing.terms import OPERATORS, Condition, Term, compares, format_term
from aigw_dev.core.routing.yaml_tree import yaml_kind

__all__ = [
    "MAX_CHARS",
    "MAX_DEPTH",
    "OPERATORS",
    "Condition",
    "Fault",
    "Observation",
    "evaluate",
    "format",
    "names",
    "parse",
    "read_condition",
]

MAX_CHARS: Final = 8192
"""The longest condition."""


def parse(text: str) -> Condition | Fault:
    """The condition that `text` writes, or the first thing wrong with it."""
    if len(text) > MAX_CHARS:
        message = f"the condition has {len(text):,} characters, at most {MAX_CHARS:,} are read"
        return Fault(message=message, column=MAX_CHARS + 1, text=text, hint="nest several `if` nodes instead")
    half = next((place for place, char in enumerate(text) if "\ud800" <= char <= "\udfff"), None)
    if half is not None:
        return Fault(
            message="half a character stands here",
            column=half + 1,
            text=text,
            hint="write the character itself",
        )
    try:
        parser = Parser(text)
        root = parser.whole()
    except FaultError as error:
        return error.fault
    return Condition(
        root=root, text=" ".join(line.strip() for line in text.strip().splitlines()), patterns=parser.patterns
    )


def read_condition(value: object, path: tuple[str | int, ...]) -> Condition | Problem:
    """The condition in a config's `if` at `path`; YAML may have made anything of it."""
    if isinstance(value, str):
        read = parse(value)
        return read.problem(path) if isinstance(read, Fault) else read
    hint = f'for example: if: metadata.tier == "pro"; {YAML_HINT}'
    return Problem(path=path, message=f"`if` wants a condition as text, not {yaml_kind(value)}", hint=hint)


def format(condition: Condition | Term) -> str:  # noqa: A001 - the counterpart of `parse`, called through the module
    """The condition in its plain spelling; `parse` of it gives the same tree."""
    return format_term(condition.root if isinstance(condition, Condition) else condition)


def names(condition: Condition) -> frozenset[str]:
    """Every name the condition reads, as text."""
    return frozenset(compare.name.text() for compare in compares(condition.root))
