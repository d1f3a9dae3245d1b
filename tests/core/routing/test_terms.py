"""A tree is written back as a person would write it."""

import pytest

from aigw_dev.core.routing.conditions import parse
from aigw_dev.core.routing.lexer import Fault
from aigw_dev.core.routing.terms import Number, Text, compares, format_term, format_value


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("metadata.a=='x'", 'metadata.a == "x"'),
        ("((stream)) and (not (has_tools))", "stream and not has_tools"),
        ("not(stream or has_tools)", "not (stream or has_tools)"),
        ("stream or (has_tools and has_images)", "stream or has_tools and has_images"),
        ("stream and (has_tools or has_images)", "stream and (has_tools or has_images)"),
        ("(stream or has_tools) or has_images", "(stream or has_tools) or has_images"),
        ("model in['a',1,true,]", 'model in ["a", 1, true]'),
        ("model not in ['a']", 'model not in ["a"]'),
        ("header.X-App exists", "header.x-app exists"),
        ("input_chars>1.50", "input_chars > 1.50"),
    ],
)
def test_the_plain_spelling(written: str, plain: str) -> None:
    condition = parse(written)
    assert not isinstance(condition, Fault)
    assert format_term(condition.root) == plain


def test_a_text_is_written_with_double_quotes_and_escapes() -> None:
    assert format_value(Text('a"b\\c\nd\x08\x0c\x01é')) == r'"a\"b\\c\nd\u0008\u000c\u0001é"'


def test_a_number_keeps_its_spelling_and_its_value() -> None:
    assert (Number("1.50").value, Number("-7").value, Number("2E3").value) == (1.5, -7, 2000.0)
    assert isinstance(Number("7").value, int)


def test_questions_come_from_left_to_right() -> None:
    condition = parse("not (stream or has_tools) and model exists")
    assert not isinstance(condition, Fault)
    assert [compare.name.text() for compare in compares(condition.root)] == ["stream", "has_tools", "model"]
