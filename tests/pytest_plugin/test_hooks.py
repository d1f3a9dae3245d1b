"""The plugin as a suite meets it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

Suite = Any  # the fixture `suite` of conftest.py, which importlib mode keeps from being imported
PARIS = {"model": "m", "text": "Paris."}


def test_nothing_happens_where_no_test_asks(suite: Suite, log_of_gateways: Callable[[], list[str]]) -> None:
    suite.options["aigw_command"] = "no-such-program"
    suite.tests("""
        def test_plain():
            assert "OPENAI_BASE_URL" not in os.environ
            assert not {name for name in sys.modules if name.startswith("aigw_dev.")} - {
                "aigw_dev.pytest_plugin", *(f"aigw_dev.pytest_plugin.{one}" for one in (
                    "collected", "faults_list", "fixtures", "hooks", "library", "markers", "modes", "options", "xdist"))}
    """)
    before = {path.name for path in suite.root.iterdir()}
    result = suite.run("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert "= aigw =" not in result.stdout.str()
    made = {path.name for path in suite.root.iterdir() if not path.name.startswith("runpytest-")} - before
    assert made == {"pytest.ini", "stdout", "stderr"}  # pytester's
    assert log_of_gateways() == []


def test_a_call_is_answered_from_its_fixture_and_seen(suite: Suite) -> None:
    suite.fixture("test_capital", PARIS)
    suite.tests("""
        def test_capital(aigw):
            assert ask(aigw.openai_url) == "Paris."
            (call,) = aigw.calls
            assert call.usage.total_tokens == 26 and call.cost <= Decimal("0.00001")
    """)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*= aigw =*", "replay: 1 test, 1 call; 1 replayed, 0 live*1 of 1 interaction used*"]
    )


def test_a_marker_alone_sets_the_variables_for_its_test_only(suite: Suite) -> None:
    suite.fixture("test_marked", PARIS)
    suite.tests("""
        before = dict(os.environ)

        @pytest.mark.aigw
        def test_marked():
            assert ask() == "Paris."
            assert "test_marked" in os.environ["ANTHROPIC_BASE_URL"]

        def test_after():
            now = dict(os.environ)
            now.pop("PYTEST_CURRENT_TEST")
            assert now == {name: value for name, value in before.items() if name != "PYTEST_CURRENT_TEST"}
    """)
    suite.run().assert_outcomes(passed=2)


@pytest.mark.parametrize("swallowed", ["contextlib.suppress(Exception)", "contextlib.nullcontext()"])
def test_a_miss_fails_the_test_with_the_gateways_text(suite: Suite, swallowed: str) -> None:
    suite.tests(f"""
        def test_missing(aigw):
            with {swallowed}:
                ask(aigw.openai_url)
    """)
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["aigw: no recorded response for this request*", "*call #1 of this test"])
    assert ("The test itself raised HTTPError" in result.stdout.str()) == ("nullcontext" in swallowed)


def test_a_miss_in_a_fixtures_teardown_is_an_error(suite: Suite) -> None:
    suite.tests("""
        @pytest.fixture
        def late(aigw):
            yield
            with contextlib.suppress(Exception):
                ask(aigw.openai_url)

        def test_late(late): ...
    """)
    result = suite.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["aigw: no recorded response for this request*"])


@pytest.mark.parametrize(("said", "errors"), [("error", 1), ("warn", 0)])
def test_an_interaction_never_asked_for_is_told(suite: Suite, said: str, errors: int) -> None:
    suite.options["aigw_unused"] = said
    suite.fixture("test_half", PARIS, PARIS)
    suite.tests("""
        def test_half(aigw):
            ask(aigw.openai_url)
    """)
    result = suite.run()
    result.assert_outcomes(passed=1, errors=errors)
    result.stdout.fnmatch_lines(["*interaction 2 of 2 was never requested*"])


@pytest.mark.parametrize(("said", "errors"), [("error", 2), ("warn", 0)])
def test_a_fault_that_never_fired_and_a_stub_never_asked_for_are_told(
    suite: Suite, said: str, errors: int
) -> None:
    suite.options["aigw_unused"] = said
    suite.fixture("test_fault", PARIS)
    suite.tests("""
        def test_fault(aigw):
            aigw.fault("http.500", provider="opnai")
            ask(aigw.openai_url)

        def test_stub(aigw):
            aigw.stub("never")

        def test_both_met(aigw):
            aigw.fault("http.429", times=1)
            aigw.stub("Paris.")
            with contextlib.suppress(urllib.error.HTTPError):
                ask()
            ask()
    """)
    result = suite.run("-p", "no:randomly")
    result.assert_outcomes(passed=3, errors=errors)
    result.stdout.fnmatch_lines(
        [
            "*fault http.500@provider:opnai fired 0 times: no call of this test matched it",
            "*1 stub was never asked for",
        ]
    )


def test_a_failed_test_is_not_blamed_for_what_it_left_unused(suite: Suite) -> None:
    suite.fixture("test_fails", PARIS)
    suite.tests("""
        def test_fails(aigw):
            assert False
    """)
    suite.run().assert_outcomes(failed=1)


def test_a_recording_is_kept_only_from_a_test_that_passed(suite: Suite) -> None:
    (suite.root / "llm_fixtures").mkdir()
    suite.tests("""
        def test_good(aigw):
            assert ask(aigw.openai_url) == "live answer"

        def test_bad(aigw):
            ask(aigw.openai_url)
            assert False
    """)
    result = suite.run("--aigw=record")
    result.assert_outcomes(passed=1, failed=1)
    names = sorted(path.name for path in (suite.root / "llm_fixtures").iterdir())
    assert names == ["test_app.py-test_good.aigw.json"]
    result.stdout.fnmatch_lines(["written: 1"])


def test_a_rerun_begins_with_a_rewound_fixture_and_counts_once(suite: Suite) -> None:
    suite.fixture("test_flaky", PARIS)
    (suite.root / "rerun.py").write_text(
        "from _pytest.runner import runtestprotocol\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    for reports in (runtestprotocol(item, nextitem=nextitem, log=False) for _ in range(3)):\n"
        "        if not any(report.failed for report in reports):\n"
        "            break\n"
        "        item._initrequest()\n"
        "    for report in reports:\n"
        "        item.ihook.pytest_runtest_logreport(report=report)\n"
        "    return True\n"
    )
    suite.tests("""
        tries = []

        def test_flaky(aigw):
            tries.append(ask(aigw.openai_url))
            assert len(aigw.calls) == 1
            assert len(tries) == 3
    """)
    result = suite.run(plugins=("rerun",))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["replay: 1 test, 1 call; 1 replayed*"])


def test_live_only_tests_are_left_out_unless_live(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.aigw_live(reason="the provider's cache")
        def test_live():
            assert ask() == "live answer"

        @pytest.mark.aigw(live=True)
        def test_live_too():
            assert ask() == "live answer"
    """)
    suite.run().assert_outcomes(deselected=2)
    suite.run("--aigw=live").assert_outcomes(passed=2)


def test_ci_refuses_modes_that_call_providers(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    suite.tests("""
        @pytest.mark.aigw
        def test_live():
            ask()

        @pytest.mark.aigw(mode="auto")
        def test_marked(): ...
    """)
    refused = suite.run("--aigw=live")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(["*--aigw=live calls providers, and CI is set. Add --aigw-allow-network*"])
    suite.run("--aigw=live", "--aigw-allow-network", "-k", "test_live").assert_outcomes(
        passed=1, deselected=1
    )
    marked = suite.run("-k", "test_marked")
    marked.assert_outcomes(errors=1, deselected=1)
    marked.stdout.fnmatch_lines(["*aigw(mode='auto') calls providers*"])


def test_a_marker_cannot_leave_what_the_command_line_keeps_offline(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.aigw(mode="live")
        def test_live(aigw):
            assert aigw.mode == "replay"
    """)
    suite.run("--aigw=replay").assert_outcomes(passed=1)


def test_a_session_that_has_spent_its_limit_calls_nobody_any_more(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.parametrize("at", range(4))
        def test_costs(aigw, at):
            ask(aigw.openai_url)
    """)
    result = suite.run("--aigw=live", "--aigw-cost-limit=0.02", "-p", "no:randomly")
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(
        ["aigw: this session has spent $0.02, and --aigw-cost-limit is $0.02*", "*spent $0.02 of $0.02*"]
    )


def test_recording_what_cost_more_than_the_limit_is_refused_before_anything_is_sent(suite: Suite) -> None:
    suite.fixture("test_costs", {"usage": {"cost_usd": "0.75"}})
    suite.tests("""
        def test_costs(aigw):
            ask(aigw.openai_url)
    """)
    result = suite.run("--aigw=record", "--aigw-cost-limit=0.50")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cost $0.75 last time, and --aigw-cost-limit is $0.50*"])


def test_budgets_of_a_marker_hold_in_replay_too(suite: Suite) -> None:
    suite.fixture("test_chatty", PARIS, PARIS)
    suite.fixture("test_dear", PARIS | {"cost": "0.07"})
    suite.tests("""
        @pytest.mark.aigw(max_calls=1)
        def test_chatty():
            ask(), ask()

        @pytest.mark.aigw(max_cost="0.05")
        def test_dear():
            ask()
    """)
    result = suite.run("-p", "no:randomly")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["aigw: 2 calls*max_calls=1", 'aigw: the calls cost $0.07*max_cost="0.05"'])


def test_stale_fixtures_are_listed_and_may_fail_their_test(suite: Suite) -> None:
    suite.fixture("test_old", PARIS, at="2024-01-01T00:00:00Z")
    suite.tests("""
        def test_old(aigw):
            ask(aigw.openai_url)
    """)
    listed = suite.run()
    listed.assert_outcomes(passed=1)
    listed.stdout.fnmatch_lines(["stale: 1", "*test_app.py-test_old (* days)", "*--aigw-refresh=stale"])
    suite.options["aigw_max_age_fail"] = "200d"
    failed = suite.run()
    failed.assert_outcomes(errors=1)
    failed.stdout.fnmatch_lines(["aigw: the fixture test_app.py-test_old was recorded * days ago*"])


def test_refresh_narrows_a_recording(suite: Suite) -> None:
    suite.fixture("test_old", PARIS, at="2024-01-01T00:00:00Z")
    suite.fixture("test_new", PARIS, at="2999-01-01T00:00:00Z")
    suite.tests("""
        def test_old(aigw):
            ask(aigw.openai_url)

        def test_new(aigw):
            ask(aigw.openai_url)

        def test_missing(aigw):
            ask(aigw.openai_url)

        def test_other():
            pass
    """)
    suite.run("--aigw=record", "--aigw-refresh=stale").assert_outcomes(passed=1, deselected=3)
    suite.run().assert_outcomes(passed=3, failed=1)
    missed = suite.run("--aigw=record", "--aigw-refresh=missed", "-v")
    missed.assert_outcomes(passed=1, deselected=3)
    missed.stdout.fnmatch_lines(["*test_missing PASSED*"])
    wrong = suite.run("--aigw-refresh=missed")
    assert wrong.ret == pytest.ExitCode.USAGE_ERROR
    without = suite.run("--aigw=record", "--aigw-refresh=failed", "-p", "no:cacheprovider")
    without.stderr.fnmatch_lines(["*reads pytest's cache, which is off*"])


def test_orphans_are_found_when_the_whole_suite_was_collected_and_pruned_on_request(suite: Suite) -> None:
    suite.fixture("test_kept", PARIS)
    gone = suite.fixture("test_gone", PARIS)
    shared = suite.fixture("", PARIS, name="_shared")
    suite.tests("""
        def test_kept(aigw):
            ask(aigw.openai_url)

        def test_other(): ...
    """)
    found = suite.run()
    found.stdout.fnmatch_lines(["orphans*: 1", "*test_app.py-test_gone.aigw.json", "*--aigw-prune"])
    partly = suite.run("-k", "kept", "--aigw-prune")
    partly.stdout.fnmatch_lines(["orphans were not looked for: -k selects tests"])
    assert gone.exists()
    suite.run("test_app.py::test_kept", "--aigw-prune").stdout.fnmatch_lines(["*single tests were selected"])
    assert gone.exists()
    suite.run("--aigw-prune").stdout.fnmatch_lines(["deleted: 1"])
    assert not gone.exists()
    assert shared.exists()


def test_xdist_workers_have_a_gateway_each_and_one_report(suite: Suite) -> None:
    for at in range(6):
        suite.fixture(f"test_many[{at}]", PARIS, PARIS)
    suite.fixture("test_gone", PARIS)
    suite.options["aigw_unused"] = "warn"
    suite.tests("""
        @pytest.mark.parametrize("at", range(6))
        @pytest.mark.xdist_group("two")
        def test_many(aigw, at):
            assert ask(aigw.openai_url) == "Paris."

        def test_lone(aigw):
            with contextlib.suppress(Exception):
                ask(aigw.openai_url)
    """)
    result = suite.run("-n", "2", "--dist", "loadgroup", "--aigw-report=json", plugins=("xdist.plugin",))
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(
        ["replay: 7 tests, 7 calls; 6 replayed*6 of 12 interactions used*1 test with misses*"]
    )
    result.stdout.fnmatch_lines(["unused interactions: 6"])
    result.stdout.fnmatch_lines(["orphans*: 1"])
    report = (suite.root / "aigw-report.json").read_text()
    assert set(re.findall(r'"worker": "(gw\d)"', report)) <= {"gw0", "gw1"}
    assert report.count('"test": "test_app.py::test_many[') == 6


def test_importlib_mode_and_no_cache_do_as_well(suite: Suite) -> None:
    suite.fixture("test_capital", PARIS)
    suite.tests("""
        def test_capital(aigw):
            assert ask(aigw.openai_url) == "Paris."
    """)
    suite.run("--import-mode=importlib", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_session_env_serves_code_that_runs_on_import(
    suite: Suite, log_of_gateways: Callable[[], list[str]]
) -> None:
    suite.options["aigw_env"] = "session"
    suite.fixture("", PARIS, PARIS, name="session")
    suite.tests("""
        BASE = os.environ["OPENAI_BASE_URL"]

        def test_hit():
            assert BASE.endswith("/t/session/openai/v1")
            assert ask(BASE) == "Paris."

        def test_miss():
            with contextlib.suppress(Exception):
                ask(BASE, model="other")

        def test_after():
            pass
    """)
    result = suite.run("-p", "no:randomly")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED *test_miss*"])
    assert log_of_gateways() == ["replay  ended"]


@pytest.mark.parametrize("announces", ["", "1"])
@pytest.mark.parametrize(
    "base", ['os.environ["AIGW_DEV_URL"] + "/v1"', "aigw_server.openai_url"], ids=["url", "session"]
)
def test_a_miss_of_a_call_on_no_tests_path_fails_the_test_that_ran(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, base: str, announces: str
) -> None:
    monkeypatch.setenv("FAKE_GATEWAY_ANNOUNCES", announces)
    suite.fixture("test_a", PARIS)
    suite.fixture("", PARIS, name="session")
    suite.tests(f"""
        def test_a(aigw):
            assert ask() == "Paris."

        def test_hit(aigw, aigw_server):
            assert ask({base}) == "Paris."

        def test_swallows(aigw, aigw_server):
            for _ in range(2):
                with contextlib.suppress(Exception):
                    ask({base}, model="other")

        def test_after(aigw):
            pass

        def test_again(aigw, aigw_server):
            with contextlib.suppress(Exception):
                ask({base}, model="third")
    """)
    result = suite.run("-p", "no:randomly")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["*no recorded response for this request*session*"])
    result.stdout.fnmatch_lines(["FAILED *test_swallows*", "FAILED *test_again*"])


def test_only_tests_that_it_announced_are_asked_about(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = suite.root / "asked.log"
    monkeypatch.setenv("FAKE_GATEWAY_ANNOUNCES", "1")
    monkeypatch.setenv("FAKE_GATEWAY_ASKED", str(asked))
    suite.fixture("test_hit", PARIS)
    suite.tests("""
        def test_hit(aigw):
            assert ask() == "Paris."

        def test_miss(aigw):
            with contextlib.suppress(Exception):
                ask()
    """)
    suite.run("-p", "no:randomly").assert_outcomes(passed=1, failed=1)
    assert asked.read_text("utf-8").splitlines() == ["test_app.py::test_miss"]


def test_a_test_case_of_unittest_is_served_too(suite: Suite) -> None:
    suite.fixture("TestOld::test_hit", PARIS)
    suite.tests("""
        import unittest

        @pytest.mark.aigw
        class TestOld(unittest.TestCase):
            def test_hit(self):
                self.assertEqual(ask(), "Paris.")

            def test_miss(self):
                with contextlib.suppress(Exception):
                    ask()
    """)
    result = suite.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["aigw: no recorded response*"])


def test_an_expected_failure_stays_one(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.xfail(strict=True)
        def test_known(aigw):
            ask()
    """)
    suite.run().assert_outcomes(xfailed=1)


def test_skipped_tests_start_nothing(suite: Suite, log_of_gateways: Callable[[], list[str]]) -> None:
    suite.tests("""
        @pytest.mark.skip
        def test_skipped(aigw): ...

        @pytest.mark.aigw
        def test_skips_itself():
            pytest.skip("later")
    """)
    suite.run("-k", "test_skipped").assert_outcomes(skipped=1, deselected=1)
    assert log_of_gateways() == []
    suite.run().assert_outcomes(skipped=2)


def test_a_gateway_that_does_not_start_says_why(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GATEWAY_FAILS", "1")
    suite.tests("""
        def test_one(aigw): ...
    """)
    result = suite.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["aigw: the gateway did not start: it ended with 1", "*command: *replay*", "fake: no such fixtures"]
    )


def test_a_misspelt_word_of_a_marker_fails_its_test(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.aigw(max_costs="0.1")
        def test_one(): ...
    """)
    result = suite.run("--strict-markers")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*knows no max_costs=; did you mean max_cost=?*"])


def test_a_profile_is_another_config_and_another_gateway(
    suite: Suite, log_of_gateways: Callable[[], list[str]]
) -> None:
    (suite.root / "aigw-dev.smart.yaml").write_text("version: 1\n")
    suite.tests("""
        @pytest.mark.aigw(profile="smart")
        def test_smart(): ...

        @pytest.mark.aigw(profile="none")
        def test_none(): ...

        @pytest.mark.aigw
        def test_plain(): ...
    """)
    result = suite.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*there is neither *aigw-dev.none.yaml nor *"])
    assert sorted(log_of_gateways()) == [
        "replay  ended",
        f"replay {suite.root / 'aigw-dev.smart.yaml'} ended",
    ]


def test_the_entry_point_is_enough(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    suite.fixture("test_capital", PARIS)
    suite.tests("""
        def test_capital(aigw):
            assert ask(aigw.openai_url) == "Paris."
    """)
    (suite.root / "pytest.ini").write_text(f"[pytest]\naigw_command = {suite.options['aigw_command']}\n")
    suite.pytester.plugins.clear()
    suite.pytester.runpytest_subprocess("-p", "no:randomly", timeout=60).assert_outcomes(passed=1)


def test_only_pytest_and_the_standard_library_are_imported(suite: Suite) -> None:
    """Everything of the plugin is used with any other import refused, also of this project's own modules."""
    suite.fixture("test_all", PARIS)
    (suite.root / "refuse.py").write_text(
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        own = name == 'aigw_dev' or name.startswith('aigw_dev.pytest_plugin')\n"
        "        theirs = top in {'pytest', '_pytest', 'pluggy', 'iniconfig', 'packaging', 'pygments', 'test_app', 'refuse', 'conftest'}\n"
        "        if not (own or theirs or top in sys.stdlib_module_names):\n"
        "            raise ImportError(f'refused: {name}')\n"
        "sys.meta_path.insert(0, Refuse())\n"
    )
    suite.tests("""
        import importlib, pkgutil

        def test_all(aigw, aigw_server, aigw_session):
            import aigw_dev.pytest_plugin as plugin
            for module in pkgutil.iter_modules(plugin.__path__):
                if module.name != "snapshot":
                    importlib.import_module(f"{plugin.__name__}.{module.name}")
            assert ask(aigw.openai_url) == "Paris."
            assert aigw.env and aigw_server.pid and aigw_session.cost == 0
            with pytest.raises(ImportError, match="refused"):
                import httpx

        def test_no_syrupy(request):
            with pytest.raises(pytest.fail.Exception, match="needs syrupy"):
                request.getfixturevalue("aigw_snapshot")
    """)
    suite.run("--aigw-report=md", plugins=("refuse",)).assert_outcomes(passed=2)
