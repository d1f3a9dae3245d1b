"""Recorded once through the real pipeline, replayed by another process with every upstream gone."""

import difflib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest

from tests.e2e.conftest import KEY
from tests.e2e.replaying import ReplayProcess, recording
from tests.scripted import (
    LAST_CHUNK,
    Request,
    Reset,
    Script,
    ScriptedUpstream,
    Send,
    chunk,
    event,
    json_reply,
    reply,
    stream_head,
)

TOOLS: Final[list[Any]] = [
    {
        "type": "function",
        "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
    }
]
WAV: Final = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)


class Vendor:
    """Answers like a vendor; ids and times are new with each answer."""

    def __init__(self) -> None:
        self.count = 0
        self.fails_first = 0
        self.echo = ""

    def __call__(self, request: Request) -> Script:
        self.count += 1
        path = request.target.partition("?")[0]
        if path.endswith("/messages"):
            return self._messages(json.loads(request.body))
        if path.endswith("/embeddings"):
            return [json_reply({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5 + i / 100 for i in range(100)]}],
                                "model": "e", "usage": {"prompt_tokens": 2, "total_tokens": 2}})]  # fmt: skip
        if path.endswith("/transcriptions"):
            return [json_reply({"text": "Hello."})]
        if path.endswith("/speech"):
            return [reply(b"ID3\x00\xff\xfe" * 50, headers=(("Content-Type", "audio/mpeg"),))]
        return self._chat(json.loads(request.body))

    def _chat(self, body: dict[str, Any]) -> Script:
        text = str(body["messages"][-1].get("content"))
        if body["model"] == "limited":
            error = {
                "message": "Rate limit reached",
                "type": "tokens",
                "param": None,
                "code": "rate_limit_exceeded",
            }
            return [json_reply({"error": error}, status=429, headers=(("retry-after", "2"),))]
        head = {
            "id": f"chatcmpl-{self.count:06d}abc",
            "created": 1787307300 + self.count,
            "model": body["model"],
            "system_fingerprint": f"fp_{self.count}",
        }
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        message: dict[str, Any] = {"role": "assistant", "content": f"echo {text} {self.echo}".strip()}
        if body.get("tools") and body["messages"][-1]["role"] == "user":
            call = {
                "id": f"call_{self.count:06d}xyz",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
            }
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        headers = (
            ("openai-processing-ms", str(100 + self.count)),
            ("x-request-id", f"req_{self.count:08d}"),
            ("set-cookie", f"sid={KEY}"),
        )
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return [
                json_reply(
                    {**head, "object": "chat.completion", "choices": [choice], "usage": usage},
                    headers=headers,
                )
            ]
        return self._chat_stream(text, head, usage)

    def _chat_stream(self, text: str, head: dict[str, Any], usage: dict[str, int]) -> Script:
        words = ["It ", "is ", "4 °C", " in 漢字."]
        rows: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
        ]
        rows += [
            {"choices": [{"index": 0, "delta": {"content": one}, "finish_reason": None}]} for one in words
        ]
        rows += [
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ]
        events = [
            event({**head, "object": "chat.completion.chunk", **row, "obfuscation": "x" * (self.count % 7)})
            for row in rows
        ]
        whole = b"".join(events) + b"data: [DONE]\n\n"
        if "die" in text:
            return [Send(stream_head()), Send(chunk(b"".join(events[:3]))), Reset()]
        pieces = [whole[at : at + 37] for at in range(0, len(whole), 37)]
        return [Send(stream_head()), *(Send(chunk(one)) for one in pieces), Send(LAST_CHUNK)]

    def _messages(self, body: dict[str, Any]) -> Script:
        message = {"id": f"msg_{self.count:06d}qq", "type": "message", "role": "assistant", "model": body["model"], "content": [{"type": "text", "text": "pong"}],
                   "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 8, "output_tokens": 4}}  # fmt: skip
        if not body.get("stream"):
            return [json_reply(message)]
        rows: list[dict[str, Any]] = [
            {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "ping"},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "po"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ng"}},
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": 4},
            },
            {"type": "message_stop"},
        ]
        sent = b"".join(
            b"event: %b\ndata: %b\n\n" % (row["type"].encode(), json.dumps(row).encode()) for row in rows
        )
        return [Send(stream_head()), Send(chunk(sent)), Send(LAST_CHUNK)]


def config(url: str) -> str:
    return f"""version: 1
gateway: {{name: rec}}
providers:
  openai: {{kind: openai, base_url: "{url}/v1", keys: ["env:UP_KEY"]}}
  work: {{kind: anthropic, base_url: "{url}", keys: ["env:UP_KEY"]}}
routes:
  smart:
    models: [smart]
    flow: {{send: openai/limited, fallback: [work/claude-haiku-4-5]}}
"""


def asks() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Test name, path below the test, kind, arguments of httpx."""
    say: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
    yield "whole", "/openai/v1/chat/completions", "json", {"json": {"model": "gpt-4o-mini", "messages": say}}
    yield (
        "stream",
        "/openai/v1/chat/completions",
        "events",
        {"json": {"model": "gpt-4o-mini", "messages": say, "stream": True}},
    )
    yield (
        "native",
        "/anthropic/v1/messages",
        "events",
        {"json": {"model": "work/claude-haiku-4-5", "max_tokens": 9, "messages": say, "stream": True}},
    )
    yield (
        "across",
        "/anthropic/v1/messages",
        "json",
        {"json": {"model": "openai/gpt-4o-mini", "max_tokens": 9, "messages": say}},
    )
    yield (
        "fallback",
        "/openai/v1/chat/completions",
        "json",
        {"json": {"model": "smart", "max_tokens": 16, "messages": say}},
    )
    yield (
        "fallback",
        "/openai/v1/chat/completions",
        "translated",
        {"json": {"model": "smart", "max_tokens": 16, "messages": say, "stream": True}},
    )
    yield "vectors", "/openai/v1/embeddings", "json", {"json": {"model": "e", "input": ["red"]}}
    yield (
        "voice",
        "/openai/v1/audio/transcriptions",
        "json",
        {"files": {"file": ("a.wav", WAV, "audio/wav")}, "data": {"model": "whisper-1"}},
    )
    yield (
        "speech",
        "/openai/v1/audio/speech",
        "bytes",
        {"json": {"model": "tts-1", "voice": "alloy", "input": "hi"}},
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[httpx.Response]]:
    """The folder of fixtures, the folder with the config, and what the live calls were answered with."""
    folder = tmp_path_factory.mktemp("rec")
    fixtures = folder / "fx"
    with ScriptedUpstream(Vendor()) as upstream, recording(folder, config(upstream.url)) as gateway:
        headers = {
            "authorization": f"Bearer {gateway.token}",
            "x-api-key": gateway.token,
            "anthropic-version": "2023-06-01",
        }
        answers = [
            httpx.post(f"{gateway.url}/t/{name}{path}", headers=headers, timeout=30, **more)
            for name, path, _, more in asks()
        ]
    assert [one.status_code for one in answers] == [200] * len(answers), [one.text[:200] for one in answers]
    return fixtures, folder, answers


def said(answer: httpx.Response, kind: str) -> Any:
    """What an answer says, as its reader sees it."""
    if kind == "json":
        return answer.json()
    if kind == "bytes":
        return answer.content
    events = [line for line in answer.text.split("\n") if line.startswith(("data:", "event:"))]
    parsed: list[Any] = [json.loads(line[5:]) if line.startswith("data: {") else line for line in events]
    dropped = (
        {"obfuscation", "id", "created"} if kind == "translated" else {"obfuscation"}
    )  # ids of translated replies are ours
    return [
        {name: value for name, value in cast("dict[str, Any]", one).items() if name not in dropped}
        if isinstance(one, dict)
        else one
        for one in parsed
    ]


def test_every_answer_is_replayed_without_its_upstream(
    recorded: tuple[Path, Path, list[httpx.Response]], tmp_path: Path
) -> None:
    fixtures, folder, answers = recorded
    with ReplayProcess(fixtures, "--config", str(folder / "aigw-dev.yaml"), cwd=tmp_path) as replay:
        for (name, path, kind, more), before in zip(asks(), answers, strict=True):
            again = httpx.post(
                f"{replay.url}/t/{name}{path}",
                headers={"anthropic-version": "2023-06-01"},
                timeout=30,
                **more,
            )
            assert again.status_code == 200, again.text
            if kind == "json" and name in {"across", "fallback"}:
                first, second = before.json(), again.json()
                assert {**first, "id": "", "created": 0} == {**second, "id": "", "created": 0}
            else:
                assert said(again, kind) == said(before, kind), name
        smart = replay.admin("/tests/fallback")["calls"]
    assert [one["upstream"] for one in smart[0]["attempts"]] == ["openai/limited", "work/claude-haiku-4-5"]
    assert smart[0]["route"] == {"asked": "smart", "rule": "smart", "chosen": "work/claude-haiku-4-5"}
    assert "never requested" not in replay.said(), replay.said()


def test_without_the_config_every_named_provider_exists(
    recorded: tuple[Path, Path, list[httpx.Response]], tmp_path: Path
) -> None:
    fixtures, _, answers = recorded
    with ReplayProcess(fixtures, cwd=tmp_path) as replay:
        body = {
            "model": "work/claude-haiku-4-5",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "hello"}],
            "stream": True,
        }
        again = httpx.post(
            f"{replay.url}/t/native/anthropic/v1/messages",
            json=body,
            headers={"anthropic-version": "2023-06-01"},
            timeout=30,
        )
    assert said(again, "events") == said(answers[2], "events")


def test_no_key_is_in_any_file(recorded: tuple[Path, Path, list[httpx.Response]]) -> None:
    fixtures, folder, _ = recorded
    token = (folder / "state" / "token").read_text("utf-8").strip()
    for file in fixtures.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert KEY.encode() not in content, file
            assert token.encode() not in content, file


def test_a_changed_request_misses_and_nothing_is_dialled(
    recorded: tuple[Path, Path, list[httpx.Response]], tmp_path: Path
) -> None:
    fixtures, _, _ = recorded
    with ReplayProcess(fixtures, cwd=tmp_path) as replay:
        body = {
            "model": "gpt-4o-mini",
            "temperature": 0.2,
            "messages": [{"role": "user", "content": "hello"}],
        }
        missed = httpx.post(f"{replay.url}/t/whole/openai/v1/chat/completions", json=body, timeout=30)
        found = replay.admin("/tests/whole")
    assert missed.status_code == 424
    assert missed.headers["x-should-retry"] == "false"
    error = missed.json()["error"]
    assert error["code"] == "fixture_miss"
    assert "temperature" in error["message"]
    assert "+ new" in error["message"]
    assert [one["kind"] for one in found["misses"]] == ["miss"]
    assert found["calls"][0]["ended_by"] == "miss"
    assert len(found["calls"][0]["attempts"]) == 1


def test_a_stream_that_broke_off_is_recorded_and_replayed_so(tmp_path: Path) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "die"}], "stream": True}
    with ScriptedUpstream(Vendor()) as upstream, recording(tmp_path, config(upstream.url)) as gateway:
        headers = {"authorization": f"Bearer {gateway.token}"}
        live = httpx.post(
            f"{gateway.url}/t/cut/openai/v1/chat/completions", json=body, headers=headers, timeout=30
        )
    written = json.loads((tmp_path / "fx" / "cut.aigw.json").read_text("utf-8"))
    assert written["interactions"][0]["attempts"][0]["response"]["end"] == "reset"
    with ReplayProcess(tmp_path / "fx", cwd=tmp_path) as replay:
        again = httpx.post(f"{replay.url}/t/cut/openai/v1/chat/completions", json=body, timeout=30)
    assert "upstream_reset" in live.text
    assert [one for one in said(again, "events") if "error" not in one] == [
        one for one in said(live, "events") if "error" not in one
    ]
    assert "upstream_reset" in again.text


def test_recording_again_changes_at_most_three_lines(tmp_path: Path) -> None:
    vendor = Vendor()
    wanted = [("whole", False), ("stream", True)]
    files: list[dict[str, str]] = []
    with ScriptedUpstream(vendor) as upstream:
        for _ in range(2):
            with recording(tmp_path, config(upstream.url)) as gateway:
                for name, is_stream in wanted:
                    body = {
                        "model": "gpt-4o-mini",
                        "messages": [{"role": "user", "content": "hello"}],
                        "stream": is_stream,
                    }
                    headers = {"authorization": f"Bearer {gateway.token}"}
                    answer = httpx.post(
                        f"{gateway.url}/t/{name}/openai/v1/chat/completions",
                        json=body,
                        headers=headers,
                        timeout=30,
                    )
                    assert answer.status_code == 200, answer.text
            files.append(
                {name: (tmp_path / "fx" / f"{name}.aigw.json").read_text("utf-8") for name, _ in wanted}
            )
    for name, _ in wanted:
        before, after = files[0][name].splitlines(), files[1][name].splitlines()
        changed = [
            line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line.startswith("+ ")
        ]
        assert len(changed) <= 3, "\n".join(changed)
        assert changed, "ids and times are new, so something must differ"


def test_turns_of_tools_are_replayed_and_an_unlinked_result_misses(tmp_path: Path) -> None:
    def talk(base: str, headers: dict[str, str], *, broken: bool = False) -> httpx.Response:
        turns: list[dict[str, Any]] = [{"role": "user", "content": "Weather in Oslo?"}]
        body: dict[str, Any] = {"model": "gpt-4o-mini", "tools": TOOLS, "messages": turns}
        first = httpx.post(f"{base}/chat/completions", json=body, headers=headers, timeout=30).json()
        message = first["choices"][0]["message"]
        link = "call_other" if broken else message["tool_calls"][0]["id"]
        turns += [message, {"role": "tool", "tool_call_id": link, "content": '{"temp_c": 4}'}]
        return httpx.post(f"{base}/chat/completions", json=body, headers=headers, timeout=30)

    with ScriptedUpstream(Vendor()) as upstream, recording(tmp_path, config(upstream.url)) as gateway:
        live = talk(f"{gateway.url}/t/agent/openai/v1", {"authorization": f"Bearer {gateway.token}"})
    text = (tmp_path / "fx" / "agent.aigw.json").read_text("utf-8")
    assert '"~extends": 0' in text
    with ReplayProcess(tmp_path / "fx", cwd=tmp_path) as replay:
        again = talk(f"{replay.url}/t/agent/openai/v1", {})
        replay.admin("/tests", "POST", json={"test": "agent"})
        missed = talk(f"{replay.url}/t/agent/openai/v1", {}, broken=True)
    assert again.json() == live.json()
    assert missed.status_code == 424


def test_a_key_in_prompt_and_answer_is_masked_in_the_file_and_still_replays(tmp_path: Path) -> None:
    vendor = Vendor()
    vendor.echo = KEY
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": f"is {KEY} mine? or sk-ant-api03-{'a1B2' * 12}"}],
    }
    with ScriptedUpstream(vendor) as upstream, recording(tmp_path, config(upstream.url)) as gateway:
        headers = {"authorization": f"Bearer {gateway.token}"}
        live = httpx.post(
            f"{gateway.url}/t/leak/openai/v1/chat/completions?key={KEY}",
            json=body,
            headers=headers,
            timeout=30,
        )
    assert KEY in live.text, "the relay itself is not changed"
    text = (tmp_path / "fx" / "leak.aigw.json").read_text("utf-8")
    assert KEY not in text
    assert "sk-ant-api03" not in text
    with ReplayProcess(tmp_path / "fx", cwd=tmp_path, env={"UP_KEY": KEY}) as replay:
        again = httpx.post(f"{replay.url}/t/leak/openai/v1/chat/completions", json=body, timeout=30)
    assert again.status_code in {200, 424}


def test_a_replay_dials_nobody(recorded: tuple[Path, Path, list[httpx.Response]], tmp_path: Path) -> None:
    fixtures, _, _ = recorded
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        (tmp_path / "aigw-dev.yaml").write_text(
            config(f"http://127.0.0.1:{listener.getsockname()[1]}"), "utf-8"
        )
        with ReplayProcess(fixtures, cwd=tmp_path) as replay:
            body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "never recorded"}]}
            assert (
                httpx.post(
                    f"{replay.url}/t/whole/openai/v1/chat/completions", json=body, timeout=30
                ).status_code
                == 424
            )
            with pytest.raises(TimeoutError):
                listener.accept()
