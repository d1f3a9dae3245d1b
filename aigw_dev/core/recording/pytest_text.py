"""The pytest test of promoted calls: the same requests with the caller's own SDK, and what the gateway saw of them.

Only literals of the calls get into the text, and only names that are made of letters, digits and underscores.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import quote

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.operations import OPERATIONS, Operation
from aigw_dev.core.recording.fixture import Interaction
from aigw_dev.core.recording.promoting import ASSERTS
from aigw_dev.core.recording.python_text import literal, quoted

LARGEST_CHARS: Final = 200_000
"""A longer test is not for reading."""
_FAILED: Final = 400
_STEP: Final = "    "
_NAME: Final = re.compile(r"test_[A-Za-z0-9_]{1,100}")
_FILE: Final = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.\-]{0,100}/){0,12}[A-Za-z0-9_][A-Za-z0-9_.\-]{0,100}\.py"
)
_NOT_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_OPERATIONS: Final = {one.name: one for one in OPERATIONS}


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asserted of one call, with its interaction cleaned of secrets."""

    id: str
    """Of the exchange."""
    interaction: Interaction
    is_stream: bool
    status: int
    """What the caller got."""
    text: str = ""
    tool_calls: tuple[tuple[str, Any], ...] = ()
    """Name, arguments: decoded where they are a JSON object."""
    finish: str = ""
    tokens: tuple[int, int] | None = None
    """In, out; None where the provider told none: an estimate is no fact to hold a test to."""
    cost_usd: str | None = ""
    """Empty = not known; None = an estimate, not to be asserted."""
    route: str = ""
    headers: dict[str, str] = {}
    """What the route decided by, beside the body."""


class TestText(msgspec.Struct, frozen=True, kw_only=True):
    """A test, in parts that a new module or one that is there can take."""

    __test__ = False

    imports: tuple[str, ...]
    """`import openai`, one line each, sorted."""
    function: str
    """From `def` on, with a final line feed."""

    def module(self, ids: Sequence[str]) -> str:
        """A module of this test alone; `ids` are those of the exchanges."""
        named = ", ".join(_NOT_NAME.sub("", one) for one in ids)
        head = f'"""Promoted from logged calls of aigw-dev: {named}."""\n\n'
        return f"{head}{''.join(f'{line}{chr(10)}' for line in self.imports)}\n\n{self.function}".replace(
            '"""\n\n\n\n', '"""\n\n\n'
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


class _Sdk(msgspec.Struct, frozen=True, kw_only=True):
    """How an official SDK makes a call of one operation."""

    module: str
    client: str
    call: str
    needed: frozenset[str]
    """Without these it makes no such call, or another one."""
    takes: frozenset[str]
    """What it takes by name; anything else goes in its `extra_body`."""
    sends: frozenset[str] = frozenset()
    """Headers that count and that it always sends: where the caller sent none, it cannot make the call."""


_CLIENT: Final = "{}(\n    base_url={}, api_key=aigw.key, max_retries=0, timeout=60\n)"
_OPENAI: Final = _CLIENT.format("openai.OpenAI", "aigw.openai_url")
_ANTHROPIC: Final = _CLIENT.format("anthropic.Anthropic", "aigw.anthropic_url")
_SDKS: Final[dict[str, _Sdk]] = {
    "openai.chat.completions": _Sdk(
        module="openai",
        client=_OPENAI,
        call="chat.completions.create",
        needed=frozenset({"model", "messages"}),
        takes=_names(
            "model messages stream stream_options temperature top_p max_tokens max_completion_tokens tools tool_choice"
            " parallel_tool_calls response_format seed stop n presence_penalty frequency_penalty logit_bias logprobs"
            " top_logprobs user metadata store reasoning_effort service_tier modalities audio"
        ),
    ),
    "openai.responses": _Sdk(
        module="openai",
        client=_OPENAI,
        call="responses.create",
        needed=frozenset({"model", "input"}),
        takes=_names(
            "model input instructions stream temperature top_p max_output_tokens tools tool_choice parallel_tool_calls"
            " previous_response_id reasoning text store include metadata truncation user"
        ),
    ),
    "openai.embeddings": _Sdk(
        module="openai",
        client=_OPENAI,
        call="embeddings.create",
        needed=frozenset({"model", "input", "encoding_format"}),  # the SDK adds a format where there is none
        takes=frozenset({"model", "input", "encoding_format", "dimensions", "user"}),
    ),
    "anthropic.messages": _Sdk(
        module="anthropic",
        client=_ANTHROPIC,
        call="messages.create",
        needed=frozenset({"model", "messages", "max_tokens"}),
        sends=frozenset({"anthropic-version"}),
        takes=_names(
            "model messages max_tokens system stream temperature top_p top_k stop_sequences tools tool_choice thinking"
            " metadata service_tier"
        ),
    ),
}
_ADDRESSES: Final = {
    "openai-chat": ("aigw.openai_url", "", "authorization", "Bearer {aigw.key}"),
    "openai-responses": ("aigw.openai_url", "", "authorization", "Bearer {aigw.key}"),
    "anthropic-messages": ("aigw.anthropic_url", "/v1", "x-api-key", "{aigw.key}"),
    "gemini-generate-content": ("aigw.gemini_url", "/v1beta", "x-goog-api-key", "{aigw.key}"),
}
"""By dialect: base URL, what follows it, the header that a key goes in, how."""


def usual_name(model: str, identifier: str) -> str:
    """A name for a test of this call: `test_gpt_4o_mini_3f2a9c`."""
    words = _NOT_NAME.sub("_", model.rpartition("/")[2]).strip("_").lower()[:60]
    return f"test_{words or 'call'}_{_NOT_NAME.sub('', identifier)[:6]}"


def wrong_names(name: str, file: str, asserts: Sequence[str]) -> str:
    """What is wrong with what a test is to be called and to assert; empty where nothing is."""
    if not _NAME.fullmatch(name):
        return f"{name[:120]!r} is no name of a test: test_ and letters, digits, underscores"
    if not _FILE.fullmatch(file):
        return f"{file[:200]!r} is no file of tests: a path below the project with / between folders, ending in .py"
    unknown = [one for one in asserts if one not in ASSERTS]
    if unknown:
        return f"nothing called {unknown[0][:60]!r} can be asserted; there are {', '.join(ASSERTS)}"
    return ""


def text_of_test(calls: Sequence[Facts], *, name: str, asserts: Sequence[str]) -> TestText | Refusal:
    """The test that makes these calls in order and asserts what is asked for. Names were looked at before."""
    imports: set[str] = set()
    clients: dict[str, str] = {}
    body: list[str] = []
    for number, call in enumerate(calls):
        sdk = _sdk_for(call)
        imports.add(f"import {sdk.module if sdk else 'httpx'}")
        if call.status >= _FAILED and sdk is not None:
            imports.add("import pytest")
        client = ""
        if sdk is not None:
            client = clients.setdefault(sdk.client, _client_name(sdk, clients))
        body += ["", *(_sdk_lines(call, sdk, client) if sdk else _plain_lines(call))]
        body += _assertions(call, number, asserts)
    made = [f"{client} = {made}" for made, client in clients.items()]
    fixtures = "aigw, aigw_snapshot" if "snapshot" in asserts else "aigw"
    lines = [*made, *(body if made else body[1:])]
    text = "".join(f"{_STEP}{line}\n" if line else "\n" for line in "\n".join(lines).split("\n"))
    if len(text) > LARGEST_CHARS:
        return Refusal(
            code="promote_impossible",
            message=f"the test would have {len(text):,} characters, too many to be read; save the fixture alone",
        )
    return TestText(imports=_in_order(imports), function=f"def {name}({fixtures}):\n{text}")


def _in_order(imports: set[str]) -> tuple[str, ...]:
    return tuple(sorted(imports))


def _sdk_for(call: Facts) -> _Sdk | None:
    """The SDK that would send this very request; None where a plain request is surer."""
    request = call.interaction.request
    sdk = _SDKS.get(request.op)
    body = cast("dict[str, Any]", request.body)
    if sdk is None or not sdk.needed <= body.keys():
        return None
    if not sdk.sends <= request.headers.keys():
        return None
    return sdk


def _client_name(sdk: _Sdk, clients: dict[str, str]) -> str:
    return f"{sdk.module}_client" if clients else "client"


def _sdk_lines(call: Facts, sdk: _Sdk, client: str) -> list[str]:
    """The call with its SDK, a stream read to its end."""
    body = cast("dict[str, Any]", call.interaction.request.body)
    fields = {name: value for name, value in body.items() if name in sdk.takes}
    more = {name: value for name, value in body.items() if name not in sdk.takes}
    headers = _headers(call)
    if headers:
        fields["extra_headers"] = headers
    if more:
        fields["extra_body"] = more
    is_failed = call.status >= _FAILED
    margin = _STEP if is_failed else ""
    # margins are within the function: a step deeper in the file
    arguments = [
        f"{margin}{_STEP}{name}={literal(value, _STEP * 2 + margin, taken=len(name) + 2)},"
        for name, value in fields.items()
    ]
    target = "stream = " if call.is_stream and not is_failed else ""
    lines = [f"{margin}{target}{client}.{sdk.call}(", *arguments, f"{margin})"]
    if is_failed:
        lines.insert(0, f"with pytest.raises({sdk.module}.APIStatusError):")
    elif call.is_stream:
        lines += ["for _event in stream:", f"{_STEP}pass"]
    return [_outdented(line) for line in lines]


def _outdented(text: str) -> str:
    """Lines of a literal have the function's margin already, which every line gets at the end."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(line.removeprefix(_STEP) for line in rest)])


def _plain_lines(call: Facts) -> list[str]:
    """The call as a plain HTTP request."""
    request = call.interaction.request
    operation = _OPERATIONS[request.op]
    base, prefix, header, key = _ADDRESSES[operation.dialect]
    url = f'f"{{{base}}}{prefix}{_path(operation, request.path, is_stream=call.is_stream)}"'
    shown = "".join(f", {quoted(name)}: {quoted(value)}" for name, value in _headers(call).items())
    lines = [
        "reply = httpx.post(",
        f"{_STEP}{url},",
        f'{_STEP}headers={{"{header}": f"{key}"{shown}}},',
        f"{_STEP}json={literal(request.body, _STEP * 2, taken=6)},",
        f"{_STEP}timeout=60,",
        ")",
        f"assert reply.status_code == {call.status}",
    ]
    return [_outdented(line) for line in lines]


def _path(operation: Operation, path: str, *, is_stream: bool) -> str:
    """The operation's path; a model in it percent-encoded, so that no brace or quote is left."""
    model = quote(path.removeprefix("models/"), safe="")
    filled = operation.path.replace("{model}", model)
    return f"{filled}?alt=sse" if is_stream and "{model}" in operation.path else filled


def _headers(call: Facts) -> dict[str, str]:
    """Headers that count; versions too, for each release of an SDK sends its own."""
    return call.interaction.request.headers | call.headers


# what is asserted


def _assertions(call: Facts, number: int, asserts: Sequence[str]) -> list[str]:
    lines = [line for one in ASSERTS if one in asserts for line in _SAYS[one](call)]
    if not lines:
        return []
    return ["", f"call = aigw.calls[{number}]", *lines]


def _status(call: Facts) -> list[str]:
    return [f"assert call.status == {call.status}"]


def _text(call: Facts) -> list[str]:
    if not call.text:
        return []
    return [_outdented(f"assert call.text == {literal(call.text, _STEP, taken=20)}")]


def _tool_calls(call: Facts) -> list[str]:
    if not call.tool_calls:
        return []
    calls = [
        f"{_STEP}({quoted(name)}, {literal(arguments, _STEP * 2, taken=len(name) + 5)}),"
        for name, arguments in call.tool_calls
    ]
    return ["assert call.tool_calls == [", *(_outdented(line) for line in calls), "]"]


def _finish(call: Facts) -> list[str]:
    return [f"assert call.finish == {quoted(call.finish)}"] if call.finish else []


def _route(call: Facts) -> list[str]:
    asked = [one.upstream for one in call.interaction.attempts]
    lines = [f"assert call.route.rule == {quoted(call.route)}"] if call.route else []
    begun = "assert [each.upstream for each in call.attempts] == "
    return [*lines, _outdented(f"{begun}{literal(asked, _STEP, taken=len(begun))}")]


def _cost(call: Facts) -> list[str]:
    if call.cost_usd is None:
        return []
    if not call.cost_usd:
        return ["assert call.cost is None"]
    return [f'assert f"{{call.cost:f}}" == "{Decimal(call.cost_usd):f}"']


def _usage(call: Facts) -> list[str]:
    if call.tokens is None:
        return []
    return [
        f"assert (call.usage.input_tokens, call.usage.output_tokens) == ({call.tokens[0]:d}, {call.tokens[1]:d})"
    ]


def _snapshot(_: Facts) -> list[str]:
    return ["assert call.request == aigw_snapshot"]


_SAYS: Final[dict[str, Callable[[Facts], list[str]]]] = {
    "status": _status,
    "text": _text,
    "tool_calls": _tool_calls,
    "finish": _finish,
    "route": _route,
    "cost": _cost,
    "usage": _usage,
    "snapshot": _snapshot,
}
