"""Every shown call runs as it is, is the call that was asked for, and holds no secret."""

import ast
import json
import shlex
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.call_examples import TITLES, CallRequest, curl, examples
from aigw_dev.core.examples import sample_body

HOSTILE = 'it\'s $HOME `id` "quoted" \\ !! \n\r\t \x1b[31m \u2028 \u202e 🎉 %s {x} ${y} @file'
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40) | st.just(HOSTILE)
URL = "http://127.0.0.1:2449"
PATHS = {
    "/v1/chat/completions": "openai.chat.completions",
    "/v1/messages": "anthropic.messages",
    "/v1/completions": "openai.completions",
    "/v1/embeddings": "openai.embeddings",
    "/v1/responses": "openai.responses",
    "/v1/images/generations": "openai.images.generations",
    "/v1/audio/speech": "openai.audio.speech",
    "/v1/moderations": "openai.moderations",
    "/v1/rerank": "rerank",
    "/v1/audio/transcriptions": "",
    "/v1/images/edits": "",
}
NODE = shutil.which("node")


def request(path: str = "/v1/chat/completions", prompt: str = "hello", **more: Any) -> CallRequest:
    body: dict[str, Any] = {"model": "mock/echo", "prompt": prompt}
    if PATHS[path]:
        body = sample_body("mock/echo", PATHS[path])
    if "messages" in body:
        body["messages"] = [{"role": "user", "content": prompt}]
    metadata = more.pop("metadata", None)
    headers = more.pop("headers", {})
    return CallRequest(base_url=URL, path=path, body={**body, **more}, metadata=metadata, headers=headers)


def words_of(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))


@pytest.mark.parametrize("path", PATHS)
def test_every_call_can_be_shown_and_every_example_is_valid(path: str) -> None:
    made = examples(request(path, metadata={"tier": "pro"}))
    assert next(iter(made)) == "cURL"
    assert "Python (httpx)" in made
    for title, text in made.items():
        assert "mock/echo" in text, title
        assert title.startswith("Shell") or "AIGW_DEV_TOKEN" in text
        assert '{"tier":"pro"}' in text.replace('\\"', '"')
        if title.startswith("Python"):
            compile(text, title, "exec")
    assert shlex.split(made["cURL"].replace("\\\n", " "))


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_chat_has_every_form(is_stream: bool) -> None:
    assert tuple(examples(request(stream=is_stream))) == TITLES


@given(TEXTS, TEXTS)
def test_a_shell_reads_back_body_and_headers(prompt: str, value: str) -> None:
    one = request(prompt=prompt, metadata={"k": value}, headers={"x-canary": value}, temperature=0.5)
    words = words_of(curl(one))
    assert words[:3] == ["curl", "-sS", f"{URL}/v1/chat/completions"]
    assert json.loads(words[words.index("-d") + 1]) == one.body
    metadata = next(word for word in words if word.startswith("x-ai-route-metadata"))
    assert json.loads(metadata.partition(": ")[2]) == {"k": value}
    assert "authorization: Bearer $AIGW_DEV_TOKEN" in words


def test_a_real_shell_passes_the_body_on_unread(tmp_path: Path) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    seen, fake = tmp_path / "seen", tmp_path / "curl"
    fake.write_text(f'#!{shell}\nfor last; do :; done\nprintf %s "$last" > "{seen}"\n', encoding="utf-8")
    fake.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "AIGW_DEV_TOKEN": "t"}
    one = request(prompt=HOSTILE)
    subprocess.run([shell, "-c", curl(one)], env=environment, check=True, timeout=20)
    assert json.loads(seen.read_text(encoding="utf-8")) == one.body


@given(TEXTS)
def test_python_reads_back_the_very_arguments(prompt: str) -> None:
    made = examples(request(prompt=prompt, temperature=0.5, stream=True))
    for title, call in (
        ("Python (openai)", "client.chat.completions.create"),
        ("Python (anthropic)", "client.messages.stream"),
    ):
        sent = arguments_of(made.get(title, ""), call)
        assert not sent or (sent["model"], sent["temperature"]) == ("mock/echo", 0.5)
        assert not sent or prompt in str(sent["messages"][0]["content"]) or "\\" in repr(prompt)
    body = arguments_of(made["Python (httpx)"], "httpx.stream")["json"]
    assert body == request(prompt=prompt, temperature=0.5, stream=True).body


def arguments_of(text: str, call: str) -> dict[str, Any]:
    found = [
        one
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.Call) and ast.unparse(one.func) == call
    ]
    literal = [word for one in found for word in one.keywords if word.arg != "headers"]
    return {cast("str", word.arg): ast.literal_eval(word.value) for word in literal}


@pytest.mark.parametrize("title", TITLES)
def test_no_control_character_stands_in_an_example(title: str) -> None:
    text = examples(request(prompt=HOSTILE, metadata={HOSTILE: HOSTILE}, headers={"x-a": HOSTILE}))[title]
    assert [c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Zl", "Zp"}] == []


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Cookie", "esa_aigw_auth", "X-Goog-Api-Key"])
def test_a_header_with_a_credential_is_not_shown(name: str) -> None:
    made = examples(request(headers={name: "sk-secret", "x-canary": "1"}))
    assert "sk-secret" not in "".join(made.values())
    assert "x-canary: 1" in made["cURL"]


def test_an_anthropic_call_names_its_version_and_keeps_its_words() -> None:
    made = examples(request("/v1/messages", max_tokens=5, system="s", container="c"))
    assert "anthropic-version: 2023-06-01" in made["cURL"]
    assert "extra_body={'container': 'c'}" in made["Python (anthropic)"]
    assert "Python (openai)" not in made


def test_an_openai_chat_is_translated_for_the_anthropic_package() -> None:
    text = examples(request(metadata={"tier": "pro"}, tools=[tool()]))["Python (anthropic)"]
    sent = arguments_of(text, "client.messages.create")
    assert sent["tools"][0]["name"] == "look"
    assert sent["max_tokens"] > 0
    assert sent["extra_headers"] == {"x-ai-route-metadata": '{"tier":"pro"}'}


def tool() -> dict[str, Any]:
    schema = {"type": "object", "properties": {"at": {"type": "string"}}}
    return {"type": "function", "function": {"name": "look", "parameters": schema}}


@pytest.mark.parametrize(
    "messages", ["x", [{"role": "user", "content": [{"type": "hologram"}]}], [{"role": 5}]]
)
def test_a_body_that_cannot_be_translated_has_no_anthropic_form(messages: Any) -> None:
    made = examples(CallRequest(base_url=URL, body={"model": "m", "messages": messages}))
    assert "Python (openai)" in made
    assert "Python (anthropic)" not in made or messages != "x"


def test_a_form_names_its_file_and_no_value_is_taken_for_one() -> None:
    words = words_of(curl(request("/v1/audio/transcriptions", "@/etc/passwd")))
    assert words[words.index("-F") + 1] == "file=@FILE"
    assert "prompt=@/etc/passwd" in words[words.index("--form-string") :]
    assert words_of(curl(request("/v1/images/edits")))[-1] == "image=@FILE"


def test_a_call_without_a_body_is_a_get_and_other_methods_are_named() -> None:
    listed = CallRequest(base_url=URL, path="/v1/models", method="GET")
    assert words_of(curl(listed))[:3] == ["curl", "-sS", f"{URL}/v1/models"]
    assert "Python (openai)" not in examples(listed)
    gone = CallRequest(base_url=URL, path="/v1/files/a", method="DELETE")
    assert words_of(curl(gone))[2:4] == ["-X", "DELETE"]


def test_a_file_is_written_where_the_reply_is_one() -> None:
    made = examples(request("/v1/audio/speech"))
    assert made["cURL"].endswith("-o speech.mp3\n")
    assert all("speech.mp3" in text for text in made.values())


def test_a_gemini_stream_is_read_as_one() -> None:
    path = "/v1beta/models/gemini-3:streamGenerateContent?alt=sse"
    text = curl(CallRequest(base_url=URL, path=path, body={"contents": []}))
    assert text.startswith(f"curl -sSN '{URL}{path}'")


@pytest.mark.skipif(NODE is None, reason="no node here")
@pytest.mark.parametrize("path", [path for path in PATHS if PATHS[path].startswith("openai")])
def test_node_accepts_the_module(tmp_path: Path, path: str) -> None:
    file = tmp_path / "example.mjs"
    for more in ({}, {"stream": True}):
        file.write_text(
            examples(request(path, HOSTILE, headers={"x": HOSTILE}, **more))["Node (openai)"], "utf-8"
        )
        subprocess.run([cast("str", NODE), "--check", str(file)], check=True, timeout=30, capture_output=True)


def test_a_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        examples(request(temperature=float("nan")))
