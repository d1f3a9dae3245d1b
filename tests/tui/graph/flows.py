"""Flows to draw and to change: some by hand, any number by hypothesis."""

from typing import Any

from hypothesis import strategies as st

CONDITIONS = [
    'metadata.tier == "gold"',
    'metadata.lang != "en"',
    "metadata.tokens > 32000",
    'metadata.region in ["eu", "uk"] and not (header.x-canary == "1" or stream)',
    'metadata.stufe == "金の会員、とても長い名前のグループ"',
    "metadata.pii exists",
    "not has_tools",
]
MODELS = [
    "openai/gpt-4o",
    "mock/echo",
    "模型/通义千问-最大",
    "provider/a-model-with-a-name-that-is-longer-than-any-box",
]


def send(model: str, *fallback: Any, **more: Any) -> dict[str, Any]:
    return {"send": model, **({"fallback": list(fallback)} if fallback else {}), **more}


def either(condition: str, then: Any, otherwise: Any) -> dict[str, Any]:
    return {"if": condition, "then": then, "else": otherwise}


def split(*weighed: tuple[Any, dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"split": [{"weight": weight, **node} for weight, node in weighed], **more}


CHAIN = either(
    'metadata.tier == "gold"',
    send("openai/gpt-4o", "azure/gpt-4o", key="openai-prod"),
    either(
        'metadata.task in ["code", "review"]',
        send("anthropic/claude-sonnet"),
        either(
            'metadata.lang != "en"',
            send("mistral/large", "openai/gpt-4o-mini"),
            either("metadata.tokens > 32000", send("google/gemini-pro"), send("ollama/llama3")),
        ),
    ),
)
MIXED = either(
    'metadata.tier == "gold"',
    either(
        'metadata.task == "code"',
        either(
            'metadata.repo contains "mono"',
            send("anthropic/opus", "openai/o3", key="anth-team"),
            send("anthropic/sonnet"),
        ),
        either('metadata.lang != "en"', send("mistral/large"), send("openai/gpt-4o", "azure/gpt-4o")),
    ),
    either(
        'metadata.env == "prod"',
        either(
            "metadata.tokens > 32000",
            send("google/gemini-pro"),
            either(
                'metadata.pii exists and (metadata.region in ["eu", "uk"] or header.x-canary == "1")',
                send("ollama/llama3"),
                send("openai/gpt-4o-mini"),
            ),
        ),
        send("mock/echo"),
    ),
)
SPLIT = split(
    (70, send("模型/通义千问-最大", "mock/echo")),
    (20, either("stream", send("a/b"), {})),
    (5, send("z")),
    (5, send("a/b", params={"temperature": 0}, retry={"attempts": 2})),
    sticky="request",
)
BROKEN = either(
    "metadata.tier ==", {"model": "gpt-4o"}, {"split": [{"weight": 1}, 7, {"weight": 0, "send": "a/b"}]}
)
ALL = {"chain": CHAIN, "mixed": MIXED, "split": SPLIT, "broken": BROKEN, "empty": None}

_texts = st.text(st.characters(codec="utf-8"), max_size=12)
_scalars = st.none() | st.booleans() | st.integers(-5, 5) | _texts
_leaves = st.builds(
    lambda model, fallback, key: send(model, *fallback, **({"key": key} if key else {})),
    st.sampled_from(MODELS),
    st.lists(st.sampled_from(MODELS) | st.builds(send, st.sampled_from(MODELS)), max_size=5),
    st.sampled_from(["", "openai-prod"]),
)


def _branches(nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    weights = st.integers(1, 100)
    return st.builds(either, st.sampled_from(CONDITIONS), nodes, nodes) | st.builds(
        lambda shares: split(*shares), st.lists(st.tuples(weights, nodes), min_size=1, max_size=5)
    )


whole_flows = st.recursive(_leaves, _branches, max_leaves=14)
"""Flows that the core takes, but for what they decide."""
odd_values = st.recursive(
    _scalars | _leaves,
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["if", "then", "else", "split", "send", "weight", "sticky", "x"]),
            below,
            max_size=5,
        )
        | st.builds(either, _texts, below, below)
    ),
    max_leaves=12,
)
"""Whatever a file may hold in the place of a flow."""
