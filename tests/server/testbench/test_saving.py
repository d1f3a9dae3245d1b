"""From what passed the edge to files."""

from pathlib import Path

import pytest

from aigw_dev.core.recording.fixture import Attempt, FixtureError, Response
from aigw_dev.server.testbench.capture import Captured
from aigw_dev.server.testbench.saving import Blobs, response_of
from tests.server.testbench.stage import ROUTE, SAY, answer, lay, said, staged

pytestmark = pytest.mark.anyio


def came(kind: bytes, *pieces: bytes, status: int = 200, end: str = "eof") -> Captured:
    captured = Captured("up/m", kind="", why="", dialect="openai-chat", request=None)
    captured.status, captured.headers = status, [(b"content-type", kind), (b"set-cookie", b"x=1")]
    captured.pieces = [(captured.sent_s + 0.01 * (number + 1), piece) for number, piece in enumerate(pieces)]
    captured.end = end  # pyright: ignore[reportAttributeAccessIssue]
    return captured


DONE = b'data: {"choices":[]}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(
    ("captured", "way", "end"),
    [
        (came(b"application/json", b'{"a":', b"1}"), "body", "eof"),
        (came(b"application/json", b"{oops"), "text", "eof"),
        (came(b"text/html", b"<h1>no</h1>", status=502), "text", "eof"),
        (came(b"audio/mpeg", b"\xff\xfb\x00"), "blob", "eof"),
        (came(b"text/event-stream", DONE[:9], DONE[9:]), "events", "eof"),
        (came(b"text/event-stream", b'data: {"choices":[]}\n\n'), "events", "cut"),
        (came(b"text/event-stream", DONE, end="reset"), "events", "reset"),
        (came(b"text/event-stream", b"data: \xff\n\n"), "raw", "eof"),
        (came(b"application/json"), "", "eof"),
    ],
)  # fmt: skip
def test_every_reply_has_its_form(captured: Captured, way: str, end: str) -> None:
    blobs = Blobs()
    made = response_of(captured, blobs)
    found = [name for name in ("text", "blob", "events", "raw") if getattr(made, name) is not None]
    found += ["body"] if isinstance(made.body, dict) else []
    assert found == ([way] if way else [])
    assert made.end == end
    assert "set-cookie" not in made.headers
    assert len(blobs.held) == (way == "blob")


def test_raw_keeps_every_piece() -> None:
    made = response_of(came(b"text/event-stream", DONE[:9], DONE[9:]), Blobs(), is_raw=True)
    assert made.raw is not None
    assert b"".join(piece for _, piece in made.raw) == DONE


async def test_outside_tests_each_request_has_a_file_that_answers_as_often_as_asked(tmp_path: Path) -> None:
    async with staged(tmp_path, "record") as stage:
        for text in ("one", "two", "one"):
            said(await stage.chat("", model="mock/echo", messages=[{"role": "user", "content": text}]))
        await stage.bench.save(stage.bench.trials["session"])
        names = stage.bench.library.names()
        fixtures = [stage.bench.library.read(name) for name in names]
    assert [name.startswith("openai.chat.completions-mock-echo-") for name in names] == [True, True]
    assert sorted(len(one.interactions) for one in fixtures) == [1, 2]
    assert {one.repeat for fixture in fixtures for one in fixture.interactions} == {"last"}


async def test_a_fixture_that_would_hold_a_secret_is_not_written(tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "a1B2c3D4" * 6
    async with staged(tmp_path, "record", is_told=True) as stage:
        stage.bench.secrets = lambda: ["split-over-pieces-4711"]
        await stage.admin("/tests", "POST", json={"test": "t"})
        told = said(
            await stage.chat(
                "t", model="mock/echo", messages=[{"role": "user", "content": f"my key is {key}"}]
            )
        )
        ended = await stage.admin("/tests/t/end", "POST", json={"passed": True})
    assert key in told, "the relay itself changes nothing"
    assert ended["error"] is None
    text = (tmp_path / "fx" / "t.aigw.json").read_text("utf-8")
    assert "sk-ant" not in text
    assert "[masked]" in text


async def test_what_cannot_be_written_is_said_in_the_report(tmp_path: Path) -> None:
    async with staged(tmp_path, "record", is_told=True) as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        said(await stage.chat("t", model="mock/echo"))
        (tmp_path / "fx").write_text("a file where the folder should be", "utf-8")
        ended = await stage.admin("/tests/t/end", "POST", json={"passed": True})
    assert ended["written"] is None
    assert "not written" in ended["error"]


async def test_failures_that_did_not_matter_are_noted_and_not_kept(tmp_path: Path) -> None:
    config = ROUTE.replace(
        "openai: {}", 'openai: {kind: openai-compatible, base_url: "http://127.0.0.1:9/v1", auth: none}'
    )
    config = config.replace("[work/b]", "[mock/echo]")
    async with staged(tmp_path, "record", config=config, is_told=True) as stage:
        for name, keep in (("kept", True), ("noted", False)):
            await stage.admin("/tests", "POST", json={"test": name, "keep_failures": keep})
            assert said(await stage.chat(name, model="smart")) == "hi"
            await stage.admin(f"/tests/{name}/end", "POST", json={"passed": True})
        attempts = {
            name: stage.bench.library.read(name).interactions[0].attempts for name in ("kept", "noted")
        }
    assert [(one.upstream, one.error) for one in attempts["kept"]] == [
        ("openai/a", "connect_failed"),
        ("mock/echo", ""),
    ]
    assert [(one.upstream, one.error) for one in attempts["noted"]] == [
        ("openai/a", "not_kept"),
        ("mock/echo", ""),
    ]
    assert attempts["kept"][1].why.startswith("fallback: connect_failed")
    async with staged(tmp_path, "replay", config=config) as stage:
        for name in ("kept", "noted"):
            assert said(await stage.chat(name, model="smart")) == "hi"


def test_nothing_that_was_laid_out_is_lost_by_writing(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer(attempts=[Attempt(upstream="a/b", response=Response(body={"x": SAY}))]))
    with pytest.raises(FixtureError):
        lay(tmp_path, "../t", answer())


async def test_no_file_is_named_for_a_secret(tmp_path: Path) -> None:
    secret = "split-over-pieces-4711"
    async with staged(tmp_path, "record", is_told=True) as stage:
        stage.bench.secrets = lambda: [secret]
        await stage.admin("/tests", "POST", json={"test": f"test_{secret}"})
        said(await stage.chat(f"test_{secret}", model="mock/echo"))
        ended = await stage.admin(f"/tests/test_{secret}/end", "POST", json={"passed": True})
    assert ended["written"] is None
    assert "the test's name: it holds a secret" in ended["error"]
    assert secret not in ended["error"]
    assert not list((tmp_path / "fx").rglob("*.aigw.json"))


async def test_a_model_that_holds_a_secret_is_masked_in_the_files_name(tmp_path: Path) -> None:
    secret = "split-over-pieces-4711"
    async with staged(tmp_path, "record") as stage:
        stage.bench.secrets = lambda: [secret]
        await stage.chat("", model=f"mock/{secret}")
        await stage.bench.save(stage.bench.trials["session"])
        names = stage.bench.library.names()
    assert [secret in name for name in names] == [False]
