"""The `aigw` fixture's object, used as the specification's examples use it."""

from typing import Any

import pytest

from aigw_dev.pytest_plugin.handle import STUB_NAMES
from aigw_dev.server.admin.trials import StubRequest

Suite = Any  # the fixture `suite` of conftest.py
PARIS = {"model": "m", "text": "Paris."}
FELL_BACK = {
    "rule": "smart",
    "text": "pong",
    "cost": "0.000028",
    "attempts": [
        {"upstream": "openai/gpt-4o-mini", "status": 429},
        {"upstream": "anthropic/claude-haiku-4-5", "status": 200, "why": "fallback: 429"},
    ],
}


def test_a_route_reads_as_what_was_tried(suite: Suite) -> None:
    suite.fixture("test_falls_back", FELL_BACK)
    suite.tests("""
        def test_falls_back(aigw):
            ask(model="smart")
            call = aigw.calls[0]
            assert call.fell_back
            assert str(call.route) == "openai/gpt-4o-mini(429) -> anthropic/claude-haiku-4-5(200)"
            assert call.route.rule == "smart"
            assert aigw.cost_by_upstream().keys() == {"anthropic/claude-haiku-4-5"}
            assert aigw.cost == Decimal("0.000028")
            assert [attempt.status for attempt in aigw.attempts] == [429, 200]
    """)
    suite.run().assert_outcomes(passed=1)


def test_faults_and_stubs_answer_before_the_recording(suite: Suite) -> None:
    suite.fixture("test_faults", PARIS)
    suite.fixture("test_marked", PARIS)
    suite.tests("""
        def test_faults(aigw):
            aigw.fault("http.429", provider="openai", retry_after_ms=30, times=2)
            for _ in range(2):
                with pytest.raises(urllib.error.HTTPError):
                    ask()
            assert ask() == "Paris."
            assert [attempt.status for attempt in aigw.attempts] == [429, 429, 200]

        @pytest.mark.aigw_fault("http.429", times=1)
        def test_marked(aigw):
            with pytest.raises(urllib.error.HTTPError):
                ask()
            assert ask() == "Paris."

        def test_stubbed(aigw):
            aigw.stub(tool_calls=[("get_weather", '{"city": "Os')], finish="length")
            aigw.stub("hello")
            assert ask() == "" and ask() == "hello"
            assert aigw.tool_order == ["get_weather"]
            assert aigw.calls[0].tool_calls == [("get_weather", '{"city": "Os')]
            assert [call.source for call in aigw.calls] == ["stub", "stub"]
    """)
    suite.run().assert_outcomes(passed=3)


def test_assertions_hold_or_show_what_was_seen(suite: Suite) -> None:
    suite.fixture("test_right", PARIS)
    suite.fixture("test_wrong", PARIS)
    suite.fixture("test_conversation", PARIS)
    suite.tests("""
        def test_right(aigw):
            ask()
            aigw.assert_calls(1)
            aigw.assert_calls(1, model="m")
            aigw.assert_calls(0, model="other")
            aigw.assert_no_egress()
            aigw.assert_conversation_ok()

        def test_wrong(aigw):
            ask()
            aigw.assert_calls(2, model="m")

        def test_conversation(aigw):
            ask(messages=[{"role": "tool", "content": "orphan"}])
            aigw.assert_conversation_ok()
    """)
    result = suite.run("-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: 2 calls of m were expected, 1 came. The gateway saw:",
            "*<call 0: openai.chat.completions m 200 eof, openai/m(200)>",
            "*AssertionError: the conversation of test_app.py::test_conversation does not hold together:",
        ]
    )


def test_a_gate_holds_a_stream_until_it_is_opened(suite: Suite) -> None:
    suite.fixture("test_sync", {"events": 6})
    suite.fixture("test_async", {"events": 6})
    suite.fixture("test_cancel", {"events": 6})
    suite.tests("""
        import http.client, threading
        from urllib.parse import urlsplit

        def stream(aigw, seen):
            at = urlsplit(aigw.openai_url)
            connection = http.client.HTTPConnection(at.netloc, timeout=20)
            connection.request("POST", at.path + "/chat/completions", json.dumps({"model": "m", "stream": True}),
                               {"content-type": "application/json"})
            reply = connection.getresponse()
            while line := reply.readline():
                seen += [line] if line.strip() else []
            connection.close()

        def test_sync(aigw):
            seen, gate = [], aigw.gate(call=0, before_event=3)
            reader = threading.Thread(target=stream, args=(aigw, seen))
            reader.start()
            assert gate.wait() is gate and not gate.is_open
            assert aigw.calls[0].is_running and not any(b"3" in line for line in seen)
            gate.open()
            assert aigw.calls.wait(0).ended_by == "eof"
            reader.join()
            assert len(seen) == 6 and len(aigw.wait_calls(1)) == 1

        def test_async(aigw):
            async def main():
                seen, gate = [], aigw.gate(call=0, before_event=3)
                task = asyncio.create_task(asyncio.to_thread(stream, aigw, seen))
                await gate.reached()
                gate.open()
                assert (await aigw.calls.wait(0)).ended_by == "eof"
                await task
            asyncio.run(main())

        def test_cancel(aigw):
            async def consume():
                at = urlsplit(aigw.openai_url)
                reader, writer = await asyncio.open_connection(at.hostname, at.port)
                body = b'{"model": "m", "stream": true}'
                writer.write(b"POST %s/chat/completions HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: %d\\r\\n\\r\\n%s"
                             % (at.path.encode(), len(body), body))
                try:
                    await reader.read()
                finally:
                    writer.close()

            async def main():
                gate = aigw.gate(call=0, before_event=3)
                task = asyncio.create_task(consume())
                await gate.reached()
                task.cancel()
                gate.open()
                assert (await aigw.calls.wait(0)).ended_by == "client"
            asyncio.run(main())

        def test_never(aigw):
            gate = aigw.gate(call=0, before_event=3)
            with pytest.raises(TimeoutError, match="event 3 of call 0 was not reached within 0.05 s"):
                gate.wait(timeout=0.05)
            with pytest.raises(TimeoutError, match=r"call 0 \\(the first\\) did not come within 0.05 s; the gateway saw no call"):
                aigw.calls.wait(0, timeout=0.05)
            with pytest.raises(IndexError, match="no call 0: the gateway saw 0"):
                aigw.calls[0]
    """)
    suite.run("-W", "ignore::ResourceWarning").assert_outcomes(passed=4)


def test_a_name_that_a_stub_or_gate_does_not_know_is_refused_at_once(suite: Suite) -> None:
    suite.tests("""
        def test_names(aigw):
            with pytest.raises(TypeError, match=r"stub\\(\\) knows no finsh=. Did you mean finish=\\? It takes text=, .*times="):
                aigw.stub("a", finsh="length")
            with pytest.raises(TypeError, match=r"gate\\(\\) knows no foo=. It takes call=, before_event="):
                aigw.gate(foo=1)
    """)
    suite.run().assert_outcomes(passed=1)


def test_a_stub_takes_what_the_control_api_takes() -> None:
    assert set(STUB_NAMES) == set(StubRequest.__struct_fields__)


def test_a_child_process_gets_the_place_and_nothing_else(suite: Suite) -> None:
    suite.fixture("test_child", PARIS)
    suite.tests("""
        CHILD = '''
        import json, os, urllib.request
        def post(url):
            request = urllib.request.Request(url, b'{"model": "m"}', {"content-type": "application/json"})
            return json.load(urllib.request.urlopen(request, timeout=20))
        print(post(os.environ["OPENAI_BASE_URL"] + "/chat/completions")["choices"][0]["message"]["content"])
        try:
            post("http://elsewhere.example/v1")
        except OSError as error:
            print(error)
        '''

        def child(aigw):
            code = "\\n".join(line.removeprefix("        ") for line in CHILD.splitlines())
            return subprocess.run([sys.executable, "-c", code], env=os.environ | aigw.env, capture_output=True, text=True, timeout=20)

        def test_child(aigw):
            done = child(aigw)
            assert done.stdout.splitlines()[0] == "Paris.", done.stderr
            assert "403" in done.stdout
            (found,) = aigw.egress()
            assert found.test == "test_app.py::test_child" and found.host == "elsewhere.example"
            with pytest.raises(AssertionError, match="1 attempts to leave this machine in test_app.py::test_child"):
                aigw.assert_no_egress()
    """)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["attempts to leave this machine, refused: 1", "*test_child: elsewhere.example (proxy)"]
    )


def test_a_forked_child_leaves_the_gateway_to_its_parent(suite: Suite) -> None:
    if not hasattr(__import__("os"), "fork"):
        pytest.skip("no fork here")
    suite.fixture("test_fork", PARIS, PARIS)
    suite.tests("""
        def test_fork(aigw):
            assert len(aigw.calls) == 0
            child = os.fork()
            if not child:
                ok = ask() == "Paris." and len(aigw.calls) == 1
                try:
                    sys.exit(0 if ok else 9)
                finally:
                    import atexit
                    atexit._run_exitfuncs()
                    os._exit(0 if ok else 9)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert ask() == "Paris." and len(aigw.calls) == 2
    """)
    suite.run().assert_outcomes(passed=1)


def test_urls_name_test_and_dialect(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.parametrize("odd", ["a/b?c#d"])
        def test_urls(aigw, odd):
            assert aigw.openai_url == aigw.url("openai") == os.environ["OPENAI_BASE_URL"]
            assert aigw.openai_url.endswith("test_urls%5Ba%2Fb%3Fc%23d%5D/openai/v1")
            assert aigw.anthropic_url.endswith("/anthropic") and aigw.gemini_url.endswith("/gemini")
            assert aigw.key.startswith("sk-aigw-") and aigw.key == os.environ["GEMINI_API_KEY"]
            with pytest.raises(ValueError, match="openai, anthropic, gemini"):
                aigw.url("cohere")
    """)
    suite.run().assert_outcomes(passed=1)
