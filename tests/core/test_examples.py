"""Examples run as they are, whatever the prompt holds."""

import ast
import json
import shlex
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.core.examples import (
    LANGUAGES,
    METADATA_HEADER,
    OPERATIONS,
    CallExample,
    curl,
    node,
    python,
    sample_body,
)

HOSTILE = 'it\'s $HOME `id` "quoted" \\ !! \n\r\t \x1b[31m \u2028 \u202e 🎉 %s {x} ${y} @file'
PROMPTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60) | st.just(HOSTILE)
BASE_URL = "http://127.0.0.1:2449/v1"


def chat(prompt: str = "hello", **more: Any) -> CallExample:
    return CallExample(
        base_url=BASE_URL,
        body={"model": "mock/echo", "messages": [{"role": "user", "content": prompt}], **more},
    )


def steering(text: str) -> list[str]:
    return [char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Zl", "Zp"}]


def curl_parts(text: str) -> list[str]:
    return shlex.split(text.replace("\\\n", " "))


@given(PROMPTS)
def test_a_shell_reads_back_the_very_body(prompt: str) -> None:
    words = curl_parts(curl(chat(prompt, temperature=0.5)))
    assert words[:2] == ["curl", "-sS"]
    assert words[2] == f"{BASE_URL}/chat/completions"
    assert json.loads(words[words.index("-d") + 1]) == chat(prompt, temperature=0.5).body
    assert "authorization: Bearer $AIGW_DEV_TOKEN" in words


def test_a_real_shell_passes_the_body_on_unread(tmp_path: Path) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    seen = tmp_path / "seen"
    fake = tmp_path / "curl"
    fake.write_text(f'#!{shell}\nfor last; do :; done\nprintf %s "$last" > "{seen}"\n', encoding="utf-8")
    fake.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "AIGW_DEV_TOKEN": "t"}
    subprocess.run([shell, "-c", curl(chat(HOSTILE))], env=environment, check=True, timeout=20)
    assert json.loads(seen.read_text(encoding="utf-8")) == chat(HOSTILE).body


@given(PROMPTS)
def test_python_reads_back_the_very_arguments(prompt: str) -> None:
    tree = ast.parse(python(chat(prompt, temperature=0.5, stream=True)))
    (call,) = [
        found
        for found in ast.walk(tree)
        if isinstance(found, ast.Call) and ast.unparse(found.func) == "client.chat.completions.create"
    ]
    sent = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    assert sent == chat(prompt, temperature=0.5, stream=True).body


def test_what_the_sdk_does_not_know_travels_as_extra_body() -> None:
    text = python(chat(enable_thinking=True, klass=1))
    assert "extra_body={'enable_thinking': True, 'klass': 1}" in text
    compile(text, "example.py", "exec")


NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="no node here")
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PROMPTS)
def test_node_accepts_the_module(tmp_path: Path, prompt: str) -> None:
    file = tmp_path / "example.mjs"
    for more in ({}, {"stream": True}):
        call = chat(prompt, **more)
        file.write_text(
            node(CallExample(base_url=BASE_URL, body=call.body, metadata={"a": prompt})), encoding="utf-8"
        )
        subprocess.run([cast("str", NODE), "--check", str(file)], check=True, timeout=30, capture_output=True)


@pytest.mark.skipif(NODE is None, reason="no node here")
def test_node_reads_back_the_very_body(tmp_path: Path) -> None:
    file = tmp_path / "example.mjs"
    sdk = tmp_path / "node_modules" / "openai"
    sdk.mkdir(parents=True)
    (sdk / "package.json").write_text(
        '{"name":"openai","type":"module","exports":"./index.js"}', encoding="utf-8"
    )
    (sdk / "index.js").write_text(
        "export default class { chat = { completions: { create: async (body, options) => {"
        " process.stderr.write(JSON.stringify([body, options]));"
        ' return { choices: [{ message: { content: "" } }] }; } } } }',
        encoding="utf-8",
    )
    call = CallExample(base_url=BASE_URL, body=chat(HOSTILE).body, metadata={"tier": "pro"})
    file.write_text(node(call), encoding="utf-8")
    done = subprocess.run(
        [cast("str", NODE), str(file)], check=True, timeout=30, capture_output=True, cwd=tmp_path
    )
    assert json.loads(done.stderr) == [dict(call.body), {"headers": {METADATA_HEADER: '{"tier":"pro"}'}}]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_be_shown_in_every_language(language: str, operation: str) -> None:
    call = CallExample(
        base_url=BASE_URL,
        body=sample_body("mock/echo", operation),
        operation=operation,
        metadata={"tier": "pro"},
    )
    text = LANGUAGES[language](call)
    assert "mock/echo" in text
    assert "AIGW_DEV_TOKEN" in text
    assert METADATA_HEADER in text
    assert text.endswith("\n")
    assert "aigwdev-" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_control_character_stands_in_an_example(language: str) -> None:
    assert steering(LANGUAGES[language](chat(HOSTILE))) == []


@pytest.mark.parametrize(
    ("language", "loop"),
    [("curl", "-sSN"), ("python", "for chunk in reply"), ("node", "for await (const chunk of reply)")],
)
def test_a_stream_is_read_as_a_stream(language: str, loop: str) -> None:
    assert loop in LANGUAGES[language](chat(stream=True))
    assert loop not in LANGUAGES[language](chat())


def test_metadata_is_a_header_that_any_client_can_send() -> None:
    call = CallExample(base_url=BASE_URL, body=chat().body, metadata={"city": "Zürich", "pro": True})
    words = curl_parts(curl(call))
    header = next(word for word in words if word.startswith(METADATA_HEADER))
    assert header.isascii()
    assert json.loads(header.partition(": ")[2]) == {"city": "Zürich", "pro": True}


def test_a_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        curl(chat(temperature=float("nan")))
