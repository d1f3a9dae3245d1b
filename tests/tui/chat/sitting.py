"""Someone at the Chat screen: opening it, asking, waiting for the end and for the log's record."""

from typing import Any

from aigw_dev.tui.chat.board import Board
from tests.scripted import ScriptedUpstream
from tests.tui.harness import Desk

ROUTE = """version: 1
routes:
  ai-test:
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/echo}
      else: {send: mock/think}
"""


def with_upstream(upstream: ScriptedUpstream) -> str:
    return f"""version: 1
providers:
  up: {{kind: openai-compatible, base_url: "{upstream.url}/v1", models: [m, n]}}
routes:
  smart: {{flow: {{send: up/m, fallback: [up/n]}}}}
"""


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


def room(at: Desk) -> Board:
    screen = at.app.screen
    assert isinstance(screen, Board)
    return screen


async def opened(at: Desk, model: str) -> None:
    """The screen with its models, `model` picked and the prompt focused."""
    await at.until(lambda: room(at).options, "models to pick from")
    room(at).set_model(model)
    room(at).prompt.focus()
    await at.pilot.pause()


async def ask(at: Desk, said: str) -> None:
    await at.type(said)
    await at.press("ctrl+j")


async def over(at: Desk) -> None:
    await at.until(lambda: not room(at).is_busy and room(at).pane.answer is not None, "the answer's end")


async def known(at: Desk) -> None:
    await at.until(
        lambda: all(p.answer is not None and p.answer.record for p in room(at).panes), "the record"
    )
