"""The config in force as people read it: every setting, also those at their default, each with where it comes from."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from aigw_dev.config_file.read import OVERLAY_NAME
from aigw_dev.config_file.yaml_tree import read_yaml
from aigw_dev.config_file.yaml_write import Style, entry_lines
from aigw_dev.core import duration, literal_keys
from aigw_dev.core.config import Config

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place

DEFAULT: Final = "default"
_SECTIONS: Final = ("gateway", "logging")
"""Sections whose defaults are shown too; a provider's are its kind's and a route has none."""


def whole_tree(config: Config) -> dict[str, Any]:
    """The config as a plain tree; what looks like a key is masked."""
    tree: dict[str, Any] = {"version": config.version}
    for section in _SECTIONS:
        tree[section] = _with_defaults(getattr(config, section))
    tree["gateway"]["limits"] = _with_defaults(config.gateway.limits)
    logging = tree["logging"]
    logging["keep"] = duration.text(logging.pop("keep_s"))
    built = msgspec.to_builtins(config)
    tree["providers"] = built.get("providers", {})
    tree["routes"] = built.get("routes", {})
    return cast("dict[str, Any]", _masked(tree))


def sources_of(place: "Place") -> dict[str, str]:
    """Where the settings of each place come from: `gateway.name` to the file's name. What is not named is a default."""
    reading, path = place.reading, place.source.path
    if path is None:
        return {}
    found = dict.fromkeys(_leaves(read_yaml(reading.text).value), path.name)
    overlay = path.parent / OVERLAY_NAME
    if overlay.is_file() and overlay != path:
        found |= dict.fromkeys(_leaves(read_yaml(overlay.read_text("utf-8")).value), OVERLAY_NAME)
    return found


def as_yaml(tree: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[str]:
    """The tree as YAML, one line a setting, with `# default` or the file's name after it."""
    style = Style()
    for section, content in tree.items():
        if not isinstance(content, dict):
            yield _noted(entry_lines(section, content, style), sources.get(section, DEFAULT))[0]
            continue
        entries = cast("dict[str, Any]", content)
        yield f"{section}:" if entries else f"{section}: {{}}"
        for key, value in entries.items():
            path = f"{section}.{key}"
            known = sources.get(path) or next(
                (sources[each] for each in sources if each.startswith(f"{path}.")), DEFAULT
            )
            if section not in _SECTIONS and known == DEFAULT:
                known = "built in" if not sources else known
            for line in _noted(entry_lines(key, value, style), known):
                yield f"  {line}"


def _noted(lines: list[str], source: str) -> list[str]:
    return [f"{lines[0]}  # {source}", *lines[1:]]


def _with_defaults(section: msgspec.Struct) -> dict[str, Any]:
    """Every field that has a value, in order; None means that something else decides."""
    return {
        name: msgspec.to_builtins(getattr(section, name))
        for name in section.__struct_fields__
        if getattr(section, name) is not None
    }


def _leaves(tree: object, path: str = "") -> Iterator[str]:
    if not isinstance(tree, dict) or not tree:
        if path:
            yield path
        return
    for key, value in cast("dict[str, Any]", tree).items():
        yield from _leaves(value, f"{path}.{key}" if path else str(key))


def _masked(value: object) -> object:
    if isinstance(value, str):
        return literal_keys.mask(value)
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_masked(each) for each in cast("list[object]", value)]
    return value
