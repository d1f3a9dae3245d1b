"""A gateway whose config, callers and provider are all hostile, with a log full of what they said."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from tests.e2e.conftest import GatewayProcess
from tests.hostile import FLOODS, LONE, MARKUP, NASTY, PRINTABLE, SEQUENCES, SHORT
from tests.scripted import LAST_CHUNK, Request, Script, chunk, event, json_reply, reply, stream_head

LONG: Final = "W" * 1_000_000
DEEP: Final = "[" * 50_000 + "]" * 50_000
TABLE: Final = "|".join("c" * 3 for _ in range(10_000)) + "\n" + "|".join("---" for _ in range(10_000)) + "\n" + "|".join(SHORT.replace("\r", "") for _ in range(2_000)) + "\n"  # fmt: skip
FENCE: Final = f"```python\n{NASTY}\nprint('unfinished\n"
MARKDOWN: Final = (
    f'# {SHORT}\n\n- {NASTY}\n  - {SHORT}\n\n> {NASTY}\n\n1. [{SHORT}](javascript:alert(1) "{SHORT}")\n\n'
    f"<a href='javascript:alert(1)'>{SHORT}</a>\n<img src=x onerror=alert(1)>\n\n| {SHORT} | b |\n|---|---|\n| {NASTY} | 2 |\n\n"
    f"```\x1b]0;LANG\x07[bold]\n{NASTY}\n```\n\n~~~ansi\n{''.join(SEQUENCES)}\n~~~\n\n{'*a **b ' * 3_000}\n\n{'_a __b ' * 3_000}\n\n"
    f"{'[' * 3_000}\n\n{'`' * 3_000}\n\n{'> ' * 500}x\n\n{'- ' * 500}x\n\nEND-OF-MARKDOWN\n"
)
TOOL: Final = {
    "type": "function",
    "function": {"name": f"tool{SHORT}", "arguments": json.dumps({NASTY: NASTY, "d": [[[SHORT]]]})},
}
ANSWERS: Final[dict[str, str]] = {
    "nasty": NASTY + "\n" + "\n".join(MARKUP),
    "markdown": MARKDOWN,
    "fence": FENCE,
    "table": TABLE,
    "long": LONG,
    "floods": "\n\n".join(FLOODS) + "".join(LONE),
    "deep": DEEP,
}
"""What the provider says, by the word that the question ends with."""
MODELS: Final = (
    "plain",
    f"m{SHORT}",
    PRINTABLE,
    NASTY[:200],
    *(f"f{flood[:100]}" for flood in FLOODS),
    *MARKUP,
)


def answer(request: Request) -> Script:
    """The provider."""
    headers = [
        ("X-Request-Id", "id\x9b31m[bold]BOLD[/]"),
        ("Server", "[@click=app.quit]\x9d0;x\x9c"),
        ("Openai-Processing-Ms", "[/]"),
    ]
    if request.method == "GET":
        rows = [{"id": name, "object": "model", "owned_by": NASTY} for name in MODELS]
        return [json_reply({"object": "list", "data": rows}, headers=headers)]
    body = request.json()
    said = str(body["messages"][-1].get("content") or "")
    word = said.rpartition(" ")[2]
    if word == "error":
        error = {"message": NASTY, "type": SHORT, "code": SHORT, "param": SHORT, NASTY: NASTY}
        return [json_reply({"error": error}, status=400, headers=headers)]
    if word == "page":
        page = f"<html><title>{SHORT}</title>{NASTY}".encode("utf-8", "replace") + b"\x9b31m\xff\xfe\x1b[2J"
        return [reply(page, status=502, headers=[("Content-Type", "text/html"), *headers], reason="Bad[/]")]
    if word == "garbage":
        return [
            reply(
                b"\x1b[2J\x9b31m\xff[bold]\x00" * 50, headers=[("Content-Type", "application/json"), *headers]
            )
        ]
    if body.get("stream"):
        return _stream(word, headers)
    message: dict[str, Any] = {
        "role": f"assistant{SHORT}",
        "content": ANSWERS.get(word, NASTY),
        "reasoning_content": NASTY,
    }
    if word == "tools":
        message["tool_calls"] = [{"id": f"call{SHORT}", **TOOL}]
    return [json_reply(
        {"id": SHORT, "object": SHORT, "created": 1, "model": NASTY, "system_fingerprint": SHORT, "service_tier": SHORT,
         "choices": [{"index": 0, "message": message, "finish_reason": SHORT}],
         "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, SHORT: {SHORT: 1}}},
        headers=headers)]  # fmt: skip


def _stream(word: str, headers: list[tuple[str, str]]) -> Iterator[bytes]:
    yield stream_head(headers=[("Content-Type", "text/event-stream"), *headers])
    for delta in _deltas(word):
        yield chunk(event(_piece(delta)))
    yield chunk(event(_piece({}, finish=SHORT)))
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    yield chunk(event({**_piece({}), "choices": [], "usage": usage}))
    yield chunk(event("[DONE]"))
    yield LAST_CHUNK


def _deltas(word: str) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    yield {"reasoning_content": NASTY + "\n" + SHORT}
    said = ANSWERS.get(word, NASTY)
    # Cut where a sequence is broken in two: what joins the pieces must not make it whole again.
    size = 100_000 if len(said) > 10_000 else 7
    for at in range(0, len(said), size):
        yield {"content": said[at : at + size]}
    if word == "tools":
        yield {"tool_calls": [{"index": 0, "id": f"call{SHORT}", **TOOL}]}


def _piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": SHORT, "object": "chat.completion.chunk", "created": 1, "model": NASTY, "choices": [choice]}


def config(url: str) -> str:
    """As hostile as the checks of a config let it be."""

    def spelled(said: str) -> str:
        return json.dumps(said)

    return f"""version: 1
gateway:
  name: {spelled(PRINTABLE)}
  notes: {spelled(NASTY)}
providers:
  up:
    kind: openai-compatible
    base_url: "{url}/v1"
    keys: ["env:UP_KEY"]
    headers: {{x-title: "[bold]BOLD[/] [/]"}}
  claims: {{kind: openai-compatible, base_url: "{url}/v1", keys: ["env:UP_KEY"], models: [{spelled(PRINTABLE)}, "[/]", "[@click=app.quit]x"]}}
routes:
  nasty:
    description: {spelled(NASTY)}
    metadata: optional
    models: ["[bold]claimed[/]"]
    flow:
      if: {spelled("metadata.tier == " + json.dumps(SHORT, ensure_ascii=False) + ' or header.x-hostile contains "[/]"')}
      then: {{send: {spelled("up/[bold]BOLD[/]")}}}
      else: {{send: up/plain, fallback: ["claims/[/]", mock/echo]}}
"""


def calls() -> list[tuple[bytes, list[tuple[bytes, bytes]]]]:
    """One call of every kind: body and headers, without the token."""
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("up/plain", word, {"stream": is_stream})
        for word in (*ANSWERS, "tools")
        for is_stream in (True, False)
    ]
    kinds += [("up/plain", word, {}) for word in ("error", "page", "garbage")]
    kinds += [(f"up/{model}", "nasty", {}) for model in (SHORT, NASTY[:200], "[/]")]
    kinds += [(SHORT, "x", {}), (f"dynamic/{SHORT}", "x", {}), ("dynamic/nasty", "error", {})]
    kinds += [("[bold]claimed[/]", "nasty", {"stream": True})]
    kinds += [("mock/echo", NASTY, {}), ("mock/echo", NASTY, {"stream": True})]
    return [
        (_body(model, f"{NASTY} {word}" if number % 2 else word, more), _headers())
        for number, (model, word, more) in enumerate(kinds)
    ]


def _body(model: str, text: str, more: dict[str, Any]) -> bytes:
    function = {"name": SHORT, "description": NASTY, "parameters": {SHORT: NASTY}}
    body = {
        "model": model,
        "messages": [
            {"role": "system", "content": NASTY, "name": SHORT},
            {"role": f"user{SHORT}", "content": SHORT, SHORT: [NASTY]},
            {"role": "user", "content": text},
        ],
        "tools": [{"type": "function", "function": function}],
        "user": SHORT,
        "metadata": {SHORT: NASTY},
        **more,
    }
    return json.dumps(body).encode()


def _headers() -> list[tuple[bytes, bytes]]:
    headers = {
        "content-type": "application/json",
        "user-agent": "agent\x9b31m[@click=app.quit]x[/]",
        "x-ai-route-metadata": json.dumps({"tier": SHORT, "[/]": NASTY[:300], "k\x1b[2J": "v"}),
        "x-session-id": "s\x9b31m[/]",
        "x-hostile": "[bold]\x9b5m[/]",
    }
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


class HostileGateway:
    """The gateway and the way to fill its log."""

    def __init__(self, folder: Path, url: str) -> None:
        self.process = GatewayProcess(folder, config(url))

    def fill(self) -> None:
        """One call of every kind."""
        with httpx.Client(timeout=30, trust_env=False) as client:
            for content, headers in calls():
                own = [(b"authorization", f"Bearer {self.process.token}".encode()), *headers]
                client.post(f"{self.process.url}/v1/chat/completions", content=content, headers=own)
