"""The SDKs for Node against the gateway: `openai`, `@anthropic-ai/sdk` and the Vercel AI SDK.

They run where `node` is and `AIGW_DEV_NODE_MODULES` names a `node_modules` folder that holds them; made once by

    npm install openai @anthropic-ai/sdk ai @ai-sdk/openai @ai-sdk/anthropic @ai-sdk/google @ai-sdk/openai-compatible

Nothing is downloaded by the tests. Each program prints one JSON object.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.replayed import (
    chat_said,
    chat_stream,
    claude_said,
    cut,
    gemini_said,
    gemini_stream,
    load,
    losses,
    named_stream,
    payloads,
    responses_said,
    staged,
    whole,
)
from tests.e2e.stage import REPLY, Stage
from tests.scripted import Script, json_reply

LIMIT_S: Final = 60
TOOL_CALL: Final = "vercel-ai/deepseek/src/chat/deepseek-tool-call.chunks.txt"
CHAT: Final = "vercel-ai/deepseek/src/chat/deepseek-reasoning.chunks.txt"
CLAUDE: Final = "vercel-ai/anthropic/src/anthropic-clear-thinking.1.chunks.txt"
GEMINI: Final = "vercel-ai/google/src/google-text.chunks.txt"
RESPONSES: Final = "vercel-ai/openai/src/responses/openai-mcp-tool-approval.4.chunks.txt"

Run = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from staged(tmp_path_factory, "node-sdks")


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> None:
    stage.forget()


@pytest.fixture
def run(stage: Stage, tmp_path: Path) -> Run:
    """Runs a program with `url`, `token` and the model at hand; gives what it printed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    named = os.environ.get("AIGW_DEV_NODE_MODULES", "")
    if not named:
        pytest.skip("AIGW_DEV_NODE_MODULES names no node_modules with the SDKs (see the module's docstring)")
    (tmp_path / "node_modules").symlink_to(named, target_is_directory=True)

    def go(program: str) -> dict[str, Any]:
        file = tmp_path / "program.mjs"
        file.write_text(
            f"const url = {json.dumps(stage.url)}, token = {json.dumps(stage.token)};\n{program}", "utf-8"
        )
        done = subprocess.run(
            [node, str(file)], capture_output=True, text=True, check=False, timeout=LIMIT_S, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # Vercel's warnings stand before it
        return found

    return go


def stream_of(vectors: Path, model: str) -> tuple[Script, str]:
    """A recorded stream of the model's provider and its text."""
    if model == "claude/c":
        lines = payloads(vectors, CLAUDE)
        return cut(named_stream(lines)), claude_said(lines)
    if model == "gem/g":
        lines = payloads(vectors, GEMINI)
        return cut(gemini_stream(lines)), gemini_said(lines)
    if model == "native/o":
        lines = payloads(vectors, RESPONSES)
        return cut(named_stream(lines)), responses_said(lines)
    lines = payloads(vectors, CHAT)
    return cut(chat_stream(lines)), chat_said(lines)


OPENAI: Final = """
import OpenAI from 'openai';
const sdk = new OpenAI({ baseURL: url + '/v1', apiKey: token, maxRetries: 0 });
const messages = [{ role: 'user', content: 'hi' }];
let text = '';
const stream = await sdk.chat.completions.create({ model: MODEL, messages, stream: true, stream_options: { include_usage: true } });
let usage;
for await (const chunk of stream) { text += chunk.choices[0]?.delta?.content ?? ''; usage = chunk.usage ?? usage; }
const whole = await sdk.chat.completions.create({ model: 'up/m', messages });
let failed;
try { await sdk.chat.completions.create({ model: MODEL, messages }); }
catch (error) { failed = [error.constructor.name, error.status, error.headers.get('retry-after'), error.message]; }
console.log(JSON.stringify({ text, usage, whole: whole.choices[0].message.content, failed }));
"""


@pytest.mark.parametrize("model", ["up/m", "claude/c", "gem/g"])
def test_openai_chats(stage: Stage, run: Run, vectors: Path, model: str) -> None:
    script, text = stream_of(vectors, model)
    slow: dict[str, Any] = {"type": "error", "error": {"message": "slow down", "type": "rate_limit_error", "code": 429, "status": "RESOURCE_EXHAUSTED"}}  # fmt: skip
    stage.script(
        "up", script, [json_reply(REPLY)], [json_reply(slow, status=429, headers=[("retry-after", "7")])]
    )
    said = run(OPENAI.replace("MODEL", json.dumps(model)))
    assert said["text"] == text
    assert said["usage"]["completion_tokens"] > 0
    assert said["whole"] == "Hello"
    assert said["failed"][:3] == ["RateLimitError", 429, "7"]
    assert "slow down" in said["failed"][3]


OPENAI_RESPONSES: Final = """
import OpenAI from 'openai';
const sdk = new OpenAI({ baseURL: url + '/v1', apiKey: token, maxRetries: 0 });
const stream = sdk.responses.stream({ model: MODEL, input: 'hi' });
let text = '';
stream.on('response.output_text.delta', (event) => { text += event.delta; });
const first = await stream.finalResponse();
const second = await sdk.responses.create({ model: 'up/m', input: 'and?', previous_response_id: PREVIOUS ? first.id : undefined });
console.log(JSON.stringify({ text, final: first.output_text, status: first.status, second: second.output_text }));
"""


@pytest.mark.parametrize("model", ["up/m", "claude/c", "gem/g", "native/o"])
def test_openai_speaks_responses(stage: Stage, run: Run, vectors: Path, model: str) -> None:
    script, text = stream_of(vectors, model)
    stage.script("up", script, [json_reply(REPLY)])
    is_kept = "false" if model == "native/o" else "true"
    said = run(OPENAI_RESPONSES.replace("MODEL", json.dumps(model)).replace("PREVIOUS", is_kept))
    assert said["text"] == said["final"] == text
    assert (said["status"], said["second"]) == ("completed", "Hello")
    if is_kept == "true":
        assert [each["role"] for each in stage["up"].requests[-1].json()["messages"]] == [
            "user",
            "assistant",
            "user",
        ]


ANTHROPIC: Final = """
import Anthropic from '@anthropic-ai/sdk';
const sdk = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 });
const asked = { model: MODEL, max_tokens: 64, messages: [{ role: 'user', content: 'hi' }] };
let text = '';
const stream = sdk.messages.stream(asked).on('text', (delta) => { text += delta; });
const final = await stream.finalMessage();
const tools = [{ name: 'weather', input_schema: { type: 'object', properties: { location: { type: 'string' } } } }];
const called = await sdk.messages.stream({ ...asked, model: 'up/m', tools }).finalMessage();
const counted = await sdk.messages.countTokens({ model: 'up/m', messages: asked.messages });
let failed;
try { await sdk.messages.create(asked); }
catch (error) { failed = [error.constructor.name, error.status, error.headers.get('retry-after'), error.message]; }
console.log(JSON.stringify({ text, stop: final.stop_reason, output: final.usage.output_tokens,
  thinking: final.content.filter((one) => one.type === 'thinking').map((one) => one.thinking).join(''),
  call: called.content.at(-1), counted: counted.input_tokens, failed }));
"""


@pytest.mark.parametrize("model", ["up/m", "claude/c", "gem/g"])
def test_anthropic_streams_calls_tools_counts_and_fails(
    stage: Stage, run: Run, vectors: Path, model: str
) -> None:
    script, text = stream_of(vectors, model)
    slow: dict[str, Any] = {"type": "error", "error": {"message": "slow down", "type": "rate_limit_error", "code": 429, "status": "RESOURCE_EXHAUSTED"}}  # fmt: skip
    stage.script("up", script, cut(chat_stream(payloads(vectors, TOOL_CALL))))
    stage.script("up", [json_reply(slow, status=429, headers=[("retry-after", "7")])])
    said = run(ANTHROPIC.replace("MODEL", json.dumps(model)))
    assert (said["text"], said["stop"]) == (text, "end_turn")
    assert said["output"] > 0
    if model == "up/m":
        assert said["thinking"] == chat_said(payloads(vectors, CHAT), "reasoning_content")
    assert (said["call"]["name"], said["call"]["input"]) == ("weather", {"location": "San Francisco"})
    assert said["counted"] > 0
    assert said["failed"][:3] == ["RateLimitError", 429, "7"]


VERCEL: Final = """
import { generateText, streamText, tool, jsonSchema, Output } from 'ai';
IMPORT
const model = MODEL;
const schema = jsonSchema({ type: 'object', properties: { location: { type: 'string' } }, required: ['location'] });
const weather = tool({ description: 'Weather of a place', inputSchema: schema, execute: async ({ location }) => `18 degrees in ${location}` });
const errors = [];
const streamed = streamText({ model, prompt: 'hi', maxRetries: 0, onError: ({ error }) => errors.push(String(error)) });
let text = '';
for await (const delta of streamed.textStream) text += delta;
const usage = await streamed.usage;
const reason = await streamed.finishReason;
const reasoning = await streamed.reasoningText;
const looped = await generateText({ model, prompt: 'weather?', tools: { weather }, maxRetries: 0, stopWhen: ({ steps }) => steps.length === 2 });
const shaped = await generateText({ model, prompt: 'where?', maxRetries: 0, output: Output.object({ schema }) });
let failed;
try { await generateText({ model, prompt: 'hi', maxRetries: 0 }); }
catch (error) { failed = [error.statusCode, error.message, error.isRetryable]; }
console.log(JSON.stringify({ text, usage, reason, reasoning, looped: looped.text, steps: looped.steps.length, shaped: shaped.output, failed, errors }));
"""
PROVIDERS: Final[dict[str, tuple[str, str]]] = {
    "openai": (
        "import { createOpenAI } from '@ai-sdk/openai';",
        "createOpenAI({ baseURL: url + '/v1', apiKey: token })('up/m')",
    ),
    "openai.chat": (
        "import { createOpenAI } from '@ai-sdk/openai';",
        "createOpenAI({ baseURL: url + '/v1', apiKey: token }).chat('up/m')",
    ),
    "anthropic": (
        "import { createAnthropic } from '@ai-sdk/anthropic';",
        "createAnthropic({ baseURL: url + '/v1', apiKey: token })('up/m')",
    ),
    "google": (
        "import { createGoogleGenerativeAI } from '@ai-sdk/google';",
        "createGoogleGenerativeAI({ baseURL: url + '/v1beta', apiKey: token })('up/m')",
    ),
    "openai-compatible": (
        "import { createOpenAICompatible } from '@ai-sdk/openai-compatible';",
        "createOpenAICompatible({ name: 'aigw', baseURL: url + '/v1', apiKey: token, supportsStructuredOutputs: true })('up/m')",
    ),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_vercels_sdk_streams_loops_shapes_and_fails(stage: Stage, run: Run, vectors: Path, name: str) -> None:
    script, text = stream_of(vectors, "up/m")
    shaped = {**REPLY, "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": '{"location": "Paris"}'}}]}  # fmt: skip
    slow = {"error": {"message": "slow down", "type": "t", "param": None, "code": "c"}}
    stage.script("up", script, whole(vectors, TOOL_CALL.replace("chunks.txt", "json")), [json_reply(REPLY)])
    stage.script("up", [json_reply(shaped)], [json_reply(slow, status=429)])
    imported, model = PROVIDERS[name]
    said = run(VERCEL.replace("IMPORT", imported).replace("MODEL", model))
    assert said["errors"] == []
    assert said["text"] == text
    recorded = json.loads(payloads(vectors, CHAT)[-1])
    assert said["reason"] == ("length" if recorded["choices"][0]["finish_reason"] == "length" else "stop")
    assert said["usage"]["outputTokens"] == recorded["usage"]["completion_tokens"]
    assert (said["looped"], said["steps"]) == ("Hello", 2)
    assert "18 degrees in San Francisco" in stage["up"].requests[2].body.decode()
    assert said["shaped"] == {"location": "Paris"}
    asked = stage["up"].requests[3].json()
    # Anthropic's package asks models that it does not know for a call of a tool instead
    assert "location" in json.dumps(asked["tools"] if name == "anthropic" else asked["response_format"])
    assert said["failed"][0] == 429
    assert "slow down" in said["failed"][1]
    assert said["failed"][2] is True
    if name not in {"openai.chat", "google"}:
        assert said["reasoning"] == chat_said(payloads(vectors, CHAT), "reasoning_content")


NATIVE: Final = {
    "claude": ("anthropic", "claude/c", CLAUDE, named_stream, claude_said),
    "gem": ("google", "gem/g", GEMINI, gemini_stream, gemini_said),
    "native": ("openai", "native/o", RESPONSES, named_stream, responses_said),
}
SPOKEN: Final = """
import { streamText } from 'ai';
IMPORT
const errors = [];
const streamed = streamText({ model: MODEL, prompt: 'hi', maxRetries: 0, onError: ({ error }) => errors.push(String(error)) });
let text = '';
for await (const delta of streamed.textStream) text += delta;
console.log(JSON.stringify({ text, errors, headers: (await streamed.response).headers }));
"""


@pytest.mark.parametrize("provider", NATIVE)
def test_vercels_sdk_reads_what_is_relayed(stage: Stage, run: Run, vectors: Path, provider: str) -> None:
    name, model, recording, framed, oracle = NATIVE[provider]
    lines = payloads(vectors, recording)
    stage.script("up", cut(framed(lines)))
    imported, made = PROVIDERS[name]
    said = run(SPOKEN.replace("IMPORT", imported).replace("MODEL", made.replace("up/m", model)))
    assert (said["text"], said["errors"]) == (oracle(lines), [])
    assert losses(said["headers"]) == {}
    assert said["headers"]["x-aigw-upstream"] == model


def test_the_recordings_are_what_these_tests_think(vectors: Path) -> None:
    assert responses_said(payloads(vectors, RESPONSES))
    assert load(vectors, TOOL_CALL.replace("chunks.txt", "json"))["choices"][0]["message"]["tool_calls"]
