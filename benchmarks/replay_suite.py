"""A suite of replayed tests: time per test with the pytest plugin, beside vcrpy and respx, in one run.

python benchmarks/replay_suite.py [--tests 1000] [--rounds 3] [--workers 0 2]

Wants vcrpy, respx and pytest-xdist beside aigw-dev. Every test sends one chat completion with its own prompt through one
httpx client per worker, and reads the answer; every test has a recording of its own (respx: a route of its own). Suites
take turns; what is told is the best round. `per test` is what a test adds: whole runs of all tests less a run of one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

URL: Final = "https://api.openai.com/v1"
TIMEOUT_S: Final = 600.0

CLIENT: Final = """
import httpx, pytest

@pytest.fixture(scope="session")
def http():
    with httpx.Client(trust_env=False) as client:
        yield client

def body(number):
    return {"model": "gpt-4o-mini", "messages": [{"role": "system", "content": "You are terse. " * 20},
            {"role": "user", "content": f"question {number}"}], "temperature": 0}

def check(reply, number):
    assert reply.status_code == 200, reply.text
    assert reply.json()["choices"][0]["message"]["content"] == f"answer {number}"
"""
OURS: Final = """
from shared import body, check, http
import pytest

@pytest.mark.parametrize("number", range(COUNT))
def test_one(aigw, http, number):
    check(http.post(f"{aigw.openai_url}/chat/completions", json=body(number)), number)
"""
VCR: Final = """
from shared import body, check, http
import pytest, vcr

recorder = vcr.VCR(record_mode="none", match_on=["method", "scheme", "host", "port", "path", "query", "body"])

@pytest.mark.parametrize("number", range(COUNT))
def test_one(http, number):
    with recorder.use_cassette(f"cassettes/{number}.yaml"):
        check(http.post("https://api.openai.com/v1/chat/completions", json=body(number)), number)
"""
RESPX: Final = """
from shared import body, check, http
import httpx, pytest, respx
from answers import answer

@pytest.mark.parametrize("number", range(COUNT))
def test_one(http, number):
    with respx.mock(assert_all_called=True) as mock:
        mock.post("https://api.openai.com/v1/chat/completions", json=body(number)).mock(
            return_value=httpx.Response(200, json=answer(number)))
        check(http.post("https://api.openai.com/v1/chat/completions", json=body(number)), number)
"""
ANSWERS: Final = """
def answer(number):
    return {"id": f"chatcmpl-{number:08d}", "object": "chat.completion", "created": 1787307300, "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": f"answer {number}", "refusal": None},
                         "logprobs": None, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 24, "completion_tokens": 2, "total_tokens": 26}}
"""


def lay_out(folder: Path, tests: int) -> None:
    """The three suites with their recordings."""
    scope: dict[str, Any] = {}
    exec(ANSWERS, scope)  # noqa: S102  -- our own text, which the suite imports too
    exec(CLIENT.replace("import httpx, pytest", "import pytest"), scope)  # noqa: S102  -- the same
    body, answer = scope["body"], scope["answer"]
    for name, text in (("ours", OURS), ("vcrpy", VCR), ("respx", RESPX)):
        suite = folder / name
        suite.mkdir()
        (suite / "shared.py").write_text(CLIENT, "utf-8")
        (suite / "answers.py").write_text(ANSWERS, "utf-8")
        (suite / "test_suite.py").write_text(
            text.replace("COUNT", "int(__import__('os').environ['TESTS'])"), "utf-8"
        )
        (suite / "pytest.ini").write_text(
            "[pytest]\n" + ("aigw_dir = fx\n" if name == "ours" else ""), "utf-8"
        )
    _lay_ours(folder / "ours" / "fx", tests, body, answer)
    _lay_vcr(folder / "vcrpy" / "cassettes", tests, body, answer)


def _lay_ours(folder: Path, tests: int, body: Callable[[int], Any], answer: Callable[[int], Any]) -> None:
    from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response
    from aigw_dev.core.recording.keys import key_of
    from aigw_dev.fixture_files.library import Library
    from aigw_dev.fixture_files.naming import name_of_test

    library = Library(folder)
    for number in range(tests):
        test = f"test_suite.py::test_one[{number}]"
        request = Request(op="openai.chat.completions", body=body(number))
        reply = Response(headers={"content-type": "application/json"}, dt_ms=[300], body=answer(number))
        attempt = Attempt(upstream="openai/gpt-4o-mini", response=reply)
        one = Interaction(request=request, attempts=[attempt], key=key_of(request))
        library.write(name_of_test(test), Fixture(test=test, interactions=[one]))


def _lay_vcr(folder: Path, tests: int, body: Callable[[int], Any], answer: Callable[[int], Any]) -> None:
    import yaml

    folder.mkdir(parents=True)
    for number in range(tests):
        sent = json.dumps(body(number), separators=(",", ":"))
        request = {
            "method": "POST",
            "uri": f"{URL}/chat/completions",
            "body": sent,
            "headers": {"content-type": ["application/json"]},
        }
        reply = {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": json.dumps(answer(number))},
        }
        text = yaml.safe_dump({"version": 1, "interactions": [{"request": request, "response": reply}]})
        (folder / f"{number}.yaml").write_text(text, "utf-8")


def run(suite: Path, tests: int, workers: int) -> float:
    """Seconds of one whole pytest run. Raises where a test fails."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-n",
        str(workers),
    ]
    if suite.name != "ours":
        command += ["-p", "no:aigw"]
    env = {**os.environ, "TESTS": str(tests), "PYTHONPATH": str(suite)}
    env.pop("CI", None)
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=suite, env=env, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )
    spent = time.perf_counter() - began
    if done.returncode != 0 or f"{tests} passed" not in done.stdout:
        raise SystemExit(f"{suite.name} failed:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    return spent


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="replay-suite-") as temporary:
        folder = Path(temporary)
        lay_out(folder, asked.tests)
        print(f"{asked.tests} tests, best of {asked.rounds} rounds")
        print(f"{'workers':>8} {'suite':<8} {'whole s':>8} {'one s':>7} {'ms per test':>12} {'to vcrpy':>9}")
        for workers in asked.workers:
            whole: dict[str, float] = {}
            one: dict[str, float] = {}
            for _ in range(asked.rounds):
                for name in ("ours", "vcrpy", "respx"):
                    whole[name] = min(whole.get(name, TIMEOUT_S), run(folder / name, asked.tests, workers))
                    one[name] = min(one.get(name, TIMEOUT_S), run(folder / name, 1, workers))
            per = {name: (whole[name] - one[name]) / (asked.tests - 1) * 1000 for name in whole}
            for name, spent in whole.items():
                print(
                    f"{workers:>8} {name:<8} {spent:>8.2f} {one[name]:>7.2f} {per[name]:>12.2f} {per[name] / per['vcrpy']:>8.2f}x"
                )


if __name__ == "__main__":
    main()
