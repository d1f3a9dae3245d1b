"""A gateway for the plugin's own tests: the control API and just enough of a data plane, standard library only.

Run as `python fake_gateway.py replay DIR --mode MODE --port 0 --json --until-stdin-closes`. A fixture's interaction is
`{"model", "text", "tool_calls", "events", "attempts", "rule", "cost"}`, all optional.
"""

import argparse
import http.server
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ANNOUNCES = bool(os.environ.get("FAKE_GATEWAY_ANNOUNCES"))
"""Says on stdout that something was found in a test, as the real one does."""


class Test:
    """What is known of one test."""

    def __init__(self, bench: "Bench", body: dict[str, Any]) -> None:
        self.id: str = body["test"]
        self.body = body
        self.mode: str = body.get("mode", bench.mode)
        self.fixture, self.interactions = bench.find(self.id, body.get("fixture"))
        self.used: set[int] = set()
        self.calls: list[dict[str, Any]] = []
        self.misses: list[dict[str, Any]] = []
        self.stubs: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = body.get("faults", [])
        self.fired: list[dict[str, Any]] = []
        self.gates: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def document(self) -> dict[str, Any]:
        unused = [
            {"text": f"aigw: interaction {at + 1} of {len(self.interactions)} was never requested"}
            for at in range(len(self.interactions))
            if at not in self.used
        ]
        requests = [call["request"] for call in self.calls]
        problems = (
            ["orphan tool result in call 0"] if any("orphan" in json.dumps(each) for each in requests) else []
        )
        return {
            "test": self.id,
            "fixture": self.fixture,
            "interactions": len(self.interactions),
            "calls": self.calls,
            "misses": self.misses,
            "unused": unused,
            "conversation": problems,
            "faults": [
                {"id": f"f{at}", "fault": one["fault"], "spec": spec_of(one, self.id), "seen": 0}
                | {"fired": sum(one is other for other in self.fired)}
                for at, one in enumerate(self.faults)
            ],
            "stubs_left": len(self.stubs),
        }

    def take(self, model: str) -> dict[str, Any] | None:
        for at, each in enumerate(self.interactions):
            if at not in self.used and each.get("model", model) == model:
                self.used.add(at)
                return each | {"from": "fixture", "interaction": at}
        return None

    def end(self, *, passed: bool, directory: Path) -> dict[str, Any]:
        for gate in self.gates:
            gate["opened"].set()
        found = self.document() | {"written": None, "error": None}
        if self.mode == "record" and self.calls and passed:
            name = f"{self.fixture}.aigw.json"
            rows = [{"model": call["model"], "text": call["response_text"]} for call in self.calls]
            content = {
                "aigw_fixture": 1,
                "test": self.id,
                "recorded_at": "2026-08-21T10:15:00Z",
                "interactions": rows,
            }
            (directory / name).write_text(json.dumps(content, indent=2))
            found["written"] = name
        return found


class Bench:
    """All tests."""

    def __init__(self, directory: Path, mode: str) -> None:
        self.directory, self.mode = directory, mode
        self.tests: dict[str, Test] = {}

    def test(self, name: str) -> Test:
        if name not in self.tests:  # a replay without wishes of its own begins with its first call
            self.tests[name] = Test(self, {"test": name})
        return self.tests[name]

    def find(self, test: str, name: str | None) -> tuple[str, list[dict[str, Any]]]:
        own = name or test.replace("/", "-").replace("::", "-")
        path = self.directory / f"{own}.aigw.json"
        if not path.exists():
            return own, []
        return own, json.loads(path.read_text())["interactions"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def bench(self) -> "Bench":
        assert isinstance(self.server, Server)
        return self.server.bench

    def log_message(self, *_: object, **__: object) -> None: ...

    def do_GET(self) -> None:
        self.serve({})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.serve(json.loads(content or b"{}"))

    def serve(self, body: dict[str, Any]) -> None:
        split = urlsplit(self.path)
        parts = [unquote(each) for each in split.path.strip("/").split("/")]
        if parts[0] in {"t", "v1"}:
            self.call(self.bench.test(parts[1] if parts[0] == "t" else "session"), body)
            return
        if self.headers.get("authorization") != f"Bearer {os.environ['AIGW_DEV_ADMIN_TOKEN']}":
            self.reply(401, {"error": {"message": "admin token required"}})
            return
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self.admin(parts[3:], body, query)

    def admin(self, parts: list[str], body: dict[str, Any], query: dict[str, str]) -> None:
        bench = self.bench
        if not parts:
            test = bench.tests[body["test"]] = Test(bench, body)
            self.reply(
                200,
                {
                    "id": test.id,
                    "path": f"/t/{quote_all(test.id)}",
                    "fixture": test.fixture,
                    "mode": test.mode,
                    "interactions": len(test.interactions),
                },
            )
            return
        test, rest = bench.test(parts[0]), parts[1:]
        match rest:
            case []:
                if log := os.environ.get("FAKE_GATEWAY_ASKED"):
                    with Path(log).open("a") as file:
                        file.write(f"{test.id}\n")
                self.wait_calls(test, query)
                self.reply(200, test.document())
            case ["end"]:
                self.reply(200, test.end(passed=body["passed"], directory=bench.directory))
            case ["stubs"]:
                test.stubs.append(body)
                self.reply(200, {})
            case ["faults"]:
                test.faults.append(body)
                self.reply(200, {"fault_id": f"f{len(test.faults)}"})
            case ["gates"]:
                test.gates.append(body | {"reached": threading.Event(), "opened": threading.Event()})
                self.reply(200, {"gate": str(len(test.gates) - 1)})
            case ["gates", number] if self.command == "GET":
                gate = test.gates[int(number)]
                self.reply(200, {"reached": gate["reached"].wait(int(query.get("timeout_ms", 0)) / 1000)})
            case ["gates", number]:
                test.gates[int(number)]["opened"].set()
                self.reply(200, {})
            case _:
                self.reply(404, {"error": {"message": f"no {self.path}"}})

    def wait_calls(self, test: Test, query: dict[str, str]) -> None:
        wanted = int(query.get("calls", 0))
        with test.changed:
            test.changed.wait_for(
                lambda: sum(bool(call["ended_by"]) for call in test.calls) >= wanted,
                int(query.get("timeout_ms", 0)) / 1000,
            )

    def call(self, test: Test, body: dict[str, Any]) -> None:
        model = str(body.get("model", ""))
        row: dict[str, Any] = {
            "number": len(test.calls),
            "op": "openai.chat.completions",
            "model": model,
            "request": body,
            "context": "\n".join(
                f"{at:02}:{one['role']} {one['content']}" for at, one in enumerate(body.get("messages", []))
            ),
            "ended_by": None,
            "stream": bool(body.get("stream")),
        }
        test.calls.append(row)
        found: dict[str, Any] | None = self.fault(test) or (
            test.stubs.pop(0) | {"from": "stub"} if test.stubs else None
        )
        if found is None and test.mode in {"record", "live"}:
            found = {"text": "live answer", "from": "live", "cost": "0.01"}
        found = found or test.take(model)
        if found is None:
            self.miss(test, row)
            return
        text = found.get("text", "")
        status = found.get("status", 200)
        attempts: list[dict[str, Any]] = found.get("attempts") or [
            {"upstream": f"openai/{model}", "status": status}
        ]
        row |= {
            "status": status,
            "response_text": text,
            "tool_calls": found.get("tool_calls", []),
            "usage": {"input_tokens": 24, "output_tokens": 2, "total_tokens": 26, "cached_tokens": 12},
            "cost_usd": found.get("cost", "0.0000048"),
            "attempts": attempts,
            "route": {"asked": model, "rule": found.get("rule", ""), "chosen": attempts[-1]["upstream"]},
            "from": found.get("from"),
        }
        if body.get("stream"):
            self.stream(test, row, found.get("events", 5))
            return
        self.ended(test, row, "eof")
        self.reply(status, {"choices": [{"message": {"content": text}}]})

    def fault(self, test: Test) -> dict[str, Any] | None:
        for fault in test.faults:
            if fault["fault"] == "http.429" and fault.get("times", 99) > 0:
                fault["times"] = fault.get("times", 99) - 1
                test.fired.append(fault)
                return {"status": 429, "text": ""}
        return None

    def miss(self, test: Test, row: dict[str, Any]) -> None:
        text = (
            f"aigw: no recorded response for this request   {test.id}\n\n"
            f"  POST {row['op']}   call #{len(test.calls)} of this test\n  Nothing was sent to a provider."
        )
        test.misses.append({"text": text, "code": "fixture_miss"})
        if ANNOUNCES:
            say({"event": "found", "test": test.id})
        self.ended(test, row | {"status": 424}, "miss")
        test.calls[row["number"]] |= {"ended_by": "miss", "status": 424}
        self.reply(424, {"error": {"code": "fixture_miss", "message": text}})

    def stream(self, test: Test, row: dict[str, Any], events: int) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for at in range(events):
                for gate in test.gates:
                    if gate["call"] == row["number"] and gate["before_event"] == at:
                        gate["reached"].set()
                        gate["opened"].wait(20)
                        self.connection.settimeout(0.2)
                        if self.has_left():
                            raise BrokenPipeError
                self.wfile.write(b'data: {"at": %d}\n\n' % at)
        except OSError:
            self.ended(test, row, "client")
        else:
            self.ended(test, row, "eof")

    def has_left(self) -> bool:
        try:
            return self.connection.recv(1) == b""
        except TimeoutError:
            return False

    def ended(self, test: Test, row: dict[str, Any], by: str) -> None:
        with test.changed:
            row["ended_by"] = by
            test.changed.notify_all()

    def reply(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    disable_nagle_algorithm = True

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        super().__init__(("127.0.0.1", 0), Handler)


def spec_of(fault: dict[str, Any], test: str) -> str:
    where = f"@provider:{fault['provider']}" if "provider" in fault else ""
    return f"{fault['fault']}{where};test={test}"


def quote_all(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["replay"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--config", default="")
    parser.add_argument("--json", action="store_true", required=True)
    parser.add_argument("--until-stdin-closes", action="store_true", required=True)
    parser.add_argument("--timing", default="instant")
    parser.add_argument("--ignore", action="append", default=[])
    options = parser.parse_args()
    if os.environ.get("FAKE_GATEWAY_FAILS"):
        sys.exit("fake: no such fixtures")
    server = Server(Bench(options.directory, options.mode))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    say({"event": "starting"})
    url = f"http://127.0.0.1:{server.server_address[1]}"
    say({"event": "ready", "url": url, "pid": os.getpid()} | ({"announces": True} if ANNOUNCES else {}))
    sys.stdin.read()
    if log := os.environ.get("FAKE_GATEWAY_LOG"):
        with Path(log).open("a") as file:
            file.write(f"{options.mode} {options.config} ended\n")


if __name__ == "__main__":
    main()
