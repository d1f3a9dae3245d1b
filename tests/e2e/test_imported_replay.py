"""Real cassettes of other tools, imported by the command, served by a replay, and compared with what they hold themselves.

The cassettes are read here in the simplest way there is, so that the importer is not its own judge.
"""

import gzip
import json
import re
import subprocess
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
import yaml

from tests.e2e.conftest import AIGW
from tests.e2e.replaying import ReplayProcess

pytestmark = [pytest.mark.vectors, pytest.mark.xdist_group("imported_replay")]
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HOMES: Final = {
    # a dialect's own vendor: where its paths begin, and what stands before them at the gateway
    "api.openai.com": ("/v1", "/openai/v1"),
    "api.anthropic.com": ("", "/anthropic"),
    "generativelanguage.googleapis.com": ("", "/gemini"),
}
FOLDERS: Final = {
    # folder: fewest interactions that must be compared
    "envoy-ai-gateway/testopenai/cassettes": 40,
    "simonw-llm/tests/cassettes": 15,
    "simonw-llm-anthropic/tests/cassettes": 25,
    "simonw-llm-gemini/tests/cassettes": 15,
    "pydantic-ai/models/cassettes/test_anthropic": 40,
    "pydantic-ai/models/cassettes/test_google": 25,
    "pydantic-ai/models/cassettes/test_openai": 25,
    "pydantic-ai/models/cassettes/test_openai_responses": 60,
}
_KEPT_HEADERS: Final = ("anthropic-version", "anthropic-beta", "openai-beta", "content-type")
_NOT_SERVED: Final = re.compile(r"/vector_stores|/fileSearchStores|:batchEmbedContents$|/models$")
"""Passed through below a provider's own prefix only, or answered by the gateway itself (its list of models)."""
_OWN_ANSWER: Final = "/count_tokens"
"""Where a provider has no such path (404), the gateway counts itself."""
_ORGANISATION: Final = re.compile(r"\borg-[A-Za-z0-9]+")
"""Masked by the import."""
_PADDING: Final = "obfuscation"


class Taped(msgspec.Struct, frozen=True):
    """One recorded call."""

    method: str
    url: str
    headers: dict[str, str]
    asked: bytes
    status: int
    content_type: str
    answered: bytes


def _tape(path: Path) -> list[Taped]:
    document: Any = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 - the safe loader
    return [_taped(one) for one in document["interactions"]]


def _taped(one: Mapping[str, Any]) -> Taped:
    asked, got = one["request"], one["response"]
    headers, answer_headers = _headers(asked), _headers(got)
    status: Any = got.get("code") or got["status"]
    return Taped(
        method=str(asked["method"]),
        url=str(asked.get("uri") or asked.get("url")),
        headers={name: value for name, value in headers.items() if name in _KEPT_HEADERS},
        asked=_content(asked),
        status=cast("dict[str, int]", status)["code"] if isinstance(status, dict) else int(status),
        content_type=answer_headers.get("content-type", ""),
        answered=_plain(_content(got), answer_headers.get("content-encoding", "")),
    )


def _headers(side: Mapping[str, Any]) -> dict[str, str]:
    rows: dict[str, Any] = side["headers"] or {}
    return {name.lower(): _first(value) for name, value in rows.items()}


def _content(side: Mapping[str, Any]) -> bytes:
    """The body, however the tool wrote it."""
    if side.get("parsed_body") is not None:
        return json.dumps(side["parsed_body"]).encode()
    body: Any = side.get("body")
    if isinstance(body, dict):
        row = cast("dict[str, Any]", body)
        body = row.get("string", row.get("base64_string", ""))
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode()


def _plain(content: bytes, encoding: str) -> bytes:
    """Without compression; many cassettes name one that was already undone."""
    if encoding == "gzip" and content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if encoding == "deflate" and content.startswith(b"\x78"):
        return zlib.decompress(content)
    return content


def _first(value: Any) -> str:
    return str(cast("Sequence[Any]", value)[0] if isinstance(value, list) else value)


def _events(text: str) -> Iterator[Any]:
    """Name and data of every event; what is no content (comments, random padding) left out."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = [line.partition(":")[::2] for line in block.split("\n") if line and not line.startswith(":")]
        if not any(field == "data" for field, _ in fields):
            continue
        name = "".join(value.strip() for field, value in fields if field == "event")
        data = "\n".join(value.removeprefix(" ") for field, value in fields if field == "data").strip()
        found: Any = json.loads(data) if data.startswith(("{", "[{")) else data
        if isinstance(found, dict):
            found = {key: value for key, value in cast("dict[str, Any]", found).items() if key != _PADDING}
        yield name, found


def _differs(taped: Taped, reply: httpx.Response) -> str:
    """What a reader would see otherwise than in the cassette; empty = nothing."""
    if reply.status_code != taped.status:
        return f"status {reply.status_code}, not {taped.status}: {reply.text[:500]}"
    if taped.content_type.startswith("text/event-stream"):
        before, after = list(_events(taped.answered.decode())), list(_events(reply.text))
        return "" if before == after else f"events {after}, not {before}"
    try:
        before: Any = json.loads(taped.answered)
    except ValueError:
        return "" if reply.content == taped.answered else f"{len(reply.content)} other bytes"
    after = json.loads(_ORGANISATION.sub("org-", reply.text))
    before = json.loads(_ORGANISATION.sub("org-", json.dumps(before)))
    return "" if after == before else f"{after}, not {before}"


def _imported(folder: Path, to: Path) -> list[tuple[list[Taped], str]]:
    """Every cassette that came over whole, with the name of its fixture."""
    done = subprocess.run(
        [*AIGW, "fixtures", "import", str(folder), "--to", str(to), "--json"],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[tuple[list[Taped], str]] = []
    for row in json.loads(done.stdout)["imported"]:
        if row["skipped"] or not row["written"]:
            continue
        tape = _tape(Path(row["file"]))
        assert len(tape) == row["interactions"], row["file"]
        found.append((tape, _name(Path(row["written"][0]), to)))
    return found


def _is_served(one: Taped, path: str) -> bool:
    """Whether the path without a provider's name before it leads to the provider."""
    return not (_NOT_SERVED.search(path) or (path.endswith(_OWN_ANSWER) and one.status == 404))


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix().removesuffix(".aigw.json")


@pytest.mark.parametrize("name", FOLDERS)
def test_what_was_imported_is_served_as_it_was_recorded(vectors: Path, tmp_path: Path, name: str) -> None:
    to = tmp_path / "imported"
    compared, wrong = 0, list[str]()
    tapes = _imported(vectors / name, to)
    with ReplayProcess(to, cwd=tmp_path) as replay, httpx.Client(timeout=30) as client:
        for at, (tape, fixture) in enumerate(tapes):
            if not all(urlsplit(one.url).hostname in _HOMES for one in tape):
                continue
            replay.admin("/tests", "POST", json={"test": f"t{at}", "fixture": fixture})
            for number, one in enumerate(tape):
                url = urlsplit(one.url)
                if not _is_served(one, url.path):
                    continue
                start, prefix = _HOMES[str(url.hostname)]
                query = f"?{url.query}" if url.query else ""
                reply = client.request(
                    one.method,
                    f"{replay.url}/t/t{at}{prefix}{url.path.removeprefix(start)}{query}",
                    content=one.asked,
                    headers=one.headers,
                )
                compared += 1
                if said := _differs(one, reply):
                    wrong.append(f"{fixture}[{number}]: {said}"[:1500])
    assert not wrong, f"{len(wrong)} of {compared}:\n" + "\n".join(wrong)
    assert compared >= FOLDERS[name]
