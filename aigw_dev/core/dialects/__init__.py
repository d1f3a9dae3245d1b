"""Wire protocols, one module or package each."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Final, cast

from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.protocol import Dialect

_PACKAGES: Final = {
    # imported when first asked for: most gateways hear one or two
    "openai-chat": "",
    "openai-responses": "responses",
    "anthropic-messages": "anthropic",
    "gemini-generate-content": "gemini",
}


class _Dialects(Mapping[str, Dialect]):
    """The dialects by name."""

    def __init__(self) -> None:
        self._known: dict[str, Dialect] = {"openai-chat": openai_chat}

    def __getitem__(self, name: str) -> Dialect:
        known = self._known.get(name)
        if known is None:
            module = importlib.import_module(f"aigw_dev.core.dialects.{_PACKAGES[name]}")
            known = self._known[name] = cast("Dialect", module)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(_PACKAGES)

    def __len__(self) -> int:
        return len(_PACKAGES)


DIALECTS: Final[Mapping[str, Dialect]] = _Dialects()
"""Every dialect that callers speak, by the name that operations, providers and exchanges use."""
