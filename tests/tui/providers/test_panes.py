"""The panes at every size."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from aigw_dev.tui.providers.board import Health
from aigw_dev.tui.providers.spend import Spent
from tests.tui.providers.screen import choose, room, sitting

pytestmark = pytest.mark.anyio
SHOWN = """version: 1
gateway: {{name: my-app}}
providers:
  qwen: {{keys: [qwen-api-key, qwen-spare]}}
  local:
    kind: openai-compatible
    base_url: http://127.0.0.1:11434/v1
    headers: {{x-title: my-app}}
    timeout_ms: 60000
  deepseek: {{}}
routes:
  ai-test:
    flow:
      if: metadata.tier == "pro"
      then: {{send: qwen/qwen3-max, key: qwen-api-key, fallback: [deepseek/deepseek-chat, mock/echo]}}
      else: {{send: local/llama}}
"""
SIZES = [(80, 24), (120, 36), (160, 45)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_provider_with_missing_keys(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with sitting(tmp_path, SHOWN, size=size) as (at, _):
        room(at).health["local"] = Health(is_well=True, status=200, duration_s=0.009)
        await choose(at, "qwen")
        room(at).show()
        await at.pilot.pause()
        assert at.screen_text() == snapshot


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_provider_that_was_tested(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with sitting(tmp_path, SHOWN, size=size) as (at, _):
        room(at).health["local"] = Health(
            is_well=False, status=404, reason="404 no such page", duration_s=0.312
        )
        room(at).spent["local"] = Spent(model="local/llama", is_well=True, cost_usd="0.000002", tokens="8 in, 1 out", duration_s=0.5)  # fmt: skip
        await choose(at, "local")
        room(at).show()
        await at.pilot.pause()
        assert at.screen_text() == snapshot


async def test_ascii_shows_nothing_else(tmp_path: Path) -> None:
    async with sitting(tmp_path, SHOWN, is_ascii=True) as (at, _):
        await choose(at, "qwen")
        await at.sees("x qwen-api-key", "x2", "keyring: none !")


async def test_one_that_is_held_back_by_trust_shows_setting_and_command(tmp_path: Path) -> None:
    async with sitting(tmp_path, SHOWN) as (at, _):
        board = room(at).board
        lines = tuple(
            replace(line, is_usable=False, why="its base_url is not trusted; run `aigw-dev trust`")
            if line.name == "local"
            else line
            for line in board.providers
        )
        room(at).board = replace(board, providers=lines, held_back=("providers.local.base_url",))
        await choose(at, "local")
        room(at).show()
        await at.sees(
            "! not trusted", "providers.local.base_url", "run aigw-dev trust after reading the file"
        )
