"""Every dialect that callers speak, by name; imported when first asked for."""

import importlib
from collections.abc import Iterator, KeysView
from typing import Final, Protocol, cast

from aigw_dev.core.dialects.protocol import Dialect

_PACKAGES: Final = {
    # imported when first asked for: most gateways hear one or two
    "openai-chat": "openai_chat",
    "openai-responses": "responses",
    "anthropic-messages": "anthropic",
    "gemini-generate-content": "gemini",
}


class Dialects(Protocol):
    """The dialects by name."""

    def __getitem__(self, name: str, /) -> Dialect:
        """The dialect of this name, imported when it is first asked for."""
        ...

    def __contains__(self, name: object, /) -> bool:
        """Whether there is such a dialect."""
        ...

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        ...

    def __len__(self) -> int:
        """How many there are."""
        ...

    def keys(self) -> KeysView[str]:
        """Their names."""
        ...


class _Loaded(dict[str, Dialect]):
    """A dict of those imported so far: every request looks up several times, and that costs no call of Python."""

    def __missing__(self, name: str) -> Dialect:
        module = importlib.import_module(f"aigw_dev.core.dialects.{_PACKAGES[name]}")
        known = self[name] = cast("Dialect", module)
        return known

    def __contains__(self, name: object) -> bool:
        return name in _PACKAGES

    def __iter__(self) -> Iterator[str]:
        return iter(_PACKAGES)

    def __len__(self) -> int:
        return len(_PACKAGES)

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # of all, loaded or not
        return _PACKAGES.keys()


DIALECTS: Final[Dialects] = _Loaded()
"""Every dialect that callers speak, by the name that operations, providers and exchanges use."""
