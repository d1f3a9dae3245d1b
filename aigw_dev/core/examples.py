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
}
OPERATIONS: Final = tuple(_SHAPES)
"""Operations that can be shown."""


def sample_body(model: str, operation: str = "openai.chat.completions") -> dict[str, Any]:
    """A small body for a model: what an example sends when nobody gave it a prompt."""
    if operation == "openai.embeddings":
        return {"model": model, "input": "Hello!"}
    if operation == "openai.completions":
        return {"model": model, "prompt": "Hello!"}
    return {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}


def curl(call: CallExample) -> str:
    """A command for sh, bash and zsh."""
    is_stream = call.body.get("stream") is True
    lines = [
        f"curl -sS{'N' if is_stream else ''} {shlex.quote(call.base_url + _SHAPES[call.operation].path)}",
        f'-H "authorization: Bearer ${TOKEN_VARIABLE}"',
        "-H 'content-type: application/json'",
    ]
    if call.metadata is not None:
        lines.append(f"-H {shlex.quote(f'{METADATA_HEADER}: {_header(call.metadata)}')}")
    lines.append(f"-d {shlex.quote(_json(call.body))}")
    return " \\\n  ".join(lines) + "\n"


def python(call: CallExample) -> str:
    """A script for the `openai` package."""
    shape = _SHAPES[call.operation]
    named = {name: value for name, value in call.body.items() if name in shape.arguments}
    extra = {name: value for name, value in call.body.items() if name not in shape.arguments}
    arguments = [f"{name}={_python(value)}" for name, value in named.items()]
    if extra:
        arguments.append(f"extra_body={_python(extra)}")
    if call.metadata is not None:
        arguments.append(f"extra_headers={_python({METADATA_HEADER: _header(call.metadata)})}")
    listed = "".join(f"    {argument},\n" for argument in arguments)
    return (
        "import os\n\nfrom openai import OpenAI\n\n"
        f"client = OpenAI(base_url={_python(call.base_url)}, api_key=os.environ[{_python(TOKEN_VARIABLE)}])\n"
        f"reply = client.{shape.method}(\n{listed})\n{_python_end(shape, is_stream=call.body.get('stream') is True)}"
    )


def node(call: CallExample) -> str:
    """An ES module (`.mjs`) for the `openai` package."""
    shape = _SHAPES[call.operation]
    headers = ""
    if call.metadata is not None:
        headers = f",\n  {{ headers: {_json({METADATA_HEADER: _header(call.metadata)})} }}"
    return (
        'import OpenAI from "openai";\n\n'
        f"const client = new OpenAI({{ baseURL: {_json(call.base_url)}, apiKey: process.env.{TOKEN_VARIABLE} }});\n"
        f"const reply = await client.{shape.method}(\n  {_json(call.body)}{headers},\n);\n"
        f"{_node_end(shape, is_stream=call.body.get('stream') is True)}"
    )


LANGUAGES: Final[dict[str, Callable[[CallExample], str]]] = {"curl": curl, "python": python, "node": node}
"""What `--code` takes."""


def _python_end(shape: _Shape, *, is_stream: bool) -> str:
    if not is_stream or not shape.piece:
        return f"print(reply.{shape.text})\n"
    return (
        "for chunk in reply:\n    if chunk.choices:\n"
        f'        print(chunk.{shape.piece} or "", end="", flush=True)\nprint()\n'
    )


def _node_end(shape: _Shape, *, is_stream: bool) -> str:
    if not is_stream or not shape.piece:
        return f"console.log(reply.{shape.text});\n"
    piece = shape.piece.replace("[0]", "[0]?")
    return f'for await (const chunk of reply) process.stdout.write(chunk.{piece} ?? "");\nconsole.log();\n'


def _json(value: object) -> str:
    """JSON on one line, every control and bidirectional character spelled out."""
    return harmless.json_text(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _header(metadata: Mapping[str, Any]) -> str:
    """Metadata as a header value: ASCII only."""
    return json.dumps(dict(metadata), separators=(",", ":"), allow_nan=False)


def _python(value: object) -> str:
    """A JSON value as a Python expression."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value).items()
        return "{" + ", ".join(f"{_python(name)}: {_python(inner)}" for name, inner in fields) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_python(inner) for inner in cast("list[object]", value)) + "]"
    return repr(value)
