import hashlib
import os
import time
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.config_file.ownership import own_number
from aigw_dev.config_file.read import Loaded, digest_of, parse_text, read
from aigw_dev.core import default_config
from aigw_dev.core.config_check import Rules
from aigw_dev.core.providers import KINDS

CONFIGS: Final = Path(__file__).resolve().parents[2] / "fixtures" / "configs"
RULES: Final = Rules(
    kinds=tuple(KINDS),
    needs_base_url={name: kind.base_url_example for name, kind in KINDS.items() if kind.needs_base_url},
)
KEY: Final = "sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv"


def write(folder: Path, text: str | bytes, overlay: str | None = None) -> Path:
    path = folder / "aigw-dev.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if overlay is not None:
        (folder / "aigw-dev.local.yaml").write_bytes(overlay.encode())
    return path


def said(loaded: Loaded) -> list[str]:
    return [
        f"{Path(problem.file).name}:{problem.line}:{problem.column} {problem.message}"
        for problem in loaded.problems
    ]


@pytest.mark.parametrize("path", sorted((CONFIGS / "good").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_good_example_is_read_without_a_word(path: Path) -> None:
    loaded = read(path, rules=default_config.rules())
    assert loaded.problems == []
    assert loaded.config is not None


@pytest.mark.parametrize("path", sorted((CONFIGS / "bad").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bad_example_is_told_what_is_wrong(path: Path) -> None:
    """The expected text beside each file is what `aigw-dev config check` says; read it when it changes."""
    loaded = parse_text(path.read_text(encoding="utf-8"), rules=RULES, file=path.name)
    assert loaded.config is None
    text = "".join(f"{problem.severity}: {problem.text()}\n" for problem in loaded.problems)
    assert text == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_expectation_has_its_config() -> None:
    assert {path.stem for path in (CONFIGS / "bad").glob("*.txt")} == {
        path.stem for path in (CONFIGS / "bad").glob("*.yaml")
    }


def test_a_file_is_read_whole_with_its_digest(tmp_path: Path) -> None:
    text = "\ufeffversion: 1\r\nproviders: {openai: {}}  # é\r\n"
    loaded = read(write(tmp_path, text), rules=RULES)
    assert (loaded.text, loaded.problems, loaded.overlay_path) == (text, [], None)
    assert (
        loaded.digest
        == hashlib.sha256(text.encode()).hexdigest()
        == digest_of(text)
        == loaded.combined_digest
    )
    assert loaded.tree == {"version": 1, "providers": {"openai": {}}}
    assert loaded.path == tmp_path / "aigw-dev.yaml"


def test_problems_name_file_line_and_column_in_file_order(tmp_path: Path) -> None:
    loaded = read(write(tmp_path, "logging:\n  keep: x\ngateway:\n  port: y\nprovidrs: {}\n"), rules=RULES)
    assert loaded.config is None
    assert said(loaded) == [
        'aigw-dev.yaml:2:3 "x" is not a duration',
        'aigw-dev.yaml:4:3 "y" is not a whole number',
        'aigw-dev.yaml:5:1 the config has no key "providrs"',
    ]


def test_files_below_the_working_directory_are_named_shortly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "x: 1")
    assert read(path, rules=RULES).problems[0].file == str(path)
    monkeypatch.chdir(tmp_path)
    assert read(path, rules=RULES).problems[0].file == "aigw-dev.yaml"


# the local overlay


def test_the_overlay_is_merged_over_the_file(tmp_path: Path) -> None:
    text = "gateway: {name: a, port: 1}\nproviders: {openai: {models: [x, y]}, groq: {}}\n"
    loaded = read(
        write(tmp_path, text, "gateway: {port: 2}\nproviders: {openai: {models: [z]}, groq: }\n"), rules=RULES
    )
    assert loaded.problems == []
    assert loaded.tree == {"gateway": {"name": "a", "port": 2}, "providers": {"openai": {"models": ["z"]}}}
    assert loaded.config is not None
    assert (loaded.config.gateway.name, loaded.config.gateway.port) == ("a", 2)
    assert loaded.overlay_path == tmp_path / "aigw-dev.local.yaml"
    assert loaded.digest == digest_of(text)
    assert loaded.combined_digest not in {loaded.digest, ""}


def test_both_files_count_in_the_combined_digest(tmp_path: Path) -> None:
    path = write(tmp_path, "version: 1\n", "gateway: {port: 1}\n")
    before = read(path, rules=RULES)
    write(tmp_path, "version: 1\n", "gateway: {port: 2}\n")
    after = read(path, rules=RULES)
    assert before.digest == after.digest
    assert before.combined_digest != after.combined_digest


def test_a_problem_names_the_file_it_stands_in(tmp_path: Path) -> None:
    text = "gateway:\n  port: x\n  host: http://x\nproviders:\n  openai: {zzz: 1}\n"
    overlay = "# mine\ngateway:\n  port: y\nproviders:\n  openai:\n    yyy: 2\n"
    assert said(read(write(tmp_path, text, overlay), rules=RULES)) == [
        'aigw-dev.yaml:3:3 "http://x" is a URL; write the host alone',
        'aigw-dev.yaml:5:12 `providers.openai` has no key "zzz"',
        'aigw-dev.local.yaml:3:3 "y" is not a whole number',
        'aigw-dev.local.yaml:6:5 `providers.openai` has no key "yyy"',
    ]


def test_an_empty_value_with_nothing_to_delete_is_a_warning(tmp_path: Path) -> None:
    loaded = read(write(tmp_path, "version: 1\n", "providers:\n  groq:\n"), rules=RULES)
    assert loaded.config is not None
    assert said(loaded) == ["aigw-dev.local.yaml:2:3 `groq` is empty and there is nothing to delete"]
    assert loaded.warnings == loaded.problems
    assert loaded.errors == []


def test_an_overlay_that_cannot_be_read_keeps_the_config_from_being_used(tmp_path: Path) -> None:
    loaded = read(write(tmp_path, "version: 1\n", "a: &x 1\n"), rules=RULES)
    assert loaded.config is None
    assert said(loaded) == [
        "aigw-dev.local.yaml:1:4 an anchor (`&name`) stands here; a config repeats what it means"
    ]


def test_an_overlay_that_is_no_mapping_is_an_error(tmp_path: Path) -> None:
    loaded = read(write(tmp_path, "version: 1\n", "- x\n"), rules=RULES)
    assert loaded.config is None
    assert said(loaded) == ["aigw-dev.local.yaml:1:1 the overlay is not a mapping"]


def test_a_key_that_the_overlay_hides_is_refused_all_the_same(tmp_path: Path) -> None:
    text = f"providers:\n  openai:\n    keys: [{KEY}]\n"
    loaded = read(write(tmp_path, text, "providers: {openai: {keys: [a]}}\n"), rules=RULES)
    assert loaded.config is None
    assert [(Path(problem.file).name, problem.line) for problem in loaded.problems] == [("aigw-dev.yaml", 3)]
    other = read(write(tmp_path, "version: 1\n", text), rules=RULES)
    assert [(Path(problem.file).name, problem.line) for problem in other.problems] == [
        ("aigw-dev.local.yaml", 3)
    ]


def test_the_overlay_can_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "version: 1\n", "x: 1\n")
    assert read(path, rules=RULES, overlay=False).problems == []
    assert read(tmp_path / "aigw-dev.local.yaml", rules=RULES).overlay_path is None


@pytest.mark.parametrize(
    ("owner", "overlay_owner", "is_read"),
    [
        ("me", "me", True),
        ("me", "other", False),
        ("other", "other", True),
        ("other", "me", True),
        ("me", "third", False),
    ],
)
def test_an_overlay_is_read_where_it_is_ours_or_of_the_configs_owner(
    tmp_path: Path, owner: str, overlay_owner: str, is_read: bool
) -> None:
    path = write(tmp_path, "version: 1\n", "gateway: {port: 1}\n")
    numbers = {"me": own_number(), "other": 12345, "third": 12346}
    loaded = read(
        path, rules=RULES, owners=lambda file: frozenset({numbers[owner if file == path else overlay_owner]})
    )
    assert loaded.config is not None
    assert (loaded.config.gateway.port == 1) == is_read
    assert [problem.message.partition(" of ")[0] for problem in loaded.warnings] == (
        [] if is_read else ["this file belongs to another user"]
    )


def test_an_overlay_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, "version: 1\n")
    (tmp_path / "aigw-dev.local.yaml").symlink_to("gone")
    loaded = read(path, rules=RULES)
    assert loaded.config is None
    assert "there is no such file" in loaded.problems[0].message


# what is no config


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: \xff\n", "1:1 the file is not UTF-8 text"),
        (b"a: 1\nb: \xe9\n", "2:1 the file is not UTF-8 text"),
        ("a: 1".encode("utf-16"), "1:1 the file is UTF-16"),
        (b"\x7fELF\x02\x01\x00\x00", "1:1 the character U+007F stands here"),
        (b"a\x00b", "1:2 a NUL character stands here; this is not a text file"),
    ],
)
def test_what_is_not_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    loaded = read(write(tmp_path, content), rules=RULES)
    assert loaded.config is None
    assert said(loaded) == [f"aigw-dev.yaml:{message}"]
    assert loaded.digest == hashlib.sha256(content).hexdigest()
    assert loaded.document is None


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "aigw-dev.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    begin = time.perf_counter()
    loaded = read(path, rules=RULES)
    assert time.perf_counter() - begin < 0.5
    assert "256 KiB: it has 52,428,800 bytes" in loaded.problems[0].message


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a file that has no size and no end")
def test_a_device_is_never_read() -> None:
    assert "not a regular file" in read(Path("/dev/zero"), rules=RULES).problems[0].message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "aigw-dev.yaml")
    assert "not a regular file" in read(tmp_path / "aigw-dev.yaml", rules=RULES).problems[0].message


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    loaded = read(tmp_path / "x.yaml", rules=RULES)
    assert (loaded.config, loaded.text, loaded.digest) == (None, "", "")
    assert loaded.problems[0].message == "there is no such file"
    assert "this is a folder" in read(tmp_path, rules=RULES).problems[0].message
    assert "cannot be read" in read(Path("a\0b"), rules=RULES).problems[0].message


def test_a_text_is_checked_as_a_file_would_be() -> None:
    loaded = parse_text("gateway: {port: 1}", rules=RULES, overlay_text="gateway: {port: x}")
    assert said(loaded) == ['aigw-dev.local.yaml:1:11 "x" is not a whole number']
    assert parse_text("a: \ud800", rules=RULES).problems[0].message == "the file is not UTF-8 text"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    loaded = parse_text(content.decode("utf-8", "surrogateescape"), rules=default_config.rules())
    assert (loaded.config is None) == bool(loaded.errors)


@given(st.lists(st.sampled_from([*"\n\t :#-?*&!|>'\"%@`{}[],.01ax\\", "\n  ", "- ", ": ", "if: ", "routes:", "r:", "flow:", "send: a/b", "providers:", "openai: {}", "---\n"]), max_size=40))  # fmt: skip
def test_no_text_breaks_the_reader(parts: list[str]) -> None:
    loaded = parse_text("".join(parts), rules=default_config.rules())
    assert (loaded.config is None) == bool(loaded.errors)
    for problem in loaded.problems:
        assert problem.text()
        assert problem.line > 0
