"""`--demo`: a gateway with a config of its own, imitated providers and generated traffic, in a temporary folder.

Nothing of the user's is read or written: no config, no key, no log, no variable. No network but loopback.
"""

import asyncio
import contextlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from aigw_dev.config_file.read import CONFIG_NAME

if TYPE_CHECKING:
    from aigw_dev.cli.demo_traffic import DemoTraffic
    from aigw_dev.server.gateway import Gateway
    from aigw_dev.server.run import Ready
    from aigw_dev.tui.shell import Opening


_ENVIRONMENT: Final = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
"""All the variables a demo has: keys that somebody adds to it do not replace those in the user's keyring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that runs."""

    name: str
    url: str
    """Base address, without `/v1`."""
    token: str
    admin_token: str
    config_path: Path
    folder: Path
    """Goes with the demo, and everything in it."""


@contextlib.contextmanager
def demo(*, first: int | None = None) -> Generator[Demo]:
    """A demo in threads of this process, until the block ends: for `tui --demo` and tests.

    `first`: how many calls come at once at the beginning.
    """
    from aigw_dev.cli.demo_config import NAME
    from aigw_dev.cli.demo_traffic import CALLERS, FIRST, DemoTraffic
    from aigw_dev.cli.temporary import reach

    with _stage() as (place, folder), reach(place, is_own=True) as gateway:
        tokens = {caller: str(gateway.issue(caller, {})["token"]) for caller in CALLERS}
        traffic = DemoTraffic(gateway.url, tokens, first=FIRST if first is None else first).start()
        try:
            yield Demo(
                name=NAME,
                url=gateway.url,
                token=gateway.token,
                admin_token=place.home.admin_token(),
                config_path=folder / CONFIG_NAME,
                folder=folder,
            )
        finally:
            traffic.stop()


@contextlib.contextmanager
def demo_opening(context: Context) -> "Generator[Opening]":
    """What the screens of `tui --demo` open with."""
    from aigw_dev.tui.shell import Opening

    command = context.environ.get("VISUAL") or context.environ.get("EDITOR") or ""
    with demo() as running:
        yield Opening(
            name=running.name,
            url=running.url,
            admin_token=running.admin_token,
            token=running.token,
            memory_path=running.folder / "tui" / "memory.json",
            config_path=str(running.config_path),
            editor=tuple(shlex.split(command, posix=os.name != "nt")),
            is_own=True,
        )


@contextlib.contextmanager
def foreground(context: Context, *, is_detached: bool) -> "Generator[tuple[Context, Ready]]":
    """For `up --demo`: the context to serve, and what to call once the gateway answers.

    The gateway is found by commands with its `--config` and `--home`.
    """
    from aigw_dev.cli import output
    from aigw_dev.cli.demo_traffic import CALLERS, DemoTraffic

    if is_detached:
        raise CommandError(
            "A demo lives as long as its command.",
            hint="`aigw-dev up --demo` serves one until ctrl-C, `aigw-dev tui --demo` shows one.",
        )
    if context.named_config() is not None:
        raise CommandError("A demo has a config of its own.", hint="Leave --config out, or --demo.")
    with _stage() as (place, folder), contextlib.ExitStack() as ending:

        async def then(gateway: "Gateway", url: str) -> None:
            tokens = {caller: str((await gateway.issue_run(caller))["token"]) for caller in CALLERS}
            traffic = DemoTraffic(url, tokens).start()
            ending.callback(traffic.stop)
            task = asyncio.create_task(_end_with(gateway, traffic), name="demo-end")
            ending.callback(task.done)  # keeps the task
            output.note(f"  {'demo':<10}imitated providers, generated traffic; everything goes when it ends")
            output.note(
                f"  {'screens':<10}aigw-dev tui --config {folder / CONFIG_NAME} --home {folder / 'home'}"
            )

        yield replace(place.context, is_json=context.is_json), then


async def _end_with(gateway: "Gateway", traffic: "DemoTraffic") -> None:
    """No more calls once the gateway drains: it would wait for them."""
    await gateway.stop.wait()
    await asyncio.to_thread(traffic.stop)


@contextlib.contextmanager
def _stage() -> Generator[tuple[Place, Path]]:
    """A folder with the config and a home, and the upstream that it names."""
    from aigw_dev.cli.demo_config import demo_config
    from aigw_dev.cli.demo_upstream import DemoUpstream

    folder = Path(tempfile.mkdtemp(prefix="aigw-dev-demo-"))
    upstream = DemoUpstream().start()
    try:
        config = folder / CONFIG_NAME
        config.write_text(demo_config(upstream.port), "utf-8")
        own = Context(config_option=config, home_option=folder / "home", environ=_ENVIRONMENT)
        yield Place(own), folder
    finally:
        upstream.stop()
        shutil.rmtree(folder, ignore_errors=True)
