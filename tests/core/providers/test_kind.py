"""A kind derives from its row what people rely on."""

from aigw_dev.core.providers.kind import OPERATIONS, Kind


def test_a_key_is_named_after_its_kind() -> None:
    assert Kind(name="qwen", title="Qwen").key_name == "qwen-api-key"


def test_a_kind_without_an_address_asks_for_one() -> None:
    assert Kind(name="a", title="A").needs_base_url
    assert not Kind(name="a", title="A", base_url="https://a.example/v1").needs_base_url
    assert not Kind(name="a", title="A", is_embedded=True).needs_base_url


def test_only_what_is_declared_free_is_free() -> None:
    assert Kind(name="a", title="A", is_local=True).is_free
    assert Kind(name="a", title="A", is_embedded=True).is_free
    assert not Kind(name="a", title="A", is_key_required=False).is_free


def test_a_kind_serves_what_it_does_not_lack() -> None:
    kind = Kind(name="a", title="A", lacks=frozenset({"openai.embeddings"}))
    assert kind.operations == tuple(one for one in OPERATIONS if one != "openai.embeddings")
    assert Kind(name="a", title="A").operations == OPERATIONS
