"""Who has a port."""

import os
import socket
import sys
from pathlib import Path

import pytest

from aigw_dev.cli.port_owner import owner_of
from aigw_dev.secrets.running import RunningInfo


def gateway(port: int) -> RunningInfo:
    return RunningInfo(
        pid=4321, url=f"http://127.0.0.1:{port}", port=port, started_at=0.0, config_path="/p/aigw-dev.yaml",
        name="shop", version="0", host="127.0.0.1",
    )  # fmt: skip


def test_a_gateway_of_this_home_is_named_with_its_config() -> None:
    assert owner_of(2449, [gateway(2449)]) == "the gateway shop (/p/aigw-dev.yaml), process 4321"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it on Linux only")
def test_another_process_is_named_where_the_system_tells() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        owner = owner_of(sock.getsockname()[1], [gateway(1)])
    assert owner.endswith(f"process {os.getpid()}")


def test_nothing_is_said_where_nothing_is_known(tmp_path: Path) -> None:
    assert owner_of(2449, [], proc=tmp_path) == ""
