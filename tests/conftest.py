"""What every test may rely on: no network but loopback, a home of its own, no keys, and reproducible examples."""

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import hypothesis
import pytest

pytest_plugins: Final = ["pytester"]  # may be asked for here only: tests/pytest_plugin runs pytest in pytest
REPOSITORY: Final = Path(__file__).resolve().parent.parent
_KEPT: Final = {
    "AIGW_DEV_VECTORS",
    "AIGW_DEV_TEST_KEYRING",
    "AIGW_DEV_TEST_KEYRING_PASSWORD",
    "AIGW_DEV_SDK_TESTS",
    "AIGW_DEV_NODE_MODULES",
}
_LOOPBACK_NAMES: Final = {"", "localhost", "ip6-localhost", "ip6-loopback"}
_PRIVATE_ENDINGS: Final = (
    "_API_KEY",
    "_API_BASE",
    "_BASE_URL",
    "_API_TOKEN",
    "_AUTH_TOKEN",
    "_ACCESS_KEY_ID",
    "_SECRET_ACCESS_KEY",
    "_PROXY",
    "_proxy",
)
"""Variables that carry keys, point SDKs elsewhere or send calls through a proxy."""
_PRIVATE_NAMES: Final = {
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "AWS_BEARER_TOKEN_BEDROCK",
    "HF_TOKEN",
    "GITHUB_TOKEN",
}


def _isolate() -> None:
    """Give the session a home that is thrown away and an environment that holds no key; child processes inherit both."""
    for name in list(os.environ):
        is_ours = name.startswith("AIGW_DEV_") and name not in _KEPT
        if is_ours or name.endswith(_PRIVATE_ENDINGS) or name in _PRIVATE_NAMES:
            del os.environ[name]
    scratch = Path(tempfile.mkdtemp(prefix="aigw-dev-tests-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    places = {
        "HOME": "home",
        "USERPROFILE": "home",
        "XDG_CONFIG_HOME": "home/.config",
        "XDG_DATA_HOME": "home/.local/share",
        "XDG_STATE_HOME": "home/.local/state",
        "XDG_CACHE_HOME": "home/.cache",
        "APPDATA": "home/AppData/Roaming",
        "LOCALAPPDATA": "home/AppData/Local",
        "AIGW_DEV_HOME": "state",
    }
    for name, place in places.items():
        (scratch / place).mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[name] = str(scratch / place)
    if not _has_test_keyring():  # a developer's own keyring is never touched
        os.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
        os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


def _has_test_keyring() -> bool:
    """Whether tests/with-secret-service.sh runs us, with a Secret Service of its own."""
    return bool(os.environ.get("AIGW_DEV_TEST_KEYRING"))


class NetworkBlockedError(RuntimeError):
    """A test tried to leave this machine."""


def _guard_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse every socket call that names another machine; an audit hook sees all of Python's sockets.

    uvloop resolves and connects in C and raises no audit event: tests that start the gateway with it point it at
    loopback addresses only.
    """
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host: Any = arguments[0]
    elif event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        if not isinstance(address, tuple):  # a path, or a socket that is already connected
            return
        host = cast("tuple[Any, ...]", address)[0]
    else:
        return
    if not _is_loopback(host):
        raise NetworkBlockedError(
            f"this test tried to reach {host!r} ({event}); tests talk to loopback only: serve a scripted upstream there"
        )


def _is_loopback(host: Any) -> bool:
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    name = name.partition("%")[0].lower().rstrip(".")
    if name in _LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False


_isolate()
sys.addaudithook(_guard_network)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a Secret Service where there is none of the tests' own; with one, one worker does all of that.

    A test freezes the service: no other may need it meanwhile.
    """
    if _has_test_keyring():
        for item in items:
            if item.get_closest_marker("keyring"):
                item.add_marker(pytest.mark.xdist_group("keyring"))
        return
    absent = pytest.mark.skip(
        reason="needs a Secret Service of its own: bash tests/with-secret-service.sh pytest"
    )
    for item in items:
        if item.get_closest_marker("keyring"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The project's root folder."""
    return REPOSITORY


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Real recorded traffic: `AIGW_DEV_VECTORS`, or the folder beside the project; skips where it is absent."""
    named = os.environ.get("AIGW_DEV_VECTORS")
    place = Path(named) if named else REPOSITORY.parent / "shared" / "vectors"
    if not place.is_dir():
        pytest.skip("no recorded traffic here (AIGW_DEV_VECTORS names its folder)")
    return place


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait for a condition, with a deadline: `until(lambda: path.exists(), timeout_s=5, what="the log")`.

    For what another process or thread does and cannot announce; anything else is awaited.
    """

    def wait(
        condition: Callable[[], object], *, timeout_s: float = 10.0, what: str = "the condition"
    ) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"{what} did not come true within {timeout_s} s")
            time.sleep(0.01)

    return wait


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    """Put back what a test changed in the environment or the working directory: the next one starts as it did."""
    before, place = dict(os.environ), Path.cwd()
    yield
    if Path.cwd() != place:
        os.chdir(place)
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)
