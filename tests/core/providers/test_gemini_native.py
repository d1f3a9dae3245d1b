"""The Gemini API's table."""

from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.providers.gemini_native import ADAPTERS


def test_every_entry_is_an_operation() -> None:
    assert set(ADAPTERS) <= {one.name for one in OPERATIONS}
