"""The golden matrix: every case is what it was accepted to be, and the SDK of whoever reads it takes it."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from aigw_dev.core.chat.vocabulary import ChatReply
from aigw_dev.core.dialects.codec import Outgoing
from tests import golden, translations
from tests.chat_laws import broken_laws
from tests.sdk_types import CALLERS, StreamFailed, check_request, said, said_in

pytest.importorskip("google.genai.types")
pytest.importorskip("botocore.session")

NAMES: Final = golden.names()
BUGS: Final = range(1, 22)
ONLY_WHOLE: Final = {4: "a request", 5: "a request", 7: "a request", 8: "a request", 14: "counting has no stream", 15: "a request", 19: "a request", 20: "a header of the request"}  # fmt: skip
"""Bugs of requests: these are written alike whether the reply streams."""


def test_there_are_cases() -> None:
    assert len(NAMES) >= 80


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_as_it_was_accepted(name: str) -> None:
    found = golden.difference(name)
    assert not found, f"python -m tests.golden --update {name}, if this is better:\n{found}"


@pytest.mark.parametrize("name", NAMES)
def test_what_providers_get_fits_their_sdks(name: str) -> None:
    case = golden.load(name)
    for source, given in case.get("requests", {}).items():
        for target, accepted in case["golden"]["requests"][source].items():
            if "refused" not in accepted:
                check_request(target, golden.inexact(accepted["body"]), path=accepted["path"])
                written, _ledger = golden.outgoing(case, source, given, target)
                assert isinstance(written, Outgoing)
                assert written.body == golden.inexact(accepted["body"]), "the file loses no byte"


@pytest.mark.parametrize("name", NAMES)
def test_what_callers_get_fits_their_sdks_and_means_the_same(name: str) -> None:
    case = golden.load(name)
    for provider, body in case.get("replies", {}).items():
        reply = translations.read_reply(provider, golden.inexact(body))
        for caller, accepted in case["golden"]["replies"][provider].items():
            if not isinstance(reply, ChatReply):
                assert accepted["error"]["message"]
                continue
            wanted = translations.expected(caller, reply)
            found = said(caller, golden.inexact(accepted["body"]))
            _agree(case, wanted, found, accepted, caller)


@pytest.mark.parametrize("name", NAMES)
def test_what_callers_hear_fits_their_sdks_and_means_the_same(name: str) -> None:
    case = golden.load(name)
    for provider in case.get("streams", {}):
        stream = golden.given_stream(case, provider)
        events = translations.events_in(provider, stream)
        assert broken_laws(events) == []
        assert translations.events_in(provider, stream, 1) == events, "the same wherever the bytes are cut"
        reply = translations.reply_in(provider, events)
        for caller, accepted in case["golden"]["streams"][provider].items():
            told = golden.golden_stream(caller, accepted["events"])
            assert (
                told
                == translations.write_stream(
                    caller,
                    events,
                    translations.context(caller, case.get("asked", {}).get(caller), is_stream=True),
                )[0]
            )
            if not isinstance(reply, ChatReply):
                with pytest.raises(StreamFailed) as failed:
                    said_in(caller, told)
                assert str(failed.value) == reply.message
                continue
            _agree(case, translations.expected(caller, reply), said_in(caller, told), accepted, caller)


def _agree(case: Any, wanted: Any, found: Any, accepted: Any, caller: str) -> None:
    """The meaning is kept, but for names that were cut for the provider and are the caller's own again."""
    ledger = translations.Ledger()
    for field, how in accepted.get("ledger", {}).get("invented", {}).items():
        ledger.invented(field, how)
    different = translations.differences(wanted, found, ledger)
    if case.get("asked", {}).get(caller, {}).get("tools"):
        different = [one for one in different if not one.startswith("calls")]
    assert different == []


def test_every_bug_of_the_field_has_its_case_streamed_and_whole() -> None:
    whole: set[int] = set()
    streamed: set[int] = set()
    for name in NAMES:
        case = golden.load(name)
        bugs = set(case.get("bugs", ()))
        whole |= bugs if case.get("requests") or case.get("replies") else set()
        streamed |= bugs if case.get("streams") else set()
    assert whole >= set(BUGS)
    assert streamed >= set(BUGS) - set(ONLY_WHOLE)


def test_every_dialect_is_in_the_matrix_on_both_sides() -> None:
    pairs: set[tuple[str, str, str]] = set()
    for name in NAMES:
        for kind, rows in golden.load(name)["golden"].items():
            pairs |= {(kind, source, target) for source, row in rows.items() for target in row}
    wanted = {(kind, one, other) for kind in ("replies", "streams") for one in translations.MODELS for other in CALLERS if one != other}  # fmt: skip
    wanted |= {("requests", one, other) for one in CALLERS for other in translations.MODELS if one != other}
    assert pairs >= wanted


def test_the_tool_shows_and_writes_differences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = golden.load("text")
    case["golden"]["requests"]["openai-chat"]["anthropic-messages"]["body"]["max_tokens"] = 1
    (tmp_path / "text.json").write_text(json.dumps(case), "utf-8")
    monkeypatch.setattr(golden, "CASES", tmp_path)
    assert '"max_tokens": 1' in golden.difference("text")
    assert golden.update("text")
    assert golden.difference("text") == ""
