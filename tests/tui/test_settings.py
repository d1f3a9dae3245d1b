"""tui.yaml."""

from pathlib import Path

from aigw_dev.tui.settings import Settings, parse_settings, read_settings


def test_a_missing_file_is_the_defaults(tmp_path: Path) -> None:
    told = read_settings(tmp_path / "tui.yaml")
    assert told.settings == Settings()
    assert told.problems == ()


def test_every_setting_is_read() -> None:
    told = parse_settings(
        "theme: nord\nascii: true\nmouse: false\nkeymap: {routes.flip: X}\nlog_columns: [time, status]\n", "t"
    )
    assert told.problems == ()
    assert told.settings == Settings(
        theme="nord", ascii=True, mouse=False, keymap={"routes.flip": "X"}, log_columns=("time", "status")
    )


def test_a_wrong_key_is_named_with_its_line_and_the_others_hold() -> None:
    told = parse_settings("theme: nord\ncolour: red\nascii: 3\n", "tui.yaml")
    assert told.settings.theme == "nord"
    assert [problem.split(" ")[0] for problem in told.problems] == ["tui.yaml:2:", "tui.yaml:3:"]


def test_yaml_that_cannot_be_read_is_said_with_its_line() -> None:
    told = parse_settings("theme: [\n", "tui.yaml")
    assert told.settings == Settings()
    assert told.problems[0].startswith("tui.yaml:")
    assert parse_settings("- a\n", "tui.yaml").problems


def test_an_empty_file_is_the_defaults() -> None:
    assert parse_settings("", "t").problems == ()


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "tui.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in read_settings(path).problems[0]
