"""Moved to `aigw_dev.core.loose_json`."""

from aigw_dev.core.loose_json import *  # noqa: F403
