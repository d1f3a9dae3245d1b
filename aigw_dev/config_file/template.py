"""Writes a config from scratch: the first save of what is in force, and what `aigw-dev init` makes."""

from typing import Any, Final

import msgspec

from aigw_dev.config_file.schema import SCHEMA_LINE, SCHEMA_NAME
from aigw_dev.config_file.yaml_write import Style, entry_lines
from aigw_dev.core import duration
from aigw_dev.core.config import Config

_HEAD: Final = (
    SCHEMA_LINE,
    f"# For completion in editors: aigw-dev config schema > {SCHEMA_NAME}",
    "# Keys never stand here: `aigw-dev keys add PROVIDER` puts them into the OS keyring.",
)
_NO_PROVIDERS: Final = (
    "# providers:",
    "#   openai: {}                                    # its key: aigw-dev keys add openai",
    "#   local: {kind: ollama}                         # a model server on this machine",
)
_NO_ROUTES: Final = (
    "# A route is called as model dynamic/NAME, or by a name it claims.",
    "# routes:",
    "#   smart:",
    "#     flow:",
    '#       if: metadata.tier == "pro"',
    "#       then: {send: openai/gpt-4o, fallback: [mock/echo]}",
    "#       else: {send: openai/gpt-4o-mini}",
)


def default_text(config: Config) -> str:
    """A whole file that means `config`, with LF line ends; what has its default value is left out.

    Sections without content are shown as comments. `read` gives back an equal config.
    """
    style = Style()
    tree = config_tree(config)
    lines = [*_HEAD, "version: 1"]
    for section, example in (
        ("gateway", ()),
        ("providers", _NO_PROVIDERS),
        ("routes", _NO_ROUTES),
        ("logging", ()),
    ):
        content = tree.get(section)
        if content:
            lines += ["", f"{section}:", *_section(content, style)]
        elif example:
            lines += ["", *example]
    return "\n".join(lines) + "\n"


def config_tree(config: Config) -> dict[str, Any]:
    """The plain tree of a config as a file would hold it, without what has its default value."""
    tree: dict[str, Any] = {"version": config.version, **msgspec.json.decode(msgspec.json.encode(config))}
    logging = tree.get("logging")
    if logging and "keep_s" in logging:
        logging["keep"] = duration.text(logging.pop("keep_s"))
    return {key: value for key, value in tree.items() if value not in ({}, [])}


def _section(content: dict[str, Any], style: Style) -> list[str]:
    """The entries of a section, each on lines of its own."""
    return [
        f"{' ' * style.step}{line}" if line else line
        for key, value in content.items()
        for line in entry_lines(key, value, style)
    ]
