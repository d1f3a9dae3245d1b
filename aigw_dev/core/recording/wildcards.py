"""Hand-written wildcards in a recorded request: whether a request that was sent fits one that has them."""

from typing import Any, Final, cast

from aigw_dev.core.recording.fixture import Wild
from aigw_dev.core.recording.keys import IdText
from aigw_dev.core.routing.patterns import compile_pattern

_ANYTHING: Final = Wild()


def matches(recorded: Any, sent: Any) -> bool:
    """Whether two unnumbered canonical requests are equal but for the wildcards of `recorded`; ids by their links."""
    return _Matcher().is_same(recorded, sent)


class _Matcher:
    """One comparison: which id stands for which."""

    def __init__(self) -> None:
        self._there: dict[str, str] = {}
        self._back: dict[str, str] = {}

    def is_same(self, recorded: Any, sent: Any) -> bool:
        if isinstance(recorded, Wild):
            return fits(recorded, sent)
        if isinstance(recorded, dict):
            return isinstance(sent, dict) and self._objects(
                cast("dict[str, Any]", recorded), cast("dict[str, Any]", sent)
            )
        if isinstance(recorded, list):
            return isinstance(sent, list) and self._lists(
                cast("list[Any]", recorded), cast("list[Any]", sent)
            )
        if isinstance(recorded, IdText) and isinstance(sent, IdText):
            return (
                self._there.setdefault(recorded, sent) == sent
                and self._back.setdefault(sent, recorded) == recorded
            )
        return type(recorded) is type(sent) and recorded == sent

    def _objects(self, recorded: dict[str, Any], sent: dict[str, Any]) -> bool:
        if not sent.keys() <= recorded.keys():
            return False
        return all(
            self.is_same(one, sent[name]) if name in sent else one == _ANYTHING
            for name, one in recorded.items()
        )

    def _lists(self, recorded: list[Any], sent: list[Any]) -> bool:
        if len(sent) > len(recorded) or any(one != _ANYTHING for one in recorded[len(sent) :]):
            return False
        return all(self.is_same(one, other) for one, other in zip(recorded, sent, strict=False))


def fits(wild: Wild, sent: Any) -> bool:
    """Whether `sent` is what the wildcard stands for; a regex that cannot be used fits nothing."""
    if wild.pattern is None:
        return True
    if not isinstance(sent, str):
        return False
    pattern = compile_pattern(rf"\A(?:{wild.pattern})\z")
    if isinstance(pattern, str):
        return False
    return pattern.search(sent.encode("utf-8", "surrogatepass")) is not None
