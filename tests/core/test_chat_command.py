"""The command that is shown sends what was sent."""

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.cli import pairs
from aigw_dev.core import panel
from aigw_dev.core.chat_command import chat_command

HOSTILE = 'it\'s $HOME `id` "quoted" \\ !! \n\x1b[31m\u202e %s'
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBERS = st.fixed_dictionaries(
    {},
    optional={
        "max_tokens": st.integers(-5, 9000) | st.booleans() | st.floats(0, 5),
        "top_p": st.floats(-1, 2) | st.just("x"),
        "temperature": st.sampled_from([0, 1, 1.0, 0.5, 3, None]),
        "stream": st.booleans() | st.just("yes"),
        "seed": st.integers(),
        "stop": st.lists(TEXTS, max_size=2),
    },
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXTS}),
    max_size=3,
)
FLAGS = {"--max-tokens", "--top-p", "--temperature", "--system", "--param", "--metadata"}


def sent_by(command: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body and metadata that the command line stands for, read as `aigw-dev chat` reads it."""
    words = shlex.split(command)
    assert words[:2] == ["aigw-dev", "chat"]
    flags: dict[str, list[str]] = {}
    rest: list[str] = []
    at = 2
    while at < len(words):
        if words[at] == "--":
            rest += words[at + 1 :]
            break
        if words[at] in FLAGS:
            flags.setdefault(words[at], []).append(words[at + 1])
            at += 1
        elif words[at].startswith("--"):
            flags[words[at]] = []
        else:
            rest.append(words[at])
        at += 1
    model, prompt = rest
    numbers: dict[str, Any] = {}
    for name, parameter in panel.PARAMETERS.items():
        numbers[name] = panel.read_number(name, flags.get(parameter.flag, [str(parameter.default)])[0])
    made = panel.build_chat_body(
        model,
        [{"role": "user", "content": prompt}],
        settings=panel.PanelSettings(
            system=flags.get("--system", [""])[0], stream="--no-stream" not in flags, **numbers
        ),
        params=pairs.read_params(flags.get("--param", [])),
        has_limits="--no-limits" not in flags,
    )
    assert isinstance(made, dict), made
    return made, pairs.read_metadata(flags.get("--metadata", []))


@given(MESSAGES, NUMBERS, st.dictionaries(st.text(max_size=5), TEXTS, max_size=2) | st.none())
def test_the_command_sends_the_very_body(
    messages: list[dict[str, Any]], more: dict[str, Any], metadata: dict[str, str] | None
) -> None:
    body = {"model": "mock/echo", "messages": messages, **more}
    made, carried = sent_by(chat_command(body, metadata))
    assert made == {name: value for name, value in body.items() if (name, value) != ("stream", False)}
    assert carried == (metadata or {})


def test_a_plain_prompt_reads_as_one_would_type_it() -> None:
    body = {
        "model": "qwen/qwen3-max",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "max_tokens": 1024,
        "top_p": 0.95,
        "temperature": 0.2,
        "stream": True,
    }
    assert (
        chat_command(body, {"tier": "pro"}) == "aigw-dev chat --temperature 0.2 --system 'Be brief.' "
        """--metadata '{"tier":"pro"}' qwen/qwen3-max 'Why?'"""
    )


@pytest.mark.parametrize("prompt", ["-", "--help", "", " ", HOSTILE, "\t"])
def test_a_prompt_that_a_command_line_would_take_for_something_else_still_arrives(prompt: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "stream": True}
    command = chat_command(body)
    assert sent_by(command)[0] == body
    assert "\x1b" not in command


@pytest.mark.parametrize(
    "body", [{}, {"model": 5}, {"model": "a\x1b"}, {"model": "m", "a=b": 1}, {"model": "m", " a": 1}]
)
def test_what_the_command_cannot_say_has_none(body: dict[str, Any]) -> None:
    assert chat_command(body) == ""


def test_messages_that_are_no_list_travel_as_they_are() -> None:
    assert sent_by(chat_command({"model": "m", "messages": "x", "stream": True}))[0]["messages"] == "x"
    assert sent_by(chat_command({"model": "m", "messages": [1], "stream": True}))[0]["messages"] == [1]
