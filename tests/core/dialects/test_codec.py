"""Every dialect of the table can be translated: its modules offer the functions that the two sides are made of."""

import pytest

from aigw_dev.core.dialects import DIALECTS, codec


def functions(protocol: type) -> set[str]:
    return {each for each in vars(protocol) if not each.startswith("_")}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_callers_of_every_dialect_are_understood(dialect: str) -> None:
    made = codec.caller_codec(dialect)
    assert {each for each in functions(codec.CallerCodec) if not hasattr(made, each)} == set()


@pytest.mark.parametrize("dialect", [*sorted(DIALECTS), "bedrock-converse"])
def test_providers_of_every_dialect_are_written_to(dialect: str) -> None:
    made = codec.provider_codec(dialect)
    assert {each for each in functions(codec.ProviderCodec) if not hasattr(made, each)} == set()


@pytest.mark.parametrize(
    ("dialect", "counts"),
    [
        ("openai-chat", False),
        ("openai-responses", False),
        ("anthropic-messages", True),
        ("gemini-generate-content", True),
        ("bedrock-converse", True),
    ],
)
def test_dialects_that_count_tokens_are_known(dialect: str, counts: bool) -> None:
    assert (codec.count_codec(dialect) is not None) == counts


def test_a_stream_that_was_cut_off_is_the_providers_fault() -> None:
    assert codec.cut_off().code == "upstream_reset"
