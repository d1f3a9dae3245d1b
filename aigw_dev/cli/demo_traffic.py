"""The demo's callers: a few programs that ask a gateway all day, at a bounded rate, in a thread of this process.

The first calls come quickly, so that every screen has something to show; then it is a handful a second, in waves. What
is asked follows from the seed.
"""

import asyncio
import contextlib
import json
import math
import random
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aigw_dev.cli.demo_models import PROMPTS

if TYPE_CHECKING:
    import httpx

FIRST: Final = 200
"""Calls of the first seconds."""
RATE_PER_S: Final = 5.0
"""Calls a second afterwards, on average; between 3 and 8."""
_FIRST_GAP_S: Final = 0.012
_AT_ONCE: Final = 64
"""Calls that run at the same time, at most."""
_TIMEOUT_S: Final = 30.0
_STOP_S: Final = 5.0
_WAVE_S: Final = 40.0

CALLERS: Final = ("support-bot", "ide", "nightly-report", "search-index")
"""Who calls: each with a credential of its own, so that statistics can tell them apart."""


class Errand(NamedTuple):
    """A kind of call and how often it is made."""

    weight: int
    caller: str
    model: str
    metadata: Mapping[str, tuple[str, ...]] | None = None
    """Route metadata: one of the values of every key; None sends no header."""
    stream: float = 0.6
    """Share of these calls that are streamed."""
    body: Mapping[str, Any] = {}
    path: str = "/v1/chat/completions"


_TOOLS: Final = {
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "find_orders",
                "description": "Orders of a customer.",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}, "limit": {"type": "integer"}},
                    "required": ["city"],
                },
            },
        }
    ]
}
_PLACES: Final = {
    "tier": ("free", "free", "gold"),
    "task": ("chat", "code", "review"),
    "region": ("eu", "us", "us"),
}
ERRANDS: Final = (
    Errand(34, "support-bot", "dynamic/assistant", _PLACES),
    Errand(14, "ide", "dynamic/assistant", {"tier": ("gold",), "task": ("code",), "region": ("us",)}, 0.9),
    Errand(10, "ide", "openai/gpt-4o", stream=0.8),
    Errand(9, "support-bot", "cheap"),
    Errand(6, "support-bot", "dynamic/cheap-first", body=_TOOLS, stream=0.3),
    Errand(8, "nightly-report", "dynamic/canary", stream=0.1),
    Errand(5, "nightly-report", "dynamic/deep-thought", stream=0.5),
    Errand(6, "nightly-report", "mistral/mistral-large-latest", stream=0.2),
    Errand(5, "ide", "anthropic/claude-haiku-4-5", path="/v1/messages", body={"max_tokens": 400}),
    Errand(6, "search-index", "openai/text-embedding-3-small", stream=0.0, path="/v1/embeddings"),
    Errand(3, "support-bot", "mock/echo"),
    Errand(1, "support-bot", "dynamic/assistant"),  # without the metadata it wants: 400
    Errand(1, "ide", "openai/gpt-5o"),  # nobody has that model: 404
)


class DemoTraffic:
    """Calls a gateway until stopped."""

    def __init__(
        self, url: str, tokens: Mapping[str, str], *, first: int = FIRST, rate_per_s: float = RATE_PER_S, seed: int = 1
    ) -> None:  # fmt: skip
        """`url` without `/v1`; `tokens` by caller, one of them stands in for callers that have none."""
        self.sent: int = 0
        """Calls begun."""
        self.done: int = 0
        """Calls ended, one way or another."""
        self._url, self._tokens = url, dict(tokens)
        self._first, self._rate_per_s = first, rate_per_s
        self._dice: Final = random.Random(seed)  # noqa: S311  -- a demo's luck
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_unwanted = False
        self._thread: Final = threading.Thread(target=self._run, name="demo-traffic", daemon=True)

    def start(self) -> "DemoTraffic":
        """Begin; gives itself back."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; calls that run are given up. Twice is no error."""
        self._is_unwanted = True
        if self._loop is not None and self._task is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(self._task.cancel)
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._begin())

    async def _begin(self) -> None:
        import httpx

        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        limits = httpx.Limits(max_connections=_AT_ONCE)
        async with httpx.AsyncClient(
            base_url=self._url, timeout=_TIMEOUT_S, limits=limits, trust_env=False
        ) as client:
            await self._call_all_day(client)

    async def _call_all_day(self, client: "httpx.AsyncClient") -> None:
        running: set[asyncio.Task[None]] = set()
        try:
            while not self._is_unwanted:
                if len(running) < _AT_ONCE:  # a slow gateway is not flooded
                    task = asyncio.create_task(self._call(client, self._errand()), name="demo-call")
                    running.add(task)
                    task.add_done_callback(running.discard)
                    self.sent += 1
                await asyncio.sleep(_FIRST_GAP_S if self.sent < self._first else self._gap_s())
        finally:
            for task in running:
                task.cancel()

    def _gap_s(self) -> float:
        """Waves, so that plots have a shape."""
        assert self._loop is not None  # noqa: S101  -- running
        wave = 1.0 + 0.45 * math.sin(self._loop.time() / _WAVE_S * math.tau)
        return min(1.0, self._dice.expovariate(self._rate_per_s * wave))

    def _errand(self) -> Errand:
        return self._dice.choices(ERRANDS, weights=[one.weight for one in ERRANDS])[0]

    async def _call(self, client: "httpx.AsyncClient", errand: Errand) -> None:
        import httpx

        body, headers = self._request(errand)
        with contextlib.suppress(httpx.HTTPError):
            async with client.stream("POST", errand.path, content=json.dumps(body), headers=headers) as reply:
                async for _ in reply.aiter_raw():
                    pass
        self.done += 1

    def _request(self, errand: Errand) -> tuple[dict[str, Any], dict[str, str]]:
        dice = self._dice
        prompt = dice.choice(PROMPTS)
        body: dict[str, Any] = {"model": errand.model, **errand.body}
        if errand.path.endswith("embeddings"):
            body["input"] = [prompt, dice.choice(PROMPTS)]
        else:
            body["messages"] = self._messages(prompt)
        if dice.random() < errand.stream:
            body["stream"] = True
            if dice.random() < 0.8:  # noqa: PLR2004  -- the rest leaves the tokens to be estimated
                body |= (
                    {} if errand.path.endswith("messages") else {"stream_options": {"include_usage": True}}
                )
        token = self._tokens.get(errand.caller) or next(iter(self._tokens.values()))
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        if errand.path.endswith("messages"):
            headers["anthropic-version"] = "2023-06-01"
        if errand.metadata is not None:
            said = {key: dice.choice(values) for key, values in errand.metadata.items()}
            headers["x-ai-route-metadata"] = json.dumps(said)
        return body, headers

    def _messages(self, prompt: str) -> list[dict[str, Any]]:
        """Now and then with a conversation before it, so that token counts differ."""
        before: list[dict[str, Any]] = []
        for _ in range(self._dice.choice((0, 0, 0, 1, 2, 6))):
            before.append({"role": "user", "content": self._dice.choice(PROMPTS)})
            before.append({"role": "assistant", "content": "Noted. " * self._dice.randint(3, 60)})
        return [*before, {"role": "user", "content": prompt}]
