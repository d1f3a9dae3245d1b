"""The gateways that are compared: how each is started in front of the scripted upstream, with the same request for all."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from processes import Started, free_port, wait_for_port
from programs import UPSTREAM_KEY

MODEL: Final = "gpt-4o-mini"
_LITELLM_KEY: Final = "sk-benchmarks-only-0123456789abcdef0123456789abcdef"
_START_S: Final = 120.0

_OURS: Final = """\
version: 1
gateway: {{name: benchmarks}}
providers:
  up: {{kind: openai, base_url: "http://127.0.0.1:{upstream}/v1", keys: ["env:BENCH_UPSTREAM_KEY"]}}
logging: {{max_mb: 8192}}
routes:
  measured:
    models: [{model}]
    flow:
      if: stream == true
      then: {{send: up/{model}}}
      else: {{send: up/{model}}}
"""
_NGINX: Final = """\
{user}worker_processes 1; error_log {folder}/error.log; pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_buffer_size 64k;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 1200; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_set_header Authorization "Bearer {key}";
    }}
  }}
}}
"""
_LITELLM: Final = """\
model_list:
  - model_name: {model}
    litellm_params: {{model: openai/{model}, api_base: "http://127.0.0.1:{upstream}/v1", api_key: {key}}}
litellm_settings: {{telemetry: false, num_retries: 0}}
"""


class Gateway(msgspec.Struct, frozen=True):
    """One thing to send requests to."""

    name: str
    port: int
    bearer: str
    started: Started | None
    """None for what was running before: it is never ended here."""
    start_s: float = 0.0
    """From its start to its first 200."""
    home: Path | None = None
    """This gateway's own state."""


Start = Callable[[Path, int, int | None], Gateway]


def start_ours(folder: Path, upstream: int, cpu: int | None, *, settings: str = "") -> Gateway:
    """This project's gateway with all that a user has on: log with bodies, a route, Host and credential checks.

    Only its log may grow larger than usual: else a long run would measure how quickly it is pruned. `settings`: other
    ones than a route to the upstream, in which `{upstream}` is its port.
    """
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    config = folder / "aigw-dev.yaml"
    config.write_text((settings or _OURS).format(upstream=upstream, model=MODEL))
    port = free_port()
    started = Started(
        [*ours(), "up", "--config", str(config), "--home", str(home), "--port", str(port)],
        log=folder / "ours.log",
        env={"BENCH_UPSTREAM_KEY": UPSTREAM_KEY, "AIGW_DEV_HOME": str(home)},
        cpu=cpu,
    )
    token = home / "token"
    return _when_ready("aigw-dev", port, started, lambda: token.read_text().strip(), home=home)


def ours() -> list[str]:
    """The command of this project beside this Python."""
    script = Path(sys.executable).with_name("aigw-dev")
    return [str(script)] if script.exists() else [sys.executable, "-m", "aigw_dev"]


def start_nginx(folder: Path, upstream: int, cpu: int | None) -> Gateway:
    """The reference for what a proxy can cost at least: it reads no body and keeps no log."""
    port = free_port()
    place = folder / "nginx"
    place.mkdir(exist_ok=True)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    text = _NGINX.format(
        user="user root; " if is_root else "", folder=place, upstream=upstream, port=port, key=UPSTREAM_KEY
    )
    config = place / "nginx.conf"
    config.write_text(text)
    command = [str(_nginx()), "-c", str(config), "-g", "daemon off;"]
    started = Started(command, log=folder / "nginx.log", cpu=cpu)
    return _when_ready("nginx", port, started, lambda: "sk-nobody")


def start_litellm(folder: Path, upstream: int, cpu: int | None) -> Gateway:
    """LiteLLM's proxy: one worker, no database, no telemetry."""
    port = free_port()
    config = folder / "litellm.yaml"
    config.write_text(_LITELLM.format(model=MODEL, upstream=upstream, key=UPSTREAM_KEY))
    program = str(_litellm())
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--num_workers", "1", "--telemetry", "False"]
    env = {
        "LITELLM_MASTER_KEY": _LITELLM_KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_TELEMETRY": "False",
        "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    started = Started(command, log=folder / "litellm.log", env=env, cpu=cpu)
    return _when_ready("litellm", port, started, lambda: _LITELLM_KEY)


def installed() -> dict[str, Start]:
    """What can be started here, this project's own first."""
    found: dict[str, Start] = {"aigw-dev": start_ours}
    if _nginx() is not None:
        found["nginx"] = start_nginx
    if _litellm() is not None:
        found["litellm"] = start_litellm
    return found


def absent() -> dict[str, str]:
    """What could not be compared, and why."""
    missing = {name: "not installed" for name in ("nginx", "litellm") if name not in installed()}
    for name, program in (("easegress", "easegress-server"), ("apisix", "apisix"), ("kong", "kong")):
        is_here = shutil.which(program) is not None
        missing[name] = f"installed: start it and name it, --also {name}=PORT" if is_here else "not installed"
    return missing


def _nginx() -> Path | None:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def _litellm() -> Path | None:
    """`BENCH_LITELLM` names the program where it has an environment of its own."""
    found = os.environ.get("BENCH_LITELLM") or shutil.which("litellm")
    return Path(found) if found and Path(found).exists() else None


def _when_ready(
    name: str, port: int, started: Started, bearer: Callable[[], str], *, home: Path | None = None
) -> Gateway:
    """The gateway once it has answered a chat; RuntimeError where it does not."""
    try:
        wait_for_port(port, started, longest_s=_START_S)
        until = time.monotonic() + _START_S
        status = 0
        while time.monotonic() < until:
            try:
                status = ask(port, bearer())
            except FileNotFoundError:
                status = 0  # the port is bound before the token is written
            if status == 200:
                took_s = time.monotonic() - started.began_s
                return Gateway(name, port, bearer(), started, round(took_s, 3), home)
            time.sleep(0.01)
    except BaseException:
        started.__exit__(None, None, None)
        raise
    started.__exit__(None, None, None)
    raise RuntimeError(f"{name} answers {status}: {started.log.read_text()[-500:]}")


def leave(number: int, frame: object) -> None:
    """A signal's handler that ends the benchmark through its context managers, so that what it started is ended too."""
    del frame
    sys.exit(128 + number)


def ask(port: int, bearer: str) -> int:
    """The status of one small chat on a connection of its own; 0 where nothing sensible came back."""
    body = b'{"model":"%b","messages":[{"role":"user","content":"hi"}]}' % MODEL.encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"connection: close\r\nauthorization: Bearer {bearer}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(head.encode() + body)
            reply = connection.recv(65536)
    except OSError:
        return 0
    return int(reply[9:12]) if reply[:5] == b"HTTP/" else 0
