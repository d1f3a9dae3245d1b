"""The text of a promoted test is Python that makes the same requests, asserts what was asked for and holds literals only."""

import ast
from typing import Any

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.recording.fixture import Attempt, Interaction, Request
from aigw_dev.core.recording.promoting import ASSERTS
from aigw_dev.core.recording.pytest_text import Facts, TestText, text_of_test, usual_name, wrong_names

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def call(op: str = "openai.chat.completions", body: dict[str, Any] | None = None, **fields: Any) -> Facts:
    request = Request(
        op=op,
        body=CHAT if body is None else body,
        path=fields.pop("path", ""),
        headers=fields.pop("counted", {}),
    )
    attempts = [Attempt(upstream="openai/a"), Attempt(upstream="qwen/b")]
    known: dict[str, Any] = {
        "id": "3f2a",
        "is_stream": False,
        "status": 200,
        "text": "Paris.",
        "finish": "stop",
    }
    return Facts(interaction=Interaction(request=request, attempts=attempts), **(known | fields))


def written(*calls: Facts, asserts: tuple[str, ...] = ASSERTS, name: str = "test_it") -> str:
    text = text_of_test(calls, name=name, asserts=asserts)
    assert isinstance(text, TestText)
    module = text.module(["3f2a"])
    compile(module, "test_it.py", "exec")
    assert all(len(line) <= 110 for line in module.split("\n"))
    return module


def sent(module: str) -> list[dict[str, Any]]:
    """The literal arguments of every call of an SDK or of httpx, by name."""
    found: list[dict[str, Any]] = []
    for node in ast.walk(ast.parse(module)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"create", "post"}
        ):
            found += [{one.arg or "": _value(one.value) for one in node.keywords}]
    return found


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def test_a_chat_is_made_with_its_sdk_and_what_it_does_not_know_goes_in_extra_body() -> None:
    module = written(
        call(body=CHAT | {"seed": 1, "top_k": 5, "odd": {"a": None}}, counted={"openai-beta": "x"})
    )
    assert module.startswith(
        '"""Promoted from logged calls of aigw-dev: 3f2a."""\n\nimport openai\n\n\ndef test_it(aigw'
    )
    assert sent(module) == [
        CHAT
        | {"seed": 1, "extra_headers": {"openai-beta": "x"}, "extra_body": {"top_k": 5, "odd": {"a": None}}}
    ]


def test_a_stream_is_read_to_its_end() -> None:
    assert "    for _event in stream:\n        pass\n" in written(
        call(body=CHAT | {"stream": True}, is_stream=True)
    )


def test_a_failure_is_expected() -> None:
    module = written(call(status=429, text="", finish="", is_stream=True), asserts=("status",))
    assert "import openai\nimport pytest\n" in module
    assert (
        "    with pytest.raises(openai.APIStatusError):\n        client.chat.completions.create(\n            model="
        in module
    )
    assert "    assert call.status == 429\n" in module


def test_each_assertion_is_there_only_where_asked_for() -> None:
    one = call(
        tool_calls=(("get_weather", {"city": "Oslo"}), ("raw", "{")),
        tokens=(57, 40),
        cost_usd="0.00000048",
        route="smart",
        headers={"x-ai-route-metadata": '{"a":1}'},
    )
    lines = {
        "status": "assert call.status == 200",
        "text": 'assert call.text == "Paris."',
        "tool_calls": '("get_weather", {"city": "Oslo"}),',
        "finish": 'assert call.finish == "stop"',
        "route": 'assert [each.upstream for each in call.attempts] == ["openai/a", "qwen/b"]',
        "cost": 'assert f"{call.cost:f}" == "0.00000048"',
        "usage": "assert (call.usage.input_tokens, call.usage.output_tokens) == (57, 40)",
        "snapshot": "assert call.request == aigw_snapshot",
    }
    assert tuple(lines) == ASSERTS
    for asked in ASSERTS:
        module = written(one, asserts=(asked,))
        assert [name for name, line in lines.items() if line in module] == [asked]
        assert "{'x-ai-route-metadata'" not in module
        assert sent(module)[0]["extra_headers"] == {"x-ai-route-metadata": '{"a":1}'}
    assert 'assert call.route.rule == "smart"' in written(one)
    assert "def test_it(aigw, aigw_snapshot):" in written(one, asserts=("snapshot",))
    assert "aigw.calls" not in written(one, asserts=())


def test_what_is_not_known_is_not_asserted() -> None:
    module = written(
        call(text="", finish="", tokens=None, cost_usd=None),
        asserts=("text", "finish", "usage", "cost", "tool_calls"),
    )
    assert "aigw.calls" not in module
    assert "assert call.cost is None" in written(call(cost_usd=""))


def test_several_calls_share_a_client_for_each_sdk() -> None:
    message = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    module = written(
        call(), call(), call("anthropic.messages", message, counted={"anthropic-version": "2023-06-01"})
    )
    assert module.count("openai.OpenAI(") == 1
    assert module.count("anthropic_client = anthropic.Anthropic(") == 1
    assert "import anthropic\nimport openai\n" in module
    assert "call = aigw.calls[2]" in module
    assert sent(module)[-1]["extra_headers"] == {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize(
    ("one", "url", "header"),
    [
        (
            call("openai.embeddings", {"model": "m", "input": "x"}),
            "{aigw.openai_url}/embeddings",
            "authorization",
        ),
        (
            call("openai.chat.completions", {"messages": []}),
            "{aigw.openai_url}/chat/completions",
            "authorization",
        ),
        (
            call("anthropic.messages", CHAT | {"max_tokens": 1}),
            "{aigw.anthropic_url}/v1/messages",
            "x-api-key",
        ),
        (
            call("gemini.stream_generate_content", {"contents": []}, path='models/a{b}"/c', is_stream=True),
            "{aigw.gemini_url}/v1beta/models/a%7Bb%7D%22%2Fc:streamGenerateContent?alt=sse",
            "x-goog-api-key",
        ),
    ],
)
def test_what_no_sdk_sends_like_this_is_a_plain_request(one: Facts, url: str, header: str) -> None:
    module = written(one)
    assert "import httpx" in module
    assert f'f"{url}"' in module
    (fields,) = sent(module)
    assert fields["json"] == one.interaction.request.body
    assert header in fields["headers"]
    assert f"assert reply.status_code == {one.status}" in module


HOSTILE = '"""\nimport os; os.abort()\n\u202e\\N{DASH} {aigw.key} \x1b[31m'


def test_nothing_of_a_call_gets_out_of_its_literals() -> None:
    body = {
        "model": HOSTILE,
        "messages": [{"role": HOSTILE, "content": HOSTILE * 40}],
        HOSTILE: {HOSTILE: HOSTILE},
    }
    one = call(
        body=body,
        text=HOSTILE,
        finish=HOSTILE,
        route=HOSTILE,
        headers={HOSTILE: HOSTILE},
        tool_calls=((HOSTILE, HOSTILE),),
        id=HOSTILE,
    )
    plain = call(
        "openai.embeddings",
        {"input": HOSTILE},
        path=HOSTILE,
        headers={HOSTILE: HOSTILE},
        counted={HOSTILE: HOSTILE},
    )
    text = text_of_test([one, plain], name="test_it", asserts=ASSERTS)
    assert isinstance(text, TestText)
    module = text.module([HOSTILE])
    assert all(line.isprintable() for line in module.split("\n"))
    tree = ast.parse(module)
    assert [type(node).__name__ for node in tree.body] == ["Expr", "Import", "Import", "FunctionDef"]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names <= {"aigw", "aigw_snapshot", "client", "openai", "httpx", "call", "reply", "each"}
    assert sent(module)[0]["extra_body"] == {HOSTILE: {HOSTILE: HOSTILE}}


def test_a_test_that_nobody_could_read_is_refused() -> None:
    found = text_of_test([call(body=CHAT | {"user": "x" * 300_000})], name="test_it", asserts=())
    assert isinstance(found, Refusal)
    assert found.code == "promote_impossible"


@pytest.mark.parametrize(
    ("name", "file", "asserts", "said"),
    [
        ("refund", "tests/test_a.py", (), "no name of a test"),
        ("test_a(b):", "tests/test_a.py", (), "no name of a test"),
        ("test_a", "../test_a.py", (), "no file of tests"),
        ("test_a", "/srv/test_a.py", (), "no file of tests"),
        ("test_a", "tests/.hidden.py", (), "no file of tests"),
        ("test_a", "tests/test_a.txt", (), "no file of tests"),
        ("test_a", "tests\\test_a.py", (), "no file of tests"),
        ("test_a", "tests/test_a.py", ("status", "colour"), "there are status, text"),
    ],
)
def test_names_that_cannot_be_are_said(name: str, file: str, asserts: tuple[str, ...], said: str) -> None:
    assert said in wrong_names(name, file, asserts)


def test_names_are_made_of_model_and_id() -> None:
    assert usual_name("openai/gpt-4o-mini", "3f2a9c77") == "test_gpt_4o_mini_3f2a9c"
    assert usual_name("", "3f2a9c77") == "test_call_3f2a9c"
    assert wrong_names(usual_name("a/É\x1b(", "3f2a9c77"), "test_x.py", ASSERTS) == ""
