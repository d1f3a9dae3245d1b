"""Any call to the gateway as something that runs: curl, Python (the SDKs and httpx), Node, and our own command.

The token always comes from `$AIGW_DEV_TOKEN` and never stands in the text; headers that carry credentials are left out.
Prompts and names may hold anything: nothing of them is read by the shell or the language.
"""

import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core import chat_command, harmless
from aigw_dev.core.dialects.codec import Traits, caller_codec, provider_codec
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.examples import (
    METADATA_HEADER,
    TOKEN_VARIABLE,
    CallExample,
    json_literal,
    metadata_header,
    node,
    operation_of,
    python,
    python_literal,
)
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.operations import CALLS, FORM, JSON
from aigw_dev.core.routing.names import CREDENTIALS

CHAT: Final = "/v1/chat/completions"
MESSAGES: Final = "/v1/messages"
_FORMS: Final = {f"/v1{call.path}" for call in CALLS if call.media[0] == FORM}
_FILE_FIELDS: Final = {"/v1/images/edits": "image", "/v1/images/variations": "image"}
"""How a form calls its file, where that is not `file`."""
_FILES: Final = frozenset({"/v1/audio/speech"})
"""Calls whose reply is a file."""
_UNSHOWN: Final = CREDENTIALS["header"] | {
    "content-type", "content-length", "host", "accept-encoding", "connection", METADATA_HEADER,
}  # fmt: skip
"""Headers that an example writes itself, that its client does, or that hold a secret."""
_ANTHROPIC_WORDS: Final = frozenset(
    {"model", "messages", "system", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "stream"}
    | {"tools", "tool_choice", "thinking", "metadata", "service_tier"}
)
"""What the `anthropic` package's method takes by name; the rest travels in `extra_body`."""


class CallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call to show."""

    base_url: str
    """The gateway's address, without `/v1`: `http://127.0.0.1:2449`."""
    body: Mapping[str, Any] = {}
    """What is sent, JSON values only: `model`, and `stream` where it is one. Of a file endpoint, its form's fields."""
    path: str = CHAT
    """Path and query of the call, with `/v1` or `/v1beta`."""
    method: str = "POST"
    metadata: Mapping[str, str | int | float | bool | None] | None = None
    """Sent as `x-ai-route-metadata`; None sends no such header."""
    headers: Mapping[str, str] = {}
    """More headers; those with credentials are not shown."""


def examples(request: CallRequest) -> dict[str, str]:
    """Every form that this call has, by title, `cURL` first; each runs as it stands.

    A body that JSON cannot carry (NaN) is a `ValueError`.
    """
    made = {title: write(request) for title, write in _WRITERS.items()}
    return {title: text for title, text in made.items() if text}


def curl(request: CallRequest) -> str:
    """A command for sh, bash and zsh."""
    path = _path(request)
    words = ["curl", "-sSN" if _is_stream(request) else "-sS"]
    if request.method != ("POST" if request.body else "GET"):
        words += ["-X", request.method]
    head = f"{shlex.join(words)} {shlex.quote(request.base_url + request.path)}"
    lines = [head, f'-H "authorization: Bearer ${TOKEN_VARIABLE}"']
    is_form = path in _FORMS
    if request.body and not is_form:
        lines.append(f"-H 'content-type: {JSON}'")
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(request).items()]
    if is_form:
        fields = [f"{name}={_form_value(value)}" for name, value in request.body.items()]
        lines += [f"--form-string {shlex.quote(harmless.line(field))}" for field in fields]
        lines.append(f"-F {_file_field(path)}=@FILE")
    elif request.body:
        lines.append(f"-d {shlex.quote(json_literal(request.body))}")
    if path in _FILES:
        lines.append("-o speech.mp3")
    return " \\\n  ".join(lines) + "\n"


def python_openai(request: CallRequest) -> str:
    """A script for the `openai` package; empty where it has no method for this call."""
    call = _sdk_call(request)
    return python(call) if call is not None else ""


def node_openai(request: CallRequest) -> str:
    """An ES module (`.mjs`) for the `openai` package; empty where it has no method for this call."""
    call = _sdk_call(request)
    return node(call) if call is not None else ""


def python_anthropic(request: CallRequest) -> str:
    """A script for the `anthropic` package; an OpenAI chat body is translated as the gateway would.

    Empty where this call has no such form.
    """
    body = _anthropic_body(request)
    if body is None:
        return ""
    is_stream = body.pop("stream", None) is True
    extra = {name: value for name, value in body.items() if name not in _ANTHROPIC_WORDS}
    arguments = [f"{name}={python_literal(value)}" for name, value in body.items() if name not in extra]
    arguments += [f"extra_body={python_literal(extra)}"] if extra else []
    headers = {name: value for name, value in _headers(request).items() if name != "anthropic-version"}
    arguments += [f"extra_headers={python_literal(headers)}"] if headers else []
    head = (
        "import os\n\nfrom anthropic import Anthropic\n\n"
        f"client = Anthropic(base_url={python_literal(request.base_url)}, "
        f"api_key=os.environ[{python_literal(TOKEN_VARIABLE)}])\n"
    )
    if is_stream:
        return (
            f"{head}with client.messages.stream(\n{_lines(arguments)}) as reply:\n"
            '    for text in reply.text_stream:\n        print(text, end="", flush=True)\nprint()\n'
        )
    return (
        f"{head}reply = client.messages.create(\n{_lines(arguments)})\n"
        'print("".join(block.text for block in reply.content if block.type == "text"))\n'
    )


def python_httpx(request: CallRequest) -> str:
    """A script for the `httpx` package."""
    path = _path(request)
    headers = [f'"authorization": f"Bearer {{os.environ[{python_literal(TOKEN_VARIABLE)}]}}"']
    headers += [
        f"{python_literal(name)}: {python_literal(value)}" for name, value in _headers(request).items()
    ]
    words = [
        python_literal(request.method),
        python_literal(request.base_url + request.path),
        "headers=headers",
    ]
    if path in _FORMS:
        fields = {name: _form_value(value) for name, value in request.body.items()}
        words += [f"data={python_literal(fields)}", f'files={{"{_file_field(path)}": open("FILE", "rb")}}']
    elif request.body:
        words.append(f"json={python_literal(request.body)}")
    words.append("timeout=None")
    head = f"import os\n\nimport httpx\n\nheaders = {{\n{_lines(headers)}}}\n"
    if _is_stream(request):
        return (
            f"{head}with httpx.stream(\n{_lines(words)}) as reply:\n"
            "    for line in reply.iter_lines():\n        if line:\n            print(line, flush=True)\n"
        )
    end = 'open("speech.mp3", "wb").write(reply.content)\n' if path in _FILES else "print(reply.text)\n"
    return f"{head}reply = httpx.request(\n{_lines(words)})\n{end}"


def shell(request: CallRequest) -> str:
    """`aigw-dev chat ...` for a chat completion; empty for another call. Extra headers have no place in it."""
    if _path(request) != CHAT:
        return ""
    line = chat_command.chat_command(request.body, request.metadata)
    return f"{line}\n" if line else ""


_WRITERS: Final[dict[str, Callable[[CallRequest], str]]] = {
    "cURL": curl,
    "Python (openai)": python_openai,
    "Python (anthropic)": python_anthropic,
    "Python (httpx)": python_httpx,
    "Node (openai)": node_openai,
    "Shell (aigw-dev)": shell,
}
TITLES: Final = tuple(_WRITERS)
"""In the order in which they are shown."""


def _path(request: CallRequest) -> str:
    return request.path.partition("?")[0]


def _is_stream(request: CallRequest) -> bool:
    return request.body.get("stream") is True or ":streamGenerateContent" in request.path


def _headers(request: CallRequest) -> dict[str, str]:
    """What is sent beside credential and content type; metadata last."""
    kept = {
        name.lower(): harmless.line(value)
        for name, value in request.headers.items()
        if name.lower() not in _UNSHOWN
    }
    if _path(request).startswith(MESSAGES):
        kept.setdefault("anthropic-version", "2023-06-01")
    if request.metadata is not None:
        kept[METADATA_HEADER] = metadata_header(request.metadata)
    return kept


def _sdk_call(request: CallRequest) -> CallExample | None:
    operation = operation_of(_path(request))
    if not operation or request.method != "POST":
        return None
    return CallExample(
        base_url=f"{request.base_url}/v1",
        body=request.body,
        operation=operation,
        headers=_headers(request),
    )


def _anthropic_body(request: CallRequest) -> dict[str, Any] | None:
    """The body in Anthropic's words; None where it has none."""
    if _path(request) == MESSAGES:
        return dict(request.body)
    if _path(request) != CHAT:
        return None
    read = read_body(json_literal(request.body).encode())
    chat = read if isinstance(read, Refusal) else caller_codec("openai-chat").read_chat(read)
    if isinstance(chat, Refusal):
        return None
    written = provider_codec("anthropic-messages").write_chat(
        chat, model=chat.model, traits=Traits(), ledger=Ledger()
    )
    if isinstance(written, Refusal):
        return None
    body = cast("dict[str, Any]", msgspec.json.decode(written.body))
    return body | {"model": request.body.get("model", "")}


def _file_field(path: str) -> str:
    return _FILE_FIELDS.get(path, "file")


def _form_value(value: object) -> str:
    return value if isinstance(value, str) else json_literal(value)


def _lines(arguments: list[str]) -> str:
    return "".join(f"    {argument},\n" for argument in arguments)
