"""What a free question to a provider says about a key: good, refused, or not known because nobody answered."""

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from aigw_dev.core.providers import check_url
from aigw_dev.secrets.secret import Secret

if TYPE_CHECKING:
    from aigw_dev.cli.key_owner import Owner
    from aigw_dev.cli.place import Place

_REFUSED: Final = frozenset({400, 401, 403})
"""What providers answer to a key that they do not take; two vendors say 400."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the test."""

    state: Literal["good", "refused", "unknown"]
    text: str
    """In a few words, never with the key."""
    status: int = 0

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return msgspec.to_builtins(self)


def try_key(place: "Place", owner: "Owner", value: str) -> Verdict:
    """Try a key with its provider without spending; sends it to the provider's own address only."""
    from aigw_dev.cli.local import check_key

    if check_url(owner.resolved) is None:
        return Verdict(state="unknown", text="this kind of provider has nothing that can be asked for free")
    secret = Secret("new", value, "keyring")
    found = check_key(place, secret, name=owner.name, provider=owner.provider)
    shown = found.reason.replace(value, "(the key)")
    if found.healthy and found.reason:
        return Verdict(state="unknown", text=shown, status=found.status)
    if found.healthy:
        return Verdict(state="good", text=f"{owner.resolved.origin} takes it", status=found.status)
    if found.status in _REFUSED:
        return Verdict(state="refused", text=shown, status=found.status)
    return Verdict(state="unknown", text=shown, status=found.status)
