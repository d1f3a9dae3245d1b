"""Recordings of other tools become fixtures: named by their files, redacted, whole with their blobs."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.redaction import Redactor
from aigw_dev.fixture_files.importing import import_into, read_document, sources
from aigw_dev.fixture_files.library import Library
from aigw_dev.fixture_files.limits import FixtureFileError

SECRET = "tok-planted-0123456789"


def cassette(
    answer: str = "Paris.", *, uri: str = "https://api.openai.com/v1/chat/completions"
) -> dict[str, Any]:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Capital of France?"}]}
    reply = {
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}}],
    }
    return {
        "version": 1,
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": uri,
                    "body": json.dumps(body),
                    "headers": {"Authorization": [f"Bearer {SECRET}"], "Content-Type": ["application/json"]},
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {"Content-Type": ["application/json"]},
                    "body": {"string": json.dumps(reply).encode()},
                },
            }
        ],
    }


def saved(path: Path, document: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document), "utf-8")
    return path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "fx")


REDACTOR = Redactor([SECRET])


def test_a_cassette_becomes_a_fixture_of_its_name(library: Library, tmp_path: Path) -> None:
    (source,) = sources([saved(tmp_path / "test_capital.yaml", cassette())])
    done = import_into(library, source, redactor=REDACTOR)
    assert (done.source, done.interactions, done.skipped) == ("vcrpy", 1, [])
    one = library.read("test_capital").interactions[0]
    assert one.key.startswith("k1:")
    assert one.summary == {"text": "Paris."}
    assert one.attempts[0].upstream == "openai/gpt-4o-mini"
    assert SECRET.encode() not in library.content("test_capital")


def test_what_still_holds_a_secret_is_masked_or_not_written(library: Library, tmp_path: Path) -> None:
    (source,) = sources([saved(tmp_path / "a.yaml", cassette(f"Your key is {SECRET}"))])
    import_into(library, source, redactor=REDACTOR)
    assert SECRET.encode() not in library.content("a")

    class Blind(Redactor):
        def clean(self, fixture: Any) -> Any:
            return fixture

    with pytest.raises(FixtureFileError) as refused:
        import_into(library, source, redactor=Blind([SECRET]), is_forced=True)
    assert refused.value.code == "fixture_unsafe"


def test_a_fixture_that_is_there_is_replaced_only_by_force(library: Library, tmp_path: Path) -> None:
    (source,) = sources([saved(tmp_path / "a.yaml", cassette())])
    import_into(library, source, redactor=REDACTOR)
    with pytest.raises(FixtureFileError, match="there is a fixture of this name"):
        import_into(library, source, redactor=REDACTOR)
    saved(source.path, cassette("Rome."))
    import_into(library, source, redactor=REDACTOR, is_forced=True)
    assert b"Rome." in library.content("a")


def test_a_call_to_no_model_is_left_out_and_told(library: Library, tmp_path: Path) -> None:
    (source,) = sources([saved(tmp_path / "a.yaml", cassette(uri="https://example.com/health"))])
    done = import_into(library, source, redactor=REDACTOR)
    assert done.written == []
    assert len(done.skipped) == 1
    assert library.names() == []


def test_a_recording_of_no_known_format_names_its_file(library: Library, tmp_path: Path) -> None:
    (source,) = sources([saved(tmp_path / "a.yaml", {"hello": 1})])
    with pytest.raises(FixtureFileError, match=r"a\.yaml: .*can be imported"):
        import_into(library, source, redactor=REDACTOR)
    with pytest.raises(FixtureFileError, match=r"a\.yaml"):
        import_into(library, source, redactor=REDACTOR, kind="har")


def test_files_of_a_folder_keep_their_places(tmp_path: Path) -> None:
    for name in ("test_a/one.yaml", "test_b/one.yaml", "test_b/one.json", "notes.txt", "x.aigw.json"):
        saved(tmp_path / "cassettes" / name, cassette())
    found = sources([tmp_path / "cassettes", tmp_path / "cassettes/test_a/one.yaml"])
    assert sorted(each.name for each in found) == ["test_a/one", "test_b/one", "test_b/one-yaml"]
    with pytest.raises(FixtureFileError, match="no such file"):
        sources([tmp_path / "none.yaml"])
    (tmp_path / "empty").mkdir()
    assert sources([tmp_path / "empty"]) == []


def test_a_document_is_json_or_yaml_by_its_beginning() -> None:
    assert read_document(b'\xef\xbb\xbf {"a": 1}') == {"a": 1}
    assert read_document(b"a: 1") == {"a": 1}
    for hostile in (b"[" * 100_000, b"a: !!python/object:os.system x"):
        with pytest.raises(FixtureError):
            read_document(hostile)


def test_every_recorded_cassette_is_imported_and_checks_out(library: Library, vectors: Path) -> None:
    listed = sources([vectors / "envoy-ai-gateway/testopenai/cassettes"])
    done = [import_into(library, each, redactor=REDACTOR) for each in listed]
    assert len(done) > 30
    assert sum(each.interactions for each in done) == sum(
        len(library.read(name).interactions) for name in library.names()
    )
    for name in library.names():
        assert library.render(library.read(name)).content == library.content(name)
