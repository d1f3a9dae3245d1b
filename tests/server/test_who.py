"""Who calls."""

from hashlib import sha256

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.server.who import EVERYBODY, NOBODY, Roll, identify, may_spend


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


TOKEN = Identity(kind="token", providers=None)
RUN = Identity(kind="run", run="r1", providers=None)
KEY = Identity(kind="provider-key", providers=frozenset({"qwen"}))
ROLL = Roll(
    known={digest("tok"): TOKEN, digest("run"): RUN, digest("sk-q"): KEY},
    revoked=frozenset({digest("old")}),
    is_open=False,
)


@pytest.mark.parametrize("value", [b"Bearer tok", b"bearer  tok ", b"tok", b" tok "])
@pytest.mark.parametrize(
    "name", [b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"esa_aigw_auth"]
)
def test_the_token_counts_in_every_dialects_header_and_both_forms(name: bytes, value: bytes) -> None:
    assert identify([(name, value)], ROLL) == TOKEN


def test_a_valid_one_decides_over_a_dummy_beside_it() -> None:
    assert identify([(b"authorization", b"Bearer dummy"), (b"esa_aigw_auth", b"Bearer tok")], ROLL) == TOKEN


def test_the_credential_of_a_run_names_the_caller() -> None:
    assert identify([(b"authorization", b"Bearer tok"), (b"x-api-key", b"run")], ROLL) == RUN


def test_an_unknown_credential_counts_as_none() -> None:
    assert identify([(b"authorization", b"Bearer \xff\x00")], ROLL) is NOBODY
    assert identify([], ROLL) is NOBODY


def test_a_revoked_credential_is_refused_unless_a_valid_one_is_beside_it() -> None:
    refused = identify([(b"authorization", b"Bearer old")], ROLL)
    assert isinstance(refused, Refusal)
    assert refused.code == "credential_revoked"
    assert identify([(b"authorization", b"Bearer old"), (b"x-api-key", b"tok")], ROLL) == TOKEN


def test_without_verification_everybody_may_spend() -> None:
    opened = Roll(known={}, revoked=frozenset(), is_open=True)
    assert identify([], opened) is EVERYBODY
    assert may_spend(EVERYBODY, "openai")


def test_a_providers_key_spends_that_provider_only() -> None:
    assert may_spend(KEY, "qwen")
    assert not may_spend(KEY, "openai")
    assert not may_spend(NOBODY, "qwen")
