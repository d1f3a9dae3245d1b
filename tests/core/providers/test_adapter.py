"""An adapter is found by the operation it serves, and passes a provider's no on as it is."""

from aigw_dev.core.providers import adapter
from aigw_dev.core.providers.catalogue import KINDS


def test_a_refusal_of_the_provider_is_given_as_it_is() -> None:
    given = adapter.refused(adapter.Answer(status=429, content_type="text/plain", body=b"slow down"))
    assert (given.status, given.body, given.content_type, given.is_error) == (429, b"slow down", "text/plain", True)


def test_every_adapter_that_the_catalogue_names_exists() -> None:
    for kind in KINDS.values():
        for operation, module in kind.adapters:
            assert adapter.find(module, operation) is not None, (kind.name, operation)
