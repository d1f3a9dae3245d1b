"""Brings edits that were made on one text onto another that changed meanwhile: a three-way merge of configs.

A *unit* is what one edit is about: an entry of a section (`routes.smart`, `providers.openai`, `logging.sample`), or a
section that is no mapping. Two sides that changed the same unit to different things are a conflict; everything else
goes together. Lines are merged first, so that comments of both sides live; where lines stand in each other's way the
units are set one by one.
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.config_file import edit
from aigw_dev.config_file.yaml_tree import Path, read_yaml
from aigw_dev.core.errors import ConfigError

Units = dict[Path, Any]


class _Gone(msgspec.Struct, frozen=True):
    """A unit that was taken out."""


GONE: Final = _Gone()


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a merge."""

    text: str
    """Theirs with our edits; ours as it was where there are conflicts."""
    conflicts: tuple[Path, ...] = ()
    """Units that both sides changed, each differently; `()` alone stands for a text that cannot be read."""


def changed_units(before: str, after: str) -> Units | None:
    """What differs between two texts, by unit, with the new value or `GONE`; None where one cannot be read as YAML."""
    one, other = read_yaml(before), read_yaml(after)
    if one.problems or other.problems:
        return None
    old, new = _units(one.value), _units(other.value)
    found: Units = {path: GONE for path in old if path not in new}
    for path, value in new.items():
        if path not in old or not edit.is_same(old[path], value):
            found[path] = value
    return found


def merge(base: str, ours: str, theirs: str, *, we_win: Collection[Path] = ()) -> Merged:
    """`theirs` with what `ours` changed since `base`. Of the units in `we_win` ours counts, whatever they did."""
    if ours == base or theirs in (base, ours):
        return Merged(text=theirs if ours == base else ours)
    mine, foreign = changed_units(base, ours), changed_units(base, theirs)
    if mine is None or foreign is None:
        return Merged(text=ours, conflicts=((),))
    conflicts = tuple(path for path in mine if path not in we_win and _is_contested(path, mine, foreign))
    if conflicts:
        return Merged(text=ours, conflicts=conflicts)
    try:
        by_unit = apply_units(theirs, mine, base=base)
    except ConfigError:
        return Merged(text=ours, conflicts=tuple(mine))
    by_line = _merge_lines(base, ours, theirs)
    if by_line is not None:
        read = read_yaml(by_line)
        if not read.problems and edit.is_same(read.value, read_yaml(by_unit).value):
            return Merged(text=by_line)
    return Merged(text=by_unit)


def apply_units(text: str, units: Mapping[Path, Any], *, base: str) -> str:
    """`text` with every unit set or taken out; one that only moved to another name keeps its place and comments."""
    renamed = _renamed(units, _units(read_yaml(base).value))
    for path, value in units.items():
        if path in renamed.values():
            continue
        there = read_yaml(text).nodes
        if value is GONE:
            new = renamed.get(path)
            if new is not None and path in there and new not in there:
                text = edit.rename_key(text, path, cast("str", new[-1]))
            elif path in there:
                text = edit.delete_value(text, path)
        else:
            text = edit.set_value(text, path, value)
    for new in renamed.values():  # also where it was not there to be renamed
        text = edit.set_value(text, new, units[new])
    return text


def only(text: str, ours: str, paths: Collection[Path]) -> str:
    """`text` with what `ours` says at these units and nothing else of it.

    Raises `ConfigError` `nothing_to_deploy` where that is no difference.
    """
    units = changed_units(text, ours) or {}
    missing = [str(path[-1]) for path in paths if path not in units]
    if missing or not paths:
        what = ", ".join(missing) or "what was named"
        raise ConfigError(f"the draft does not change {what}; nothing was written", code="nothing_to_deploy")
    wanted = {path: units[path] for path in paths}
    return ours if len(wanted) == len(units) else apply_units(text, wanted, base=text)


def _units(tree: object) -> Units:
    if not isinstance(tree, dict):
        return {}
    found: Units = {}
    for section, content in cast("dict[str, Any]", tree).items():
        if isinstance(content, dict):
            entries = cast("dict[str, Any]", content)
            found.update({(section, key): value for key, value in entries.items()})
        elif content is not None:  # `routes:` with nothing below says as much as no `routes`
            found[section,] = content
    return found


def _is_contested(path: Path, mine: Units, foreign: Units) -> bool:
    """Whether they changed this unit, or the section around it, to something else."""
    for other, value in foreign.items():
        if other == path:
            return not (value is GONE and mine[path] is GONE) and not edit.is_same(value, mine[path])
        if other == path[: len(other)] or path == other[: len(path)]:
            return True
    return False


def _renamed(units: Mapping[Path, Any], before: Units) -> dict[Path, Path]:
    """By old path, the new one of a unit that only changed its name."""
    found: dict[Path, Path] = {}
    for old in [path for path, value in units.items() if value is GONE]:
        for new, value in units.items():
            is_free = new not in found.values() and new not in before
            if (
                value is not GONE
                and is_free
                and new[:-1] == old[:-1]
                and edit.is_same(value, before.get(old))
            ):
                found[old] = new
                break
    return found


def _merge_lines(base: str, ours: str, theirs: str) -> str | None:
    """Both sides' changed lines in the base; None where they touch."""
    lines = base.splitlines(keepends=True)
    merged: list[str] = []
    at = 0
    before: tuple[int, int, list[str]] | None = None
    for change in sorted([*_line_changes(lines, ours), *_line_changes(lines, theirs)]):
        first, last, new = change
        if change == before:
            continue  # both did the same
        if before is not None and (first < at or (first == at and (first == last or before[0] == at))):
            return None  # the same lines, or two insertions whose order nobody knows
        merged += [*lines[at:first], *new]
        at, before = last, change
    return "".join([*merged, *lines[at:]])


def _line_changes(lines: list[str], text: str) -> list[tuple[int, int, list[str]]]:
    new = text.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, lines, new, autojunk=False)
    return [
        (first, last, new[begin:end])
        for tag, first, last, begin, end in matcher.get_opcodes()
        if tag != "equal"
    ]
