"""Keys that lie around are found by their usual variable; a .env file is read and never run."""

from pathlib import Path

import pytest

from aigw_dev.secrets.found_keys import find_keys, read_dotenv


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A=b", "b"),
        ("A = 'b c' # said", "b c"),
        ('A="b#c"', "b#c"),
        ("A=b # said", "b"),
        ("A=b#c", "b#c"),
        ("A=$(rm -rf /)", "$(rm -rf /)"),
        ("A=", ""),
        ("A='open", "'open"),
    ],
)
def test_a_line_means_what_shells_make_of_it(tmp_path: Path, line: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# first\n\nnonsense\n{line}\n")
    assert read_dotenv(file) == {"A": value}


def test_no_file_is_no_assignment(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env") == {}


def test_usual_variables_with_usable_keys_are_found_once(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OPENAI_API_KEY=sk-proj-one1two2three\nGROQ_API_KEY=gsk_one1two2three\n")
    env = {
        "OPENAI_API_KEY": '"sk-proj-one1two2three"',
        "MISTRAL_API_KEY": "aigwdev-abcdefghijklmnop",
        "DEEPSEEK_API_KEY": "your-key-here",
        "PATH": "/bin",
    }
    found = find_keys(env, file)
    assert [(one.variable, one.kinds) for one in found] == [
        ("GROQ_API_KEY", ("groq",)),
        ("OPENAI_API_KEY", ("openai",)),
    ]
    assert [one.place for one in found] == [str(file), "environment"]
    assert "one1two2" not in repr(found)
    assert [one.variable for one in find_keys(env, None)] == ["OPENAI_API_KEY"]


def test_a_folder_of_that_name_is_no_assignment(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert read_dotenv(tmp_path / ".env") == {}
