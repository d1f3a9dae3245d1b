"""The command that does the same."""

import shlex

from aigw_dev.tui.routes import cli_words

FLOW = {"if": "stream", "then": {"send": "a/b"}, "else": {"send": "c/d"}}


def test_a_flow_of_one_model_is_said_by_its_name() -> None:
    tree = {"description": "it's mine", "flow": {"send": "a/b"}}
    assert shlex.split(cli_words.add("x", tree)) == [
        "aigw-dev", "routes", "add", "x", "--send", "a/b", "--description", "it's mine", "--draft",
    ]  # fmt: skip


def test_any_other_flow_is_json_in_one_word() -> None:
    words = shlex.split(cli_words.edit_flow("x", {"flow": FLOW}))
    assert words[:5] == ["aigw-dev", "routes", "edit", "x", "--flow"]
    assert words[5] == '{"if":"stream","then":{"send":"a/b"},"else":{"send":"c/d"}}'


def test_settings_are_said_by_the_option_there_is() -> None:
    old = {"flow": FLOW}
    assert cli_words.edit_settings("x", {"description": "d", "flow": FLOW}, old).endswith(
        "--description d --draft"
    )
    assert '"models":["m"]' in cli_words.edit_settings("x", {"models": ["m"], "flow": FLOW}, old)


def test_the_others_say_what_was_done() -> None:
    assert cli_words.rename("a", "b") == "aigw-dev routes rename a b --draft"
    assert cli_words.remove("a") == "aigw-dev routes remove a --draft"
    assert cli_words.deploy("") == "aigw-dev routes deploy"
    assert cli_words.rollback(7) == "aigw-dev routes rollback 7"
    assert (
        cli_words.deploy("why", ["a", "b c"]) == "aigw-dev routes deploy --route a --route 'b c' --note why"
    )
    assert cli_words.rollback(7, ["a"]) == "aigw-dev routes rollback 7 --route a"
    assert cli_words.rollback(7, ["a", "b"]).endswith(" && aigw-dev routes rollback 7 --route b")
    assert cli_words.explain("a", ["--metadata", "k=v w"]) == "aigw-dev routes explain a --metadata 'k=v w'"
    assert cli_words.explain("a", [], is_draft=True) == "aigw-dev routes explain a --draft"
