"""Every dialect offers every function of the protocol, by the same names and parameters."""

import inspect

import pytest

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import Dialect

MEMBERS = {name: member for name, member in vars(Dialect).items() if not name.startswith("_")}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("member", MEMBERS)
def test_a_dialect_is_whole(name: str, member: str) -> None:
    own = getattr(DIALECTS[name], member)
    wanted = MEMBERS[member]
    if isinstance(wanted, property):
        assert isinstance(own, str)
        return
    names = [each.lstrip("_") for each in inspect.signature(own).parameters]  # unused ones are marked
    assert names == list(inspect.signature(wanted).parameters)[1:]


@pytest.mark.parametrize("name", DIALECTS)
def test_a_new_reader_knows_nothing(name: str) -> None:
    reader = DIALECTS[name].stream_reader()
    assert (reader.has_data, reader.is_done, reader.error, reader.bad_events) == (False, False, None, 0)
    assert (reader.usage, reader.response_model, reader.finish, reader.output_text()) == (None, "", "", "")
