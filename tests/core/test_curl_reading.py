"""A pasted curl command is the request it makes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.call_examples import CallRequest, curl
from aigw_dev.core.curl_reading import PastedCall, read_curl

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=2) | st.none(), st.booleans())
def test_what_we_show_can_be_pasted_back(said: str, metadata: dict[str, Any] | None, stream: bool) -> None:
    body = {"model": "mock/echo", "messages": [{"role": "user", "content": said}], "stream": stream}
    text = curl(CallRequest(base_url="http://127.0.0.1:2449", body=body, metadata=metadata))
    assert read_curl(text) == PastedCall(path="/v1/chat/completions", body=body, metadata=metadata)


@pytest.mark.parametrize("flag", ["-d", "--data", "--data-raw", "--data-binary", "--json", "--data="])
def test_every_way_to_send_a_body_is_read(flag: str) -> None:
    glue = "" if flag.endswith("=") else " "
    found = read_curl(
        f"""$ curl -X POST https://api.x.y/v1/chat/completions?z=1 {flag}{glue}'{{"model":"m"}}'"""
    )
    assert found == PastedCall(path="/v1/chat/completions", body={"model": "m"}, metadata=None)


def test_credentials_are_not_read() -> None:
    found = read_curl("""curl http://x/v1 -H 'authorization: Bearer sk-secret' -d '{"model":"m"}'""")
    assert "sk-secret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("curl http://x -d '{", "inside a quote"),
        ("curl http://x", "no JSON object"),
        ("curl http://x -d [1]", "no JSON object"),
        ("curl http://x -d", "no JSON object"),
        ("curl http://x -d @body.json", "in a file"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, why: str) -> None:
    found = read_curl(text)
    assert isinstance(found, str)
    assert why in found


@given(TEXTS)
def test_other_text_is_none(text: str) -> None:
    assert read_curl(f"x{text}") == ""
    assert not isinstance(read_curl(text), PastedCall)
    json.dumps(text)
