"""What the gateway promises about config, log, stopping and secrets, each seen on real processes (reliability.md)."""

import concurrent.futures
import json
import signal
import socket
import sqlite3
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import AIGW, KEY, GatewayProcess, Start, config_for
from tests.e2e.test_openai_sdk import END, REPLY, piece
from tests.scripted import Hold, ScriptedUpstream, chunk, event, json_reply, sse_reply, stream_head

ROUTED = """routes:
  r: {flow: {send: mock/echo, params: {user: "%d"}}}
"""


def folder_of(gateway: GatewayProcess) -> Path:
    """The gateway's own folder in its home."""
    return next((gateway.home / "gateways").iterdir())


def until(condition: Any, *, seconds: float = 10.0) -> None:
    """Wait for a condition, without a sleep of our own between looks longer than a hundredth."""
    done = threading.Event()
    for _ in range(int(seconds * 100)):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("not in time")


def test_a_hundred_swaps_under_load_fail_no_request(upstream: ScriptedUpstream, start: Start) -> None:
    gateway = start(config_for(upstream, more=ROUTED % 0))
    failures: list[str] = []
    stop = threading.Event()

    def load() -> int:
        count = 0
        with httpx.Client(headers={"authorization": f"Bearer {gateway.token}"}) as client:
            while not stop.is_set():
                body = {"model": "dynamic/r", "messages": [{"role": "user", "content": "x"}]}
                reply = client.post(f"{gateway.url}/v1/chat/completions", json=body, timeout=30)
                if reply.status_code != 200:
                    failures.append(reply.text)
                count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load) for _ in range(4)]
        try:
            for number in range(1, 101):
                held = gateway.admin("/config")
                gateway.admin(
                    "/config", "PUT", json={"text": config_for(upstream, more=ROUTED % number)},
                    headers={"if-match": f'"{held["digest"]}"'},
                )  # fmt: skip
        finally:
            stop.set()
        served = sum(one.result() for one in loads)
    assert failures == []
    assert served > 100
    assert gateway.admin("/status")["config"]["generation"] >= 101
    assert len(gateway.admin("/deployments?limit=200")["deployments"]) >= 101


def test_a_bad_file_never_replaces_a_good_one(upstream: ScriptedUpstream, start: Start) -> None:
    gateway = start(config_for(upstream, more=ROUTED % 1))
    gateway.path.write_text(config_for(upstream, more="routes: {r: {flow: {sned: mock/echo}}}\n"), "utf-8")
    until(lambda: gateway.admin("/status")["config"]["problems"])
    problem = gateway.admin("/status")["config"]["problems"][0]
    assert "aigw-dev.yaml" in problem
    assert "sned" in problem
    assert gateway.chat("dynamic/r", "still").json()["choices"][0]["message"]["content"] == "still"
    gateway.path.write_text(config_for(upstream, more=ROUTED % 2), "utf-8")
    until(lambda: gateway.admin("/status")["config"]["generation"] >= 2)
    assert gateway.admin("/status")["config"]["problems"] == []


def test_an_edit_against_an_old_digest_is_a_conflict_and_changes_nothing(
    upstream: ScriptedUpstream, start: Start
) -> None:
    gateway = start(config_for(upstream))
    before = gateway.path.read_text("utf-8")
    refused = httpx.put(
        f"{gateway.url}/admin/v1/config", json={"text": "version: 1\n"},
        headers={"authorization": f"Bearer {gateway.admin_token}", "if-match": '"0000"'},
    )  # fmt: skip
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "config_changed"
    assert gateway.path.read_text("utf-8") == before


def test_draft_deploy_history_and_rollback(upstream: ScriptedUpstream, start: Start) -> None:
    one, two = (config_for(upstream, more=ROUTED % number) for number in (1, 2))
    gateway = start(one)
    held = gateway.admin("/config")
    auth = {"if-match": f'"{held["digest"]}"'}
    drafted = gateway.admin("/draft", "PUT", json={"text": two}, headers=auth)["draft"]
    assert '+  r: {flow: {send: mock/echo, params: {user: "2"}}}' in drafted["diff"]
    assert gateway.path.read_text("utf-8") == one
    gateway.admin("/deploy", "POST", json={"note": "try two"})
    assert gateway.path.read_text("utf-8") == two
    assert gateway.admin("/draft")["draft"] is None
    history = gateway.admin("/deployments")["deployments"]
    assert history[0]["note"] == "try two"
    assert history[0]["is_live"]
    gateway.admin("/rollback", "POST", json={"number": history[1]["number"]})
    assert gateway.path.read_text("utf-8") == one
    assert len(gateway.admin("/deployments")["deployments"]) == 3
    assert "config.applied" in [entry["action"] for entry in gateway.admin("/audit")["audit"]]


def test_kill_9_loses_nothing_that_ended_a_tenth_of_a_second_before(
    upstream: ScriptedUpstream, start: Start
) -> None:
    gateway = start(config_for(upstream))
    upstream.enqueue([stream_head(), chunk(event(piece(content="a"))), Hold("never")])
    ids = [gateway.chat("mock/echo", str(number)).headers["x-aigw-request-id"] for number in range(50)]
    with httpx.stream(
        "POST", f"{gateway.url}/v1/chat/completions", headers={"authorization": f"Bearer {gateway.token}"},
        json={"model": "up/m", "stream": True, "messages": []}, timeout=30,
    ) as hanging:  # fmt: skip
        running = hanging.headers["x-aigw-request-id"]
        threading.Event().wait(0.25)
        assert gateway.stop(number=signal.SIGKILL) == -signal.SIGKILL
    again = GatewayProcess(gateway.folder, "", home=gateway.home).start()
    try:
        rows = {row["id"]: row["state"] for row in again.admin("/exchanges?limit=1000")["entries"]}
        assert [rows.get(one) for one in ids] == ["ended"] * 50
        assert rows[running] == "interrupted"
    finally:
        again.stop()


@pytest.mark.parametrize("damage", ["text", "newer", "directory"])
def test_a_log_that_cannot_be_used_stops_no_request_and_is_said(
    upstream: ScriptedUpstream, start: Start, damage: str
) -> None:
    gateway = start(config_for(upstream))
    gateway.chat("mock/echo")
    folder = folder_of(gateway)
    assert gateway.stop() == 0
    log = folder / "log.db"
    for extra in ("log.db-wal", "log.db-shm"):
        (folder / extra).unlink(missing_ok=True)
    if damage == "text":
        log.write_bytes(b"this is no database" * 1000)
    elif damage == "newer":
        with sqlite3.connect(log) as db:
            db.execute("PRAGMA user_version=99999")
        db.close()
    else:
        log.unlink()
        log.mkdir()
    again = GatewayProcess(gateway.folder, "", home=gateway.home)
    again.start()
    try:
        assert again.chat("mock/echo", "hi").status_code == 200
        until(lambda: again.admin("/status")["log"]["state"] != "starting")
        health = again.admin("/status")["log"]
        if damage == "text":
            assert Path(health["set_aside"]).read_bytes().startswith(b"this is no database")
        else:
            assert health["state"] == "degraded"
            assert "log.db" in health["reason"]
    finally:
        assert again.stop() == 0


def test_sigterm_lets_a_running_stream_end_and_takes_no_new_work(
    upstream: ScriptedUpstream, start: Start
) -> None:
    gateway = start(config_for(upstream))
    upstream.enqueue(
        [
            stream_head(),
            chunk(event(piece(content="a"))),
            Hold("go"),
            chunk(event(END)),
            chunk(event("[DONE]")),
            b"0\r\n\r\n",
        ]
    )
    with httpx.stream(
        "POST", f"{gateway.url}/v1/chat/completions", headers={"authorization": f"Bearer {gateway.token}"},
        json={"model": "up/m", "stream": True, "messages": []}, timeout=30,
    ) as reply:  # fmt: skip
        pieces = reply.iter_raw()
        assert b'"a"' in next(pieces)
        assert gateway.process is not None
        gateway.process.send_signal(signal.SIGTERM)

        def is_closed() -> bool:
            try:
                httpx.get(f"{gateway.url}/healthz", timeout=5)
            except httpx.TransportError:
                return True
            return False

        until(is_closed)
        upstream.open("go")
        assert b"[DONE]" in b"".join(pieces)
    assert gateway.stop() == 0
    assert "stopped after" in gateway.told.read_text("utf-8")


def test_up_twice_prints_the_same_ready_line_and_a_port_taken_is_an_error(
    upstream: ScriptedUpstream, start: Start
) -> None:
    gateway = start(config_for(upstream))
    assert gateway.run("up").stdout.strip() == f"ready {gateway.url}"
    told = json.loads(gateway.run("up", "--json").stdout)
    assert told["event"] == "ready"
    assert told["url"] == gateway.url
    other = gateway.folder / "other.yaml"
    other.write_text("version: 1\n", "utf-8")
    port = gateway.url.rpartition(":")[2]
    refused = gateway.run("up", "--port", port, "--config", str(other), expect=2)
    assert port in refused.stderr


def test_two_gateways_keep_their_exchanges_apart(
    upstream: ScriptedUpstream, start: Start, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    first = start("version: 1\ngateway: {name: one}\n", home=home)
    second = start("version: 1\ngateway: {name: two}\n", home=home)
    assert first.url != second.url
    first.chat("mock/echo", "to one")
    second.chat("mock/echo", "to two")
    assert first.last()["gateway"] == "one"
    assert second.last()["gateway"] == "two"
    assert len(second.admin("/exchanges")["entries"]) == 1


def test_a_canary_key_is_in_no_file_no_process_list_and_no_answer(start: Start) -> None:
    def answer(request: Any) -> Any:
        return [
            json_reply(
                {
                    **REPLY,
                    "choices": [
                        {"index": 0, "message": {"role": "assistant", "content": f"your key is {KEY}"}}
                    ],
                }
            )
        ]

    with ScriptedUpstream(answer) as leaky:
        gateway = start(config_for(leaky))
        gateway.chat("up/m", f"my key is {KEY}")
        gateway.last()
        assert gateway.process is not None
        command_line = Path(f"/proc/{gateway.process.pid}/cmdline")
        if command_line.exists():
            assert KEY.encode() not in command_line.read_bytes()
        shown = httpx.get(
            f"{gateway.url}/admin/v1/keys", headers={"authorization": f"Bearer {gateway.admin_token}"}
        ).text
        assert KEY not in shown
        token = gateway.token
        assert gateway.stop() == 0
    for path in gateway.folder.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
            if path.name != "token":
                assert token.encode() not in path.read_bytes(), path
    assert gateway.home.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_thousand_streams_at_once_all_complete(start: Start) -> None:
    def answer(request: Any) -> Any:
        return sse_reply(*[piece(content="x") for _ in range(5)], END, "[DONE]")

    with ScriptedUpstream(answer) as many:
        gateway = start(config_for(many))
        code = f"""
import asyncio
async def one():
    reader, writer = await asyncio.open_connection("127.0.0.1", {gateway.url.rpartition(":")[2]})
    body = b'{{"model":"up/m","stream":true,"messages":[]}}'
    writer.write(b"POST /v1/chat/completions HTTP/1.1\\r\\nhost: 127.0.0.1:{gateway.url.rpartition(":")[2]}\\r\\n"
                 b"content-type: application/json\\r\\nauthorization: Bearer {gateway.token}\\r\\n"
                 b"connection: close\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body) + body)
    got = await reader.read(-1)
    writer.close()
    return got.count(b'"content": "x"') + got.count(b'"content":"x"') == 5 and b"[DONE]" in got
async def main():
    print(sum(await asyncio.gather(*(one() for _ in range(1000)))))
asyncio.run(main())
"""
        done = subprocess.run([AIGW[0], "-c", code], capture_output=True, text=True, timeout=100, check=True)
        assert done.stdout.strip() == "1000", done.stderr


def test_the_gateway_answers_on_both_loopbacks(upstream: ScriptedUpstream, start: Start) -> None:
    gateway = start(config_for(upstream))
    port = int(gateway.url.rpartition(":")[2])
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
    assert httpx.get(f"http://[::1]:{port}/healthz").status_code == 200
