"""Call examples that run as they are: curl for a POSIX shell, Python and Node with OpenAI's SDKs.

The token always comes from a variable and never stands in the text. Prompts may hold anything: quotes, `$`, backticks,
line ends, controls; none of it is read by the shell or the language.
"""

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core import harmless

TOKEN_VARIABLE: Final = "AIGW_DEV_TOKEN"  # noqa: S105  -- a variable's name
METADATA_HEADER: Final = "x-ai-route-metadata"
_FILE: Final = "speech.mp3"


class CallExample(msgspec.Struct, frozen=True, kw_only=True):
    """One call to show."""

    base_url: str
    """The gateway's, with `/v1`."""
    body: Mapping[str, Any]
    """What is sent, JSON values only; `model` names the model."""
    operation: str = "openai.chat.completions"
    """A key of `OPERATIONS`."""
    metadata: Mapping[str, str | int | float | bool] | None = None
    """Sent as `x-ai-route-metadata`."""
    headers: Mapping[str, str] = {}
    """More headers, without credentials."""


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    method: str
    """Of both SDKs' clients."""
    arguments: frozenset[str]
    """What the Python SDK's method takes by name; the rest travels in `extra_body`."""
    text: str
    """Where a reply has its text, for both languages."""
    piece: str = ""
    """Where a streamed chunk has its text (Python)."""
    is_file: bool = False
    """The reply is a file, which is written beside the script."""


_COMMON: Final = frozenset({"model", "stream", "stream_options", "user", "seed", "n", "stop", "logit_bias"})
_SAMPLING: Final = frozenset({"max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty"})
_SHAPES: Final[dict[str, _Shape]] = {
    "openai.chat.completions": _Shape(
        path="/chat/completions",
        method="chat.completions.create",
        arguments=_COMMON
        | _SAMPLING
        | {"messages", "tools", "tool_choice", "response_format", "max_completion_tokens", "reasoning_effort"}
        | {"parallel_tool_calls", "logprobs", "top_logprobs", "metadata", "store", "service_tier"},
        text="choices[0].message.content",
        piece="choices[0].delta.content",
    ),
    "openai.completions": _Shape(
        path="/completions",
        method="completions.create",
        arguments=_COMMON | _SAMPLING | {"prompt", "suffix", "echo", "best_of", "logprobs"},
        text="choices[0].text",
        piece="choices[0].text",
    ),
    "openai.embeddings": _Shape(
        path="/embeddings",
        method="embeddings.create",
        arguments=frozenset({"model", "input", "dimensions", "encoding_format", "user"}),
        text="data[0].embedding",
    ),
    "openai.responses": _Shape(
        path="/responses",
        method="responses.create",
        arguments=frozenset(
            {"model", "input", "instructions", "stream", "max_output_tokens", "temperature", "top_p", "tools"}
        )
        | {
            "tool_choice",
            "reasoning",
            "text",
            "store",
            "previous_response_id",
            "metadata",
            "include",
            "truncation",
        },
        text="output_text",
    ),
    "openai.images.generations": _Shape(
        path="/images/generations",
        method="images.generate",
        arguments=frozenset({"model", "prompt", "n", "size", "quality", "response_format", "style", "user"}),
        text="data[0]",
    ),
    "openai.audio.speech": _Shape(
        path="/audio/speech",
        method="audio.speech.create",
        arguments=frozenset({"model", "input", "voice", "response_format", "speed", "instructions"}),
        text="content",
        is_file=True,
    ),
    "openai.moderations": _Shape(
        path="/moderations",
        method="moderations.create",
        arguments=frozenset({"model", "input"}),
        text="results[0]",
    ),
}
_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "openai.completions": {"prompt": "Hello!"},
    "openai.embeddings": {"input": "Hello!"},
    "openai.responses": {"input": "Hello!"},
    "openai.images.generations": {"prompt": "A lighthouse at dawn"},
    "openai.audio.speech": {"input": "Hello!", "voice": "alloy"},
    "openai.moderations": {"input": "Hello!"},
    "rerank": {"query": "a lighthouse", "documents": ["a tower with a lamp", "a boat"]},
    "anthropic.messages": {"max_tokens": 1024, "messages": [{"role": "user", "content": "Hello!"}]},
}
OPERATIONS: Final = tuple(_SHAPES)
"""Operations that can be shown."""


def sample_body(model: str, operation: str = "openai.chat.completions") -> dict[str, Any]:
    """A small body for a model: what an example sends when nobody gave it a prompt."""
    sample = _SAMPLES.get(operation, {"messages": [{"role": "user", "content": "Hello!"}]})
    return {"model": model, **sample}


def curl(call: CallExample) -> str:
    """A command for sh, bash and zsh."""
    is_stream = call.body.get("stream") is True
    lines = [
        f"curl -sS{'N' if is_stream else ''} {shlex.quote(call.base_url + _SHAPES[call.operation].path)}",
        f'-H "authorization: Bearer ${TOKEN_VARIABLE}"',
        "-H 'content-type: application/json'",
    ]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(call).items()]
    lines.append(f"-d {shlex.quote(json_literal(call.body))}")
    return " \\\n  ".join(lines) + "\n"


def python(call: CallExample) -> str:
    """A script for the `openai` package."""
    shape = _SHAPES[call.operation]
    named = {name: value for name, value in call.body.items() if name in shape.arguments}
    extra = {name: value for name, value in call.body.items() if name not in shape.arguments}
    arguments = [f"{name}={python_literal(value)}" for name, value in named.items()]
    if extra:
        arguments.append(f"extra_body={python_literal(extra)}")
    if headers := _headers(call):
        arguments.append(f"extra_headers={python_literal(headers)}")
    listed = "".join(f"    {argument},\n" for argument in arguments)
    return (
        "import os\n\nfrom openai import OpenAI\n\n"
        f"client = OpenAI(base_url={python_literal(call.base_url)}, api_key=os.environ[{python_literal(TOKEN_VARIABLE)}])\n"
        f"reply = client.{shape.method}(\n{listed})\n{_python_end(shape, is_stream=call.body.get('stream') is True)}"
    )


def node(call: CallExample) -> str:
    """An ES module (`.mjs`) for the `openai` package."""
    shape = _SHAPES[call.operation]
    headers = ""
    if named := _headers(call):
        headers = f",\n  {{ headers: {json_literal(named)} }}"
    return (
        'import OpenAI from "openai";\n\n'
        f"const client = new OpenAI({{ baseURL: {json_literal(call.base_url)}, apiKey: process.env.{TOKEN_VARIABLE} }});\n"
        f"const reply = await client.{shape.method}(\n  {json_literal(call.body)}{headers},\n);\n"
        f"{_node_end(shape, is_stream=call.body.get('stream') is True)}"
    )


LANGUAGES: Final[dict[str, Callable[[CallExample], str]]] = {"curl": curl, "python": python, "node": node}
"""What `--code` takes."""


def operation_of(path: str) -> str:
    """The operation that an SDK's method calls at `path` (`/v1/embeddings`); empty where none does."""
    return next((name for name, shape in _SHAPES.items() if f"/v1{shape.path}" == path), "")


def _headers(call: CallExample) -> dict[str, str]:
    ours = {} if call.metadata is None else {METADATA_HEADER: metadata_header(call.metadata)}
    return {**call.headers, **ours}


def _python_end(shape: _Shape, *, is_stream: bool) -> str:
    if shape.is_file:
        return f'reply.write_to_file("{_FILE}")\n'
    if not is_stream:
        return f"print(reply.{shape.text})\n"
    if not shape.piece:
        return "for event in reply:\n    print(event)\n"
    return (
        "for chunk in reply:\n    if chunk.choices:\n"
        f'        print(chunk.{shape.piece} or "", end="", flush=True)\nprint()\n'
    )


def _node_end(shape: _Shape, *, is_stream: bool) -> str:
    if shape.is_file:
        return (
            f'await (await import("node:fs/promises")).writeFile("{_FILE}", '
            "Buffer.from(await reply.arrayBuffer()));\n"
        )
    if not is_stream:
        return f"console.log(reply.{shape.text});\n"
    if not shape.piece:
        return "for await (const event of reply) console.log(event);\n"
    piece = shape.piece.replace("[0]", "[0]?")
    return f'for await (const chunk of reply) process.stdout.write(chunk.{piece} ?? "");\nconsole.log();\n'


def json_literal(value: object) -> str:
    """JSON on one line, also a literal of JavaScript, every control and bidirectional character spelled out."""
    return harmless.json_text(json.dumps(value, ensure_ascii=False, allow_nan=False))


def metadata_header(metadata: Mapping[str, Any]) -> str:
    """Metadata as the value of `x-ai-route-metadata`: ASCII only."""
    return json.dumps(dict(metadata), separators=(",", ":"), allow_nan=False)


def python_literal(value: object) -> str:
    """A JSON value as a Python expression."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value).items()
        return (
            "{"
            + ", ".join(f"{python_literal(name)}: {python_literal(inner)}" for name, inner in fields)
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(python_literal(inner) for inner in cast("list[object]", value)) + "]"
    return repr(value)
