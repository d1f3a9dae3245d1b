"""A session's use of its gateways."""

from typing import Any

Suite = Any  # the fixture `suite` of conftest.py
PARIS = {"model": "m", "text": "Paris."}


def test_a_gateway_that_died_is_told_with_its_last_words(suite: Suite) -> None:
    suite.fixture("test_one", PARIS)
    suite.tests("""
        import signal

        def test_one(aigw, aigw_server):
            ask()
            os.kill(aigw_server.pid, signal.SIGTERM)
            aigw_server._process.wait()

        def test_two(aigw): ...
    """)
    result = suite.run("-p", "no:randomly")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["aigw: the gateway of this session (pid *) has ended by itself.*"])


def test_a_shared_fixture_need_not_be_used_up_by_each_test(suite: Suite) -> None:
    suite.fixture("", PARIS, PARIS, name="greeting")
    suite.tests("""
        @pytest.mark.aigw(fixture="greeting")
        @pytest.mark.parametrize("at", range(2))
        def test_shared(at):
            assert ask() == "Paris."
    """)
    suite.run().assert_outcomes(passed=2)


def test_what_a_test_asked_for_reaches_the_gateway(suite: Suite) -> None:
    suite.options["aigw_ignore"] = "\n    $.user"
    suite.tests("""
        @pytest.fixture
        def bodies(aigw_server, monkeypatch):
            seen, ask = [], aigw_server.control.ask
            monkeypatch.setattr(aigw_server.control, "ask", lambda *given: seen.append(given) or ask(*given))
            return seen

        @pytest.mark.aigw(ignore=["$.seed"], repeat="last", keep_failures=True, max_calls=3, max_cost="0.5", timing="x10")
        @pytest.mark.aigw_fault("http.429", times=1)
        def test_wanted(request, aigw_server, bodies, pytestconfig):
            from aigw_dev.pytest_plugin import hooks
            hooks.session_of(pytestconfig).begin(request.node)
            assert bodies[0][2] == {
                "test": "test_app.py::test_wanted", "mode": "replay", "ignore": ["$.user", "$.seed"], "repeat": "last",
                "timing": "x10", "keep_failures": True, "max_cost": "0.5", "max_calls": 3,
                "faults": [{"fault": "http.429", "times": 1}]}
    """)
    suite.options["aigw_unused"] = "warn"  # nothing is called here
    suite.run().assert_outcomes(passed=1)
