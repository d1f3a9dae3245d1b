"""Paths that name a test."""

import pytest

from aigw_dev.server.testbench.names import split


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/t/a/openai/v1/chat/completions", ("a", "/v1/chat/completions")),
        ("/t/a/anthropic/v1/messages", ("a", "/v1/messages")),
        ("/t/a/gemini/v1beta/models/x:generateContent", ("a", "/v1beta/models/x:generateContent")),
        ("/t/a/v1/chat/completions", ("a", "/v1/chat/completions")),
        ("/t/tests%2Fa.py%3A%3Atest_x%5B1%5D/openai/v1/models", ("tests/a.py::test_x[1]", "/v1/models")),
        ("/t/folder/name/openai/chat/completions", ("folder/name", "/chat/completions")),
        ("/t/openai/openai/v1/models", ("openai", "/v1/models")),
        ("/t/a/openai/deployments/d/chat/completions", ("a", "/openai/deployments/d/chat/completions")),
        (
            "/t/a/openai/deployments/openai/chat/completions",
            ("a", "/openai/deployments/openai/chat/completions"),
        ),
        (
            "/t/a/openai/openai/deployments/d/chat/completions",
            ("a", "/openai/deployments/d/chat/completions"),
        ),
        (
            "/t/tests/v1/test_a.py::x/openai/v1/chat/completions",
            ("tests/v1/test_a.py::x", "/v1/chat/completions"),
        ),
        (
            "/t/tests/openai/test_a.py::x/openai/deployments/d/embeddings",
            ("tests/openai/test_a.py::x", "/openai/deployments/d/embeddings"),
        ),
        ("/t/tests/v1/openai/v1/chat/completions", ("tests/v1", "/v1/chat/completions")),
        (
            "/t/ws/gemini/a/gemini/v1beta/models/x:generateContent",
            ("ws/gemini/a", "/v1beta/models/x:generateContent"),
        ),
        ("/t/a/openai/anthropic/v1/messages", ("a", "/anthropic/v1/messages")),
        ("/t/a/openai/v1/models/openai/gpt", ("a", "/v1/models/openai/gpt")),
        ("/t/a/openai/v1/things/openai/x", ("a", "/v1/things/openai/x")),
    ],
)
def test_the_name_stands_before_the_dialect(path: str, found: tuple[str, str]) -> None:
    assert split(path) == found


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/t/", "/t/a", "/t/a/b/c", "/t//openai/v1", "/test/a/openai/v1"]
)
def test_other_paths_name_none(path: str) -> None:
    assert split(path) is None
