"""The table of operations is consistent."""

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.operations import OPERATIONS


def test_operations_speak_known_dialects_and_have_names_of_their_own() -> None:
    assert {operation.dialect for operation in OPERATIONS} <= DIALECTS.keys()
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    assert [one.name for one in OPERATIONS if not one.is_model_call] == [
        "openai.models.list",
        "openai.models.retrieve",
        "gemini.models.list",
        "gemini.models.retrieve",
    ]


def test_a_thing_is_named_by_its_path_or_made_by_a_call() -> None:
    for operation in OPERATIONS:
        if "{id}" in operation.path:
            assert operation.resource, operation.name
        if operation.family == "list":
            assert operation.methods == ("GET",)
