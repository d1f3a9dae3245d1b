"""Reads a condition's tokens from the left, one method per rule of the grammar (see `conditions`)."""

import math
from typing import Final

from aigw_dev.core.routing.cells import ticked
from aigw_dev.core.routing.lexer import YAML_HINT, Fault, FaultError, Token, tokens
from aigw_dev.core.routing.names import ROOTS, Misnamed, Name, nearest, read_name
from aigw_dev.core.routing.patterns import Pattern, compile_pattern
from aigw_dev.core.routing.terms import (
    OPERATORS,
    WORD_OPERATORS,
    And,
    Compare,
    Flag,
    Not,
    Number,
    Or,
    Term,
    Text,
    Value,
)

MAX_DEPTH: Final = 32
"""How deep parentheses and `not` may nest."""

_TEXT_OPERATORS: Final = frozenset({"contains", "starts_with", "ends_with"})
_ORDER: Final = frozenset({">", ">=", "<", "<="})
_KEYWORDS: Final = frozenset({"and", "or", "not", "true", "false", *WORD_OPERATORS})
_SYNONYMS: Final = {
    "equals": "==",
    "eq": "==",
    "is": "==",
    "ne": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "has": "contains",
    "includes": "contains",
    "startswith": "starts_with",
    "endswith": "ends_with",
    "like": "matches",
    "match": "matches",
    "regex": "matches",
    "exist": "exists",
}
_CONSTANTS: Final = {"True": "true", "False": "false", "TRUE": "true", "FALSE": "false"}
_NOTHING: Final = frozenset({"null", "none", "None", "nil", "undefined"})


class Parser:
    """Reads one condition; a `FaultError` names the first thing wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.patterns: dict[str, Pattern] = {}
        """The regexes met, compiled, by their text."""
        self._tokens = tokens(text)
        self._position = 0
        self._depth = 0

    def whole(self) -> Term:
        """The tree of the whole text."""
        if self._now().kind == "end":
            raise self._fault("the condition is empty", hint='for example: metadata.tier == "pro"')
        term = self._or()
        if self._now().kind == "end":
            return term
        if self._now().text == ")":
            raise self._fault("`)` closes nothing", hint="remove it, or open it with `(`")
        raise self._fault(
            f"`and`, `or` or the end is expected, not {ticked(self._now().text)}", hint=self._joint_hint()
        )

    def _now(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._now()
        self._position += 1
        return token

    def _is_word(self, word: str) -> bool:
        return self._now().kind == "name" and self._now().text == word

    def _skip(self, word: str) -> bool:
        is_next = self._is_word(word)
        self._position += is_next
        return is_next

    def _fault(self, message: str, *, hint: str = "", at: Token | None = None) -> FaultError:
        column = (at or self._now()).column
        return FaultError(Fault(message=message, column=column, text=self.text, hint=hint))

    def _or(self) -> Term:
        parts = [self._and()]
        while self._skip("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Term:
        parts = [self._not()]
        while self._skip("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Term:
        opening = self._now()
        if not (self._is_word("not") or opening.text == "("):
            return self._comparison()
        self._position += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fault(
                f"the condition nests deeper than {MAX_DEPTH}",
                hint="nest several `if` nodes instead",
                at=opening,
            )
        if opening.text == "not":
            term: Term = Not(self._not())
        else:
            term = self._or()
            if self._now().text != ")":
                raise self._fault("`(` has no `)`", hint=f"close it; {self._joint_hint()}", at=opening)
            self._position += 1
        self._depth -= 1
        return term

    def _comparison(self) -> Term:
        name = self._name()
        token = self._now()
        if token.kind == "operator":
            self._position += 1
            return Compare(name, token.text, (self._value(token),))
        if self._skip("exists"):
            return Compare(name, "exists")
        if self._skip("in"):
            return Compare(name, "in", self._list(token))
        if self._is_word("not"):
            self._position += 1
            if not self._skip("in"):
                hint = (
                    f"write not {name.text()} {self._now().text} ..."
                    if self._now().text in WORD_OPERATORS
                    else 'write not in ["a", "b"]'
                )
                raise self._fault("`not` behind a name wants `in`", hint=hint, at=token)
            return Compare(name, "not in", self._list(token))
        if token.kind == "name" and token.text in WORD_OPERATORS:
            self._position += 1
            return Compare(name, token.text, (self._value(token),))
        if ROOTS[name.root].is_flag and (token.kind == "end" or token.text in {"and", "or", ")"}):
            return Compare(name)
        raise self._no_operator(name, token)

    def _no_operator(self, name: Name, token: Token) -> FaultError:
        if token.kind == "end" or token.text in {"and", "or", ")"}:
            hint = f'compare it, {name.text()} == "...", or ask {name.text()} exists'
            return self._fault(f"`{name.text()}` is not compared with anything", hint=hint)
        meant = _SYNONYMS.get(token.text) or nearest(token.text, OPERATORS)
        known = "the operators are " + " ".join(OPERATORS)
        hint = f"did you mean `{meant}`? {known}" if meant else known
        return self._fault(f"an operator is expected, not {ticked(token.text)}", hint=hint)

    def _name(self) -> Name:
        token = self._take()
        if token.kind == "end":
            raise self._fault(
                "the condition ends where a comparison is expected",
                hint='for example: metadata.tier == "pro"',
                at=token,
            )
        if token.kind != "name":
            hint = (
                'put the name on the left: metadata.tier == "pro"'
                if token.kind in {"string", "number"}
                else ""
            )
            raise self._fault(f"a name is expected, not {ticked(token.text)}", hint=hint, at=token)
        if token.text in _KEYWORDS:
            hint = "write NAME exists" if token.text == "exists" else 'for example: metadata.tier == "pro"'
            raise self._fault(f"a name is expected, not {ticked(token.text)}", hint=hint, at=token)
        name = read_name(token.text)
        if isinstance(name, Misnamed):
            raise self._fault(name.message, hint=name.hint, at=token)
        return name

    def _list(self, operator: Token) -> tuple[Value, ...]:
        if self._now().text != "[":
            raise self._fault(
                "a list is expected", hint='write in ["a", "b"]; a part of a text is `contains`'
            )
        opening = self._take()
        values: list[Value] = []
        while self._now().text != "]":
            values.append(self._value(operator))
            if self._now().text == ",":
                self._position += 1
            elif self._now().text != "]":
                raise self._fault("`,` or `]` is expected in this list", hint='write ["a", "b"]')
        if not values:
            raise self._fault("the list is empty", hint="nothing is in it: name the values", at=opening)
        self._position += 1
        return tuple(values)

    def _value(self, operator: Token) -> Value:
        token = self._take()
        value = self._literal(token)
        if operator.text == "matches":
            self._check_pattern(value, token)
        if operator.text in _ORDER and not isinstance(value, Number):
            raise self._fault(
                f"`{operator.text}` compares numbers", hint=f"write a number: {operator.text} 10", at=token
            )
        if operator.text in _TEXT_OPERATORS and isinstance(value, Text) and not value.value:
            raise self._fault(
                f"every text `{operator.text}` an empty one", hint="write the text to look for", at=token
            )
        return value

    def _literal(self, token: Token) -> Value:
        if token.kind == "string":
            return Text(token.value)
        if token.kind == "number":
            number = Number(token.text)
            if not math.isfinite(number.value):
                raise self._fault("the number is too large", hint="quote it: compare it as text", at=token)
            return number
        if token.text in {"true", "false"}:
            return Flag(token.text == "true")
        if token.kind == "end":
            raise self._fault(
                "a value is expected after the operator",
                hint=f'a "text", a number, true or false; {YAML_HINT}',
                at=token,
            )
        raise self._fault(f"a value is expected, not {ticked(token.text)}", hint=_value_hint(token), at=token)

    def _check_pattern(self, value: Value, token: Token) -> None:
        if not isinstance(value, Text):
            raise self._fault("`matches` wants a regex in quotes", hint='write matches "^gpt-4"', at=token)
        pattern = compile_pattern(value.value)
        if isinstance(pattern, str):
            hint = "the syntax is RE2's: no look-around and no back-references"
            raise self._fault(f"the regex is not valid: {pattern}", hint=hint, at=token)
        self.patterns[value.value] = pattern

    def _joint_hint(self) -> str:
        meant = nearest(self._now().text.lower(), ("and", "or")) if self._now().kind == "name" else ""
        return (
            f"did you mean `{meant}`?"
            if meant
            else YAML_HINT
            if self._now().kind == "end"
            else "join comparisons with `and` or `or`"
        )


def _value_hint(token: Token) -> str:
    word = token.text
    if word in _CONSTANTS:
        return f"did you mean {_CONSTANTS[word]}?"
    if word in _NOTHING:
        return "ask whether it is there: `not NAME exists`"
    if word == "[":
        return 'a list goes with `in`: NAME in ["a", "b"]'
    if token.kind == "name":
        return f'quote the text: "{word}"'
    return 'a "text", a number, true or false'
