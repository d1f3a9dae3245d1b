import pytest

from aigw_dev.config_file.edit import is_same
from aigw_dev.config_file.yaml_scalars import UnfitError, plain_value


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_null(word: str) -> None:
    assert plain_value(word) is None


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("True", True), ("FALSE", False), ("0", 0), ("-12", -12), ("+3", 3), ("007", 7), ("0o17", 15), ("0xfF", 255), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("-1e3", -1000.0), ("1E-2", 0.01), ("9" * 40, int("9" * 40))],
)  # fmt: skip
def test_booleans_and_numbers(word: str, value: object) -> None:
    assert is_same(plain_value(word), value)


@pytest.mark.parametrize("word", ["no", "on", "yes", "y", "tRUE", "nULL", "0b1", "1_000", "12:30", "1.2.3", "e5", ".", "-", "0o8", "0x", "٣", "14d", "=", "<<"])  # fmt: skip
def test_anything_else_is_itself(word: str) -> None:
    assert plain_value(word) == word


@pytest.mark.parametrize(
    "word", [".inf", "-.Inf", ".NAN", "1e999", "-1e999", "9" * 41, "0." + "1" * 40, "0x" + "f" * 40]
)
def test_what_json_cannot_carry_is_unfit(word: str) -> None:
    with pytest.raises(UnfitError):
        plain_value(word)
