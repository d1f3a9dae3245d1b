"""Keys set, rotated, removed and imported: in force at once, and seen nowhere."""

from pathlib import Path

import pytest
from textual import events

from aigw_dev.tui.providers.key_form import KeyEntry, KeyForm
from aigw_dev.tui.providers.many import Many
from aigw_dev.tui.widgets.confirm import Confirm
from aigw_dev.tui.widgets.form import Form
from aigw_dev.tui.widgets.picker import Picker
from tests.secrets.keyrings import MemoryKeyring
from tests.tui.harness import Desk, toasts
from tests.tui.providers.screen import GOOD, choose, room, sitting, written

pytestmark = pytest.mark.anyio
BAD = "wrong.9876543210.zyxwvu.tsrqponm"
"""Of no vendor's shape: only who knows it can mask it."""


def seen(at: Desk, folder: Path) -> str:
    """Everything that a person or a later run could read of this one."""
    memory = at.app.shell.memory
    memory.put("providers", room(at).remember())
    memory.save(memory.encoded())
    files = [
        path for path in folder.rglob("*") if path.is_file() and path.suffix in {".json", ".yaml", ".log"}
    ]
    kept = "".join(path.read_text("utf-8", "replace") for path in files)
    return at.screen_text() + "\n".join(toasts(at.app)) + kept + repr(room(at).health) + repr(room(at).spent)


async def enter(at: Desk, key: str) -> None:
    """Paste a key, with a line end as terminals do, and save it."""
    await at.until(lambda: isinstance(at.app.screen, KeyForm))
    at.app.screen.query_one(KeyEntry).post_message(events.Paste(f" {key}\n"))
    await at.sees(f"{len(key)} characters, ends in {key[-4:]}")
    assert key not in at.screen_text()
    await at.press("enter")


async def store(at: Desk, key: str) -> None:
    """By K, into the encrypted file: there is no keyring in a test."""
    await choose(at, "up")
    await at.press("K")
    await at.until(lambda: isinstance(at.app.screen, Picker))
    await at.sees("No keyring here")
    await at.press("down", "down", "enter")
    await enter(at, key)
    await at.until(lambda: "up" in room(at).health, "the test after storing")


async def test_a_missing_key_is_set_tried_and_seen_nowhere(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        await choose(at, "up")
        await at.sees("✗ up-key", "missing", "route pro refers to it")
        await store(at, GOOD)
        assert room(at).health["up"].is_well
        assert upstream.requests[-1].header(b"authorization") == f"Bearer {GOOD}".encode()
        await at.sees(
            "✓ key taken", "encrypted file", GOOD[-4:], "aigw-dev keys add up --name up-key --encrypted-file"
        )
        assert room(at).board.missing() == ()
        assert GOOD not in seen(at, tmp_path)
        assert GOOD[:16] not in seen(at, tmp_path)


async def test_a_refused_key_is_told_with_what_to_do_though_the_provider_repeats_it(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await store(at, BAD)
        await at.sees("✗ key refused", "K sets another one")
        assert room(at).health["up"].status == 401
        assert BAD not in seen(at, tmp_path)


async def test_rotating_puts_the_new_key_in_force_and_a_refused_one_names_the_way_back(
    tmp_path: Path,
) -> None:
    async with sitting(tmp_path) as (at, upstream):
        await store(at, GOOD)
        await at.press("K")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.sees("rotate up-key")
        await at.press("enter")
        await enter(at, BAD)
        await at.until(lambda: any("refuses the new up-key" in one for one in toasts(at.app)))
        assert upstream.requests[-1].header(b"authorization") == f"Bearer {BAD}".encode()
        await at.sees("aigw-dev keys rotate up-key --undo")
        assert BAD not in seen(at, tmp_path)
        assert GOOD not in seen(at, tmp_path)


async def test_removing_wants_the_name_typed(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await store(at, GOOD)
        await at.press("enter")
        await at.until(lambda: room(at).panes.keys.has_focus)
        await at.press("d")
        await at.until(lambda: isinstance(at.app.screen, Confirm))
        await at.sees("cannot be undone", "Routes that name it will fail: pro")
        await at.type("up-kex")
        await at.press("enter")
        assert isinstance(at.app.screen, Confirm)
        await at.type("up-key")
        await at.press("enter")
        await at.until(lambda: room(at).board.missing() == (("up", "up-key"),))
        assert any("Removed up-key" in one for one in toasts(at.app))
        await at.sees("aigw-dev keys remove up-key")


async def test_a_missing_key_is_not_removed(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "up")
        await at.press("enter", "d")
        await at.until(lambda: any("Not kept here" in one for one in toasts(at.app)))


async def test_without_a_keyring_a_variable_can_be_named_instead(tmp_path: Path) -> None:
    async with sitting(tmp_path, env={"MY_KEY": GOOD}) as (at, _):
        await choose(at, "up")
        await at.press("K")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.type("MY_KEY")
        await at.press("enter")
        await at.until(lambda: "keys: [up-key, env:MY_KEY]" in written(tmp_path))
        await at.sees("env:MY_KEY")
        await at.press("enter", "down", "K")
        assert GOOD not in seen(at, tmp_path)


async def test_keys_of_the_environment_are_imported_by_ticking_them(tmp_path: Path) -> None:
    canary = "gsk_canary0123456789abcdefghijklmnop"
    async with sitting(tmp_path, env={"GROQ_API_KEY": canary}) as (at, _):
        await at.press("I")
        await at.until(lambda: isinstance(at.app.screen, Many))
        await at.sees("GROQ_API_KEY", "[x]", "encrypted file")
        await at.press("enter")
        await at.until(lambda: any("Imported 1 of 1" in one for one in toasts(at.app)))
        await at.sees("aigw-dev keys import")
        assert canary not in seen(at, tmp_path)
        keys = (await at.house.http.get("/admin/v1/keys", headers=at.house.admin())).json()["keys"]
        assert "groq" in {row["provider"] for row in keys}


async def test_an_environment_without_keys_says_so(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.press("I")
        await at.until(lambda: any("No key in the environment" in one for one in toasts(at.app)))


async def test_with_a_keyring_the_key_goes_there_and_the_top_line_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sitting(tmp_path) as (at, _):
        keyring = MemoryKeyring()
        monkeypatch.setattr(at.house.gateway.vault, "keyring", keyring)
        room(at).load()
        await at.sees("keyring: memory ✓")
        await choose(at, "up")
        await at.press("K")
        await at.until(lambda: isinstance(at.app.screen, KeyForm))
        await at.sees("Key for up", "up-key", "OS keyring", "It is sent to 127.0.0.1")
        await enter(at, GOOD)
        await at.until(lambda: "up" in room(at).health)
        assert keyring.items == {"up-key": GOOD}
        await at.sees("from the OS keyring", "$ aigw-dev keys add up --name up-key")
        assert GOOD not in seen(at, tmp_path)
