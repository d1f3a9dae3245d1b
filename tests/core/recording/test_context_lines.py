"""Requests as lines: whole texts for each dialect and mode."""

from typing import Any

import pytest

from aigw_dev.core.recording.context_lines import Mode, context_lines
from aigw_dev.core.recording.fixture import Blob, FilePart, Request, Wild
from tests.core.recording.recorded_requests import chat, request_in


def test_a_chat_reads_as_a_conversation() -> None:
    request = request_in("chat", response_format=None, user="me")
    assert context_lines(request) == (
        """\
params: max_tokens=200 model=gpt-4o-mini n=1 reasoning_effort=low seed=7 service_tier=auto stop=["END"] stream=true stream_options={"include_usage":true} temperature=0.5 tool_choice=auto top_p=1
tools: get_weather(city, id) get_time()
00:system You are terse.
01:user Weather in Oslo? <image/png 8 bytes sha256:4c4b6a3b> <audio/wav 4 bytes sha256:a40ff3d5> <a.pdf 4 bytes sha256:315d429b>
02:tool_call <id-0> get_weather{"city":"Oslo"}
03:tool_call <id-1> get_weather{"city":"Rome"}
04:tool_result <id-0> {"temp_c": 4}
05:tool_result <id-1> {"temp_c": 14}"""
    )


@pytest.mark.parametrize(
    ("mode", "lines"),
    [
        (
            "full",
            """\
params: max_output_tokens=100 model=gpt-5 previous_response_id=<id-0> prompt={"id":"pmpt_1","version":"2"} reasoning={"effort":"low"} stream=false text={"format":{"type":"text"}}
tools: get_weather(city) shell()
00:system You are terse.
01:user Weather in Oslo? <image/png 8 bytes sha256:4c4b6a3b>
02:reasoning Ask the tool.
03:tool_call <id-1> get_weather{}
04:tool_result <id-1> 4 C
05:tool_call <id-2> shell ls
06:tool_result <id-2> a.txt""",
        ),
        (
            "redacted",
            """\
params: max_output_tokens=100 model=gpt-5 previous_response_id=<id-0> prompt=<29 chars> reasoning=<16 chars> stream=false text=<26 chars>
tools: get_weather(city) shell()
00:system <14 chars>
01:user <16 chars> <image/png 8 bytes sha256:4c4b6a3b>
02:reasoning <13 chars>
03:tool_call <id-1> get_weather<2 chars>
04:tool_result <id-1> <3 chars>
05:tool_call <id-2> shell<2 chars>
06:tool_result <id-2> <5 chars>""",
        ),
        (
            "kinds",
            """\
params: max_output_tokens model previous_response_id prompt reasoning stream text
tools: get_weather(city) shell()
00:system
01:user <image/png 8 bytes sha256:4c4b6a3b>
02:reasoning
03:tool_call <id-1> get_weather
04:tool_result <id-1>
05:tool_call <id-2> shell
06:tool_result <id-2>""",
        ),
    ],
)
def test_a_mode_says_how_much_is_shown(mode: Mode, lines: str) -> None:
    assert context_lines(request_in("responses"), mode=mode) == lines


def test_a_prefix_is_cut_and_says_how_long_it_was() -> None:
    request = chat(
        {"role": "user", "content": "word " * 20}, logit_bias={str(place): 1 for place in range(30)}
    )
    found = context_lines(request, mode="prefix").splitlines()
    assert found[1] == f"00:user {'word ' * 12}word… (100 chars)"
    assert found[0].startswith('params: logit_bias={"0":1,')
    assert found[0].endswith("… (201 chars) model=gpt-4o-mini")


def test_anthropic_and_gemini_read_alike() -> None:
    assert context_lines(request_in("anthropic")).splitlines()[2:] == [
        "00:system You are terse.",
        "01:user Weather in Oslo? <image/png 8 bytes sha256:4c4b6a3b>",
        "02:reasoning Ask the tool.",
        "03:assistant Let me look.",
        '04:tool_call <id-0> get_weather{"city":"Oslo","id":"toolu_9"}',
        "05:tool_result <id-0> 4 C",
    ]
    assert context_lines(request_in("gemini")).splitlines() == [
        'params: generationConfig={"temperature":0.5,"maxOutputTokens":100}',
        "tools: get_weather(city)",
        "00:system You are terse.",
        "01:user Weather in Oslo? <image/png 8 bytes sha256:4c4b6a3b>",
        "02:reasoning Ask the tool.",
        '03:tool_call <id-0> get_weather{"city":"Oslo"}',
        '04:tool_result <id-0> get_weather {"temp_c":4}',
    ]


def test_other_operations_show_what_they_are_about() -> None:
    assert context_lines(request_in("embeddings")) == (
        "params: dimensions=8 encoding_format=float model=text-embedding-3-small\n00:input a\n01:input b"
    )
    part = FilePart(
        name="file", filename="a.wav", type="audio/wav", blob=Blob(sha256="ab12cd34" * 8, bytes=12_288)
    )
    form = Request(op="openai.audio.transcriptions", form={"model": "whisper-1", "prompt": "p"}, files=[part])
    assert context_lines(form) == (
        "params: model=whisper-1\n00:prompt p\n01:file file a.wav <audio/wav 12 KB sha256:ab12cd34>"
    )
    assert context_lines(Request(op="x")) == ""


def test_a_line_stays_a_line_and_harmless() -> None:
    text = context_lines(chat("a\nb\x1b[2J\u202e", stop="c\nd"))
    assert text.splitlines() == [r"params: model=gpt-4o-mini stop=c\nd", r"00:user a\nb\x1b[2J\u202e"]


@pytest.mark.parametrize("mode", ["full", "prefix"])
def test_no_key_is_shown(mode: Mode) -> None:
    secret = "sk-proj-Zx81kQp0aR7tLw93mVb2cN5dYf4hJ6gT"
    for lead in range(0, 70, 3):
        found = context_lines(chat(f"{'x ' * lead}{secret} and more", seed=f"key {secret}"), mode=mode)
        assert "Zx81" not in found
        assert "sk-proj" not in found


def test_wildcards_show_as_such() -> None:
    request = chat({"role": "user", "content": Wild(pattern="a.*")}, seed=Wild())
    assert context_lines(request) == 'params: model=gpt-4o-mini seed="<anything>"\n00:user <text like a.*>'


def test_any_depth_is_shown_shortly() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "logit_bias=<nested too deeply>" in context_lines(chat("a", logit_bias=deep))
