"""Voices: a provider's own pass, OpenAI's become the usual one and the ledger says so."""

from typing import Any

import pytest

from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.voices import voice
from tests.core.providers.run_adapter import asked


@pytest.mark.parametrize(
    ("body", "spoken", "fate"),
    [
        ({"voice": "Ethan"}, "Ethan", ""),
        ({"voice": {"id": "v-1"}}, "v-1", ""),
        ({"voice": "alloy"}, "Cherry", "approximated"),
        ({}, "Cherry", "invented"),
        ({"voice": {}}, "Cherry", "invented"),
    ],
)
def test_a_voice_is_chosen(body: dict[str, Any], spoken: str, fate: str) -> None:
    wanted = asked("x", body=body)
    assert voice(wanted, AskedFields(wanted), "Cherry") == spoken
    assert [one.fate for one in wanted.ledger.entries] == ([fate] if fate else [])


def test_a_voice_that_is_no_name_is_refused() -> None:
    wanted = asked("x", body={"voice": 7})
    fields = AskedFields(wanted)
    voice(wanted, fields, "Cherry")
    assert fields.refusal is not None
    assert fields.refusal.param == "voice"
