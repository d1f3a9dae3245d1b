"""A key from a real OS keyring reaches its provider; a keyring that hangs delays nothing but its own route."""

import os
import signal
import time
from collections.abc import Callable, Generator

import pytest

from tests.e2e.conftest import Start
from tests.e2e.test_openai_sdk import REPLY
from tests.scripted import ScriptedUpstream, json_reply
from tests.secrets.keyrings import Service, own_secret_service

pytestmark = pytest.mark.keyring
KEY = "sk-proj-fromkeyring0123456789"


@pytest.fixture
def service() -> Generator[Service]:
    """A Secret Service of this test only."""
    with own_secret_service() as started:
        yield started


def config(upstream: ScriptedUpstream) -> str:
    return f"""version: 1
providers:
  stored: {{kind: openai, base_url: "{upstream.url}/v1", keys: [stored-key]}}
  plain: {{kind: openai, base_url: "{upstream.url}/v1", keys: ["env:UP_KEY"]}}
routes:
  r: {{flow: {{send: stored/m, fallback: [plain/m]}}}}
"""


def session_of(service: Service) -> dict[str, str]:
    """What a gateway needs to reach this service, and no more."""
    names = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME", "XDG_DATA_HOME", "AIGW_DEV_TEST_KEYRING")
    return {name: service.env[name] for name in names if name in service.env}


def test_a_stuck_keyring_delays_nothing_but_its_own_route(
    service: Service, start: Start, until: Callable[..., None]
) -> None:
    with ScriptedUpstream(lambda _: [json_reply(REPLY)]) as upstream:
        env = session_of(service)
        first = start(config(upstream), env=env)
        origin = ["--stdin", "--name", "stored-key", "--no-check"]
        first.run("keys", "add", "stored", *origin, input_text=KEY)
        assert first.chat("stored/m").status_code == 200
        assert upstream.requests[-1].header(b"authorization") == f"Bearer {KEY}".encode()
        assert first.exchange("last")["key_name"] == "stored-key"
        first.stop()

        daemon = service.daemon()
        os.kill(daemon, signal.SIGSTOP)
        try:
            began = time.monotonic()
            again = start(config(upstream), env=env, home=first.home)
            assert again.chat("mock/echo").status_code == 200
            assert again.chat("plain/m").status_code == 200
            assert time.monotonic() - began < 5, "nothing waits for the keyring"
            stuck = again.chat("stored/m")
            assert stuck.status_code == 503
            assert stuck.json()["error"]["code"] == "keyring_locked"
            assert again.chat("dynamic/r").headers["x-aigw-upstream"] == "plain/m"
        finally:
            os.kill(daemon, signal.SIGCONT)

        def is_answered() -> bool:
            """The daemon has what waited for it to work off first, so that the first look may still be in vain."""
            again.admin("/reload", "POST", json={"what": "keys"})
            return again.chat("stored/m").status_code == 200

        until(is_answered, timeout_s=30, what="the key, after the keyring woke up")
