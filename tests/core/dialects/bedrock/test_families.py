import pytest

from aigw_dev.core.dialects.bedrock.families import family_of, put


@pytest.mark.parametrize(
    ("model", "thinking", "top_k"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "budget", ("top_k",)),
        ("amazon.nova-micro-v1:0", "", ("inferenceConfig", "topK")),
        ("us.amazon.nova-2-lite-v1:0", "effort", ("inferenceConfig", "topK")),
        ("openai.gpt-oss-120b-1:0", "effort", ()),
        ("qwen.qwen3-32b-v1:0", "effort", ()),
        ("cohere.command-r-plus-v1:0", "", ("k",)),
        ("meta.llama4-maverick-17b-instruct-v1:0", "", ()),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f", "", ()),
    ],
)
def test_a_models_name_says_its_family(model: str, thinking: str, top_k: tuple[str, ...]) -> None:
    family = family_of(model)
    assert (family.thinking, family.top_k) == (thinking, top_k)
    assert family_of(model.upper()) == family


def test_a_value_is_put_at_its_place_beside_others() -> None:
    fields: dict[str, object] = {"a": {"b": 1}, "x": "text"}
    put(fields, ("a", "c"), 2)
    put(fields, ("d",), 3)
    put(fields, ("x", "y"), 4)
    assert fields == {"a": {"b": 1, "c": 2}, "d": 3, "x": {"y": 4}}
