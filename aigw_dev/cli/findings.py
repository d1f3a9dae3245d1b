"""What `aigw-dev doctor` looks at on this machine: each function looks at one thing and says how it is."""

import os
import platform
import socket
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from aigw_dev import __version__
from aigw_dev.core import mask
from aigw_dev.core.errors import GatewayError, SecretError

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place

_NETWORK_KINDS: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "9p",
        "fuse.sshfs",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
    }
)
_NETWORK_DRIVE: Final = 4
"""Windows' DRIVE_REMOTE."""
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_USUAL_PORT: Final = 2449


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the doctor's table."""

    check: str
    state: Literal["ok", "note", "warn", "FAIL"]
    text: str
    """What was found, and what to do about it."""


def program(place: "Place") -> Finding:
    """This program and the Python it runs on."""
    del place
    words = f"aigw-dev {__version__}, {platform.python_implementation()} {platform.python_version()}, {platform.platform()}"
    options = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    if os.name == "nt" or "--enable-optimizations" in options:
        return Finding(check="python", state="ok", text=f"{words}, optimised build")
    if not options:
        return Finding(
            check="python", state="note", text=f"{words}; whether it was built with PGO is not known"
        )
    text = f"{words}; built without PGO, which makes the gateway 11 to 15 % slower than on a distribution's Python"
    return Finding(check="python", state="note", text=text)


def sqlite(place: "Place") -> Finding:
    """The SQLite library."""
    del place
    from aigw_dev.store import library

    if library.is_fixed():
        return Finding(check="sqlite", state="ok", text=library.version())
    text = f"{library.version()}: before 3.51.3 two programs that write a log.db at once can damage it; aigw-dev's own commands never do, others should only read"
    return Finding(check="sqlite", state="note", text=text)


def home(place: "Place") -> Finding:
    """The state directory and what is in it: there, private, ours."""
    path = place.home.path
    try:
        there = path.stat()
    except FileNotFoundError:
        return Finding(check="home", state="ok", text=f"{path} is made at the first use")
    except OSError as error:
        return Finding(
            check="home", state="FAIL", text=f"{path}: {error.strerror}; choose another with --home"
        )
    if os.name != "posix":
        return Finding(check="home", state="ok", text=str(path))
    if there.st_uid != os.getuid():
        return Finding(
            check="home",
            state="FAIL",
            text=f"{path} belongs to user {there.st_uid}; choose another with --home",
        )
    open_ones = [
        entry for entry in (path, *_private_files(path)) if stat.S_IMODE(entry.stat().st_mode) & 0o077
    ]
    if open_ones:
        return Finding(
            check="home", state="FAIL", text=f"others can read {open_ones[0]}: chmod go-rwx {open_ones[0]}"
        )
    return Finding(check="home", state="ok", text=f"{path}, readable by you only")


def _private_files(path: Path) -> list[Path]:
    names = ("token", "admin.token", "trust.db", "keys.enc", "gateways")
    return [path / name for name in names if (path / name).exists()]


def file_system(place: "Place") -> Finding:
    """Whether the state lies on a network file system, where SQLite's locks cannot be relied on."""
    kind = network_kind(place.home.path)
    if kind is None:
        return Finding(check="disk", state="ok", text="the state is on a disk of this machine")
    text = f"the state is on a network file system ({kind}), where locks may not hold: set AIGW_DEV_HOME to a local folder"
    return Finding(check="disk", state="warn", text=text)


def network_kind(path: Path) -> str | None:
    """The kind of network file system a path lies on; None for a local one and where it cannot be told."""
    if sys.platform == "win32":
        import ctypes

        drive = f"{path.drive}\\"
        is_remote = drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(drive) == _NETWORK_DRIVE
        return "network drive" if is_remote else None
    try:
        if sys.platform == "darwin":
            told = subprocess.run(
                ["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False
            ).stdout
            return darwin_kind(told, str(path))
        return linux_kind(Path("/proc/self/mounts").read_text("utf-8", "replace"), str(path.resolve()))
    except (OSError, subprocess.SubprocessError):
        return None


def linux_kind(mounts: str, path: str) -> str | None:
    """The network kind of the mount a path lies on, by the text of /proc/self/mounts."""
    rows = [line.split(" ") for line in mounts.splitlines() if line.count(" ") > 1]
    around = [(row[1].replace("\\040", " "), row[2]) for row in rows]
    kinds = [(len(point), kind) for point, kind in around if _is_below(path, point)]
    kind = max(kinds, default=(0, ""))[1]
    return kind if kind in _NETWORK_KINDS else None


def darwin_kind(mounts: str, path: str) -> str | None:
    """The same by what `mount` prints: `/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)`."""
    found: list[tuple[int, str]] = []
    for line in mounts.splitlines():
        point, mark, options = line.partition(" on ")[2].rpartition(" (")
        if mark and _is_below(path, point):
            found.append((len(point), options.rstrip(")")))
    options = max(found, default=(0, "local"))[1].split(", ")
    return None if "local" in options else options[0]


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(f"{point.rstrip('/')}/")


def keyring(place: "Place") -> Finding:
    """Whether there is a keyring that answers, and whether any key needs it."""
    try:
        needs = [record.name for record in place.vault.records() if record.source == "keyring"]
    except SecretError as error:
        return Finding(check="keyring", state="FAIL", text=f"{error.message}; {error.hint}")
    try:
        backend = place.vault.keyring.probe()
    except SecretError as error:
        state = "FAIL" if needs else "note"
        return Finding(check="keyring", state=state, text=f"{error.message}; {error.hint}")
    text = f"{backend.removeprefix('keyring.backends.')} answers, service aigw-dev, {len(needs)} key(s)"
    return Finding(check="keyring", state="ok", text=text)


def config(place: "Place") -> Finding:
    """The config, its problems and its trust."""
    reading, found = place.reading, place.source.found
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if errors:
        return Finding(
            check="config",
            state="FAIL",
            text=f"{errors[0].text()} ({len(errors)} error(s): `aigw-dev config check`)",
        )
    if reading.held_back:
        text = f"{len(reading.held_back)} setting(s) of {found.path} are held back: read them with `aigw-dev trust`"
        return Finding(check="config", state="warn", text=text)
    if reading.problems:
        return Finding(check="config", state="warn", text=reading.problems[0].text())
    return Finding(check="config", state="ok", text=found.why)


def port(place: "Place") -> Finding:
    """Whether the gateway runs, else whether its port is free."""
    from aigw_dev.secrets.running import last_port

    running = place.running()
    if running is not None:
        return Finding(check="gateway", state="ok", text=f"runs at {running.url}, process {running.pid}")
    configured = place.reading.config.gateway.port if place.reading.config is not None else None
    wanted = configured or (last_port(place.folder) if place.folder is not None else None) or _USUAL_PORT
    with socket.socket() as probe:
        probe.settimeout(0.5)
        is_taken = probe.connect_ex(("127.0.0.1", wanted)) == 0
    if not is_taken:
        return Finding(check="gateway", state="ok", text=f"does not run; port {wanted} is free")
    state = "FAIL" if configured else "note"
    rest = "choose another in gateway.port" if configured else "`up` takes the next free one"
    return Finding(
        check="gateway", state=state, text=f"does not run; another program answers on port {wanted}: {rest}"
    )


def log(place: "Place") -> Finding:
    """The log and state databases."""
    if place.running() is not None:
        return _running_log(place)
    folder = place.folder
    if folder is None or not (folder / "log.db").exists():
        return Finding(check="log", state="ok", text="begins with the first `aigw-dev up`")
    from aigw_dev.store.reader import LogReader
    from aigw_dev.store.state import StateStore

    reader, state = LogReader(folder / "log.db"), StateStore(folder / "state.db")
    try:
        count = reader.count()
        state.deployments(limit=1)
    except GatewayError as error:
        return Finding(check="log", state="FAIL", text=f"{error.message}; {error.hint}")
    finally:
        reader.close()
        state.close()
    size = (folder / "log.db").stat().st_size
    return Finding(
        check="log", state="ok", text=f"{folder / 'log.db'}: {count} exchanges, {size / 1e6:.1f} MB"
    )


def _running_log(place: "Place") -> Finding:
    client = place.client()
    assert client is not None  # noqa: S101  -- it runs
    with client:
        try:
            told = client.status()
        except GatewayError as error:
            return Finding(check="log", state="FAIL", text=f"{error.message}; {error.hint}")
    found, path = told["log"], told["logging"]["path"]
    if found["state"] == "degraded":
        return Finding(check="log", state="FAIL", text=f"not written: {found['reason']}")
    if found["dropped_rows"] or found["set_aside"]:
        text = f"{path}: {found['dropped_rows']} exchanges were not kept; a damaged log is at {found['set_aside'] or 'no place'}"
        return Finding(check="log", state="warn", text=text)
    return Finding(
        check="log",
        state="ok",
        text=f"{path}: {found['written']} exchanges since the start, {found['waiting']} waiting",
    )


def prices(place: "Place") -> Finding:
    """How old the price list is."""
    del place
    from aigw_dev.cli.local import PRICES
    from aigw_dev.core.pricing import PriceBook

    book = PriceBook(PRICES.read_bytes())
    if book.is_stale(time.time()):
        return Finding(
            check="prices",
            state="warn",
            text=f"of {book.as_of}, older than 90 days: update aigw-dev, costs may be wrong",
        )
    return Finding(check="prices", state="ok", text=f"of {book.as_of}")


def environment(place: "Place") -> Finding:
    """Variables that change what happens: proxies, certificates, our own, and those that are never read."""
    found = _in_force(place.env)
    unread = sorted(
        name for name in place.env if name.endswith(("_BASE_URL", "_API_BASE")) and place.env[name]
    )
    words = [*found, *([f"never read by the gateway: {', '.join(unread)}"] if unread else [])]
    return Finding(
        check="environment",
        state="note" if words else "ok",
        text="; ".join(words) or "nothing set that changes anything",
    )


def _in_force(env: Mapping[str, str]) -> list[str]:
    wanted = [name for upper in _PROXIES for name in (upper, upper.lower()) if env.get(name)]
    shown = [f"{name}={mask.mask_url(_without_login(env[name]))}" for name in wanted]
    ours = sorted(name for name in env if name.startswith("AIGW_DEV_") and env[name])
    return [*shown, *(name if name.endswith("TOKEN") else f"{name}={env[name]}" for name in ours)]


def _without_login(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if mark and "@" in rest else url
