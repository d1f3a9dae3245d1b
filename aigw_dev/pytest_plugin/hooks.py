"""The hooks: each does nothing unless a test, the command line or the ini file asks for the gateway.

Everything that costs time to import is imported where it is needed first.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from aigw_dev.pytest_plugin.options import Settings, add_options, settings_of

if TYPE_CHECKING:
    from aigw_dev.pytest_plugin.collected import Collected
    from aigw_dev.pytest_plugin.session import Running, Session
    from aigw_dev.pytest_plugin.tally import Tally

_session_key = pytest.StashKey["Session"]()
_collected_key = pytest.StashKey["Collected"]()
_running_key = pytest.StashKey["Running"]()
_tally_key = pytest.StashKey["Tally"]()
_quiet_key = pytest.StashKey[bool]()
"""Set while this plugin itself deselects."""
_LEFT_ALONE = (
    pytest.skip.Exception,
    pytest.xfail.Exception,
    pytest.exit.Exception,
    KeyboardInterrupt,
    SystemExit,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    add_options(parser)


@pytest.hookimpl(trylast=True)  # after pytest's cache is there
def pytest_configure(config: pytest.Config) -> None:
    """Name the markers; refuse what cannot be meant, or must not run in CI."""
    from aigw_dev.pytest_plugin import markers, modes

    for line in markers.LINES:
        config.addinivalue_line("markers", line)
    settings = settings_of(config)
    modes.check(settings)
    if settings.refresh is not None:
        modes.left_out(
            config, settings, []
        )  # what it needs to know is missing in every worker alike: said once, early


def pytest_sessionstart(session: pytest.Session) -> None:
    """Set the variables for the whole session, where the ini file says so."""
    from aigw_dev.pytest_plugin import xdist

    config = session.config
    if settings_of(config).has_session_env and xdist.runs_tests(config) and not config.option.collectonly:
        try:
            _session_of(config).begin_session_env()
        except _broken() as error:
            raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run is not meant for."""
    from aigw_dev.pytest_plugin import modes

    _collected_of(config).take(config, items)
    out = modes.left_out(config, settings_of(config), items)
    if out:
        gone = set(out)
        items[:] = [item for item in items if item not in gone]
        config.stash[_quiet_key] = True
        config.hook.pytest_deselected(items=out)
        config.stash[_quiet_key] = False


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what others leave out: the collection is not whole then."""
    if items and not items[0].config.stash.get(_quiet_key, False):
        _collected_of(items[0].config).deselected += len(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look at what was collected, before it runs."""
    config = session.config
    _collected_of(config).judge(config, has_errors=bool(session.testsfailed))
    if settings_of(config).cost_limit is not None and not hasattr(config, "workerinput"):
        _session_of(config).check_estimate(session.items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin a test that uses the gateway: before its fixtures, which may read the variables; after skip marks."""
    from aigw_dev.pytest_plugin import markers

    if _running_key in item.stash:  # a rerun
        del item.stash[_running_key]
    if markers.is_user(item):
        begin(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test with what the gateway saw, also where the app swallowed the error."""
    try:
        result = yield
    except _LEFT_ALONE:
        raise
    except BaseException as error:
        _judge(item, error)
        raise
    _judge(item, None)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Learn how the call ended."""
    report = yield
    running = item.stash.get(_running_key, None)
    if running is not None and report.when == "call":
        running.is_passed = report.passed
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """End a test, after its fixtures are gone: they may have called, too."""
    try:
        result = yield
    except BaseException:
        _finish(item, is_passed=False)
        raise
    running = item.stash.get(_running_key, None)
    text = _finish(item, is_passed=running is not None and running.is_passed)
    if text:
        pytest.fail(text, pytrace=False)
    return result


@pytest.hookimpl(tryfirst=True)  # before xdist sends what a worker has to say
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End the gateways, add up, write the report."""
    config = session.config
    settings = settings_of(config)
    used = config.stash.get(_session_key, None)
    if used is None and settings.is_pruning and _may_look(config):
        used = _session_of(config)
    if used is not None:
        used.close(config, _collected_of(config), is_passed=exitstatus == 0)
    tally = tally_of(config)
    if tally is not None:
        _tell(config, settings, tally)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The section `aigw`."""
    tally = tally_of(config)
    if tally is None:
        return
    from aigw_dev.pytest_plugin import report

    found = list(report.lines(tally, settings_of(config)))
    if found:
        terminalreporter.section("aigw")
        for line in found:
            terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """xdist: take over what a worker has added up."""
    from aigw_dev.pytest_plugin import xdist

    found = xdist.taken_over(node)
    if found is not None:
        from aigw_dev.pytest_plugin.tally import Tally

        stash = node.config.stash
        stash.setdefault(_tally_key, Tally()).merge(found)


def begin(item: pytest.Item) -> "Running":
    """The test's place in the gateway, begun if it is not yet; fails the test, without a traceback, where it cannot be."""
    running = item.stash.get(_running_key, None)
    if running is not None:
        return running
    try:
        running = item.stash[_running_key] = _session_of(item.config).begin(item)
    except (*_broken(), pytest.UsageError) as error:
        raise pytest.fail.Exception(_titled(str(error)), pytrace=False) from None
    return running


def session_of(config: pytest.Config) -> "Session":
    """This process's session, made at first need."""
    return _session_of(config)


def tally_of(config: pytest.Config) -> "Tally | None":
    """The sums of this process, or in xdist's controller those of the workers; None where nothing was used."""
    found = config.stash.get(_tally_key, None)
    used = config.stash.get(_session_key, None)
    return found if found is not None or used is None else used.tally


def _judge(item: pytest.Item, error: BaseException | None) -> None:
    session = item.config.stash.get(_session_key, None)
    if session is None:
        return
    running = item.stash.get(_running_key, None)
    from aigw_dev.pytest_plugin import verdict

    try:
        texts = [session.judge(running) if running is not None else "", session.session_misses()]
    except _broken() as problem:
        texts = [_titled(str(problem))]
    text = "\n\n".join(each for each in texts if each)
    if not text:
        return
    if error is not None:
        own = item.repr_failure(_raised(error))
        item.add_report_section("call", "the test's own error", str(own))
    raise pytest.fail.Exception(verdict.with_own_error(text, error), pytrace=False) from None


def _raised(error: BaseException) -> "pytest.ExceptionInfo[BaseException]":
    traceback = error.__traceback__
    assert traceback is not None  # noqa: S101 - it was raised
    return pytest.ExceptionInfo[BaseException].from_exc_info((type(error), error, traceback))


def _finish(item: pytest.Item, *, is_passed: bool) -> str:
    running = item.stash.get(_running_key, None)
    if running is None:
        return ""
    del item.stash[_running_key]
    try:
        return _session_of(item.config).finish(running, is_passed=is_passed)
    except _broken() as error:
        return _titled(str(error))


def _tell(config: pytest.Config, settings: Settings, tally: "Tally") -> None:
    from aigw_dev.pytest_plugin import modes, report, xdist

    if xdist.worker_of(config):
        xdist.hand_over(config, tally.plain())
        return
    missed = [row["test"] for row in tally.rows.values() if row["misses"]]
    if not config.option.collectonly:
        modes.remember_missed(config, missed, tally.rows)
    report.write(tally, settings)


def _may_look(config: pytest.Config) -> bool:
    from aigw_dev.pytest_plugin import xdist

    return xdist.runs_tests(config)


def _session_of(config: pytest.Config) -> "Session":
    found = config.stash.get(_session_key, None)
    if found is None:
        from aigw_dev.pytest_plugin.session import Session

        found = config.stash[_session_key] = Session(config)
    return found


def _collected_of(config: pytest.Config) -> "Collected":
    found = config.stash.get(_collected_key, None)
    if found is None:
        from aigw_dev.pytest_plugin.collected import Collected

        found = config.stash[_collected_key] = Collected()
    return found


def _broken() -> tuple[type[Exception], ...]:
    """What the gateway's side may raise."""
    from aigw_dev.pytest_plugin.control import ControlError
    from aigw_dev.pytest_plugin.server import StartError

    return (ControlError, StartError, OSError)


def _titled(text: str) -> str:
    return text if text.startswith("aigw:") else f"aigw: {text}"
