"""Rows for model servers that people run themselves, and for whatever else speaks the OpenAI dialect.

Ports are the ones the servers choose when nobody says otherwise. They ask for no key; where one is configured (vLLM's
`--api-key`), it is sent. Calls are free by declaration.
"""

from typing import Final

from aigw_dev.core.providers.kind import Kind, Port


def _server(
    name: str,
    *,
    title: str,
    base_url: str,
    docs_url: str,
    api_path: str = "/v1",
    is_api_path_in_base: bool = True,
    notes: str = "",
) -> Kind:
    return Kind(
        name=name,
        title=title,
        base_url=base_url,
        api_path=api_path,
        is_api_path_in_base=is_api_path_in_base,
        docs_url=docs_url,
        is_key_required=False,
        is_local=True,
        notes=notes,
    )


SERVERS: Final[tuple[Kind, ...]] = (
    _server(
        "ollama",
        title="Ollama",
        base_url="http://127.0.0.1:11434",
        is_api_path_in_base=False,
        docs_url="https://docs.ollama.com/openai",
        notes="Start it with `ollama serve`; `ollama list` names the models.",
    ),
    _server(
        "vllm",
        title="vLLM",
        base_url="http://127.0.0.1:8000/v1",
        docs_url="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        notes="Start it with `vllm serve MODEL`.",
    ),
    _server(
        "sglang",
        title="SGLang",
        base_url="http://127.0.0.1:30000/v1",
        docs_url="https://docs.sglang.ai/",
        notes="Start it with `python -m sglang.launch_server --model-path MODEL`.",
    ),
    _server(
        "tgi",
        title="Text Generation Inference",
        base_url="http://127.0.0.1:8080/v1",
        docs_url="https://huggingface.co/docs/text-generation-inference",
        notes="Port 8080 is the one its documentation maps; the model is always `tgi` or its id.",
    ),
    _server(
        "lm-studio",
        title="LM Studio",
        base_url="http://127.0.0.1:1234/v1",
        docs_url="https://lmstudio.ai/docs/developer/openai-compat",
        notes="Start it with `lms server start`.",
    ),
    _server(
        "llama-cpp",
        title="llama.cpp server",
        base_url="http://127.0.0.1:8080/v1",
        docs_url="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
        notes="`llama-server -m FILE.gguf`; llama-cpp-python listens on port 8000.",
    ),
    _server(
        "xinference",
        title="Xinference",
        base_url="http://127.0.0.1:9997/v1",
        docs_url="https://inference.readthedocs.io/",
        notes="Start it with `xinference-local`.",
    ),
    _server(
        "docker-model-runner",
        title="Docker Model Runner",
        base_url="http://127.0.0.1:12434/engines/v1",
        api_path="/engines/v1",
        docs_url="https://docs.docker.com/ai/model-runner/",
        notes="Needs its TCP port switched on: `docker desktop enable model-runner --tcp 12434`.",
    ),
    Kind(
        name="tei",
        title="Text Embeddings Inference",
        base_url="http://127.0.0.1:8080/v1",
        is_key_required=False,
        is_local=True,
        docs_url="https://huggingface.co/docs/text-embeddings-inference",
        models_path="",
        ports=(Port(dialect="native", api_path=""),),
        adapters=(("rerank", "tei"),),
        lacks=frozenset({"openai.chat.completions", "openai.completions"}),
        notes="Start it with `text-embeddings-router --model-id MODEL --port 8080`.",
    ),
    Kind(
        name="infinity",
        title="Infinity",
        base_url="http://127.0.0.1:7997/.",
        api_path="",
        is_key_required=False,
        is_local=True,
        docs_url="https://github.com/michaelfeil/infinity",
        lacks=frozenset({"openai.chat.completions", "openai.completions"}),
        notes="Start it with `infinity_emb v2 --model-id MODEL`.",
    ),
    Kind(
        name="openai-compatible",
        title="Any server that speaks the OpenAI dialect",
        base_url_example="http://127.0.0.1:8000/v1",
        is_key_required=False,
        notes="Costs are unknown unless the server reports them; a kind of its own knows more.",
    ),
    Kind(
        name="mock",
        title="The embedded provider",
        api_path="",
        auth="none",
        is_key_required=False,
        models_path="",
        default_models=(
            "echo",
            "tools",
            "think",
            "embed",
            "image",
            "speech",
            "transcribe",
            "video",
            "rerank",
            "moderate",
        ),
        is_embedded=True,
        notes="Always there, deterministic, needs neither key nor network.",
    ),
)
"""One row per server."""
