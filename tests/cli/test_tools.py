"""The table of tools: who is who, and what each row may say."""

import re
from pathlib import Path

import pytest

from aigw_dev.cli import tools, tools_files, tools_run, variables
from aigw_dev.cli.exits import CommandError

AGENTS_PAGE = Path(__file__).parents[2] / "docs" / "agents.md"


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("claude", "claude-code"),
        ("/usr/local/bin/codex", "codex"),
        ("C:\\Users\\me\\AppData\\Roaming\\npm\\Gemini.CMD", "gemini-cli"),
        ("aider.exe", "aider"),
        ("./node_modules/.bin/opencode", "opencode"),
    ],
)
def test_a_tool_is_known_by_the_name_of_its_program(program: str, name: str) -> None:
    found = tools.of_program(program)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("program", ["python", "claude2", "aider/python", "", "/", "openai"])
def test_any_other_program_is_no_tool(program: str) -> None:
    assert tools.of_program(program) is None


def test_a_name_not_known_names_near_ones_and_all() -> None:
    with pytest.raises(CommandError) as caught:
        tools.named("opencod")
    assert "Did you mean opencode?" in caught.value.hint
    assert all(name in caught.value.hint for name in tools.NAMES)
    assert tools.named("Claude").name == "claude-code"


@pytest.mark.parametrize("tool", tools.TOOLS, ids=lambda tool: tool.name)
def test_a_row_names_what_there_is(tool: tools.Tool) -> None:
    assert set(tool.dialects) <= set(variables.DIALECTS)
    known = {
        *variables.OWN,
        *(name for one in variables.DIALECTS.values() for name, _ in one.urls),
        *(name for one in variables.DIALECTS.values() for name in (*one.keys, one.headers)),
    }
    assert set(tool.reads) <= known
    assert not tool.file or tool.file in tools_files.FILES
    assert set(tool.keys) <= tools.SECRET


def test_every_addition_belongs_to_a_row_and_every_file_too() -> None:
    assert set(tools_run.ADDITIONS) <= set(tools.NAMES)
    assert set(tools_files.FILES) == {tool.file for tool in tools.TOOLS if tool.file}


@pytest.mark.parametrize("model", ["qwen/qwen3-max", "openai/qwen/qwen3-max"])
def test_aider_is_told_by_which_protocol_it_calls(model: str) -> None:
    assert tools.named("aider").model_variables(model)["AIDER_MODEL"] == "openai/qwen/qwen3-max"
    assert tools.named("gemini-cli").model_variables(model) == {"GEMINI_MODEL": model}


@pytest.mark.parametrize("tool", tools.TOOLS, ids=lambda tool: tool.name)
def test_the_docs_know_every_tool(tool: tools.Tool) -> None:
    assert re.search(rf"`{tool.name}`", AGENTS_PAGE.read_text("utf-8"))
