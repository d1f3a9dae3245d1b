import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    ChatRequest,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.chat.vocabulary import Refusal as Declined
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.dialects.codec import Outgoing, ProviderCodec, Traits, provider_codec
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.providers import address
from aigw_dev.core.providers.catalogue import KINDS
from tests.core.dialects.bedrock.requests import CLAUDE, NOVA, raw, request, written
from tests.core.dialects.bedrock.service_model import check_request


def sent(asked: ChatRequest, traits: Traits | None = None) -> Outgoing:
    outgoing = bedrock.write_chat(asked, model=CLAUDE, traits=traits or Traits(), ledger=Ledger())
    assert isinstance(outgoing, Outgoing)
    return outgoing


def test_the_path_says_whether_it_streams() -> None:
    assert sent(request()).path == "/model/{model}/converse"
    assert sent(request(is_stream=True)).path == "/model/{model}/converse-stream"
    assert "stream" not in json.loads(sent(request(is_stream=True)).body)


def test_a_model_id_stays_one_step_of_the_path() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f"
    path = sent(request()).path.replace("{model}", quote(arn, safe="-._~"))
    url = address.full_url(KINDS["bedrock"], "https://x", path)
    assert url == (
        "https://x/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3A"
        "application-inference-profile%2Fmi1dadi0g15f/converse"
    )


def test_params_of_a_route_go_in_last() -> None:
    params = {
        "performanceConfig": {"latency": "optimized"},
        "inferenceConfig": {"topP": 0.5},
        "model": "no",
        "stream": 1,
    }
    body = written(request(temperature=0.1), traits=Traits(params=params))
    assert body["performanceConfig"] == {"latency": "optimized"}
    assert body["inferenceConfig"] == {"topP": 0.5}
    assert not {"model", "stream"} & set(body)


def test_the_stop_sequence_is_asked_for_where_it_is_told() -> None:
    assert written(request(stop=("x",)))["additionalModelResponseFieldPaths"] == [
        "/stop_sequence",
        "/delta/stop_sequence",
    ]
    assert "additionalModelResponseFieldPaths" not in written(request())
    assert "additionalModelResponseFieldPaths" not in written(request(stop=("x",)), model=NOVA)


def test_it_is_the_providers_codec_of_its_dialect() -> None:
    codec: ProviderCodec = provider_codec("bedrock-converse")
    assert codec.framer().feed(b"") == []
    for name in ("write_chat", "read_chat_reply", "read_error", "stream_decoder"):
        assert getattr(codec, name) is getattr(bedrock, name)


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
CACHES = st.none() | st.builds(Cache, ttl=st.sampled_from(["", "5m", "1h", "9d"]))
MEDIA = st.builds(
    Media, data=st.sampled_from(["", "AAAA", "iVBORw0KGgo="]), url=st.sampled_from(["", "s3://bucket/k.png", "https://x.example"]),
    media_type=st.sampled_from(["", "image/png", "application/pdf", "text/plain", "audio/wav"]),
)  # fmt: skip
TEXTS = st.builds(Text, text=WORDS, cache=CACHES)
IMAGES = st.builds(Image, source=MEDIA, cache=CACHES)
DOCUMENTS = st.builds(
    Document, source=MEDIA, text=WORDS, name=WORDS, context=WORDS, has_citations=st.booleans()
)
AUDIOS = st.builds(Audio, source=MEDIA, format=st.sampled_from(["", "wav", "odd"]), transcript=WORDS)
OPAQUES = st.just(Opaque(dialect="x", type="y", raw=raw({})))
CALLS = st.builds(
    ToolCall, id=WORDS, name=WORDS, arguments=st.sampled_from(["{}", '{"a":1}', "", "x", "[1]"]), cache=CACHES
)
RESULTS = st.builds(
    ToolResult, call_id=WORDS, is_error=st.booleans(), cache=CACHES,
    parts=st.lists(TEXTS | IMAGES | DOCUMENTS | OPAQUES | AUDIOS, max_size=2).map(tuple),
)  # fmt: skip
THOUGHTS = st.builds(
    Thinking, text=WORDS, signature=st.sampled_from(["", "QUJD"]), is_redacted=st.booleans(),
    origin=st.sampled_from(["", "bedrock-converse", "anthropic-messages"]),
)  # fmt: skip
PARTS: st.SearchStrategy[Part] = st.one_of(
    TEXTS, IMAGES, DOCUMENTS, AUDIOS, OPAQUES, CALLS, RESULTS, THOUGHTS, st.builds(Declined, text=WORDS)
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    parts=st.lists(PARTS, max_size=3).map(tuple),
    name=WORDS,
)
NAMES = st.sampled_from(["f", "g", "bad name"])
TOOLS = st.builds(
    Tool, name=NAMES, description=WORDS, parameters=st.sampled_from([raw(None), raw({}), raw({"type": "object"}), raw({"a": 1})]),
    is_strict=st.none() | st.booleans(), kind=st.sampled_from(["function", "function", "custom"]), cache=CACHES,
)  # fmt: skip
REASONINGS = st.builds(
    Reasoning, mode=st.sampled_from(["off", "on", "adaptive"]), effort=st.sampled_from(["", "minimal", "high", "odd"]),
    budget_tokens=st.none() | st.integers(-1, 100_000), summary=st.sampled_from(["", "auto", "omitted"]),
)  # fmt: skip
REQUESTS = st.builds(
    ChatRequest,
    dialect=st.just("openai-chat"),
    model=st.just("m"),
    messages=st.lists(MESSAGES, max_size=5).map(tuple),
    is_stream=st.booleans(),
    tools=st.lists(TOOLS, max_size=2, unique_by=lambda tool: tool.name).map(tuple),
    tool_choice=st.none()
    | st.builds(ToolChoice, mode=st.sampled_from(["auto", "required", "none", "tool", "allowed", "allowed_required"]), names=st.just(("f",))),
    max_tokens=st.none() | st.integers(1, 100_000),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(0, 500),
    stop=st.lists(WORDS, max_size=2).map(tuple),
    reasoning=st.none() | REASONINGS,
    format=st.none()
    | st.builds(OutputFormat, kind=st.sampled_from(["text", "json", "schema", "grammar"]), schema=st.sampled_from([raw(None), raw({"type": "object"})])),
    metadata=st.sampled_from([raw(None), raw({"a": "b", "c": 1})]),
    service_tier=st.sampled_from(["", "auto", "flex", "odd"]),
)  # fmt: skip
TRAITS = st.builds(
    Traits, has_adaptive_thinking=st.booleans(), has_structured_outputs=st.booleans(), echoes_reasoning=st.booleans(),
    refuses=st.frozensets(st.sampled_from(["temperature", "cache", "tool_choice"])),
)  # fmt: skip
MODELS = st.sampled_from(
    [CLAUDE, NOVA, "us.amazon.nova-2-lite-v1:0", "openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0", "x"]
)


@given(REQUESTS, MODELS, TRAITS)
@settings(max_examples=200)
def test_whatever_is_asked_is_refused_by_name_or_accepted_by_the_service_model(
    asked: ChatRequest, model: str, traits: Traits
) -> None:
    outgoing = bedrock.write_chat(asked, model=model, traits=traits, ledger=Ledger())
    if isinstance(outgoing, Refusal):
        assert outgoing.param
        assert outgoing.param.partition("[")[0].partition(".")[0] in {"messages", "tools", "tool_choice"}
        return
    body = check_request(outgoing.path, outgoing.body)
    roles = [turn["role"] for turn in body["messages"]]
    assert all(one != other for one, other in pairwise(roles))
    assert all(turn["content"] for turn in body["messages"])
    assert ("toolUse" in str(body["messages"])) <= ("toolConfig" in body)


@pytest.mark.parametrize("name", ["write_chat", "write_count"])
def test_writing_twice_gives_the_same_bytes(name: str) -> None:
    write = getattr(bedrock, name)
    asked = request(reasoning=Reasoning(effort="high"), top_k=3)
    assert write(asked, model=CLAUDE, traits=Traits(), ledger=Ledger()) == write(
        asked, model=CLAUDE, traits=Traits(), ledger=Ledger()
    )
