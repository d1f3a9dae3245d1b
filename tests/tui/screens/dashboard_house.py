"""The Dashboard screen over a real gateway, with numbers that are always the same."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

from aigw_dev.client import AdminClient
from aigw_dev.tui.dashboard.picture import Picture, Question
from aigw_dev.tui.screens.dashboard import DashboardRoom
from tests.tui.dashboard.made import STEP_S, UNTIL_S, made
from tests.tui.harness import Desk, desk


def room(at: Desk) -> DashboardRoom:
    assert isinstance(at.app.screen, DashboardRoom)
    return at.app.screen


class Numbers:
    """Answers every look with the same quarter of an hour, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.other: dict[str, Any] = {}

    def __call__(self, client: AdminClient, question: Question) -> Picture:
        del client
        self.asked.append(question)
        picture = made(question.by, **self.other)
        return replace(picture, question=question._replace(until_s=UNTIL_S, step_s=STEP_S))


@contextlib.asynccontextmanager
async def numbers(folder: Path, **more: Any) -> AsyncGenerator[tuple[Desk, Numbers]]:
    """The dashboard with `made` numbers on it."""
    answers = Numbers()
    async with desk(folder, room="logs", **more) as at:
        at.app.go("dashboard")
        dashboard = at.app._rooms["dashboard"]
        assert isinstance(dashboard, DashboardRoom)
        dashboard.ask_picture = answers
        await at.until(lambda: at.app.screen is dashboard and dashboard.is_mounted and dashboard.focused)
        dashboard.on_shown()
        await at.until(lambda: dashboard.picture is not None and dashboard.picture.totals.requests, "numbers")
        await at.pilot.pause()
        yield at, answers
