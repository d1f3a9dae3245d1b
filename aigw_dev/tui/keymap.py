"""Keys by action id: the list of all, and what a person's keymap would break.

Every binding has an id (`routes.flip`); `keymap:` in tui.yaml gives it other keys. Two actions of one place on the same
key are an error that names both, and the keymap is not used.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding, BindingType

from aigw_dev.core.routing.names import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a key does."""

    id: str
    keys: str
    """Separated by commas."""
    label: str
    help: str
    place: str
    """The class that has it: keys of one place may not meet."""
    fixed: bool = False


def actions(places: Iterable[type[Any]]) -> list[Action]:
    """Every binding of these classes, each id once."""
    found: dict[str, Action] = {}
    for place in places:
        own: Iterable[BindingType] = place.__dict__.get("BINDINGS", ())
        for binding in own:
            if not isinstance(binding, Binding) or binding.id is None:
                continue
            label = binding.description or binding.action
            found.setdefault(
                binding.id,
                Action(
                    id=binding.id,
                    keys=binding.key,
                    label=label,
                    help=binding.tooltip or label,
                    place=place.__name__,
                ),
            )
    return list(found.values())


def problems(keymap: Mapping[str, str], known: Iterable[Action]) -> list[str]:
    """What is wrong with a keymap, in words; empty where it can be used."""
    by_id = {action.id: action for action in known}
    wrong: list[str] = []
    for name in keymap:
        if name not in by_id:
            meant = nearest(name, tuple(by_id))
            hint = f"did you mean {meant}?" if meant else "`aigw-dev tui --keys` lists them"
            wrong.append(f"keymap: there is no action {name!r}; {hint}")
    taken: dict[tuple[str, str], str] = {}
    for action in by_id.values():
        for key in _split(keymap.get(action.id, action.keys)):
            for place in {action.place, "AigwApp"}:
                other = taken.get((place, key))
                if other is not None and other != action.id and keymap.keys() & {other, action.id}:
                    wrong.append(f"keymap: {key!r} would mean both {other} and {action.id}")
            taken.setdefault((action.place, key), action.id)
    return wrong


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()] or [keys]


def binding_classes(modules: Iterable[Any]) -> list[type[Any]]:
    """Every class of these modules that has bindings of its own."""
    found: dict[str, type[Any]] = {}
    for module in modules:
        for _, one in inspect.getmembers(module, inspect.isclass):
            if "BINDINGS" in one.__dict__ and one.__module__.startswith("aigw_dev."):
                found[f"{one.__module__}.{one.__name__}"] = one
    return list(found.values())
