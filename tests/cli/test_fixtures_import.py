"""`fixtures import`: recordings of other tools, with counts and what could not be taken."""

import json
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.fixtures_import import Source, fixtures_import
from aigw_dev.core.recording.importing import IMPORTERS
from aigw_dev.fixture_files.library import Library
from tests.fixture_files.test_importing import SECRET, cassette, saved

CONTEXT = Context(environ={"MY_API_KEY": SECRET})


def test_every_format_that_is_read_can_be_named() -> None:
    assert [each.value for each in Source] == list(IMPORTERS)


def test_recordings_are_written_redacted_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(tmp_path / "in/one.yaml", cassette(f"Your key is {SECRET}"))
    saved(tmp_path / "in/two.yaml", cassette(uri="https://example.com/health"))
    assert fixtures_import(CONTEXT, [tmp_path / "in"], to=tmp_path / "fx") == DONE
    shown = capsys.readouterr()
    assert f"{tmp_path / 'fx/one.aigw.json'}: 1 interaction(s) from vcrpy" in shown.out
    assert "two.yaml: no model call in it" in shown.err
    assert "left out" in shown.err
    assert "2 recording(s) imported, 1 interaction(s); 1 left out; 0 recording(s) failed" in shown.err
    assert SECRET.encode() not in Library(tmp_path / "fx").content("one")


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(tmp_path / "in/a.yaml", {"x": 1})
    (tmp_path / "in/b.yaml").write_text("a: !!python/object:os.system x\n", "utf-8")
    saved(tmp_path / "in/c.yaml", cassette())
    assert fixtures_import(CONTEXT, [tmp_path / "in"], to=tmp_path / "fx") == NOT_HELD
    assert capsys.readouterr().err.count("not imported: ") == 2
    as_json = Context(is_json=True, environ={})
    assert fixtures_import(as_json, [tmp_path / "in"], to=tmp_path / "fx", force=True) == NOT_HELD
    document = json.loads(capsys.readouterr().out)
    assert [each["interactions"] for each in document["imported"]] == [1]
    assert len(document["failed"]) == 2


def test_a_named_format_is_not_guessed(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.yaml", cassette())
    assert fixtures_import(CONTEXT, [file], to=tmp_path / "fx", source=Source.har) == NOT_HELD
    assert fixtures_import(CONTEXT, [file], to=tmp_path / "fx", source=Source.vcrpy) == DONE


def test_nothing_to_import_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing to import"):
        fixtures_import(CONTEXT, [tmp_path], to=tmp_path / "fx")
    with pytest.raises(CommandError, match="no such file"):
        fixtures_import(CONTEXT, [tmp_path / "none"], to=tmp_path / "fx")
    assert not (tmp_path / "fx").exists()
