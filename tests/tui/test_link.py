"""Calls in threads, answers on the loop."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.client import AdminClient, AdminError
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.link import Link, is_unreachable
from tests.tui.harness import desk, toasts

pytestmark = pytest.mark.anyio


async def test_work_runs_in_a_thread_and_the_answer_comes_on_the_loop(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        here, seen = threading.get_ident(), []

        def work(client: AdminClient) -> tuple[int, dict[str, Any]]:
            return threading.get_ident(), client.status()

        at.app.shell.link.ask(at.app, work, lambda got: seen.append((got, threading.get_ident())))
        await at.until(lambda: seen)
        (worked_in, status), answered_in = seen[0]
        assert worked_in != here
        assert answered_in == here
        assert status["port"] == 2449


async def test_a_newer_question_of_a_group_makes_the_older_answer_drop(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        gate, seen = threading.Event(), []
        link = at.app.shell.link
        link.ask(at.app, lambda _: gate.wait(10), lambda _: seen.append("old"), group="one")
        link.ask(at.app, lambda _: True, lambda _: seen.append("new"), group="one")
        await at.until(lambda: seen)
        gate.set()
        await at.pilot.pause(0.2)
        assert seen == ["new"]


async def test_a_refusal_goes_to_failed_or_becomes_a_toast(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        failures: list[GatewayError] = []
        link = at.app.shell.link
        link.ask(at.app, lambda client: client.exchange("zzz"), lambda _: None, failed=failures.append)
        await at.until(lambda: failures)
        assert failures[0].code == "exchange_not_found"
        assert link.is_up
        link.ask(at.app, lambda client: client.exchange("zzz"), lambda _: None)
        await at.until(lambda: any("'zzz'" in said for said in toasts(at.app)))


async def test_nobody_answering_is_the_links_state_not_a_toast_per_question(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.sees("●")
        at.bridge.is_down = True
        failures: list[GatewayError] = []
        link = at.app.shell.link
        for _ in range(3):
            link.ask(at.app, lambda client: client.status(), lambda _: None, failed=failures.append)
        await at.until(lambda: len(failures) == 3)
        assert all(is_unreachable(error) for error in failures)
        assert not link.is_up
        assert len([said for said in toasts(at.app) if "does not answer" in said]) == 1


async def test_what_is_followed_comes_in_order_and_in_batches(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        batches: list[list[int]] = []
        ends: list[GatewayError | None] = []
        at.app.shell.link.follow(at.app, lambda _: iter(range(5_000)), batches.append, ended=ends.append)
        await at.until(lambda: ends)
        assert [one for batch in batches for one in batch] == list(range(5_000))
        assert len(batches) < 50
        assert ends == [None]


async def test_a_failure_while_following_is_told_after_what_came_before(tmp_path: Path) -> None:
    def read(_: Link) -> Iterator[int]:
        yield 1
        raise AdminError("gone", status=0)

    async with desk(tmp_path) as at:
        got: list[Any] = []
        link = at.app.shell.link
        link.follow(at.app, read, got.extend, ended=got.append)
        await at.until(lambda: len(got) == 2)
        assert got[0] == 1
        assert got[1].message == "gone"


async def test_stop_ends_a_following_without_a_word(tmp_path: Path) -> None:
    closed = threading.Event()

    def read(_: Link) -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    async with desk(tmp_path) as at:
        ends: list[Any] = []
        following = at.app.shell.link.follow(at.app, read, lambda _: None, ended=ends.append)
        following.stop()
        await at.until(closed.is_set)
        await at.until(lambda: following.is_over)
        assert ends == []


async def test_an_answer_for_a_widget_that_is_gone_is_dropped(tmp_path: Path) -> None:
    from aigw_dev.tui.widgets.words import Words

    async with desk(tmp_path) as at:
        words, gate, seen = Words("x"), threading.Event(), []
        await at.app.screen.mount(words)
        at.app.shell.link.ask(words, lambda _: gate.wait(10), seen.append)
        await words.remove()
        gate.set()
        await at.pilot.pause(0.2)
        assert seen == []


async def test_local_work_says_nothing_of_the_gateway(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.sees("●")
        at.bridge.is_down = True
        await at.sees("✗")
        seen: list[int] = []
        at.app.shell.link.ask(at.app, lambda _: 1, seen.append, is_local=True)
        await at.until(lambda: seen)
        assert not at.app.shell.link.is_up
