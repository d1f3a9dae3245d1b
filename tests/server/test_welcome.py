"""What `GET /` says."""

import msgspec

from aigw_dev.server.welcome import welcome


def test_it_names_itself_and_every_base_url() -> None:
    found = msgspec.json.decode(welcome(4711, "mine"))
    assert (found["name"], found["gateway"]) == ("aigw-dev", "mine")
    assert found["openai_base_url"] == "http://127.0.0.1:4711/v1"
    assert found["anthropic_base_url"] == found["gemini_base_url"] == "http://127.0.0.1:4711"
    assert "curl http://127.0.0.1:4711/v1/chat/completions" in found["try"]
