"""The pytest plugin: model calls of tests are answered from fixtures by a gateway of their own.

Inert until a test asks for it by the fixture `aigw` or a marker. It imports pytest and the standard library only, so that
the gateway may be installed elsewhere (ini `aigw_command`).
"""

from aigw_dev.pytest_plugin.faults_list import aigw_faults
from aigw_dev.pytest_plugin.fixtures import aigw, aigw_server, aigw_session, aigw_snapshot
from aigw_dev.pytest_plugin.hooks import (
    pytest_addoption,
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_deselected,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_runtest_setup,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
    pytest_testnodedown,
)

__all__ = [
    "aigw",
    "aigw_faults",
    "aigw_server",
    "aigw_session",
    "aigw_snapshot",
    "pytest_addoption",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_deselected",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]
