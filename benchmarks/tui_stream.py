"""Three answers side by side at 60 tokens a second: CPU and event-loop lag of our StreamView beside Textual's MarkdownStream.

python benchmarks/tui_stream.py [--seconds 6] [--panes 3] [--rate 60]

Headless, 160x45. CPU is this process's time per second of streaming, without what an idle app takes; lag is how late a
10 ms heartbeat on the event loop comes.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Markdown

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.highlight import warm_up
from aigw_dev.tui.widgets.stream_view import StreamView

ANSWER = (
    "# Answer\n\nA paragraph with **bold** words and `code`, long enough to wrap at the edge of the window, and more.\n\n"
    "- one\n- two with *some* words\n  - nested\n\n```python\ndef route(meta):\n    if meta['tier'] == 'gold':\n"
    "        return 'openai/gpt-4o'\n    return 'mock/echo'\n```\n\n| model | ms |\n|---|---:|\n| echo | 12 |\n"
    "| qwen3-max | 1200 |\n\n1. first\n2. second\n\n"
) * 40
TOKEN_CHARS = 4
GOALS = {"CPU %": 20.0, "lag p99 ms": 20.0}


class Ours(App[None]):
    CSS = "StreamView { width: 1fr; }"

    def __init__(self, panes: int) -> None:
        super().__init__()
        self.panes = panes

    def compose(self) -> ComposeResult:
        with Horizontal():
            for _ in range(self.panes):
                yield StreamView(Look())

    def writers(self) -> list[Callable[[str], Any]]:
        views = list(self.query(StreamView))
        parts = [view.add("answer") for view in views]
        return [
            lambda said, view=view, part=part: view.write(part, said)
            for view, part in zip(views, parts, strict=True)
        ]


class Theirs(Ours):
    CSS = "Markdown { width: 1fr; height: 1fr; overflow-y: auto; }"

    def compose(self) -> ComposeResult:
        with Horizontal():
            for _ in range(self.panes):
                yield Markdown()

    def writers(self) -> list[Callable[[str], Any]]:
        return [Markdown.get_stream(view).write for view in self.query(Markdown)]


async def measure(app: Ours, *, seconds: float, rate: float) -> dict[str, float]:
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        writers = app.writers()
        lags: list[float] = []
        ends = time.perf_counter() + seconds

        async def beat() -> None:
            while time.perf_counter() < ends:
                began = time.perf_counter()
                await asyncio.sleep(0.01)
                lags.append(time.perf_counter() - began - 0.01)

        async def speak(write: Callable[[str], Any]) -> None:
            began, sent = time.perf_counter(), 0
            while time.perf_counter() < ends:
                due = int((time.perf_counter() - began) * rate)
                while sent < due:
                    at = sent * TOKEN_CHARS % len(ANSWER)
                    result = write(ANSWER[at : at + TOKEN_CHARS])
                    if asyncio.iscoroutine(result):
                        await result
                    sent += 1
                await asyncio.sleep(1 / rate)

        cpu = time.process_time()
        await asyncio.gather(beat(), *(speak(write) for write in writers))
        cpu = time.process_time() - cpu
        lags.sort()
        return {
            "CPU %": cpu / seconds * 100,
            "lag p50 ms": lags[len(lags) // 2] * 1000,
            "lag p99 ms": lags[int(len(lags) * 0.99)] * 1000,
            "lag max ms": lags[-1] * 1000,
            "widgets": float(len(list(app.screen.walk_children(Widget)))),
        }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=6.0)
    asked.add_argument("--panes", type=int, default=3)
    asked.add_argument("--rate", type=float, default=60.0)
    options = asked.parse_args()
    warm_up()
    found = {
        name: asyncio.run(measure(app(options.panes), seconds=options.seconds, rate=options.rate))
        for name, app in (("StreamView", Ours), ("MarkdownStream", Theirs))
    }
    print(f"{options.panes} panes x {options.rate:.0f} tokens/s, {options.seconds:.0f} s")
    print(f"{'':14}{'StreamView':>12}{'MarkdownStream':>16}{'ratio':>8}   goal")
    for name, ours in found["StreamView"].items():
        theirs = found["MarkdownStream"][name]
        goal = f"<= {GOALS[name]:.0f}" if name in GOALS else ""
        print(f"{name:14}{ours:12.1f}{theirs:16.1f}{theirs / max(ours, 0.001):7.1f}x   {goal}")


if __name__ == "__main__":
    main()
