"""Secrets that a provider gave out through us are known again, for that provider only, until they end."""

import pytest

from aigw_dev.core.mask import Masker
from aigw_dev.server import ephemeral
from aigw_dev.server.ephemeral import EphemeralSecrets, Found, masked

SECRET = "ek_68af296e8e408191a1120ab6383263c2"
REPLY = b'{"value":"%b","expires_at":1500,"session":{"model":"gpt-realtime"}}' % SECRET.encode()
OLD_REPLY = b'{"id":"sess_1","client_secret":{"value":"%b","expires_at":1500}}' % SECRET.encode()


def shown(secret: str, name: bytes = b"authorization") -> list[tuple[bytes, bytes]]:
    return [(b"x-api-key", b"something"), (name, b"Bearer " + secret.encode())]


@pytest.mark.parametrize("reply", [REPLY, OLD_REPLY])
def test_a_secret_is_known_until_it_ends(reply: bytes) -> None:
    known = EphemeralSecrets()
    assert known.remember(reply, "openai", now_s=1000)
    found = known.identify(shown(SECRET), now_s=1499)
    assert found == Found("openai", SECRET.encode())
    assert found is not None
    assert (found.identity.kind, found.identity.providers) == ("provider-key", frozenset({"openai"}))
    assert SECRET not in repr(found)
    assert known.identify(shown(SECRET), now_s=1500) is None
    assert known.identify(shown("ek_other"), now_s=1001) is None


def test_a_secret_without_an_end_or_with_a_far_one_has_a_short_life() -> None:
    known = EphemeralSecrets()
    known.remember(b'{"value":"ek_a"}', "one", now_s=1000)
    known.remember(b'{"value":"ek_b","expires_at":99999999999}', "one", now_s=1000)
    assert known.identify(shown("ek_a"), now_s=1000 + ephemeral.LIFE_S - 1)
    assert not known.identify(shown("ek_a"), now_s=1000 + ephemeral.LIFE_S)
    assert not known.identify(shown("ek_b"), now_s=1000 + ephemeral.MOST_LIFE_S)


@pytest.mark.parametrize("reply", [b"", b"[]", b'{"value":1}', b'{"client_secret":"x"}', b"\xff"])
def test_a_reply_without_a_secret_is_nothing(reply: bytes) -> None:
    assert not EphemeralSecrets().remember(reply, "one", now_s=0)
    assert masked(reply) == reply


def test_values_are_not_kept_and_not_logged() -> None:
    known = EphemeralSecrets()
    known.remember(REPLY, "one", now_s=1000)
    assert SECRET not in repr(vars(known))
    assert SECRET.encode() not in masked(REPLY)
    assert SECRET.encode() not in Masker().bytes(REPLY)
    assert Masker().bytes(b"a week_long_0123456789abcdefghijk") == b"a week_long_0123456789abcdefghijk"


def test_the_oldest_are_forgotten_first() -> None:
    known = EphemeralSecrets()
    for number in range(ephemeral.MOST + 1):
        known.remember(b'{"value":"ek_%d"}' % number, "one", now_s=0)
    assert known.identify(shown("ek_0"), now_s=1) is None
    assert known.identify(shown("ek_1"), now_s=1)


def test_a_calls_owner_is_known_by_its_location() -> None:
    known = EphemeralSecrets()
    known.remember_call("/v1/realtime/calls/rtc_1?x=1", "one", "key", now_s=0)
    known.remember_call("", "one", "key", now_s=0)
    owner = known.call_owner("rtc_1", now_s=ephemeral.CALL_S - 1)
    assert owner is not None
    assert (owner.provider, owner.key) == ("one", "key")
    assert known.call_owner("rtc_1", now_s=ephemeral.CALL_S) is None
    assert known.call_owner("", now_s=1) is None
