"""The fixtures: `aigw`, `aigw_server`, `aigw_session`, `aigw_snapshot`."""

from typing import TYPE_CHECKING, Any

import pytest

from aigw_dev.pytest_plugin import hooks

if TYPE_CHECKING:
    from aigw_dev.pytest_plugin.handle import Handle
    from aigw_dev.pytest_plugin.server import Gateway
    from aigw_dev.pytest_plugin.session import SessionSums


@pytest.fixture
def aigw(request: pytest.FixtureRequest) -> "Handle":
    """This test's place in a gateway that answers from fixtures: `.openai_url`, `.key`, `.calls`, `.fault()` ..."""
    return hooks.begin(request.node).handle


@pytest.fixture(scope="session")
def aigw_server(request: pytest.FixtureRequest) -> "Gateway":
    """The gateway of this session (of this worker, under xdist): `.url`, `.pid`."""
    from aigw_dev.pytest_plugin.control import ControlError
    from aigw_dev.pytest_plugin.server import StartError

    try:
        return hooks.session_of(request.config).gateway()
    except (StartError, ControlError, pytest.UsageError) as error:
        raise pytest.fail.Exception(f"aigw: {error}", pytrace=False) from None


@pytest.fixture(scope="session")
def aigw_session(request: pytest.FixtureRequest) -> "SessionSums":
    """What the tests of this process that have ended add up to: `.cost`, `.tokens.cached`, `.calls`."""
    from aigw_dev.pytest_plugin.session import SessionSums

    return SessionSums(hooks.session_of(request.config).tally)


@pytest.fixture
def aigw_snapshot(request: pytest.FixtureRequest) -> Any:
    """The `snapshot` of syrupy that writes requests as short lines: `assert aigw.calls[0].request == aigw_snapshot`."""
    try:
        from aigw_dev.pytest_plugin.snapshot import snapshot_of
    except ImportError as error:
        text = f"aigw: aigw_snapshot needs syrupy: pip install syrupy ({error})"
        raise pytest.fail.Exception(text, pytrace=False) from None
    return snapshot_of(request.getfixturevalue("snapshot"))
