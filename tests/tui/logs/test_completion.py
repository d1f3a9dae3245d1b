"""What the filter bar offers."""

import pytest

from aigw_dev.store import filters
from aigw_dev.tui.logs import completion


def test_every_field_of_the_language_is_offered_and_no_other() -> None:
    assert set(completion.FIELDS) == set(filters.FIELDS)
    assert set(completion.VALUES) | completion.ASKED <= set(filters.FIELDS)


@pytest.mark.parametrize("field", completion.VALUES)
def test_every_value_offered_is_taken_by_the_gateway(field: str) -> None:
    for offer in completion.values(field, ""):
        assert isinstance(filters.parse(f"{field}:{offer.value}", now_s=1e9), filters.Filter), offer


def test_offers_begin_with_what_is_typed_then_hold_it() -> None:
    assert [offer.value for offer in completion.fields("re")][:3] == ["request:", "response:", "reasoning:"]
    assert [offer.value for offer in completion.values("model", "4o", ["gpt-4o", "4o-mini"])] == [
        "4o-mini",
        "gpt-4o",
    ]
