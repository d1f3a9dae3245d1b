"""Keys by provider: one stuck place delays only those who need it, and a swap makes nobody wait."""

import threading
from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.secrets.resolve import Chosen, ProviderKeys
from aigw_dev.secrets.secret import Secret
from aigw_dev.server.keys import KeyTable, ReadyKey

pytestmark = pytest.mark.anyio
Answers = dict[str, Chosen]


def asked(
    provider: str, *, keys: tuple[str, ...] | None = None, origin: str = "https://a.test"
) -> ProviderKeys:
    return ProviderKeys(provider=provider, kind=provider, origin=origin, keys=keys)


def found(provider: str, *names: str, refused: tuple[str, ...] = (), previous: str = "") -> Chosen:
    """Keys whose value is their name, upper-case."""
    return Chosen(
        provider=provider,
        source="config",
        secrets=tuple(Secret(name, name.upper(), "keyring") for name in names),
        refusals=tuple(
            Refusal(code="key_missing", message=f"the key {name} is not stored") for name in refused
        ),
        previous=(Secret("old", previous, "keyring"),) if previous else (),
    )


def answering(answers: Answers) -> Callable[[Sequence[ProviderKeys]], list[Chosen]]:
    return lambda wanted: [answers[one.provider] for one in wanted]


class Stuck:
    """A resolver that answers for `keyring` only when told to."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.told = threading.Event()

    def __call__(self, wanted: Sequence[ProviderKeys]) -> list[Chosen]:
        if any(one.provider == "keyring" for one in wanted):
            assert self.told.wait(10)
        return [self.answers[one.provider] for one in wanted]


async def test_a_stuck_keyring_delays_only_its_own_provider() -> None:
    stuck = Stuck({"plain": found("plain", "env:A"), "keyring": found("keyring", "k")})
    table = KeyTable(([asked("plain")], [asked("keyring")]), stuck, wait_s=0.02)
    changes: list[int] = []
    table.changed = lambda: changes.append(1)
    table.start()
    await table.quick()
    assert await table.get("plain", None) == ReadyKey(name="env:A", value=b"ENV:A")
    refusal = await table.get("keyring", None)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "keyring_locked"
    assert "keyring" in refusal.message
    await table.settled_soon()
    assert not table.is_settled, "who waits soon waits no longer than that"
    stuck.told.set()
    await table.settled()
    assert table.is_settled
    assert await table.get("keyring", None) == ReadyKey(name="k", value=b"K")
    assert len(changes) == 2


async def test_a_request_gets_a_key_that_comes_while_it_waits() -> None:
    stuck = Stuck({"keyring": found("keyring", "k")})
    table = KeyTable(([], [asked("keyring")]), stuck, wait_s=10)
    table.start()
    stuck.told.set()
    assert await table.get("keyring", None) == ReadyKey(name="k", value=b"K")


async def test_several_keys_are_found_by_name_and_the_first_is_preferred() -> None:
    table = KeyTable(
        ([asked("p", keys=("main", "spare", "gone"))],),
        answering({"p": found("p", "main", "spare", refused=("gone",))}),
    )
    table.start()
    await table.quick()
    assert await table.get("p", None) == ReadyKey(name="main", value=b"MAIN")
    assert await table.get("p", "spare") == ReadyKey(name="spare", value=b"SPARE")
    gone, unknown = await table.get("p", "gone"), await table.get("p", "never")
    assert isinstance(gone, Refusal)
    assert gone.message == "the key gone is not stored"
    assert isinstance(unknown, Refusal)
    assert unknown.code == "key_missing"
    assert "the key never of p" in unknown.message


async def test_where_there_is_no_key_the_first_reason_is_given() -> None:
    table = KeyTable(
        ([asked("p"), asked("q")],), answering({"p": found("p", refused=("a", "b")), "q": found("q")})
    )
    table.start()
    await table.quick()
    first, none = await table.get("p", None), await table.get("q", None)
    assert isinstance(first, Refusal)
    assert first.message == "the key a is not stored"
    assert isinstance(none, Refusal)
    assert "aigw-dev keys add q" in none.message


async def test_a_swap_goes_on_with_what_was_known_until_it_is_answered_again() -> None:
    before = KeyTable(
        ([asked("keyring"), asked("moved")],),
        answering({"keyring": found("keyring", "old"), "moved": found("moved", "m")}),
    )
    before.start()
    await before.quick()
    stuck = Stuck({"keyring": found("keyring", "new"), "moved": found("moved", "m")})
    after = KeyTable(([], [asked("keyring"), asked("moved", origin="https://b.test")]), stuck, wait_s=0.01)
    after.remember(before)
    after.start()
    assert await after.get("keyring", None) == ReadyKey(name="old", value=b"OLD")
    assert isinstance(await after.get("moved", None), Refusal), "another origin is another question"
    stuck.told.set()
    await after.settled()
    assert await after.get("keyring", None) == ReadyKey(name="new", value=b"NEW")


async def test_a_config_that_lost_its_trust_does_not_go_on_with_the_keys_it_had() -> None:
    before = KeyTable(([asked("p", keys=("env:K",))],), answering({"p": found("p", "env:K")}))
    before.start()
    await before.quick()
    untrusted = ProviderKeys(
        provider="p", kind="p", origin="https://a.test", keys=("env:K",), is_trusted=False
    )
    after = KeyTable(([untrusted],), answering({"p": found("p", refused=("env:K",))}))
    after.remember(before)
    assert isinstance(await after.get("p", None), Refusal)


async def test_callers_are_recognised_by_keys_in_force_and_in_their_grace() -> None:
    table = KeyTable(([asked("p")],), answering({"p": found("p", "k", previous="BEFORE")}))
    table.start()
    await table.quick()
    assert table.digests() == {sha256(b"K").digest(): "p", sha256(b"BEFORE").digest(): "p"}
    assert sorted(table.values()) == ["BEFORE", "K"]
    assert [one.name for one in table.chosen()["p"].secrets] == ["k"]


async def test_a_keys_value_is_never_shown() -> None:
    assert repr(ReadyKey(name="main", value=b"sk-secret")) == "ReadyKey(main)"


async def test_closing_ends_the_wait() -> None:
    stuck = Stuck({"keyring": found("keyring", "k")})
    table = KeyTable(([], [asked("keyring")]), stuck, wait_s=10)
    table.start()
    table.close()
    refusal = await table.get("keyring", None)
    stuck.told.set()
    assert isinstance(refusal, Refusal)
