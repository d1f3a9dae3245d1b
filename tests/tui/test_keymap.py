"""Keys by id."""

from types import ModuleType
from typing import ClassVar

from textual.binding import Binding, BindingType

from aigw_dev.tui.keymap import Action, actions, binding_classes, problems


class One:
    """A place with two keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="one.add", tooltip="Add one."),
        Binding("d,delete", "drop", "Drop", id="one.drop"),
        Binding("x", "hidden", "No id"),
    ]


class AigwApp:
    """Stands for the app: its keys meet every place's."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("1", "room", "Room", id="app.one")]


KNOWN = actions([AigwApp, One])


def test_every_binding_with_an_id_is_an_action() -> None:
    assert KNOWN[1] == Action(id="one.add", keys="a", label="Add", help="Add one.", place="One")
    assert [one.id for one in KNOWN] == ["app.one", "one.add", "one.drop"]


def test_an_unknown_id_is_named_with_the_nearest_one() -> None:
    assert "did you mean one.drop?" in problems({"one.dropp": "k"}, KNOWN)[0]


def test_two_actions_of_one_place_on_a_key_are_a_conflict() -> None:
    assert problems({"one.add": "d"}, KNOWN) == ["keymap: 'd' would mean both one.add and one.drop"]
    assert problems({"one.add": "1"}, KNOWN) == ["keymap: '1' would mean both app.one and one.add"]


def test_swapping_two_keys_is_no_conflict() -> None:
    assert problems({"one.add": "d", "one.drop": "a"}, KNOWN) == []
    assert problems({}, KNOWN) == []


def test_only_our_own_classes_count() -> None:
    module = ModuleType("somewhere")
    module.__dict__["One"] = One
    assert binding_classes([module]) == []
