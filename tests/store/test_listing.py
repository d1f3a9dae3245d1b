"""A list that keeps an index and follows the changes shows what a new index would, whatever happens to the log."""

import random
from pathlib import Path

import pytest

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Exchange
from aigw_dev.store import listing
from aigw_dev.store.batches import Counts
from aigw_dev.store.filters import Filter
from aigw_dev.store.journal import Journal
from aigw_dev.store.retention import purge
from aigw_dev.store.upkeep import OpenLog
from tests.store.making import KEEP_ALL, exchange, log_reader, quick_log, refused, request, unmasked
from tests.store.test_find import wanted
from tests.store.test_matching import spread

EVERYTHING = Filter()


class Scene:
    """A log, its writer's side and a reader."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal()
        self.db = quick_log(folder / "log.db")
        self.log = OpenLog(
            self.db, mask=unmasked, draw=lambda: 0.9, counts=Counts(), is_first=True, journal=self.journal
        )
        self.reader = log_reader(folder / "log.db")

    def write(
        self, *ended: Exchange, running: tuple[Exchange, ...] = (), logging: Logging = KEEP_ALL
    ) -> None:
        self.log.write(list(ended), list(running), logging)

    def index(self, filter_: Filter = EVERYTHING) -> listing.Index:
        return listing.index(self.reader, self.journal, filter_)

    def changes(self, end: str, filter_: Filter = EVERYTHING) -> listing.Changes:
        return listing.changes(self.reader, self.journal, filter_, end=end)

    def purge(self, text: str) -> None:
        for _ in purge(self.db, wanted(text), journal=self.journal):
            pass


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


class Shown:
    """What a screen does with index and changes."""

    def __init__(self, scene: Scene, filter_: Filter) -> None:
        self.scene, self.filter = scene, filter_
        self.resets = 0
        self.take()

    def take(self) -> None:
        index = self.scene.index(self.filter)
        self.seqs, self.end = set(spread(index.runs)), index.end

    def look(self) -> None:
        found = self.scene.changes(self.end, self.filter)
        self.end = found.end
        if found.is_reset:
            self.resets += 1
            self.take()
            return
        self.seqs |= {*spread(found.runs), *found.ended}
        self.seqs -= set(found.dropped)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status:>=400",
        "provider:qwen",
        "state:open",
        "declined",
        "ms:>2000",
        "outcome:ok -provider:openai",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_who_follows_sees_what_a_new_index_shows(scene: Scene, text: str, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 -- the same dice every time
    shown = Shown(scene, wanted(text))
    running: list[Exchange] = []
    for step in range(60):
        started = [made(dice) for _ in range(dice.randrange(4))]
        ending = [one for one in running if dice.random() < 0.3]
        whole = [made(dice) for _ in range(dice.randrange(6))]
        sample = Logging(sample=0.0) if dice.random() < 0.3 else KEEP_ALL
        scene.write(*ending, *whole, running=tuple(started), logging=sample)
        running = [one for one in running if one not in ending] + started
        if step % 7 == 3:
            scene.purge(dice.choice(["status:>=500", "provider:deepseek"]))
        if dice.random() < 0.7:
            shown.look()
    shown.look()
    assert shown.seqs == set(spread(scene.index(wanted(text)).runs))
    assert shown.resets == 0


def made(dice: random.Random) -> Exchange:
    if dice.random() < 0.1:
        return refused()
    return exchange(
        provider=dice.choice(["openai", "qwen", "deepseek"]), status=dice.choice([200, 200, 429, 500]),
        duration_s=dice.choice([0.1, 3.0]), request_body=request(dice.choice(["card declined", "lost card"])),
    )  # fmt: skip


def test_nothing_new_asks_nothing_of_the_file(scene: Scene) -> None:
    scene.write(exchange())
    end = scene.index().end
    scene.reader.path = Path("nowhere")
    found = scene.changes(end)
    assert (found.is_news, found.end) == (False, end)


def test_a_running_exchange_is_there_at_once_and_told_again_when_it_ends(scene: Scene) -> None:
    end = scene.index().end
    call = exchange(duration_s=0.0)
    scene.write(running=(call,))
    found = scene.changes(end)
    assert found.runs == [(1, 1)]
    (entry,) = listing.these(scene.reader, [1])
    assert entry.state == "open"
    call.duration_s = 3.0
    scene.write(call)
    found = scene.changes(found.end)
    assert (found.runs, found.ended, found.dropped) == ([], [1], [])
    assert listing.these(scene.reader, [1])[0].duration_s == 3.0


def test_the_answer_does_not_grow_with_the_rate(scene: Scene) -> None:
    end = scene.index().end
    for _ in range(20):
        scene.write(*(exchange() for _ in range(100)))
    assert scene.changes(end).runs == [(1, 2000)]


@pytest.mark.parametrize("end", ["", "x", "00000000.1.1", "1.2", "00000000.99999999999999999999.1"])
def test_a_cursor_that_means_nothing_starts_the_list_anew(scene: Scene, end: str) -> None:
    scene.write(exchange())
    found = scene.changes(end)
    assert found.is_reset
    assert found.is_news
    again = scene.changes(found.end)
    assert not again.is_reset, "its own cursor is good"


def test_too_much_at_once_starts_the_list_anew(scene: Scene) -> None:
    shown = Shown(scene, EVERYTHING)
    for _ in range(25):
        scene.write(*(exchange() for _ in range(100)))
    shown.look()
    assert shown.resets == 0
    scene.purge("")
    shown.look()
    assert shown.resets == 1
    assert shown.seqs == set()


def test_a_log_opened_anew_starts_the_list_anew(scene: Scene) -> None:
    scene.write(exchange())
    end = scene.index().end
    OpenLog(scene.db, mask=unmasked, draw=lambda: 0.5, counts=Counts(), is_first=False, journal=scene.journal)
    assert scene.changes(end).is_reset


def test_no_log_is_an_empty_list(tmp_path: Path) -> None:
    reader, journal = log_reader(tmp_path / "log.db"), Journal()
    index = listing.index(reader, journal, EVERYTHING)
    assert (index.runs, index.total, index.logged) == ([], 0, 0)
    journal.note()
    assert not listing.changes(reader, journal, EVERYTHING, end=index.end).is_news
    assert listing.changes(reader, journal, EVERYTHING, end="").is_reset
    assert listing.these(reader, [1]) == []
    assert listing.between(reader, EVERYTHING, first=1, last=9) == []


def test_rows_come_ascending_with_what_a_list_shows(scene: Scene) -> None:
    scene.write(*(exchange(request_body=request(f"question {number}")) for number in range(30)), refused())
    entries = listing.between(scene.reader, EVERYTHING, first=5, last=8)
    assert [entry.seq for entry in entries] == [5, 6, 7, 8]
    assert entries[0].request_preview == "question 4"
    assert [entry.seq for entry in listing.between(scene.reader, wanted("status:404"), first=1, last=99)] == [
        31
    ]
    assert [entry.seq for entry in listing.these(scene.reader, [9, 2, 2, 77])] == [2, 9]


def test_the_index_says_how_much_was_logged_and_stops_in_time(scene: Scene) -> None:
    scene.write(exchange(), refused(), exchange())
    index = listing.index(scene.reader, scene.journal, wanted("status:404"), limit=10, budget_s=9.0)
    assert (index.runs, index.total, index.logged, index.is_complete) == ([(2, 1)], 1, 3, True)
    assert not listing.index(scene.reader, scene.journal, EVERYTHING, limit=2).is_complete
