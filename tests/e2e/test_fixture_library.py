"""The library of examples, as a fresh machine serves it: every file is asked for by the SDK that its readers use."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import anthropic
import httpx
import openai
import pytest
from google import genai
from google.genai import types

from tests.conftest import REPOSITORY
from tests.e2e.conftest import AIGW
from tests.e2e.library_recording import (
    CLAUDE_WEATHER,
    LIBRARY,
    NOTES,
    TERSE,
    WEATHER,
    answered,
    record,
    user,
    wav,
)
from tests.e2e.library_upstream import SPEECH
from tests.e2e.replaying import ReplayProcess

NAMES: Final = sorted(path.name.removesuffix(".aigw.json") for path in LIBRARY.glob("*.aigw.json"))
USAGE: Final[Any] = {"include_usage": True}
TOOLS: Final[Any] = [WEATHER]
CLAUDE_TOOLS: Final[Any] = [CLAUDE_WEATHER]
_OWN_TIMES: Final = {"recorded_at", "dt_ms", "prices"}
"""What is new with each recording."""

pytestmark = pytest.mark.xdist_group("fixture_library")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayProcess]:
    cwd = tmp_path_factory.mktemp("elsewhere")
    with ReplayProcess(LIBRARY, "--config", str(LIBRARY / "aigw-dev.yaml"), cwd=cwd) as process:
        yield process


def _openai(base: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{base}/openai/v1", api_key="none", max_retries=0)


def _claude(base: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=f"{base}/anthropic", api_key="none", max_retries=0)


def _user(text: str) -> list[Any]:
    return [*user(text)]


def chat(base: str) -> None:
    with _openai(base) as client:
        plain = client.chat.completions.create(model="gpt-4o-mini", messages=_user("Capital of France?"))
        system: Any = TERSE
        terse = client.chat.completions.create(
            model="gpt-4o-mini", messages=[system, *_user("Capital of France?")], temperature=0
        )
    assert [one.choices[0].message.content for one in (plain, terse)] == ["Paris.", "Paris."]
    assert terse.usage is not None
    assert terse.usage.total_tokens == 26


def chat_stream(base: str) -> None:
    said: list[str] = []
    with _openai(base) as client:
        for question in ("Capital of France?", "Tell me a story."):
            chunks = list(
                client.chat.completions.create(
                    model="gpt-4o-mini", messages=_user(question), stream=True, stream_options=USAGE
                )
            )
            said.append("".join(one.choices[0].delta.content or "" for one in chunks if one.choices))
            assert chunks[-1].usage is not None
    assert said[0] == "Paris is the capital of France."
    assert said[1].startswith("Once upon a time, ")


def tool_loop(base: str) -> None:
    turns = _user("Weather in Oslo?")
    with _openai(base) as client:
        first = client.chat.completions.create(model="gpt-4o-mini", messages=turns, tools=TOOLS)
        (call,) = first.choices[0].message.tool_calls or []
        assert call.type == "function"
        assert json.loads(call.function.arguments) == {"city": "Oslo"}
        turns += answered(call.id)
        second = client.chat.completions.create(model="gpt-4o-mini", messages=turns, tools=TOOLS)
    assert second.choices[0].message.content == "It is 4 °C in Oslo."


def tool_loop_stream(base: str) -> None:
    turns = _user("Weather in Oslo?")
    with _openai(base) as client:
        chunks = list(
            client.chat.completions.create(
                model="gpt-4o-mini", messages=turns, tools=TOOLS, stream=True, stream_options=USAGE
            )
        )
        calls = [call for one in chunks for choice in one.choices for call in choice.delta.tool_calls or ()]
        arguments = "".join(call.function.arguments or "" for call in calls if call.function)
        assert json.loads(arguments) == {"city": "Oslo"}
        turns += answered(str(calls[0].id))
        again = client.chat.completions.create(
            model="gpt-4o-mini", messages=turns, tools=TOOLS, stream=True, stream_options=USAGE
        )
        said = "".join(choice.delta.content or "" for one in again for choice in one.choices)
    assert said == "It is 4 °C in Oslo."


def anthropic_thinking(base: str) -> None:
    with (
        _claude(base) as client,
        client.messages.stream(
            model="claude-haiku-4-5",
            max_tokens=2048,
            thinking={"type": "enabled", "budget_tokens": 1024},
            messages=_user("What is 17 times 3?"),
        ) as stream,
    ):
        thought, answer = stream.get_final_message().content
    assert thought.type == "thinking"
    assert thought.thinking == "17 times 3 is 51, and 51 is odd."
    assert len(thought.signature) == 88
    assert answer.type == "text"
    assert answer.text == "17 × 3 = 51."


def anthropic_tool_stream(base: str) -> None:
    with (
        _claude(base) as client,
        client.messages.stream(
            model="claude-haiku-4-5",
            max_tokens=200,
            tools=CLAUDE_TOOLS,
            messages=_user("Weather in Oslo?"),
        ) as stream,
    ):
        final = stream.get_final_message()
    assert final.stop_reason == "tool_use"
    assert final.content[1].type == "tool_use"
    assert final.content[1].input == {"city": "Oslo"}


def responses_stream(base: str) -> None:
    with _openai(base) as client:
        events = list(
            client.responses.create(model="gpt-4o-mini", input="What is two plus two?", stream=True)
        )
    assert [one.sequence_number for one in events] == list(range(len(events)))
    assert (
        "".join(one.delta for one in events if one.type == "response.output_text.delta")
        == "Two plus two is four."
    )
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "Two plus two is four."


def gemini(base: str) -> None:
    options = types.HttpOptions(base_url=f"{base}/gemini")
    sdk: Any
    with genai.Client(api_key="none", vertexai=False, http_options=options) as sdk:
        whole = sdk.models.generate_content(model="gemini-2.5-flash", contents="Capital of Italy?")
        pieces = sdk.models.generate_content_stream(model="gemini-2.5-flash", contents="Count to three.")
        said = [piece.text for piece in pieces]
    assert whole.text == "Rome."
    assert said == ["One ", "two ", "three."]


def embeddings(base: str) -> None:
    with _openai(base) as client:
        found = [
            client.embeddings.create(
                model="text-embedding-3-small",
                input=["red", "green"],
                dimensions=256,
                encoding_format=encoding,
            ).data
            for encoding in ("float", "base64")
        ]
    assert [len(one.embedding) for one in found[0]] == [256, 256]
    raw = found[1][0].embedding
    assert isinstance(raw, str), "base64 was asked for by name, so the SDK leaves it"
    assert len(raw) == 256 * 4 // 3 * 4 + 4


def transcription(base: str) -> None:
    with _openai(base) as client:
        heard = client.audio.transcriptions.create(
            model="whisper-1", file=("morning.wav", wav(), "audio/wav"), language="en"
        )
    assert heard.text == "Good morning."


def speech(base: str) -> None:
    with _openai(base) as client:
        spoken = client.audio.speech.create(model="tts-1", voice="alloy", input="Good morning.").read()
    assert spoken == SPEECH


def fallback(base: str) -> None:
    with _openai(base) as client:
        said = client.chat.completions.create(model="smart", max_tokens=16, messages=_user("ping"))
    assert said.choices[0].message.content == "pong"


def truncated_stream(base: str) -> None:
    said: list[str] = []
    with _openai(base) as client:
        chunks = client.chat.completions.create(
            model="gpt-4o-mini", messages=_user("Recite the alphabet."), stream=True
        )
        with pytest.raises(openai.APIError, match="broke off"):
            said.extend(one.choices[0].delta.content or "" for one in chunks)
    assert "".join(said) == "A B C "


def errors(base: str) -> None:
    with _openai(base) as client:
        ask = client.chat.completions.create
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            ask(model="gpt-5-imaginary", messages=_user("Are you there?"))
        with pytest.raises(openai.BadRequestError) as refused:
            ask(model="gpt-4o-mini", temperature=7, messages=_user("Be wild."))
        with pytest.raises(openai.InternalServerError):
            ask(model="gpt-4o-mini", messages=_user("Are you busy?"))
    assert refused.value.param == "temperature"


def hand_written(base: str) -> None:
    system: Any = {"role": "system", "content": "Anything at all."}
    with _openai(base) as client:
        for word in ("hello", "goodbye"):
            asked = [system, *_user(f"Translate '{word}' into French.")]
            whole = client.chat.completions.create(model="gpt-4o-mini", messages=asked)
            pieces = client.chat.completions.create(
                model="gpt-4o-mini", messages=asked, stream=True, stream_options=USAGE
            )
            streamed = "".join(choice.delta.content or "" for one in pieces for choice in one.choices)
            assert (whole.choices[0].message.content, streamed) == ("Bonjour.", "Bonjour.")
            assert whole.usage is not None
            assert whole.usage.total_tokens == 23
        cut = client.chat.completions.create(model="gpt-4o-mini", messages=_user("Write without end."))
    assert cut.choices[0].finish_reason == "length"
    with _claude(base) as client:
        called = client.messages.create(
            model="claude-haiku-4-5",
            max_tokens=50,
            tools=CLAUDE_TOOLS,
            messages=_user("Look up order 17."),
        )
    assert called.content[0].type == "tool_use"
    assert called.content[0].input == {"number": 17}


DRIVES: Final[dict[str, Callable[[str], None]]] = {
    drive.__name__: drive
    for drive in (
        anthropic_thinking,
        anthropic_tool_stream,
        chat,
        chat_stream,
        embeddings,
        errors,
        fallback,
        gemini,
        hand_written,
        responses_stream,
        speech,
        tool_loop,
        tool_loop_stream,
        transcription,
        truncated_stream,
    )
}


@pytest.mark.parametrize("name", NAMES)
def test_every_file_answers_the_sdks_as_often_as_they_ask(replay: ReplayProcess, name: str) -> None:
    drive = DRIVES[name]
    for _ in range(2):
        drive(f"{replay.url}/t/{name}")
    seen = replay.admin(f"/tests/{name}")
    assert seen["misses"] == []
    assert seen["unused"] == []
    assert {call["from"] for call in seen["calls"]} == {"fixture"}


def test_the_fallback_says_what_the_route_did_and_what_it_cost(replay: ReplayProcess) -> None:
    fallback(f"{replay.url}/t/fallback")
    call = replay.admin("/tests/fallback")["calls"][-1]
    assert [(one["upstream"], one["status"]) for one in call["attempts"]] == [
        ("openai/gpt-4o-mini", 429),
        ("anthropic/claude-haiku-4-5", 200),
    ]
    assert call["route"] == {"asked": "smart", "rule": "smart", "chosen": "anthropic/claude-haiku-4-5"}
    assert call["cost_usd"] == "0.000042"


def test_the_documented_call_is_answered_below_no_test(replay: ReplayProcess) -> None:
    page = (REPOSITORY / "docs" / "fixtures.md").read_text("utf-8")
    sent = (
        page.partition("curl http://127.0.0.1:2449/v1/chat/completions")[2]
        .partition("-d '")[2]
        .partition("'")[0]
    )
    answer = httpx.post(f"{replay.url}/v1/chat/completions", json=json.loads(sent), timeout=30)
    assert answer.json()["choices"][0]["message"]["content"] == "Paris."


def test_a_fresh_machine_needs_nothing_but_the_folder(tmp_path: Path) -> None:
    with ReplayProcess(LIBRARY, cwd=tmp_path) as bare:
        for name in set(NAMES) - {"fallback"}:  # that one is about a route
            DRIVES[name](f"{bare.url}/t/{name}")


def test_what_is_not_in_the_library_misses(replay: ReplayProcess) -> None:
    body = {"model": "gpt-4o-mini", "messages": _user("Capital of Germany?")}
    answer = httpx.post(f"{replay.url}/t/chat/openai/v1/chat/completions", json=body, timeout=30)
    assert answer.status_code == 424
    assert answer.json()["error"]["code"] == "fixture_miss"
    replay.admin("/tests", "POST", json={"test": "chat"})  # rewound: the miss was this test's


@pytest.mark.parametrize("command", [["fmt", "--check"], ["check", "--strict"]], ids=" ".join)
def test_the_library_is_in_its_canonical_form_and_whole(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*AIGW, "fixtures", *command, str(LIBRARY)],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_media_and_vectors_lie_beside_the_files_and_each_is_named() -> None:
    text = "".join(path.read_text("utf-8") for path in LIBRARY.glob("*.aigw.json"))
    for blob in (LIBRARY / "_blobs").iterdir():
        assert blob.stem in text, f"{blob.name} belongs to no fixture"


def _untimed(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _untimed(one) for name, one in fields.items() if name not in _OWN_TIMES}
    return [_untimed(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def test_recorded_anew_the_library_differs_in_its_times_only(tmp_path: Path) -> None:
    made = record(tmp_path)
    for name in NOTES:
        before, after = (
            json.loads((folder / f"{name}.aigw.json").read_text("utf-8")) for folder in (LIBRARY, made)
        )
        assert _untimed(after) == _untimed(before), name
    blobs = {path.name: path.read_bytes() for path in (LIBRARY / "_blobs").iterdir()}
    assert {path.name: path.read_bytes() for path in (made / "_blobs").iterdir()} == blobs
    assert set(NAMES) == {*NOTES, "hand_written"}
