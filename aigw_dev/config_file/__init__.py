"""The config file: found, read, checked, edited with its comments kept, written whole, watched."""

from aigw_dev.config_file.atomic import MISSING, write_atomic
from aigw_dev.config_file.diff import describe_diff
from aigw_dev.config_file.discover import Found, discover, repository_root
from aigw_dev.config_file.edit import (
    append_item,
    delete_value,
    insert_item,
    rename_key,
    replace_tree,
    set_value,
)
from aigw_dev.config_file.read import CONFIG_NAME, OVERLAY_NAME, Loaded, digest_of, parse_text, read
from aigw_dev.config_file.schema import SCHEMA_LINE, SCHEMA_NAME, schema, schema_text
from aigw_dev.config_file.sensitive import Setting, hold_back, sensitive, trust_hash, untrusted_providers
from aigw_dev.config_file.template import config_tree, default_text
from aigw_dev.config_file.watch import Watcher

__all__ = [
    "CONFIG_NAME",
    "MISSING",
    "OVERLAY_NAME",
    "SCHEMA_LINE",
    "SCHEMA_NAME",
    "Found",
    "Loaded",
    "Setting",
    "Watcher",
    "append_item",
    "config_tree",
    "default_text",
    "delete_value",
    "describe_diff",
    "digest_of",
    "discover",
    "hold_back",
    "insert_item",
    "parse_text",
    "read",
    "rename_key",
    "replace_tree",
    "repository_root",
    "schema",
    "schema_text",
    "sensitive",
    "set_value",
    "trust_hash",
    "untrusted_providers",
    "write_atomic",
]
