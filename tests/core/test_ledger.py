"""The ledger keeps what a translation did to each field, once, and says it in a header that fits."""

import msgspec

from aigw_dev.core.ledger import MAX_ENTRIES, Ledger


def filled() -> Ledger:
    ledger = Ledger("openai-chat", "anthropic-messages")
    ledger.keep("messages", "tools", "messages")
    ledger.approximated("temperature", "1.7 becomes 1")
    ledger.dropped("logit_bias", "there is no such thing")
    ledger.dropped("logit_bias", "said twice")
    ledger.invented("max_tokens", "32000, which the provider needs")
    ledger.side = "reply"
    ledger.dropped("logprobs", "not sent")
    return ledger


def test_an_entry_counts_once_and_keeps_its_side() -> None:
    said = msgspec.json.decode(filled().encode())
    assert said["from"] == "openai-chat"
    assert said["to"] == "anthropic-messages"
    assert said["kept"] == ["messages", "tools"]
    assert [(one["side"], one["fate"], one["field"]) for one in said["entries"]] == [
        ("request", "approximated", "temperature"),
        ("request", "dropped", "logit_bias"),
        ("request", "invented", "max_tokens"),
        ("reply", "dropped", "logprobs"),
    ]
    assert "omitted" not in said


def test_losses_are_what_the_request_lost_and_no_invention() -> None:
    assert [one.field for one in filled().losses()] == ["temperature", "logit_bias"]


def test_the_header_names_the_fields_by_fate() -> None:
    assert filled().header() == (
        "openai-chat>anthropic-messages; approximated=temperature; dropped=logit_bias,logprobs; invented=max_tokens"
    )
    assert Ledger("a", "b").header() == "a>b"


def test_a_hostile_request_makes_no_endless_ledger() -> None:
    ledger = Ledger("a", "b")
    for number in range(10 * MAX_ENTRIES):
        ledger.dropped(f"field{number}", "unknown")
        ledger.keep(f"kept{number}")
    assert len(ledger.header()) == 1024
    said = msgspec.json.decode(ledger.encode())
    assert (len(said["entries"]), len(said["kept"]), said["omitted"]) == (
        MAX_ENTRIES,
        MAX_ENTRIES,
        9 * MAX_ENTRIES,
    )


def test_a_warning_is_kept() -> None:
    ledger = filled()
    ledger.is_warning = True
    assert msgspec.json.decode(ledger.encode())["warning"] is True


def test_a_callers_field_cannot_forge_an_entry() -> None:
    ledger = Ledger("a", "b")
    ledger.dropped("x; dropped=max_tokens, y", "unknown")
    assert ledger.header() == "a>b; dropped=x%3B%20dropped%3Dmax_tokens%2C%20y"
