"""The Providers screen over a real gateway with a provider that does what a test says."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from aigw_dev.tui.screens.providers import ProvidersRoom
from tests.scripted import Request, Script, ScriptedUpstream, json_reply
from tests.tui.harness import Desk, desk

GOOD = "sk-test-canary-0123456789abcdefghij"
"""The key that the provider takes; must be seen nowhere."""
CONFIG = """# who answers
version: 1
gateway: {{name: my-app}}
providers:
  up: {{kind: openai-compatible, base_url: {url}/v1, keys: [up-key]}}   # the one we test with
  spare:
    kind: openai-compatible
    base_url: {url}/v1
    auth: none  # open
routes:
  pro:
    flow: {{send: up/m1, key: up-key, fallback: [mock/echo]}}
"""


def provider(request: Request) -> Script:
    """Lists two models to those with the good key; answers chats."""
    if b"canary" not in request.header(b"authorization") and request.header(b"authorization"):
        echoed = request.header(b"authorization").decode().removeprefix("Bearer ")
        return [json_reply({"error": {"message": f"Incorrect API key provided: {echoed}"}}, status=401)]
    if request.method == "GET":
        return [json_reply({"data": [{"id": "m1"}, {"id": "m2"}]})]
    return [
        json_reply(
            {
                "id": "1", "object": "chat.completion", "model": "m1",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "H"}, "finish_reason": "length"}],
                "usage": {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9},
            }
        )
    ]  # fmt: skip


def passphrase(folder: Path) -> dict[str, str]:
    """The environment in which the encrypted file opens."""
    secret = folder / "passphrase"
    secret.write_text("correct horse battery staple\n", "utf-8")
    secret.chmod(0o600)
    return {"AIGW_DEV_PASSPHRASE_FILE": str(secret)}


@contextlib.asynccontextmanager
async def sitting(
    folder: Path, config: str = CONFIG, *, env: dict[str, str] | None = None, **more: Any
) -> AsyncGenerator[tuple[Desk, ScriptedUpstream]]:
    """Someone in front of the screen, its first answer shown."""
    with ScriptedUpstream(provider) as upstream:
        variables = passphrase(folder) | (env or {})
        text = config.format(url=upstream.url)
        async with desk(folder, text, room="providers", env=variables, **more) as at:
            await at.until(lambda: room(at).is_loaded and room(at).keyring, "the board")
            yield at, upstream


def room(at: Desk) -> ProvidersRoom:
    """The screen, also while a dialog is in front of it."""
    return next(screen for screen in at.app.screen_stack if isinstance(screen, ProvidersRoom))


def written(folder: Path) -> str:
    """The config file."""
    return (folder / "aigw-dev.yaml").read_text("utf-8")


async def choose(at: Desk, name: str) -> None:
    """Put the cursor on a provider."""
    room(at).select(name)
    await at.until(lambda: (line := room(at).chosen()) is not None and line.name == name)
