"""`stats --by category`: every kind of model call in the units it is paid by."""

import json
import time
from pathlib import Path

import pytest

from aigw_dev.core.exchange import Cost, Exchange
from aigw_dev.core.units import Images, Units
from tests.cli.logged import Logged
from tests.store.making import exchange

Capture = pytest.CaptureFixture[str]


def made(operation: str, units: Units | None, nanousd: int | None, **more: object) -> Exchange:
    cost = Cost(status="exact", nanousd=nanousd) if nanousd is not None else Cost()
    return exchange(
        operation=operation, units=units, cost=cost, usage=None, started_at=time.time() - 60, **more
    )


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    images = "openai.images.generations"
    video = Units(videos=1, video_s=8.0, resolution="720p", job="video_1")
    return Logged(
        tmp_path,
        [
            exchange(started_at=time.time() - 60),
            made(
                "openai.audio.transcriptions", Units(audio_in_s=61.25), 6_125_000, request_model="whisper-1"
            ),
            made(
                "openai.audio.speech", Units(characters=40, audio_out_s=3.0), 600_000, request_model="tts-1"
            ),
            made(
                "openai.audio.transcriptions", Units(unknown=("audio_in_s",)), None, request_model="whisper-1"
            ),
            made(images, Units(images=(Images(2, "1024x1024"),)), 80_000_000),
            made(images, Units(images=(Images(1, "2048x2048"),)), 80_000_000),
            made(images, None, None, status=400, error="upstream_status", attempts=[]),
            made("openai.videos.create", None, 0),
            made("openai.videos.item", video, 800_000_000),
            made("openai.videos.item", video, 800_000_000),
            made("rerank", Units(searches=1, documents=20), 2_000_000),
            made("openai.files", None, 0),
        ],
    )


def table(capture: Capture) -> dict[str, list[str]]:
    header, *rows = capture.readouterr().out.splitlines()
    assert header.split() == ["CATEGORY", "REQUESTS", "SUCCESS/FAILED", "INPUT", "OUTPUT", "UNITS", "COST"]
    return {row.split()[0]: [cell.strip() for cell in row.split("  ") if cell.strip()][1:] for row in rows}


def test_the_table_by_category_is_the_seeds_with_units_and_cost(logged: Logged, capsys: Capture) -> None:
    assert logged.run("stats", "--by", "category") == 0
    rows = table(capsys)
    assert list(rows) == ["chat", "embedding", "audio", "image", "video", "rerank", "other"]
    assert rows["chat"] == ["1", "1/0", "57", "40", "-", "$0.000033"]
    assert rows["embedding"] == ["0", "0/0", "0", "0", "-", "-"], "the seed's categories are always there"
    heard = "61.2 s heard, 3 s spoken, 40 characters, unknown of 1"
    assert rows["audio"] == ["3", "3/0", "0", "0", heard, ">=$0.006725"]
    assert rows["image"] == ["3", "2/1", "0", "0", "3 images (1K 2, 2K 1)", "$0.16"]
    assert rows["rerank"] == ["1", "1/0", "0", "0", "1 search, 20 documents", "$0.002"]


def test_a_video_that_is_looked_at_twice_is_counted_and_paid_once(logged: Logged, capsys: Capture) -> None:
    logged.run("stats", "--by", "category")
    assert table(capsys)["video"] == ["3", "3/0", "0", "0", "1 video (720p 1), 8 s", "$0.8"]
    logged.run("logs", "list", "--json")
    lines = json.loads(capsys.readouterr().out)["entries"]
    assert sorted(one["cost_nanousd"] for one in lines if one["operation"] == "openai.videos.item") == [
        0,
        800_000_000,
    ]


def test_categories_divide_further(logged: Logged, capsys: Capture) -> None:
    assert logged.run("stats", "--by", "category,model") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["CATEGORY", "MODEL", "REQUESTS"]
    assert [row.split()[:3] for row in rows if row.startswith("audio")] == [
        ["audio", "whisper-1", "2"],
        ["audio", "tts-1", "1"],
    ]
    logged.run("stats", "--by", "category,tier")
    tiers = [row.split()[:3] for row in capsys.readouterr().out.splitlines() if row.startswith("image")]
    assert tiers == [["image", "-", "1"], ["image", "1K", "1"], ["image", "2K", "1"]]


def test_json_has_the_plain_numbers_of_each_category(logged: Logged, capsys: Capture) -> None:
    assert logged.run("stats", "--by", "category", "--json") == 0
    groups = {one["key"]["category"]: one for one in json.loads(capsys.readouterr().out)["groups"]}
    assert groups["audio"]["totals"]["audio_in_ms"] == 61_250
    assert groups["audio"]["totals"]["units_unknown"] == 1
    assert groups["image"]["totals"]["images"] == 3
    assert groups["video"]["totals"]["video_ms"] == 8_000
    assert groups["video"]["cost"] == "$0.8"
    assert set(groups["chat"]["key"]) == {"category"}
