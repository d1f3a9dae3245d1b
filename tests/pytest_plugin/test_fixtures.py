"""`aigw_server`, `aigw_session`, and `aigw` asked for late."""

from typing import Any

Suite = Any  # the fixture `suite` of conftest.py
PARIS = {"model": "m", "text": "Paris."}


def test_a_session_adds_its_tests_up(suite: Suite) -> None:
    suite.fixture("test_one", PARIS)
    suite.fixture("test_two", PARIS)
    suite.tests("""
        def test_one(aigw):
            ask()

        def test_two(aigw):
            ask()

        def test_sums(aigw_session):
            assert aigw_session.cost == Decimal("0.0000096") and aigw_session.spent == 0
            assert aigw_session.tokens.cached / aigw_session.tokens.input == 0.5
            assert aigw_session.tokens.total == 52 and aigw_session.calls == 2
    """)
    suite.run().assert_outcomes(passed=3)


def test_the_server_alone_can_be_asked_for(suite: Suite) -> None:
    suite.tests("""
        def test_server(aigw_server):
            assert aigw_server.is_alive() and aigw_server.url.startswith("http://127.0.0.1:")
            assert aigw_server.openai_url == f"{aigw_server.url}/t/session/openai/v1"
            assert "OPENAI_BASE_URL" not in os.environ
    """)
    suite.run().assert_outcomes(passed=1)


def test_a_handle_asked_for_late_is_begun_and_judged(suite: Suite) -> None:
    suite.fixture("test_late", PARIS)
    suite.tests("""
        def test_late(request):
            assert ask(request.getfixturevalue("aigw").openai_url) == "Paris."

        def test_late_miss(request):
            request.getfixturevalue("aigw")
            with contextlib.suppress(Exception):
                ask()
    """)
    suite.run().assert_outcomes(passed=1, failed=1)
