"""What is said of tests."""

from pathlib import Path

import pytest

from tests.server.testbench.stage import answer, lay, staged

pytestmark = pytest.mark.anyio


async def test_a_test_is_told_with_calls_misses_and_what_is_unused(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "t",
        answer(),
        answer(request=answer().request, repeat=""),
        test="t",
        recorded_at="2026-08-21T10:15:00Z",
    )
    async with staged(tmp_path, "replay") as stage:
        await stage.chat()
        await stage.chat(temperature=1)
        found = await stage.admin("/tests/t?calls=2&timeout_ms=1000&conversation=true")
        rows = await stage.admin("/tests")
    first, second = found["calls"]
    assert (first["status"], first["from"], first["ended_by"], first["interaction"]) == (
        200,
        "fixture",
        "eof",
        0,
    )
    assert first["response_text"] == "Paris."
    assert first["request"]["model"] == "gpt-4o-mini"
    assert "00:user hi" in first["context"]
    assert first["attempts"][0]["upstream"] == "openai/gpt-4o-mini"
    assert first["usage"]["total_tokens"] == first["usage"]["input_tokens"] + first["usage"]["output_tokens"]
    assert (second["status"], second["ended_by"], second["error"]) == (424, "miss", "fixture_miss")
    assert "temperature" in found["misses"][0]["text"]
    assert found["misses"][0]["fields"][0]["verdict"] == "+ new"
    assert [one["number"] for one in found["unused"]] == [1]
    assert "interaction 2 of 2 never requested" in found["unused"][0]["text"]
    assert found["conversation"] == []
    assert rows["mode"] == "replay"
    assert [(one["id"], one["calls"], one["misses"], one["unused"]) for one in rows["tests"]] == [
        ("t", 2, 1, 1)
    ]
