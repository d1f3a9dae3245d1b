from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import OutputFormat, Reasoning
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import CLAUDE, NOVA, fates, raw, request, system, user, written

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}


def asked(
    *messages: Any, model: str = CLAUDE, traits: Traits | None = None, **fields: Any
) -> tuple[Any, dict[str, str]]:
    ledger = Ledger()
    body = written(request(*messages, **fields), model=model, traits=traits, ledger=ledger)
    return body, fates(ledger)


def test_limits_and_sampling_have_their_fields() -> None:
    body, entries = asked(model=NOVA, max_tokens=9, temperature=0.5, top_p=0.9, stop=("END", "\n\n"))
    assert body["inferenceConfig"] == {
        "maxTokens": 9,
        "temperature": 0.5,
        "topP": 0.9,
        "stopSequences": ["END", "\n\n"],
    }
    assert entries == {}


def test_an_empty_stop_sequence_is_left_out() -> None:
    body, entries = asked(stop=("", "END"))
    assert body["inferenceConfig"] == {"stopSequences": ["END"]}
    assert entries == {"stop": "dropped"}
    assert "inferenceConfig" not in asked(stop=("",))[0]


def test_what_was_not_said_is_not_written() -> None:
    assert asked()[0] == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}


def test_a_zero_is_a_value() -> None:
    assert asked(temperature=0.0)[0]["inferenceConfig"] == {"temperature": 0.0}


def test_a_temperature_beyond_the_providers_highest_is_lowered() -> None:
    body, entries = asked(temperature=1.7)
    assert body["inferenceConfig"] == {"temperature": 1.0}
    assert entries == {"temperature": "approximated"}


def test_what_the_model_refuses_is_left_out_and_named() -> None:
    refuses = Traits(refuses=frozenset({"temperature", "top_p", "top_k", "stop"}))
    body, entries = asked(temperature=0.5, top_p=0.9, top_k=3, stop=("x",), traits=refuses)
    assert "inferenceConfig" not in body
    assert "top_k" not in body.get("additionalModelRequestFields", {})
    assert entries == dict.fromkeys(("temperature", "top_p", "top_k", "stop"), "dropped")


def test_a_model_that_thinks_takes_its_own_sampling() -> None:
    wish = Reasoning(budget_tokens=2000)
    body, entries = asked(temperature=0.5, top_p=0.5, top_k=3, max_tokens=4000, reasoning=wish)
    assert body["inferenceConfig"] == {"maxTokens": 4000}
    assert entries == dict.fromkeys(("temperature", "top_p", "top_k"), "dropped")
    body, entries = asked(temperature=1.0, top_p=0.97, reasoning=wish)
    assert body["inferenceConfig"] == {"temperature": 1.0, "topP": 0.97}
    assert entries == {}


def test_top_k_stands_under_the_models_own_name() -> None:
    assert asked(top_k=5)[0]["additionalModelRequestFields"] == {"top_k": 5}
    assert asked(top_k=5, model=NOVA)[0]["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 5}}
    body, entries = asked(top_k=5, model="meta.llama4-maverick-17b-instruct-v1:0")
    assert "additionalModelRequestFields" not in body
    assert entries == {"top_k": "dropped"}


def test_a_schema_is_sent_as_text() -> None:
    form = OutputFormat(kind="schema", schema=raw(SCHEMA), name="thing", description="a thing")
    body, entries = asked(format=form)
    described = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert described == {"schema": bytes(raw(SCHEMA)).decode(), "name": "thing", "description": "a thing"}
    assert entries == {}
    bare = OutputFormat(kind="schema", schema=raw(SCHEMA))
    assert set(asked(format=bare)[0]["outputConfig"]["textFormat"]["structure"]["jsonSchema"]) == {"schema"}


@pytest.mark.parametrize(
    ("form", "traits"),
    [
        (OutputFormat(kind="json"), Traits()),
        (OutputFormat(kind="schema"), Traits()),
        (OutputFormat(kind="schema", schema=raw(SCHEMA)), Traits(has_structured_outputs=False)),
    ],
)
def test_json_without_a_schema_is_asked_for_in_words(form: OutputFormat, traits: Traits) -> None:
    body, entries = asked(system("be kind"), user("hi"), format=form, traits=traits)
    assert "outputConfig" not in body
    assert body["system"][0] == {"text": "be kind"}
    assert "JSON" in body["system"][1]["text"]
    assert entries == {"response_format": "approximated"}


def test_text_is_the_usual_form_and_a_grammar_is_unknown() -> None:
    assert asked(format=OutputFormat(kind="text")) == asked()
    assert asked(format=OutputFormat(kind="grammar"))[1] == {"response_format": "dropped"}


def test_labels_that_the_provider_takes_are_sent() -> None:
    labels = {"team": "a b", "empty": "", "bad key!": "x", "number": 1, "emoji": "🙂"}
    body, entries = asked(metadata=raw(labels))
    assert body["requestMetadata"] == {"team": "a b", "empty": ""}
    assert entries == dict.fromkeys(("metadata.bad key!", "metadata.number", "metadata.emoji"), "dropped")
    body, entries = asked(metadata=raw({f"k{number}": "v" for number in range(18)}))
    assert len(body["requestMetadata"]) == 16
    assert len(entries) == 2


@pytest.mark.parametrize(
    ("tier", "expected", "fate"),
    [("flex", {"type": "flex"}, None), ("standard_only", {"type": "default"}, None), ("auto", None, None), ("scale", None, "dropped")],
)  # fmt: skip
def test_a_tier_has_its_word(tier: str, expected: object, fate: str | None) -> None:
    body, entries = asked(service_tier=tier)
    assert body.get("serviceTier") == expected
    assert entries.get("service_tier") == fate


def test_everything_else_is_in_the_ledger() -> None:
    fields: dict[str, Any] = {
        "seed": 0, "frequency_penalty": 0.1, "presence_penalty": 0.1, "logit_bias": raw({"1": 1}), "logprobs": True,
        "top_logprobs": 2, "min_p": 0.1, "verbosity": "low", "user": "u", "cache_key": "k", "audio": raw({}),
        "is_parallel": False, "choices": 2, "store": True, "modalities": ("text", "audio"), "extras": {"safety": raw(1)},
    }  # fmt: skip
    body, entries = asked(**fields)
    assert set(body) == {"messages"}
    spelled = {
        "is_parallel": "parallel_tool_calls",
        "cache_key": "prompt_cache_key",
        "choices": "n",
        "extras": "safety",
    }
    assert entries == dict.fromkeys((spelled.get(name, name) for name in fields), "dropped")


def test_what_asks_for_the_usual_is_no_loss() -> None:
    usual: dict[str, Any] = {
        "is_parallel": True, "choices": 1, "store": False, "modalities": ("text",), "logprobs": False, "top_logprobs": 0,
        "frequency_penalty": 0.0, "presence_penalty": 0.0, "min_p": 0.0, "logit_bias": raw({}), "verbosity": "medium",
    }  # fmt: skip
    assert asked(**usual)[1] == {}


def test_claude_gets_temperature_or_top_p_and_others_get_both() -> None:
    ledger = Ledger()
    both = request(temperature=0.5, top_p=0.9)
    assert written(both, ledger=ledger)["inferenceConfig"] == {"temperature": 0.5}
    assert fates(ledger) == {"top_p": "dropped"}
    assert "top_p" not in ledger.kept
    assert written(request(temperature=1.5, top_p=0.9))["inferenceConfig"] == {"topP": 0.9}
    assert written(request(temperature=0.5, top_p=1.0))["inferenceConfig"] == {"temperature": 0.5}
    assert written(both, model=NOVA)["inferenceConfig"] == {"temperature": 0.5, "topP": 0.9}
