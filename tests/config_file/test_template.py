from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.config_file.edit import set_value
from aigw_dev.config_file.read import parse_text
from aigw_dev.config_file.schema import SCHEMA_LINE
from aigw_dev.config_file.template import config_tree, default_text
from aigw_dev.core import default_config
from aigw_dev.core.config import Config, Gateway, Limits, Logging, Provider, Route

RULES: Final = default_config.rules()
FLOW: Final[Any] = {
    "if": 'metadata.title == "a: b"',
    "then": {"send": "openai/gpt-4o", "fallback": ["mock/echo"], "params": {"stop": ["\n"]}},
    "else": {"split": [{"weight": 1, "send": "mock/echo"}, {"weight": 2.5, "send": "openai/gpt-4o"}], "sticky": "request"},
}  # fmt: skip


def read_back(config: Config) -> Config | None:
    loaded = parse_text(default_text(config), rules=RULES)
    assert loaded.problems == []
    return loaded.config


@pytest.mark.parametrize(
    "config",
    [
        Config(),
        Config(gateway=Gateway(name="my app", notes="two\nlines\n", port=0, limits=Limits(json_mb=8))),
        Config(
            providers={"openai": Provider(), "qwen": Provider(keys=("a", "env:B"), headers={"x-a": "b: c"})}
        ),
        Config(providers={"openai": Provider(keys=(), models=(), timeout_ms=0, auth="none")}),
        Config(
            providers={"openai": Provider()},
            routes={"smart": Route(flow=FLOW, models=("*", "no"), metadata="optional")},
        ),
        Config(logging=Logging(keep_s=90, sample=0.5, record_request=False)),
    ],
)
def test_a_written_config_is_read_back_as_it_was(config: Config) -> None:
    assert read_back(config) == config


@given(
    st.builds(
        Gateway,
        name=st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" "), max_size=20),
        notes=st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
        port=st.none() | st.integers(0, 65_535),
        deploy=st.sampled_from(["auto", "manual"]),
    ),
    st.builds(
        Logging, keep_s=st.integers(1, 86_400 * 3_650), sample=st.floats(0, 1), max_mb=st.integers(1, 1_000)
    ),
)
def test_whatever_is_in_force_can_be_saved(gateway: Gateway, logging: Logging) -> None:
    config = Config(gateway=gateway, logging=logging, providers={"openai": Provider()})
    loaded = parse_text(default_text(config), rules=RULES)
    assert [problem for problem in loaded.problems if "key" not in problem.message] == []
    assert loaded.config == config or loaded.problems


def test_the_first_line_names_the_schema_and_no_host() -> None:
    text = default_text(Config())
    assert text.splitlines()[0] == SCHEMA_LINE
    assert "http" not in text


def test_defaults_are_left_out_and_empty_sections_are_shown_as_comments() -> None:
    text = default_text(Config(gateway=Gateway(name="my-app"), providers={"openai": Provider()}))
    assert (
        text
        == f"""\
{SCHEMA_LINE}
# For completion in editors: aigw-dev config schema > aigw-dev.schema.json
# Keys never stand here: `aigw-dev keys add PROVIDER` puts them into the OS keyring.
version: 1

gateway:
  name: my-app

providers:
  openai: {{}}

# A route is called as model dynamic/NAME, or by a name it claims.
# routes:
#   smart:
#     flow:
#       if: metadata.tier == "pro"
#       then: {{send: openai/gpt-4o, fallback: [mock/echo]}}
#       else: {{send: openai/gpt-4o-mini}}
"""
    )


def test_the_examples_in_the_comments_are_right() -> None:
    text = default_text(Config())
    begin = text.index("# providers:")
    shown = text[:begin] + "\n".join(
        line.removeprefix("# ") for line in text[begin:].splitlines() if "is called as" not in line
    )
    loaded = parse_text(shown, rules=RULES)
    assert loaded.problems == []
    assert loaded.config is not None
    assert set(loaded.config.routes) == {"smart"}


def test_a_first_edit_goes_below_the_template() -> None:
    text = default_text(Config(gateway=Gateway(name="x")))
    edited = set_value(text, ("providers", "openai"), {})
    assert edited.startswith(f"{SCHEMA_LINE}\n")
    assert parse_text(edited, rules=RULES).config == Config(
        gateway=Gateway(name="x"), providers={"openai": Provider()}
    )


def test_the_tree_holds_what_a_file_would() -> None:
    assert config_tree(Config(logging=Logging(keep_s=3_600), providers={"a": Provider(keys=("k",))})) == {
        "version": 1,
        "providers": {"a": {"keys": ["k"]}},
        "logging": {"keep": "1h"},
    }
