"""Recorded streams of every dialect, cut at every byte and anywhere: official SDKs hand out the same, event by event."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import anthropic
import httpx
import msgspec
import openai
import pytest
from google import genai
from google.genai import types

from aigw_dev.core.recording.fixture import Attempt, EventRow, Fixture, Interaction, Request, Response
from aigw_dev.fixture_files.library import Library
from tests.e2e.replayed import payloads
from tests.e2e.replaying import ReplayProcess

_VERCEL: Final = "vercel-ai"
_SAY: Final[Any] = [{"role": "user", "content": "hi"}]
CUTS: Final = ("kind=fixed;piece_bytes=1", "seed=1", "seed=2;piece_bytes=9")
"""Every boundary, and two draws."""


class Taped(msgspec.Struct, frozen=True):
    """A recorded stream as a fixture answers with it."""

    dialect: str
    path: str
    """Of the recording."""
    is_named: bool = False
    """Its events have names."""
    is_done: bool = False
    """It ends with [DONE]."""

    @property
    def model(self) -> str:
        return Path(self.path).name.partition(".")[0]


def _chat(name: str) -> Taped:
    return Taped("chat", f"{_VERCEL}/alibaba/src/alibaba-{name}.chunks.txt", is_done=True)


def _messages(name: str) -> Taped:
    return Taped("messages", f"{_VERCEL}/anthropic/src/anthropic-{name}.chunks.txt", is_named=True)


def _gemini(name: str) -> Taped:
    return Taped("gemini", f"{_VERCEL}/google/src/google-{name}.chunks.txt")


def _responses(name: str) -> Taped:
    return Taped("responses", f"{_VERCEL}/openai/src/responses/{name}.chunks.txt", is_named=True)


TAPES: Final = (
    *map(_chat, ("text", "reasoning", "tool-call")),
    *map(_messages, ("text", "json-tool.1", "web-search-tool.1", "refusal")),
    *map(_gemini, ("text", "reasoning", "tool-call")),
    *map(_responses, ("openai-web-search-tool.1", "openai-code-interpreter-tool.1", "openai-reasoning-encrypted-content.1")),
)  # fmt: skip
_OPS: Final = {
    "chat": ("openai.chat.completions", "openai"),
    "responses": ("openai.responses", "openai"),
    "messages": ("anthropic.messages", "anthropic"),
    "gemini": ("gemini.stream_generate_content", "gemini"),
}


def _asked(tape: Taped) -> dict[str, Any]:
    """What the SDK sends."""
    if tape.dialect == "chat":
        return {"model": tape.model, "messages": _SAY, "stream": True}
    if tape.dialect == "responses":
        return {"model": tape.model, "input": "hi", "stream": True}
    if tape.dialect == "messages":
        return {"model": tape.model, "max_tokens": 9, "messages": _SAY, "stream": True}
    return {"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}


def _interaction(tape: Taped, lines: list[str]) -> Interaction:
    op, provider = _OPS[tape.dialect]
    events = [
        EventRow(name=json.loads(line)["type"] if tape.is_named else None, data=json.loads(line))
        for line in lines
    ]
    if tape.is_done:
        events.append(EventRow(text="[DONE]"))
    path = f"models/{tape.model}" if tape.dialect == "gemini" else ""
    return Interaction(
        request=Request(op=op, body=_asked(tape), path=path),
        attempts=[Attempt(upstream=f"{provider}/{tape.model}", response=Response(events=events))],
        repeat="last",
    )


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vectors: Path) -> Iterator[ReplayProcess]:
    folder = tmp_path_factory.mktemp("chunks")
    made = [
        _interaction(tape, payloads(vectors, tape.path)) for tape in TAPES if (vectors / tape.path).is_file()
    ]
    Library(folder / "fx").write("t", Fixture(interactions=made, ignore=("headers.anthropic-version",)))
    with ReplayProcess(folder / "fx", cwd=folder) as started:
        yield started


def _heard(gateway: ReplayProcess, tape: Taped, fault: str) -> list[Any]:
    """Everything that the SDK hands out."""
    base = f"{gateway.url}/t/t"
    headers = {"x-aigw-fault": fault} if fault else {}
    asked: Any = _asked(tape)
    if tape.dialect == "messages":
        with anthropic.Anthropic(base_url=f"{base}/anthropic", api_key="k", max_retries=0) as claude:
            messages: Any = claude.messages
            return [one.model_dump() for one in messages.create(**asked, extra_headers=headers)]
    if tape.dialect == "gemini":
        options = types.HttpOptions(base_url=f"{base}/gemini", headers=headers)
        with genai.Client(api_key="k", vertexai=False, http_options=options) as google:
            models: Any = google.models
            found = models.generate_content_stream(model=tape.model, contents="hi")
            return [one.model_dump(exclude={"sdk_http_response"}) for one in found]
    with openai.OpenAI(base_url=f"{base}/openai/v1", api_key="k", max_retries=0) as client:
        create: Any = client.chat.completions.create if tape.dialect == "chat" else client.responses.create
        return [one.model_dump() for one in create(**asked, extra_headers=headers)]


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: f"{tape.dialect}-{tape.model}")
def test_an_sdk_hands_out_the_same_however_a_recorded_stream_is_cut(
    gateway: ReplayProcess, vectors: Path, tape: Taped
) -> None:
    if not (vectors / tape.path).is_file():
        pytest.skip("this recording is not here")
    whole = _heard(gateway, tape, "")
    assert whole
    for cut in CUTS:
        assert _heard(gateway, tape, f"chunk.fuzz;{cut}") == whole, cut


def test_a_cut_at_each_single_byte_changes_no_byte(gateway: ReplayProcess, vectors: Path) -> None:
    tape = TAPES[0]
    url = f"{gateway.url}/t/t/openai/v1/chat/completions"
    assert (vectors / tape.path).is_file()
    with httpx.Client(timeout=10) as client:
        whole = client.post(url, json=_asked(tape)).content
        for at in range(1, min(len(whole), 600), 7):
            fault = {"x-aigw-fault": f"chunk.fuzz;kind=once;after_bytes={at}"}
            assert client.post(url, json=_asked(tape), headers=fault).content == whole, at
