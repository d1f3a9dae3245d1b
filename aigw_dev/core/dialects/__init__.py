"""Wire protocols, one module each."""

from typing import Final

from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.protocol import Dialect

DIALECTS: Final[dict[str, Dialect]] = {"openai-chat": openai_chat}
"""Every dialect by the name that operations, providers and exchanges use."""
