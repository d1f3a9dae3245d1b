"""What is wrong with a flow while it is edited, at which node, and what mends it.

What a flow may be is the core's to say (`core.routing.flow.compile_flow`); here its problems find their nodes. Beside
them stand warnings that no config needs to hold: a branch that no request can reach, a key that is not there yet.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from aigw_dev.core.problem import Problem
from aigw_dev.core.routing.conditions import Condition, parse
from aigw_dev.core.routing.flow import compile_flow
from aigw_dev.core.routing.terms import And, Compare, Not, Or, Term, Text
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.catalogue import Catalogue
from aigw_dev.tui.graph.ops import fields_of
from aigw_dev.tui.graph.tree import Empty, If, Node, Path, Send, Tree

_NOTHING: Final = Catalogue()
_MOST_CONDITIONS: Final = 200
"""Past so many conditions above a node no more are remembered."""
Known = tuple[tuple[Term, bool], ...]
"""Conditions whose answer is certain on a branch."""


class Mark(Struct, frozen=True, kw_only=True):
    """One thing wrong at one node."""

    node: str
    """The node's id."""
    message: str
    hint: str = ""
    """How to mend it, the key to press included."""
    severity: Literal["error", "warning"] = "error"
    field: str = ""
    """What of the node: `if`, `send`, `fallback.0`, `weight` ..."""
    branch: int | None = None
    """The branch that no request reaches."""


def check(tree: Tree, catalogue: Catalogue = _NOTHING) -> tuple[Mark, ...]:
    """Everything wrong with the flow, errors of a node before its warnings, nodes from the top."""
    marks = [*_errors(tree, catalogue), *_dead(tree.root, ()), *_warnings(tree, catalogue)]
    order = {node.id: position for position, node in enumerate(trees.walk(tree.root))}
    return tuple(sorted(marks, key=lambda mark: (order[mark.node], mark.severity)))


def by_node(marks: tuple[Mark, ...]) -> dict[str, list[Mark]]:
    """The marks of each node that has any."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.node, []).append(mark)
    return found


def _errors(tree: Tree, catalogue: Catalogue) -> Iterator[Mark]:
    _, problems = compile_flow(trees.to_value(tree.root), path=("flow",), providers=catalogue.for_core())
    places = dict(trees.places(tree.root))
    for problem in problems:
        yield _placed(problem, places)


def _placed(problem: Problem, places: Mapping[Path, Node]) -> Mark:
    """At the deepest node that the problem's place leads to, an empty branch before the if that lacks it."""
    path = problem.path
    at = len(path)
    while path[:at] not in places:
        at -= 1
    node = places[path[:at]]
    if isinstance(node, If) and at == len(path):
        lacking = [branch for branch in trees.children(node) if _is_named(branch, problem, node)]
        node = lacking[0] if lacking else node
    if isinstance(node, Empty):
        return Mark(
            node=node.id,
            message="this branch has no model",
            hint="press e to choose one, or a to add a condition",
        )
    return Mark(
        node=node.id,
        message=problem.message.partition("\n")[0],
        hint=problem.hint,
        severity=problem.severity,
        field=".".join(map(str, path[at:])),
    )


def _is_named(branch: Node, problem: Problem, node: If) -> bool:
    key = "`then`" if branch is node.then else "`else`"
    return isinstance(branch, Empty) and key in problem.message


def _warnings(tree: Tree, catalogue: Catalogue) -> Iterator[Mark]:
    for node in trees.walk(tree.root):
        if isinstance(node, Send):
            entries = [dict(node.fields), *(dict(fields_of(entry)) for entry in node.fallbacks)]
            for position, entry in enumerate(entries):
                field = f"fallback.{position - 1}" if position else "send"
                yield from _target_warnings(node.id, entry, field, catalogue)


def _target_warnings(node: str, entry: Mapping[Any, Any], field: str, catalogue: Catalogue) -> Iterator[Mark]:
    send = entry.get("send")
    if not isinstance(send, str):
        return
    provider, _, name = send.partition("/")
    models = catalogue.of_provider(provider)
    model = next((each for each in models if each.name == name), None)
    why = catalogue.whys.get(provider, "") or (model.why if model is not None and not model.is_usable else "")
    if why:
        yield Mark(
            node=node, message=f"{provider} cannot be called now: {why}", severity="warning", field=field,
            hint="press K to set its key" if "key" in why else "",
        )  # fmt: skip
    if models and model is None:
        like = catalogue.like(provider, name)
        hint = f"did you mean {provider}/{like}?" if like else "it is sent all the same"
        yield Mark(
            node=node, message=f"{provider} lists no model {name}", severity="warning", field=field, hint=hint
        )
    key = entry.get("key")
    is_listed = isinstance(key, str) and key in catalogue.listed.get(provider, ())
    keys = {each.name: each for each in catalogue.keys_of(provider)}
    if not isinstance(key, str) or (not is_listed and provider in catalogue.listed):
        return  # none is named, or the core has said that it is not listed
    if catalogue.keys and (key not in keys or keys[key].state):
        state = keys[key].state if key in keys else "not stored"
        yield Mark(
            node=node,
            message=f"the key {key} is {state}",
            hint="press K to set it",
            severity="warning",
            field=field,
        )


def _dead(node: Node, known: Known) -> Iterator[Mark]:
    """Branches whose condition was answered above."""
    if not isinstance(node, If):
        for child in trees.children(node):
            yield from _dead(child, known)
        return
    read = parse(node.condition) if isinstance(node.condition, str) else None
    condition = read if isinstance(read, Condition) else None
    if condition is None:
        for child in trees.children(node):
            yield from _dead(child, known)
        return
    answer = _answer(condition.root, known)
    if answer is not None:
        word, branch = ("true", "false") if answer else ("false", "true")
        yield Mark(
            node=node.id,
            message=f"always {word} here, the conditions above decide it: the {branch} branch is never reached",
            hint="press d to keep the false branch, D to keep the true one",
            severity="warning",
            field="if",
            branch=1 if answer else 0,
        )
    yield from _dead(node.then, _more(known, condition.root, is_true=True))
    yield from _dead(node.otherwise, _more(known, condition.root, is_true=False))


def _more(known: Known, term: Term, *, is_true: bool) -> Known:
    """What is certain where `term` has that answer."""
    if len(known) > _MOST_CONDITIONS:
        return known
    match term:
        case Not(part=part):
            return _more(known, part, is_true=not is_true)
        case And(parts=parts) if is_true:
            pass
        case Or(parts=parts) if not is_true:
            pass
        case _:
            return (*known, (_plain(term), is_true if not _is_inverse(term) else not is_true))
    for part in parts:
        known = _more(known, part, is_true=is_true)
    return known


def _answer(term: Term, known: Known) -> bool | None:
    """What the condition must say, None where that depends on the request."""
    plain, is_inverse = _plain(term), _is_inverse(term)
    for seen, answer in known:
        if seen == plain:
            return answer is not is_inverse
        if answer and isinstance(seen, Compare) and isinstance(plain, Compare):
            holds = _follows(seen, plain)
            if holds is not None:
                return holds is not is_inverse
    match term:
        case Not(part=part):
            below = _answer(part, known)
            return None if below is None else not below
        case And(parts=parts):
            return _all([_answer(part, known) for part in parts], stop=False)
        case Or(parts=parts):
            return _all([_answer(part, known) for part in parts], stop=True)
        case _:
            return None


def _all(answers: list[bool | None], *, stop: bool) -> bool | None:
    if stop in answers:
        return stop
    return None if None in answers else not stop


def _follows(seen: Compare, asked: Compare) -> bool | None:
    """What `asked` says of a text that `seen` (an `==` that holds) names; lists are never equal to a text."""
    if seen.name != asked.name or seen.operator != "==" or asked.operator not in {"==", "in"}:
        return None
    texts = [wanted.value for wanted in asked.wanted if isinstance(wanted, Text)]
    found = seen.wanted[0]
    if not isinstance(found, Text) or len(texts) != len(asked.wanted):
        return None
    return found.value in texts


_INVERSE: Final = {"!=": "==", "not in": "in"}


def _is_inverse(term: Term) -> bool:
    return isinstance(term, Compare) and term.operator in _INVERSE


def _plain(term: Term) -> Term:
    """`!=` as the `==` that it denies, so that both are known by one."""
    if isinstance(term, Compare) and term.operator in _INVERSE:
        return Compare(term.name, _INVERSE[term.operator], term.wanted)
    return term


def condition_problem(text: str) -> str:
    """What is wrong with a condition while it is typed, with its column; empty where nothing is."""
    read = parse(text)
    return (
        ""
        if isinstance(read, Condition)
        else f"column {read.column}: {read.message}. {read.hint}".rstrip(". ")
    )


def is_blocking(marks: tuple[Mark, ...]) -> bool:
    """Whether anything keeps the flow from being deployed; warnings do not."""
    return any(mark.severity == "error" for mark in marks)
