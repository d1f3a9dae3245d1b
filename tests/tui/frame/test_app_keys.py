"""Keys that work everywhere."""

from textual.binding import Binding

from aigw_dev.tui.app import AigwApp
from aigw_dev.tui.frame.app_keys import BINDINGS


def test_every_key_has_an_id_and_an_action_of_the_app() -> None:
    for binding in BINDINGS:
        assert isinstance(binding, Binding)
        assert binding.id
        assert binding.id.startswith("app.")
        assert hasattr(AigwApp, f"action_{binding.action.partition('(')[0]}")
        assert binding.tooltip
