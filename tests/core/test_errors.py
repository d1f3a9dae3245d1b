"""The table of error codes is whole: every code raised is in it, and every row helps."""

import ast
import re
from pathlib import Path

import pytest

from aigw_dev.core import errors
from aigw_dev.core.errors import CODES, GatewayError, UpstreamError

PACKAGE = Path(errors.__file__).resolve().parent.parent
KINDS = [
    GatewayError,
    *(kind for kind in GatewayError.__subclasses__() if kind.__module__ == GatewayError.__module__),
]


@pytest.mark.parametrize("code", CODES)
def test_a_row_says_what_it_means_and_how_to_mend_it(code: str) -> None:
    row = CODES[code]
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", code)
    assert row.status == 0 or 400 <= row.status <= 599
    for text in (row.meaning, row.remedy):
        assert text.strip() == text
        assert text.endswith(".")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_exception_has_a_code_of_the_table(kind: type[GatewayError]) -> None:
    assert kind("what happened").code in CODES


def test_every_code_named_in_the_program_is_in_the_table() -> None:
    named = {
        (module.name, keyword.value.value)
        for module in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2].endswith(("Error", "Refusal"))
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert named
    assert {(module, code) for module, code in named if code not in CODES} == set()


def test_an_error_keeps_its_message_hint_and_code() -> None:
    failure = GatewayError("the disk is full", code="store_unavailable", hint="make room")
    assert (str(failure), failure.message, failure.code, failure.hint) == (
        "the disk is full",
        "the disk is full",
        "store_unavailable",
        "make room",
    )


def test_an_upstream_error_says_whether_anything_was_sent() -> None:
    assert UpstreamError("reset", code="upstream_reset").is_sent
    assert not UpstreamError("refused", code="connect_failed", is_sent=False).is_sent
