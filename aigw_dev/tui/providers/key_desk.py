"""Keys set, rotated, removed and imported. A key's value passes through here once and stays nowhere."""

from collections.abc import Sequence
from typing import Any, Final

from aigw_dev.client import AdminClient
from aigw_dev.core.credentials import check_name
from aigw_dev.core.mask import redact
from aigw_dev.tui.providers import edits
from aigw_dev.tui.providers.board import KeyLine, ProviderLine
from aigw_dev.tui.providers.config_desk import ConfigDesk
from aigw_dev.tui.providers.host import Host
from aigw_dev.tui.providers.key_form import Entered, KeyForm
from aigw_dev.tui.providers.many import Many
from aigw_dev.tui.providers.trial_desk import TrialDesk
from aigw_dev.tui.widgets.confirm import Confirm
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option, Picker

_NEW: Final = "+"
"""Stands for a key under another name; no key can be called so."""
_PLACES: Final = (
    Option(value="keyring", label="OS keyring"),
    Option(value="encrypted", label="encrypted file", detail="opened by a passphrase"),
)
_WITHOUT_KEYRING: Final = (
    Option(value="env", label="a variable", detail="env:NAME, read where the gateway runs"),
    Option(value="file", label="a file", detail="file:PATH, readable by you alone (0600)"),
    Option(value="encrypted", label="the encrypted file", detail="a passphrase opens it"),
)


class KeyDesk:
    """The part of the screen that stores and removes keys."""

    def __init__(self, host: Host, config: ConfigDesk, trials: TrialDesk) -> None:
        """`config` writes references, `trials` tests a key that was stored."""
        self._host: Final = host
        self._config: Final = config
        self._trials: Final = trials

    @property
    def has_keyring(self) -> bool:
        """Nothing says that there is none."""
        return self._host.keyring.get("state") != "none"

    def set(self, line: ProviderLine, key: KeyLine | None = None) -> None:
        """Set `key`, or let the person say which of the provider's."""
        if key is not None:
            self._begin(line, key)
            return
        options = [self._option(one) for one in line.keys if one.is_missing or one.is_stored]
        if not options:
            self._enter(line, self._free_name(line))
            return
        options.append(Option(value=_NEW, label="another key", detail="under a name of its own"))

        def picked(name: str | None) -> None:
            if name is None:
                return
            found = next((one for one in line.keys if one.name == name), None)
            if found is not None:
                self._begin(line, found)
            else:
                self._enter(line, self._free_name(line))

        if len(options) == 2 and options[0].detail == "missing":
            picked(options[0].value)
            return
        self._host.app.push_screen(
            Picker(f"Which key of {line.name}?", options, self._host.shell.look), picked
        )

    def remove(self, key: KeyLine) -> None:
        """Delete a key for good, once its name was typed."""
        host = self._host
        if key.is_missing or not key.is_recorded:
            host.shell.toast("Not kept here", _elsewhere(key), "warning")
            return
        used = f"\nRoutes that name it will fail: {', '.join(key.routes)}." if key.routes else ""
        what = (
            f"deleted from the {key.where}"
            if key.is_stored
            else "forgotten; the place it stands in is not touched"
        )
        said = (
            f"{key.name} ({key.fingerprint or 'no fingerprint'}) will be {what}. This cannot be undone.{used}"
        )

        def done(_: dict[str, Any]) -> None:
            host.shell.toast(f"Removed {key.name}", key.fingerprint)
            host.shell.cli(f"aigw-dev keys remove {key.name}")
            host.load()

        def confirmed(is_sure: bool | None) -> None:
            if is_sure:
                host.shell.link.ask(
                    host.node, lambda client: client.remove_key(key.name), done, failed=host.refuse
                )

        host.app.push_screen(Confirm("Remove a key", said, key.name), confirmed)

    def import_found(self) -> None:
        """Show the keys in the gateway's environment and store those that are ticked."""
        host = self._host

        def offer(found: list[dict[str, Any]]) -> None:
            if not found:
                host.shell.toast("No key in the environment", "No usual variable (OPENAI_API_KEY ...) is set where the gateway runs. K stores one by hand.")  # fmt: skip
                return
            options = [
                Option(
                    value=str(row["variable"]),
                    detail=f"{row['provider']}  {row['fingerprint']}"
                    + ("  stored" if row.get("is_stored") else ""),
                )
                for row in found
            ]
            ticked = [str(row["variable"]) for row in found if not row.get("is_stored")]
            place = "keyring" if self.has_keyring else "encrypted file"
            note = f"They are copied into the {place}; the variables stay as they are."
            host.app.push_screen(
                Many("Import keys from the environment", options, host.shell.look, ticked=ticked, note=note),
                self._import,
            )

        host.shell.link.ask(
            host.node, lambda client: list(client.found_keys()), offer, failed=host.refuse, group="found"
        )

    def _import(self, variables: list[str] | None) -> None:
        host = self._host
        if not variables:
            return

        place = "keyring" if self.has_keyring else "encrypted"

        def done(rows: Sequence[dict[str, Any]]) -> None:
            stored = sum(row.get("state") == "stored" for row in rows)
            said = [
                f"{row.get('name') or row.get('variable')}: {row.get('state')}" + _because(row)
                for row in rows
            ]
            severity = "information" if stored == len(rows) else "warning"
            host.shell.toast(f"Imported {stored} of {len(rows)} keys", redact("\n".join(said)), severity)
            host.shell.cli("aigw-dev keys import" + (" --encrypted-file" if place == "encrypted" else ""))
            host.load()

        host.shell.link.ask(
            host.node,
            lambda client: client.import_keys(variables, place=place),
            done,
            failed=host.refuse,
            group="import",
        )

    # one key

    def _option(self, key: KeyLine) -> Option:
        if key.is_missing:
            return Option(value=key.name, detail="missing", style="bad")
        return Option(value=key.name, label=f"rotate {key.name}", detail=key.fingerprint)

    def _begin(self, line: ProviderLine, key: KeyLine) -> None:
        if key.is_stored:
            self._enter(line, key.name, stored=key)
        elif key.is_missing and check_name(key.name) is None:
            self._enter(line, key.name)
        else:
            self._host.shell.toast(key.name, _elsewhere(key), "warning")

    def _enter(self, line: ProviderLine, name: str, stored: KeyLine | None = None) -> None:
        host = self._host
        if stored is None and not self.has_keyring:
            self._teach(line, name)
            return
        taken = [stored.name] if stored is not None else [key.name for one in host.board.providers for key in one.keys if not key.is_missing]  # fmt: skip
        origin = line.base_url.partition("://")[2].partition("/")[0]
        note = f"The old one ({stored.fingerprint}) is still recognised for a day." if stored is not None else f"It is sent to {origin or line.name} only."  # fmt: skip
        title = f"Rotate {name}" if stored is not None else f"Key for {line.name}"
        form = KeyForm(
            title,
            host.shell.look,
            name=name,
            taken=taken,
            kind=line.kind,
            places=() if stored is not None else _PLACES,
            note=note,
        )
        host.app.push_screen(form, lambda entered: self._store(line, entered, is_rotation=stored is not None))

    def _store(self, line: ProviderLine, entered: Entered | None, *, is_rotation: bool) -> None:
        host = self._host
        if entered is None:
            return

        def work(client: AdminClient) -> dict[str, Any]:
            if is_rotation:
                return client.rotate_key(entered.name, entered.value)
            return client.put_key(entered.name, entered.value, provider=line.name, place=entered.place)

        def done(row: dict[str, Any]) -> None:
            word = "Rotated" if is_rotation else "Stored"
            host.shell.toast(f"{word} {row['name']}", str(row.get("fingerprint") or ""))
            host.shell.cli(_command(line, entered, is_rotation=is_rotation))
            host.load(lambda: self._stored(line.name, entered.name, is_rotation=is_rotation))

        host.shell.link.ask(host.node, work, done, failed=host.refuse, group="key")

    def _stored(self, provider: str, name: str, *, is_rotation: bool) -> None:
        """Name it in the config where the config names keys; then ask the provider whether it takes it."""
        line = self._host.board.find(provider)
        if line is None:
            return
        named = line.written.get("keys")
        if named is not None and name not in named:
            change = {"path": ["providers", provider, "keys"], "value": [*named, name]}
            self._config.apply([change], f"{provider} may use {name}")
        self._trials.check([provider], after_storing=name, is_rotation=is_rotation)

    # no keyring

    def _teach(self, line: ProviderLine, name: str) -> None:
        """There is no keyring: the three other places."""
        host = self._host

        def picked(place: str | None) -> None:
            if place == "encrypted":
                form = KeyForm(f"Key for {line.name}", host.shell.look, name=name, kind=line.kind, places=_PLACES[1:], note=_PASSPHRASE)  # fmt: skip
                host.app.push_screen(form, lambda entered: self._store(line, entered, is_rotation=False))
            elif place is not None:
                self._refer(line, place)

        title = "No keyring here: where does the key live?"
        host.app.push_screen(Picker(title, _WITHOUT_KEYRING, host.shell.look, note="nothing is ever stored in plain text"), picked)  # fmt: skip

    def _refer(self, line: ProviderLine, place: str) -> None:
        host = self._host
        label = "variable" if place == "env" else "path"
        field = Field(name="target", label=label, check=lambda value: edits.keys_problem(f"{place}:{value}"))
        note = "The config names the place; the value stays there and is read when the gateway needs it."

        def write(values: dict[str, Any] | None) -> None:
            if values is not None and values["target"]:
                named = [*(line.written.get("keys") or ()), f"{place}:{values['target']}"]
                change = {"path": ["providers", line.name, "keys"], "value": named}
                self._config.apply([change], f"{line.name} uses {place}:{values['target']}")

        host.app.push_screen(
            Form(f"Key of {line.name} in a {label}", [field], host.shell.look, note=note), write
        )

    def _free_name(self, line: ProviderLine) -> str:
        taken = {key.name for one in self._host.board.providers for key in one.keys if not key.is_missing}
        name = f"{line.name.lower()}-api-key"
        return (
            name
            if name not in taken
            else next(f"{name}-{n}" for n in range(2, 99) if f"{name}-{n}" not in taken)
        )


_PASSPHRASE: Final = (
    "The gateway opens the file with AIGW_DEV_PASSPHRASE_FILE or the passphrase that `up` asked for."  # noqa: S105  -- the name of a variable
)


def _because(row: dict[str, Any]) -> str:
    return f" ({row['text']})" if row.get("text") and row.get("state") != "stored" else ""


def _elsewhere(key: KeyLine) -> str:
    """Why a key cannot be changed from here."""
    place, _, target = key.name.partition(":")
    if place == "env" and target:
        return f"It is the variable {target}: set it where the gateway runs and start it again."
    if place == "file" and target:
        return "It is a file: write the new key into it."
    return f"It lives in a {key.where or 'place of its own'}, which is not changed from here."


def _command(line: ProviderLine, entered: Entered, *, is_rotation: bool) -> str:
    if is_rotation:
        return f"aigw-dev keys rotate {entered.name}"
    where = " --encrypted-file" if entered.place == "encrypted" else ""
    return f"aigw-dev keys add {line.name} --name {entered.name}{where}"
