"""The gateway's own settings in a form: name, notes, who may call, what is recorded and for how long."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aigw_dev.client import AdminClient
from aigw_dev.core import duration, web_address
from aigw_dev.core.config_fields import MAX_NAME_CHARS
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option

if TYPE_CHECKING:
    from textual.app import App

    from aigw_dev.tui.shell import Shell

Change = dict[str, Any]
_DEPLOY: Final = (
    Option(value="auto", detail="saving the file applies it"),
    Option(value="manual", detail="the file waits for `routes deploy`"),
)
_PATHS: Final[Mapping[str, tuple[str, str]]] = {
    "name": ("gateway", "name"),
    "notes": ("gateway", "notes"),
    "identity_verification": ("gateway", "identity_verification"),
    "deploy": ("gateway", "deploy"),
    "record_request": ("logging", "record_request"),
    "record_response": ("logging", "record_response"),
    "sample": ("logging", "sample"),
    "keep": ("logging", "keep"),
    "max_mb": ("logging", "max_mb"),
}
"""Where each field stands in the config."""
_MOST_MB: Final = 1_048_576
_MOST_PERCENT: Final = 100


def open_settings(app: "App[Any]", shell: "Shell") -> None:
    """Ask for the settings in force and show them in a form; what was changed is written and in force at once."""

    def failed(error: GatewayError) -> None:
        shell.toast(error.code, "\n".join(part for part in (error.message, error.hint) if part), "error")

    def save(changes: list[Change], said: str) -> None:
        def work(client: AdminClient) -> dict[str, Any]:
            return client.set_values(changes, client.config()["digest"], "gateway settings")

        def done(_: dict[str, Any]) -> None:
            shell.toast(f"Changed {len(changes)} setting{'s' * (len(changes) > 1)}", said)
            shell.cli(f"aigw-dev edit  # {said}")

        shell.link.ask(app, work, done, failed=failed, group="settings")

    def show(config: dict[str, Any]) -> None:
        now = read_settings(config.get("effective") or {})

        def filled(values: dict[str, Any] | None) -> None:
            if values is None:
                return
            changes = settings_changes(now, values)
            if not changes:
                shell.toast("Nothing changed")
                return
            save(changes, ", ".join(".".join(change["path"]) for change in changes))

        host = str(shell.status.get("host") or "127.0.0.1")
        form = Form(
            f"Gateway {now['name'] or shell.opening.name}",
            fields(now),
            shell.look,
            note=_note(config, shell.status),
            check=lambda values: problem(values, host),
        )
        app.push_screen(form, filled)

    shell.link.ask(app, lambda client: client.config(), show, failed=failed, group="settings")


def read_settings(effective: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in force, as the form has them; defaults where the config says nothing."""
    gateway: Mapping[str, Any] = effective.get("gateway") or {}
    logging: Mapping[str, Any] = effective.get("logging") or {}
    return {
        "name": str(gateway.get("name") or ""),
        "notes": str(gateway.get("notes") or ""),
        "identity_verification": bool(gateway.get("identity_verification", True)),
        "record_request": bool(logging.get("record_request", True)),
        "record_response": bool(logging.get("record_response", True)),
        "sample": f"{float(logging.get('sample', 1.0)) * 100:g}",
        "keep": duration.text(int(logging.get("keep_s", 14 * 86_400))),
        "max_mb": str(logging.get("max_mb", 200)),
        "deploy": str(gateway.get("deploy") or "auto"),
    }


def fields(now: Mapping[str, Any]) -> list[Field]:
    """The form."""
    return [
        Field(name="name", value=now["name"], placeholder="the folder's name", check=_name_problem),
        Field(name="notes", value=now["notes"], placeholder="what this gateway is for"),
        Field(name="identity_verification", label="verify callers", kind="check", value=now["identity_verification"]),
        Field(name="record_request", label="record requests", kind="check", value=now["record_request"]),
        Field(name="record_response", label="record replies", kind="check", value=now["record_response"]),
        Field(name="sample", label="sampling %", value=now["sample"], check=_percent_problem),
        Field(name="keep", label="keep for", value=now["keep"], check=_keep_problem),
        Field(name="max_mb", label="at most MiB", value=now["max_mb"], check=_size_problem),
        Field(name="deploy", kind="choice", value=now["deploy"], options=_DEPLOY),
    ]  # fmt: skip


def settings_changes(now: Mapping[str, Any], values: Mapping[str, Any]) -> list[Change]:
    """What differs, as `AdminClient.set_values` takes it."""
    changes: list[Change] = []
    for name, path in _PATHS.items():
        if values[name] != now[name]:
            value: Any = values[name]
            if name == "sample":
                value = round(float(value) / 100, 6)
            elif name == "max_mb":
                value = int(value)
            changes.append({"path": list(path), "value": value})
    return changes


def problem(values: Mapping[str, Any], host: str) -> str:
    """What is wrong with all of them together, or empty."""
    if not values["identity_verification"] and not web_address.is_loopback(host):
        return f"It listens on {host}, which others can reach: callers are always verified there."
    return ""


def _note(config: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    said = ["All of this is in force at once; address and port count from the next start (`aigw-dev edit`)."]
    if (status.get("logging") or {}).get("paused"):
        said.append("Recording is paused now: `aigw-dev logs pause --resume` records again.")
    if not config.get("path"):
        said.append("There is no file yet: saving writes one.")
    return " ".join(said)


def _name_problem(value: str) -> str:
    if len(value) > MAX_NAME_CHARS:
        return f"at most {MAX_NAME_CHARS} characters"
    return "" if value.isprintable() else "printable characters only"


def _percent_problem(value: str) -> str:
    try:
        is_well = 0 <= float(value) <= _MOST_PERCENT
    except ValueError:
        is_well = False
    return "" if is_well else "0 to 100; errors and the slowest are always kept"


def _keep_problem(value: str) -> str:
    return "" if duration.parse(value) is not None else "like 14d, 24h, 30m or 90s"


def _size_problem(value: str) -> str:
    is_well = value.isascii() and value.isdecimal() and 1 <= int(value) <= _MOST_MB
    return "" if is_well else "whole MiB, 1 or more; the oldest go first"
