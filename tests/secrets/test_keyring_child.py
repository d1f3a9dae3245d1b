from typing import Any

import pytest

from aigw_dev.secrets.keyring_child import ALL_KEYS, ALLOWED_BACKENDS, Trouble, answer, choose_backend


class Memory:
    """A backend in a dictionary."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.items[service, username]


def backend_of(module: str, *chained: object) -> object:
    """A backend whose class says that it comes from `module`."""
    return type("Keyring", (Memory,), {"__module__": module, "backends": list(chained)})()


def request(operation: str, *names: str, **more: Any) -> dict[str, Any]:
    return {"op": operation, "service": "aigw-dev", "names": list(names), **more}


# which backend


@pytest.mark.parametrize("module", ALLOWED_BACKENDS)
def test_the_systems_own_keyrings_are_used(module: str) -> None:
    backend = backend_of(module)
    assert choose_backend(backend) == (backend, module)


@pytest.mark.parametrize(
    ("module", "kind", "reason"),
    [
        ("keyring.backends.fail", "unavailable", "no keyring service"),
        ("keyring.backends.null", "refused", "forgets every key"),
        ("keyrings.alt.file", "refused", "not protected"),
        ("keyrings.cryptfile.cryptfile", "refused", "not one of the operating system's"),
        ("keyring.backends.SecretServiceEvil", "refused", "not one of the operating system's"),
        ("keyring.backends.chainer", "refused", "none of the chained"),
    ],
)
def test_any_other_backend_is_refused_with_the_reason(module: str, kind: str, reason: str) -> None:
    with pytest.raises(Trouble, match=reason) as caught:
        choose_backend(backend_of(module))
    assert caught.value.kind == kind


def test_a_chain_over_refused_backends_is_refused() -> None:
    chain = backend_of(
        "keyring.backends.chainer", backend_of("keyrings.alt.file"), backend_of("keyring.backends.null")
    )
    with pytest.raises(Trouble, match="none of the chained"):
        choose_backend(chain)


def test_of_a_chain_only_the_allowed_backend_is_touched() -> None:
    allowed = backend_of("keyring.backends.libsecret")
    chain = backend_of("keyring.backends.chainer", backend_of("keyrings.alt.file"), allowed)
    assert choose_backend(chain)[0] is allowed


def test_only_the_chainer_may_bring_backends_along() -> None:
    with pytest.raises(Trouble, match=r"keyrings\.alt"):
        choose_backend(backend_of("keyrings.alt.file", backend_of("keyring.backends.libsecret")))


# what it does


def test_one_request_reads_many_keys_and_leaves_out_what_is_missing() -> None:
    backend = Memory()
    backend.items = {("aigw-dev", "a"): "1", ("aigw-dev", "b"): "2", ("other", "c"): "3"}
    assert answer(request("get", "a", "b", "c"), backend) == {"values": {"a": "1", "b": "2"}}


def test_a_probe_answers_without_reading() -> None:
    assert answer(request("probe"), Memory()) == {}


def test_set_reads_back_what_it_wrote() -> None:
    backend = Memory()
    assert answer(request("set", "a", value="1"), backend) == {}
    assert backend.items == {("aigw-dev", "a"): "1"}


def test_a_keyring_that_loses_what_it_was_given_is_found_out() -> None:
    class Forgetful(Memory):
        def set_password(self, service: str, username: str, password: str) -> None:
            pass

    with pytest.raises(Trouble, match="does not give it back") as caught:
        answer(request("set", "a", value="1"), Forgetful())
    assert caught.value.kind == "lost"


def test_deleting_tells_what_was_there() -> None:
    backend = Memory()
    backend.items = {("aigw-dev", "a"): "1", ("aigw-dev", "keep"): "2"}
    assert answer(request("delete", "a", "b"), backend) == {"deleted": ["a"]}
    assert backend.items == {("aigw-dev", "keep"): "2"}


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(Trouble, match="unknown"):
        answer(request("list"), Memory())


# one item for all keys


def test_where_every_item_asks_all_keys_share_one(tmp_path: Any) -> None:
    backend = Memory()
    more: dict[str, Any] = {"is_single_item": True, "lock_path": str(tmp_path / "lock")}
    for name, value in (("a", "1"), ("b", "2"), ("a", "3")):
        answer(request("set", name, value=value, **more), backend)
    assert list(backend.items) == [("aigw-dev", ALL_KEYS)]
    assert answer(request("get", "a", "b", "c", **more), backend) == {"values": {"a": "3", "b": "2"}}
    assert answer(request("delete", "a", "c", **more), backend) == {"deleted": ["a"]}
    assert answer(request("get", "a", "b", **more), backend) == {"values": {"b": "2"}}


def test_the_shared_item_is_read_once_for_many_keys() -> None:
    class Counting(Memory):
        reads = 0

        def get_password(self, service: str, username: str) -> str | None:
            self.reads += 1
            return super().get_password(service, username)

    backend = Counting()
    answer(request("get", "a", "b", "c", is_single_item=True), backend)
    assert backend.reads == 1


@pytest.mark.parametrize("content", ["not json", "[1]", '"text"'])
def test_a_shared_item_of_somebody_else_is_never_overwritten(content: str) -> None:
    backend = Memory()
    backend.items = {("aigw-dev", ALL_KEYS): content}
    with pytest.raises(Trouble, match="left as it is"):
        answer(request("set", "a", value="1", is_single_item=True), backend)
    assert backend.items == {("aigw-dev", ALL_KEYS): content}
