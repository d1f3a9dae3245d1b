"""Every action of every screen: imports them all, so only who lists or checks keys asks."""

import importlib
import pkgutil
from types import ModuleType

import aigw_dev.tui
from aigw_dev.tui.keymap import Action, actions, binding_classes


def all_actions() -> list[Action]:
    """The app's first, then those of the screens and their widgets, by module."""
    names = [
        found.name
        for found in pkgutil.walk_packages(aigw_dev.tui.__path__, "aigw_dev.tui.")
        if not found.ispkg and not found.name.endswith(".key_list")
    ]
    modules: list[ModuleType] = [importlib.import_module(name) for name in sorted(names, key=_order)]
    return actions(binding_classes(modules))


def _order(name: str) -> tuple[int, str]:
    """The app, the screens, the rest."""
    return (0 if name == "aigw_dev.tui.app" else 1 if ".screens." in name else 2, name)
