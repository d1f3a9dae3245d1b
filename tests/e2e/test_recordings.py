"""Every OpenAI-dialect recording of real providers, served by a scripted upstream: it comes out as it went in.

Where the source kept wire bytes these are compared; where it kept payloads or a parsed body, its bytes are made again and
compared all the same. Streams are cut between every two bytes where they are small, else at random places (seeded).

What is not compared byte for byte, and why:

* an error body that is not OpenAI's error object: it is wrapped, its status and text are kept (CONTRACT 3);
* what `SKIPPED` names.
"""

import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import httpx
import msgspec
import pytest

from tests.e2e.stage import KEYS, Stage
from tests.scripted import LAST_CHUNK, Script, chunk, reply, stream_head
from tests.vectors_openai import Recording, recordings

pytestmark = pytest.mark.vectors

SKIPPED: Final[dict[str, str]] = {}
"""Recordings that are not served, by id, with the reason."""
SMALL_BYTES: Final = 8_000
SEED: Final = 20261120
LEAST: Final = 240
"""How many recordings there are at least: fewer means that the finder lost some."""
KINDS: Final = {
    "agentgateway": "openai",
    "alibaba": "qwen",
    "api.cerebras.ai": "cerebras",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.openai.com": "openai",
    "api.z.ai": "zai",
    "apisix": "openai",
    "azure": "azure-openai",
    "deepseek": "deepseek",
    "demo-endpoints.pydantic.workers.dev": "openai-compatible",
    "groq": "groq",
    "kong": "openai",
    "mistral": "mistral",
    "moonshotai": "moonshot",
    "myorg-myaccount.snowflakecomputing.com": "openai-compatible",
    "openai": "openai",
    "openai-compatible": "openai-compatible",
    "openrouter.ai": "openrouter",
    "perplexity": "perplexity",
    "resource-name.cognitiveservices.azure.com": "azure-openai",
    "router.huggingface.co": "huggingface",
    "vercel-ai": "openai",
    "voyage": "voyage",
    "xai": "xai",
}
"""The kind of provider that each source recorded."""
PRICED: Final = {"deepseek", "groq", "mistral", "openai", "openrouter", "perplexity", "xai"}
"""Kinds of which at least one recording must have a price: the list ships prices for what they recorded."""
HOP: Final = {
    "content-length",
    "transfer-encoding",
    "content-encoding",
    "connection",
    "content-type",
    "set-cookie",
}


class Told(msgspec.Struct, kw_only=True):
    """What a recording says of itself, read in the simplest way there is."""

    usages: list[dict[str, Any]]
    """Every usage object, in order."""
    models: list[str]
    finishes: list[str]
    is_broken: bool
    """An error stands in a stream."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    keys = ", ".join(f'"env:{name}"' for name in KEYS)
    rows = "".join(
        f'  {kind}: {{base_url: "{{one}}/v1", keys: [{keys}]}}\n' for kind in sorted(set(KINDS.values()))
    )
    with Stage(tmp_path_factory.mktemp("recordings"), more=rows) as made:
        yield made


def asked(recording: Recording) -> bytes | None:
    """The recorded request with the model spelled `kind/model`; None where it has no usable body."""
    try:
        body: Any = json.loads(recording.asked())
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(cast("dict[str, Any]", body).get("model"), str):
        return None
    wire = cast("dict[str, Any]", body)
    return json.dumps(wire | {"model": f"{KINDS[recording.provider]}/{wire['model']}"}).encode()


def script_of(recording: Recording, draw: random.Random) -> Script:
    head = [("Content-Type", recording.content_type)]
    head += [(name, value) for name, value in recording.headers if name not in HOP]
    if not recording.is_stream:
        return [reply(recording.body, status=recording.status, headers=head)]
    body = recording.body
    if len(body) <= SMALL_BYTES:
        cuts = list(range(1, len(body)))
    else:
        cuts = sorted(draw.sample(range(1, len(body)), min(200, len(body) - 1)))
    edges = [0, *cuts, len(body)]
    pieces = [chunk(body[start:end]) for start, end in itertools.pairwise(edges)]
    return [stream_head(status=recording.status, headers=head), *pieces, LAST_CHUNK]


def told(recording: Recording) -> Told:
    documents = recording.documents()
    usages: list[dict[str, Any]] = []
    finishes: list[str] = []
    for document in documents:
        groq: dict[str, Any] = document.get("x_groq") or {}
        places: tuple[Any, ...] = (document.get("usage"), groq.get("usage"))
        usages.extend(found for found in places if found)
        choices = [choice for choice in document.get("choices") or () if not choice.get("index")]
        finishes.extend(choice["finish_reason"] for choice in choices if choice.get("finish_reason"))
    return Told(
        usages=usages,
        models=[document["model"] for document in documents if document.get("model")],
        finishes=finishes,
        is_broken=recording.is_stream and any(document.get("error") for document in documents),
    )


def is_openai_error(body: bytes) -> bool:
    try:
        wire: Any = json.loads(body)
    except ValueError:
        return False
    error: Any = cast("dict[str, Any]", wire).get("error") if isinstance(wire, dict) else None
    return isinstance(error, dict) and isinstance(cast("dict[str, Any]", error).get("message"), str)


def served(stage: Stage, recording: Recording, draw: random.Random) -> httpx.Response:
    stage.script("one", script_of(recording, draw))
    body = asked(recording)
    assert body is not None
    return stage.client.post(
        f"{stage.url}/v1{recording.path}",
        content=body,
        headers={"content-type": "application/json", "authorization": f"Bearer {stage.token}"},
    )


def check_log(recording: Recording, logged: dict[str, Any]) -> None:
    """Usage, model, finish, time to first token and cost, as the recording itself says."""
    said = told(recording)
    name = recording.id
    assert logged["status"] == recording.status, name
    if recording.status >= 400:
        assert logged["error"] == "upstream_status", name
        assert logged["usage"] is None, name
        return
    assert logged["ttft_s"] is not None, name
    assert 0 < logged["ttft_s"] <= logged["duration_s"] + 1e-6, name
    assert ("broken" in logged["marks"]) == said.is_broken, name
    if said.models:
        assert logged["response_model"] in said.models, name
    assert logged["finish"] == (said.finishes[-1] if said.finishes else ""), name
    check_usage(name, said, logged["usage"])
    cost = logged["cost"]
    if cost["status"] == "unknown":
        assert cost["nanousd"] is None, name
        assert cost["reason"], name
    elif cost["status"] != "free":
        assert cost["nanousd"] is not None, name
        assert cost["nanousd"] > 0 or not (logged["usage"]["input"] or logged["usage"]["output"]), name
    if logged["usage"].get("estimated"):
        assert cost["status"] in {"estimated", "unknown", "free"}, name


def check_usage(name: str, said: Told, usage: dict[str, Any]) -> None:
    counted = [each for each in said.usages if each.get("total_tokens") or each.get("prompt_tokens")]
    if not counted:
        assert usage.get("estimated") or not (usage.get("input") or usage.get("output")), name
        return
    last = counted[-1]
    assert not usage.get("estimated"), name
    assert usage["raw"] == last, name
    prompt, completion = last.get("prompt_tokens") or 0, last.get("completion_tokens") or 0
    assert usage.get("input", 0) + usage.get("output", 0) >= max(prompt + completion, 1), name
    if prompt:
        assert usage.get("input", 0) >= prompt, name
    if last.get("total_tokens", 0) >= prompt + completion:
        assert usage.get("input", 0) + usage.get("output", 0) == last["total_tokens"], name


def test_every_recording_comes_out_as_it_went_in(
    stage: Stage,
    vectors: Path,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    draw = random.Random(SEED)  # noqa: S311  -- reproducible cuts, no secret
    found = recordings(vectors)
    assert len(found) >= LEAST
    counts: Counter[str] = Counter()
    different: list[str] = []
    answers: list[tuple[Recording, httpx.Response]] = []
    for recording in found:
        if recording.id in SKIPPED or asked(recording) is None:
            assert recording.id in SKIPPED, f"{recording.id} has no usable request; give a reason in SKIPPED"
            counts["skipped"] += 1
            continue
        got = served(stage, recording, draw)
        answers.append((recording, got))
        assert got.status_code == recording.status, f"{recording.id}: {got.text[:300]}"
        if recording.status >= 400 and not is_openai_error(recording.body):
            assert is_openai_error(got.content), recording.id
            counts["wrapped"] += 1
        elif got.content == recording.body:
            counts["wire bytes equal" if recording.is_wire else "re-made bytes equal"] += 1
        else:
            different.append(recording.id)
    counts["different"] = len(different)
    line = ", ".join(f"{what}: {count}" for what, count in sorted(counts.items()))
    record_property("recordings", line)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(found)} recordings; {line}\n")
    assert not different
    assert counts["skipped"] == len(SKIPPED)
    wrong: list[str] = []
    statuses: Counter[tuple[str, str]] = Counter()
    for recording, got in answers:
        logged = stage.logged(got)
        statuses[KINDS[recording.provider], logged["cost"]["status"]] += 1
        try:
            check_log(recording, logged)
        except (AssertionError, KeyError, TypeError) as error:
            wrong.append(f"{recording.id}: {type(error).__name__} {str(error)[:300]}")
    with capsys.disabled():
        sys.stdout.write(f"costs: {sorted(statuses.items())}\n")
    assert not wrong, "\n".join(wrong)
    for kind in PRICED:
        amounts = sum(statuses[kind, status] for status in ("exact", "reported", "estimated", "upper_bound"))
        assert amounts, f"nothing of {kind} has a price: {statuses}"


def test_what_goes_up_is_the_recorded_request(stage: Stage, vectors: Path) -> None:
    draw = random.Random(SEED)  # noqa: S311  -- reproducible cuts, no secret
    checked = 0
    for recording in recordings(vectors):
        body = asked(recording)
        if recording.request is None or body is None or recording.is_stream or len(body) > 20_000:
            continue
        before = len(stage["one"].requests)
        served(stage, recording, draw)
        sent = stage["one"].requests[before]
        assert sent.json() == json.loads(recording.request), recording.id
        assert sent.target.partition("?")[0].endswith(recording.path), recording.id
        checked += 1
        if checked >= 40:
            break
    assert checked >= 20
