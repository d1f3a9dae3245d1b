"""Whose things at providers are."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.server.affinity import Affinity, Owner
from aigw_dev.store.affinity_rows import AffinityRows
from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import WriteBehind

pytestmark = pytest.mark.anyio
ALICE = Owner(
    provider="openai", key_name="openai-api-key", model="gpt", provider_kind="openai", consumer="alice"
)
BOB = Owner(provider="azure", key_name="azure-key", consumer="bob")


class Stage:
    """A table on disk; each `affinity` is one more process's memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = StateFile(path, clock=lambda: 0.0)
        self.writer = WriteBehind(self.file)
        self.rows = AffinityRows(self.file, self.writer)

    def affinity(self, most: int = 100) -> Affinity:
        return Affinity(self.rows, most=most)

    def close(self) -> None:
        assert self.writer.close()
        self.file.close()


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Stage]:
    made = Stage(tmp_path / "state.db")
    yield made
    made.close()


async def test_what_a_reply_made_is_known_at_once_and_after_a_restart(stage: Stage) -> None:
    affinity = stage.affinity()
    await affinity.load()
    assert affinity.remember_reply("file", b'{"id":"file-1","object":"file"}', ALICE, is_new=True) == "file-1"
    assert affinity.known("file", "file-1") == ALICE
    assert affinity.known("batch", "file-1") is None
    assert ALICE.key == "openai-api-key"
    await asyncio.to_thread(stage.writer.flush)
    again = stage.affinity()
    assert again.known("file", "file-1") is None
    await again.load()
    assert again.known("file", "file-1") == ALICE


async def test_memory_is_bounded_and_the_database_knows_the_rest(stage: Stage) -> None:
    affinity = stage.affinity(most=10)
    for number in range(25):
        affinity.remember("file", f"f{number}", ALICE)
        assert affinity.known("file", "f0") is not None  # used, so kept
    assert affinity.known("file", "f1") is None
    assert await affinity.owner("file", "f1") == ALICE
    assert affinity.known("file", "f1") == ALICE
    assert await affinity.owner("file", "nobody") is None
    assert sum(affinity.known("file", f"f{number}") is not None for number in range(25)) == 10


async def test_what_is_forgotten_is_gone_everywhere(stage: Stage) -> None:
    affinity = stage.affinity()
    affinity.remember("video", "v", ALICE)
    affinity.forget("video", "v")
    assert await affinity.owner("video", "v") is None


async def test_an_answer_from_before_a_deletion_does_not_count(stage: Stage) -> None:
    stage.affinity().remember("video", "v", ALICE)
    affinity = stage.affinity()
    asked = asyncio.create_task(affinity.owner("video", "v"))
    await asyncio.sleep(0)  # it waits for its thread now
    affinity.forget("video", "v")
    await asked
    assert affinity.known("video", "v") is None


async def test_listing_or_reading_a_thing_does_not_make_it_the_callers(stage: Stage) -> None:
    stage.affinity().remember("file", "a", ALICE)
    affinity = stage.affinity()  # another memory, which does not know it
    assert (
        affinity.remember_reply(
            "file", b'{"object":"list","data":[{"id":"a"},{"id":"b"},{}]}', BOB, is_new=False
        )
        == ""
    )
    affinity.remember_reply("file", b'{"id":"a"}', BOB, is_new=False)
    affinity.remember_reply("file", b'{"id":"c"}', BOB, is_new=False)
    assert await affinity.owner("file", "a") == ALICE
    assert await affinity.owner("file", "b") == BOB
    assert await affinity.owner("file", "c") == BOB
    affinity.remember_reply("file", b'{"id":"a"}', BOB, is_new=True)
    assert await affinity.owner("file", "a") == BOB


@pytest.mark.parametrize(
    ("kind", "reply", "nested"),
    [
        ("batch", {"id": "batch_1", "output_file_id": "file-o", "error_file_id": None}, ("file", "file-o")),
        ("upload", {"id": "upload_1", "status": "completed", "file": {"id": "file-u"}}, ("file", "file-u")),
        ("response", {"id": "resp_1", "conversation": {"id": "conv_1"}}, ("conversation", "conv_1")),
        ("response", {"id": "resp_1", "conversation": "conv_2"}, ("conversation", "conv_2")),
    ],
)
async def test_what_a_reply_names_beside_itself_is_at_the_same_place(
    stage: Stage, kind: str, reply: dict[str, object], nested: tuple[str, str]
) -> None:
    affinity = stage.affinity()
    affinity.remember_reply(kind, msgspec.json.encode(reply), ALICE, is_new=True)
    assert await affinity.owner(*nested) == ALICE


async def test_what_is_known_already_is_not_written_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigw_dev.server.affinity._MOST_SHARED", 1)
    affinity = stage.affinity()
    for number, owner in enumerate((ALICE, BOB, Owner(provider="x"))):
        affinity.remember("file", f"f{number}", owner)
    await asyncio.to_thread(stage.writer.flush)
    affinity.remember(
        "file",
        "f0",
        Owner(
            provider="openai",
            key_name="openai-api-key",
            model="gpt",
            provider_kind="openai",
            consumer="alice",
        ),
    )
    assert not stage.writer.has_waiting
    assert [affinity.known("file", f"f{number}") for number in range(3)] == [ALICE, BOB, Owner(provider="x")]


async def test_ids_that_no_provider_makes_are_nobodys(stage: Stage) -> None:
    affinity = stage.affinity()
    for id_ in ("", "a b", "é", "x" * 513, "a\n"):
        affinity.remember("file", id_, ALICE)
        affinity.forget("file", id_)
        assert await affinity.owner("file", id_) is None
    assert not stage.path.exists()


@given(
    st.one_of(
        st.binary(),
        st.sampled_from(
            [b"[" * 9999, b'{"id":5}', b'{"id":{"id":[]}}', b'{"data":[5]}', b'{"data":{}}', b'{"id":"a"']
        ),
    )
)
def test_no_reply_raises(body: bytes) -> None:
    class Nowhere(AffinityRows):
        def put(self, row: object, *, is_seen_only: bool = False) -> None:
            pass

    affinity = Affinity(Nowhere.__new__(Nowhere))
    for kind in ("file", "batch", ""):
        affinity.remember_reply(kind, body, ALICE, is_new=True)
        affinity.remember_reply(kind, body, ALICE, is_new=False)


async def test_a_database_that_cannot_be_read_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    stage = Stage(tmp_path / "state.db")
    affinity = stage.affinity()
    await affinity.load()
    assert await affinity.owner("file", "a") is None
    affinity.remember("file", "a", ALICE)
    assert await affinity.owner("file", "a") == ALICE
    stage.writer.close()
