"""Every recording of Bedrock's traffic through this dialect, beside botocore's own reading of it."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.chat.events import Failed
from aigw_dev.core.chat.vocabulary import ChatReply, Text, Thinking, ToolCall
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.dialects.bedrock.stops import stop_reason
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams import event_stream
from tests.core.dialects.bedrock.laws import decode, decode_bytes, told
from tests.core.dialects.bedrock.recordings import SKIPPED, SKIPPED_FOLDERS, Kind, Recording, read, recordings
from tests.core.dialects.bedrock.service_model import parse_reply

pytestmark = pytest.mark.vectors
LEAST = {"reply": 40, "stream": 12, "frames": 11, "error": 4, "count": 1}
"""How many of each there were when this was written: fewer means that the reading lost some."""
TRUNCATED = ("kong/ai-proxy/bedrock/chunks/",)
"""Pieces of one stream, each of its own frames."""


@functools.cache
def found(vectors: Path) -> tuple[Recording, ...]:
    return tuple(recordings(vectors))


def of(vectors: Path, kind: Kind) -> list[Recording]:
    chosen = [one for one in found(vectors) if one.kind == kind]
    assert len(chosen) >= LEAST.get(kind, 1)
    return chosen


def words(reply: ChatReply) -> tuple[str, str, list[tuple[str, str, Any]]]:
    parts = reply.choices[0].parts
    text = "".join(part.text for part in parts if isinstance(part, Text))
    thinking = "".join(part.text for part in parts if isinstance(part, Thinking))
    return (
        text,
        thinking,
        [(part.id, part.name, json.loads(part.arguments)) for part in parts if isinstance(part, ToolCall)],
    )


def same_words(content: list[dict[str, Any]]) -> tuple[str, str, list[tuple[str, str, Any]]]:
    """The same by botocore."""
    calls = [block["toolUse"] for block in content if "toolUse" in block]
    return (
        "".join(block.get("text", "") for block in content),
        "".join(
            block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "") for block in content
        ),
        [
            (call["toolUseId"], call["name"], call["input"])
            for call in calls
            if call.get("type") != "server_tool_use"
        ],
    )


def without_type(body: bytes) -> bytes:
    """Without the `type` that one recording has beside a block, on which botocore gives up."""
    reply = json.loads(body)
    for block in reply["output"]["message"]["content"]:
        block.pop("type", None)
    return json.dumps(reply).encode()


def test_every_whole_reply_is_read_as_botocore_reads_it(vectors: Path) -> None:
    for one in of(vectors, "reply"):
        reply = bedrock.read_chat_reply(one.body)
        assert isinstance(reply, ChatReply), one.name
        theirs = parse_reply(without_type(one.body))
        assert words(reply) == same_words(theirs["output"]["message"]["content"]), one.name
        assert reply.choices[0].stop == stop_reason(theirs["stopReason"])
        assert reply.choices[0].stop_raw == theirs["stopReason"]
        if theirs.get("usage"):
            assert reply.usage is not None
            assert reply.usage.input + reply.usage.output == theirs["usage"]["totalTokens"], one.name


def test_every_stream_is_read_whole_and_alike_at_every_cut(vectors: Path) -> None:
    for one in of(vectors, "stream"):
        whole = decode_bytes([one.body])
        is_piece = one.name.startswith(TRUNCATED)
        assert isinstance(whole[-1], Failed) == is_piece, one.name
        assert is_piece or told(whole).counted is not None, one.name
        assert decode_bytes(one.body[place : place + 1] for place in range(len(one.body))) == whole
        step = max(1, len(one.body) // 150)
        for cut in range(0, len(one.body), step):
            assert decode_bytes([one.body[:cut], one.body[cut:]]) == whole, (one.name, cut)


def test_a_stream_in_pieces_of_several_files_is_one(vectors: Path) -> None:
    pieces = [one.body for one in of(vectors, "stream") if one.name.startswith(TRUNCATED)]
    assert len(pieces) == 3
    assert told(decode_bytes(pieces)).calls == [
        ("tooluse_UxbKWVKgTqe8cKjPPzopiQ", "add", '{"a": 2, "b": 12}')
    ]


def test_every_frame_is_cut_as_botocore_cuts_it(vectors: Path) -> None:
    botocore = pytest.importorskip("botocore.eventstream")
    for one in of(vectors, "stream"):
        buffer = botocore.EventStreamBuffer()
        buffer.add_data(one.body)
        theirs = [(message.headers.get(":event-type"), message.payload) for message in buffer]
        ours = [(event.event, event.data) for event in event_stream.Framer().feed(one.body)]
        assert ours == theirs, one.name


def test_every_list_of_payloads_is_read(vectors: Path) -> None:
    for one in of(vectors, "frames"):
        frames: list[tuple[str, bytes]] = []
        for line in one.body.splitlines():
            ((name, payload),) = json.loads(line).items()
            frames.append((name, json.dumps(payload).encode()))
        out = told(decode(frames))
        assert out.failed is None, one.name
        assert out.text or out.calls or out.thinking, one.name
        payloads = [json.loads(payload) for name, payload in frames if name == "contentBlockDelta"]
        assert out.text == "".join(payload["delta"].get("text", "") for payload in payloads), one.name
        inputs = "".join(payload["delta"].get("toolUse", {}).get("input", "") for payload in payloads)
        assert "".join(arguments for _, _, arguments in out.calls).replace("{}", "") == inputs.replace(
            "{}", ""
        ), one.name


def test_every_error_keeps_its_words(vectors: Path) -> None:
    for one in of(vectors, "error"):
        said = bedrock.read_error(one.status, one.body)
        assert said.message == json.loads(one.body)["message"]
        assert said.status == one.status


def test_every_count_is_read(vectors: Path) -> None:
    assert [bedrock.read_count_reply(one.body) for one in of(vectors, "count")] == [18]


def test_a_broken_stream_is_refused(vectors: Path) -> None:
    body = (vectors / "agentgateway/response/detect/bedrock-broken.bin").read_bytes()
    with pytest.raises(UpstreamError) as caught:
        event_stream.Framer().feed(body)
    assert caught.value.code == "upstream_protocol"


def test_nothing_recorded_is_passed_over_unsaid(vectors: Path) -> None:
    names = {one.name.partition("#")[0] for one in found(vectors)} | set(SKIPPED)
    elsewhere = tuple(f"{folder}/" for folder in SKIPPED_FOLDERS)
    for file in vectors.rglob("*"):
        name = file.relative_to(vectors).as_posix()
        is_expectation = file.suffix == ".snap" or name.endswith("expected-output.json")
        is_ours = "bedrock" in name.lower() or "vertex" in name.lower() or name.startswith("apisix/aws/")
        if file.is_file() and is_ours and not is_expectation and not name.startswith(elsewhere):
            assert name in names, name
    assert all((vectors / name.partition("#")[0]).exists() for name in (*SKIPPED, *SKIPPED_FOLDERS))
    assert read(vectors / "README.md", "README.md") == []
