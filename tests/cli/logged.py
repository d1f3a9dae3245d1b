"""A config whose gateway has logged these exchanges and runs no more: what the log's commands read."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aigw_dev.cli import dispatch
from aigw_dev.core.exchange import Cost, Exchange, Usage
from aigw_dev.secrets.home import Home
from aigw_dev.store.reader import LogReader
from aigw_dev.store.records import as_json
from tests.store import making

STEERING: Final = "\x1b]0;owned\x07\u202e"
"""What would steer a terminal, or turn its text around."""


class Logged:
    """One home, one config, one log."""

    def __init__(self, folder: Path, exchanges: Sequence[Exchange] = ()) -> None:
        self.config = folder / "aigw-dev.yaml"
        self.config.write_text("version: 1\ngateway: {name: my-app}\n", "utf-8")
        self.home = folder / "state"
        self.folder = Home(self.home, env={}).gateway_dir(self.config, "my-app")
        self.log = self.folder / "log.db"
        self.add(exchanges)

    def add(self, exchanges: Sequence[Exchange]) -> None:
        """Log more."""
        making.write(self.log, exchanges)

    def words(self, *words: str) -> list[str]:
        """A command of this config."""
        return [*words, "--config", str(self.config), "--home", str(self.home)]

    def run(self, *words: str) -> int:
        """Run a command in this process; its exit code."""
        for name in ("AIGW_DEV_URL", "AIGW_DEV_CONFIG"):
            os.environ.pop(name, None)
        return dispatch.run(self.words(*words))


def shown(exchange: Exchange, folder: Path) -> dict[str, Any]:
    """An exchange as `logs show --json` would print it: written to a log and read back."""
    making.write(folder / "one.db", [exchange])
    reader = LogReader(folder / "one.db")
    found = reader.get(exchange.id)
    reader.close()
    assert not hasattr(found, "code"), found
    return as_json(found)  # pyright: ignore[reportArgumentType] - a refusal has a code


def entry(**fields: Any) -> dict[str, Any]:
    """A line of a list as plain values; fields replace what is usual."""
    known: dict[str, Any] = {
        "seq": 7, "id": "0123456789abcdef", "state": "ended", "started_at": 1_700_000_000.0, "duration_s": 0.5,
        "ttft_s": 0.1, "status": 200, "outcome": "ok", "marks": [], "is_stream": False, "gateway": "my-app",
        "consumer": "none", "run": "", "session": "", "operation": "openai.chat.completions",
        "original_model": "openai/gpt-4o", "request_model": "gpt-4o", "response_model": "gpt-4o-2024",
        "provider": "openai", "key_name": "openai-api-key", "route": "", "attempts": 1, "input_tokens": 57,
        "output_tokens": 40, "cached_input_tokens": 0, "usage_estimated": False, "cost_nanousd": 32_550,
        "cost_status": "exact", "error": "", "finish": "stop", "client": "", "request_bytes": 3, "response_bytes": 4,
        "request_preview": "hello", "response_preview": "hi there",
    }  # fmt: skip
    return known | fields


def unpriced(**fields: Any) -> Exchange:
    """A call that went well and whose model no price file knows."""
    return making.exchange(**({"cost": Cost(status="unknown", reason="no price for openai/gpt-99")} | fields))


def guessed(**fields: Any) -> Exchange:
    """A call whose usage the provider did not send."""
    usage = Usage(input=9, output=2, estimated=True)
    cost = Cost(status="estimated", nanousd=1_000_000, price_id="openai/gpt-4o-mini@2024-07-18")
    return making.exchange(**({"usage": usage, "cost": cost} | fields))
