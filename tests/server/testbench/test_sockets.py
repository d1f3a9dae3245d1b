"""WebSockets recorded and replayed: a recording stands in for the connection, message by message."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from aigw_dev.core.recording.fixture import Attempt, Closing, Fixture, Frame, Interaction
from aigw_dev.core.recording.fixture import Request as FixtureRequest
from aigw_dev.core.recording.fixture import Response as Reply
from aigw_dev.server.testbench.bench import Bench, BenchSettings
from aigw_dev.server.testbench.report import call_row
from aigw_dev.server.testbench.trial_options import Mode
from tests.server.socket_stage import KEY, SocketProvider, SocketStage, eventually, socket_stage
from tests.server.testbench.stage import answer, lay

pytestmark = pytest.mark.anyio
PATH = "/t/talk/openai/v1/realtime?model=one/m"


class Gate:
    """A gateway of sockets with a bench."""

    def __init__(self, stage: SocketStage, bench: Bench) -> None:
        self.stage = stage
        self.bench = bench

    def call(self, path: str = PATH, **more: Any) -> Any:
        return self.stage.call(path, **more)

    async def recorded(self, name: str = "talk", count: int = 1) -> Fixture:
        """The fixture, once it holds `count` interactions."""
        library = self.bench.library

        def is_there() -> bool:
            return library.has(name) and len(library.read(name).interactions) == count

        await eventually(is_there)
        return library.read(name)


@asynccontextmanager
async def benched(
    folder: Path,
    mode: Mode,
    provider: SocketProvider | None = None,
    *,
    gateway: str = "",
    more: str = "",
    two: SocketProvider | None = None,
    **settings: Any,
) -> AsyncGenerator[Gate]:
    """Recording needs a provider; replaying has none to reach."""
    own = folder / mode
    own.mkdir(exist_ok=True)
    bench = Bench(BenchSettings(root=folder / "fx", mode=mode, **settings))
    named = {"one": provider or SocketProvider(), **({"two": two or SocketProvider()} if more else {})}
    for each in named.values():
        each.url = each.url or "http://127.0.0.1:9"
    arguments: dict[str, Any] = named
    async with socket_stage(own, bench=bench, gateway=gateway, more=more, **arguments) as stage:
        yield Gate(stage, bench)


async def talk(socket: ServerConnection) -> None:
    """A provider whose event ids are never the same, and which repeats what it is told."""
    for number in range(9):
        said = {
            "type": "session.created" if not number else "echo",
            "event_id": f"event_{id(socket)}_{number}",
        }
        if number:
            said["heard"] = json.loads(await socket.recv())
            if said["heard"].get("type") == "stop":
                await socket.close(4001, "enough")
                return
        await socket.send(json.dumps(said))


async def say(caller: ClientConnection, **event: Any) -> Any:
    await caller.send(json.dumps(event))
    return json.loads(await caller.recv())


async def test_a_conversation_is_replayed_message_by_message_without_a_provider(tmp_path: Path) -> None:
    async with SocketProvider(talk) as one, benched(tmp_path, "record", one) as gate:
        async with gate.call(subprotocols=[Subprotocol("realtime")]) as caller:
            assert json.loads(await caller.recv())["type"] == "session.created"
            heard = await say(caller, type="item", event_id="mine_1", item={"id": "made_up_1"})
            await caller.send('{"type": "stop"}')
            with pytest.raises(websockets.ConnectionClosed):
                await caller.recv()
        fixture = await gate.recorded()
    held = fixture.interactions[0]
    assert (held.request.op, held.request.method, held.request.path) == (
        "openai.realtime",
        "GET",
        "?model=one/m",
    )
    assert held.request.headers == {"sec-websocket-protocol": "realtime"}
    response = held.attempts[0].response
    assert response is not None
    assert response.ws is not None
    assert (response.status, response.end) == (101, "eof")
    assert response.close == Closing(side="s", code=4001, reason="enough")
    assert [frame.side for frame in response.ws] == ["s", "c", "s", "c"]
    assert KEY not in (tmp_path / "fx" / "talk.aigw.json").read_text("utf-8")

    async with benched(tmp_path, "replay") as gate:
        async with gate.call(subprotocols=[Subprotocol("realtime")]) as caller:
            assert caller.subprotocol == "realtime"
            assert json.loads(await caller.recv())["type"] == "session.created"
            again = await say(caller, item={"id": "made_up_9"}, type="item", event_id="mine_2")
            assert again["event_id"] == heard["event_id"], "it is the recorded answer"
            assert again["heard"]["item"]["id"] == "made_up_9", "with the ids that the caller knows"
            await caller.send('{"type":"stop"}')
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await caller.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "enough")
        trial = gate.bench.trials["talk"]
        await eventually(lambda: trial.calls[0].has_ended)
        assert (trial.found, trial.unused(), trial.calls[0].source) == ([], [], "fixture")


async def record(tmp_path: Path, *, events: int = 1) -> None:
    async with SocketProvider(talk) as one, benched(tmp_path, "record", one) as gate:
        async with gate.call() as caller:
            await caller.recv()
            for number in range(events):
                await say(caller, type="item", text=f"hello {number}")
        await gate.recorded()


async def test_a_changed_message_misses_and_ends_the_socket(tmp_path: Path) -> None:
    await record(tmp_path, events=2)
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await caller.recv()
        await say(caller, type="item", text="hello 0")
        told = await say(caller, type="item", text="good bye", event_id="mine")
        assert (told["type"], told["error"]["code"], told["error"]["event_id"]) == (
            "error",
            "fixture_miss",
            "mine",
        )
        assert "message 2 on the WebSocket is not the recorded one" in told["error"]["message"]
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await caller.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert closed.value.rcvd.reason.startswith("message 2 on the WebSocket is not the recorded one")
        trial = gate.bench.trials["talk"]
        await eventually(lambda: trial.calls[0].has_ended)
        found = trial.misses()
        assert [one.kind for one in found] == ["miss"]
        assert "hello 1" in found[0].text
        assert "good bye" in found[0].text
        assert found[0].detail["fields"][0]["path"] == "text"
        assert trial.calls[0].ended_by == "miss"
        assert trial.calls[0].exchange.error == "fixture_miss"


async def test_one_message_more_than_recorded_misses(tmp_path: Path) -> None:
    await record(tmp_path)
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await caller.recv()
        await say(caller, type="item", text="hello 0")
        told = await say(caller, type="item", text="hello 1")
        assert "message 2 on the WebSocket is one more than was recorded" in told["error"]["message"]
    assert [one.kind for one in gate.bench.trials["talk"].found] == ["miss"]


async def test_another_model_or_subprotocol_is_another_request(tmp_path: Path) -> None:
    await record(tmp_path)
    async with benched(tmp_path, "replay") as gate:
        for path, more in (
            (PATH.replace("one/m", "one/other"), {}),
            (PATH, {"subprotocols": [Subprotocol("realtime")]}),
        ):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await gate.call(path, **more)
            assert refused.value.response.status_code == 424
            assert refused.value.response.headers["x-should-retry"] == "false"
            assert b"fixture_miss" in (refused.value.response.body or b"")
        async with gate.call(PATH.replace("one/m", "one%2Fm") + "&api_key=mine") as caller:
            assert json.loads(await caller.recv())["type"] == "session.created"


async def test_a_refused_handshake_is_recorded_and_replayed_as_what_it_was(tmp_path: Path) -> None:
    def refuse(_: ServerConnection, request: Request) -> Response:
        del request
        body = b'{"error":{"message":"no such model","code":"model_not_found"}}'
        headers = websockets.Headers({"content-type": "application/json", "content-length": str(len(body))})
        return Response(HTTPStatus.NOT_FOUND, "Not Found", headers, body)

    async with SocketProvider() as one, benched(tmp_path, "record", one) as gate:
        one.refusal = refuse
        with pytest.raises(websockets.InvalidStatus):
            await gate.call()
        held = (await gate.recorded()).interactions[0].attempts[0].response
        assert held is not None
        assert (held.status, held.body["error"]["code"], held.ws) == (404, "model_not_found", None)
    async with benched(tmp_path, "replay") as gate:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await gate.call()
        assert refused.value.response.status_code == 404
        assert b"no such model" in (refused.value.response.body or b"")


async def test_a_provider_that_cannot_be_reached_is_recorded_as_that(tmp_path: Path) -> None:
    async with benched(tmp_path, "record") as gate:
        with pytest.raises(websockets.InvalidStatus):
            await gate.call()
        held = (await gate.recorded()).interactions[0].attempts[0]
        assert (held.error, held.response) == ("connect_failed", None)
    async with benched(tmp_path, "replay") as gate:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await gate.call()
        assert refused.value.response.status_code == 502
    assert gate.bench.trials["talk"].found == []


async def test_binary_messages_come_back_as_bytes(tmp_path: Path) -> None:
    async def part(socket: ServerConnection) -> None:
        await socket.send(b'{"serverContent": {"turn": 1}}')
        await socket.send(b"\x00\xff audio")
        assert await socket.recv() == b"\x01\x02"
        await socket.send("no JSON")
        await socket.wait_closed()

    async def replayed() -> None:
        assert json.loads(await caller.recv(decode=False)) == {"serverContent": {"turn": 1}}
        assert await caller.recv() == b"\x00\xff audio"
        await caller.send(b"\x01\x02")
        assert await caller.recv() == "no JSON"

    async with SocketProvider(part) as one, benched(tmp_path, "record", one) as gate:
        async with gate.call() as caller:
            await replayed()
        frames = (await gate.recorded()).interactions[0].attempts[0].response
    assert frames is not None
    assert frames.ws is not None
    assert [one.is_binary for one in frames.ws] == [True, False, False, False]
    assert frames.close == Closing(side="c", code=1000)
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await replayed()


async def test_a_caller_ahead_of_the_recording_is_heard_in_the_recorded_order(tmp_path: Path) -> None:
    await record(tmp_path, events=3)
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        for number in range(3):
            await caller.send(json.dumps({"type": "item", "text": f"hello {number}"}))
        heard = [json.loads(await caller.recv()) for _ in range(4)]
    assert [one["heard"]["text"] for one in heard[1:]] == ["hello 0", "hello 1", "hello 2"]


async def test_a_connection_that_broke_off_breaks_off_again(tmp_path: Path) -> None:
    async def part(socket: ServerConnection) -> None:
        await socket.send("one")
        socket.transport.abort()

    async with SocketProvider(part) as one, benched(tmp_path, "record", one) as gate:
        async with gate.call() as caller:
            assert await caller.recv() == "one"
            with pytest.raises(websockets.ConnectionClosed):
                await caller.recv()
        held = (await gate.recorded()).interactions[0].attempts[0].response
    assert held is not None
    assert (held.end, held.close) == ("reset", None)
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        assert await caller.recv() == "one"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await caller.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011


async def test_a_socket_without_a_test_belongs_to_the_session_and_without_a_recording_reaches_nobody(
    tmp_path: Path,
) -> None:
    lay(tmp_path, "t", answer())
    async with SocketProvider() as one, benched(tmp_path, "replay", one) as gate:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await gate.call("/v1/realtime?model=one/m")
        assert refused.value.response.status_code == 424
        assert not one.requests
    assert list(gate.bench.trials) == ["session"]


def socket_of(*frames: Frame, **more: Any) -> Interaction:
    """A hand-written socket."""
    return Interaction(
        request=FixtureRequest(op="openai.realtime", method="GET", path="?model=one/m"),
        attempts=[Attempt(upstream="one/m", response=Reply(status=101, ws=list(frames), **more))],
    )


@pytest.mark.parametrize(("pace", "waited_ms"), [(0.0, 0), (0.001, 60)])
async def test_recorded_pauses_are_played_where_they_are_asked_for(
    tmp_path: Path, pace: float, waited_ms: int
) -> None:
    lay(
        tmp_path,
        "talk",
        socket_of(Frame(side="s", text="one"), Frame(side="s", text="two", dt_ms=40_000), dt_ms=[20_000]),
    )
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with benched(tmp_path, "replay", pace=pace) as gate, gate.call() as caller:
        async with asyncio.timeout(15):
            assert [await caller.recv(), await caller.recv()] == ["one", "two"]
        assert (loop.time() - began) * 1000 >= waited_ms * 0.9


async def test_a_hand_written_socket_stays_open_until_the_caller_leaves(tmp_path: Path) -> None:
    lay(tmp_path, "talk", socket_of(Frame(side="s", text="one"), Frame(side="c", text="bye")))
    async with benched(tmp_path, "replay") as gate:
        async with gate.call() as caller:
            assert await caller.recv() == "one"
            await caller.send("bye")
        exchange = await gate.stage.last()
        trial = gate.bench.trials["talk"]
    assert (exchange.status, exchange.error, exchange.finish) == (101, "", "1000")
    assert (trial.found, trial.calls[0].ended_by) == ([], "eof")


async def test_the_report_says_what_the_provider_said(tmp_path: Path) -> None:
    pieces = [
        Frame(side="s", data={"type": "response.output_text.delta", "delta": one}) for one in ("Hi", "!")
    ]
    lay(tmp_path, "talk", socket_of(*pieces, close=Closing(side="s", code=1000)))
    async with benched(tmp_path, "replay") as gate:
        async with gate.call() as caller:
            assert len([one async for one in caller]) == 2
        await gate.stage.last()
        row = call_row(gate.bench.trials["talk"].calls[0])
    assert (row["op"], row["response_text"], row["status"], row["ended_by"]) == (
        "openai.realtime",
        "Hi!",
        101,
        "eof",
    )


async def test_a_differing_message_that_is_no_event_closes_without_one(tmp_path: Path) -> None:
    lay(tmp_path, "talk", socket_of(Frame(side="c", text="hello")))
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await caller.send("good bye")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await caller.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_long_media_lies_beside_the_fixture_and_comes_back(tmp_path: Path) -> None:
    audio = base64.b64encode(bytes(range(256)) * 24).decode()

    async def part(socket: ServerConnection) -> None:
        heard = json.loads(await socket.recv())
        await socket.send(
            json.dumps({"type": "delta", "delta": heard["audio"][::-1].replace("=", "") + "A" * 8})
        )
        await socket.send(json.dumps({"type": "delta", "delta": heard["audio"]}))
        await socket.wait_closed()

    async with SocketProvider(part) as one, benched(tmp_path, "record", one) as gate:
        async with gate.call() as caller:
            first = await say(caller, type="append", audio=audio)
            await caller.recv()
        await gate.recorded()
    assert audio not in (tmp_path / "fx" / "talk.aigw.json").read_text("utf-8")
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        assert await say(caller, type="append", audio=audio) == first
        assert json.loads(await caller.recv()) == {"type": "delta", "delta": audio}


async def test_what_is_passed_through_is_recorded_under_its_path(tmp_path: Path) -> None:
    path = "/t/talk/one/ws/google.ai.Bidi?alt=json"

    async def speak(gate: Gate) -> None:
        async with gate.call(path.replace("/t/talk/", "/t/talk/openai/")) as caller:
            await caller.send(b'{"setup": {"model": "models/live"}}')
            assert json.loads(await caller.recv(decode=False)) == {"setup": {"model": "models/live"}}

    async with SocketProvider() as one, benched(tmp_path, "record", one) as gate:
        await speak(gate)
        request = (await gate.recorded()).interactions[0].request
    assert (request.op, request.method, request.path) == ("raw", "GET", "/ws/google.ai.Bidi?alt=json")
    async with benched(tmp_path, "replay") as gate:
        await speak(gate)


async def test_responses_over_a_socket_are_recorded_as_the_provider_gets_them(tmp_path: Path) -> None:
    path = "/t/talk/openai/v1/responses"

    async def speak(gate: Gate, text: str) -> Any:
        gate.stage.let_speak_responses("one")
        async with gate.call(path) as caller:
            return await say(caller, type="response.create", model="one/m", input=text)

    default = ", default_provider: one"
    async with SocketProvider() as one, benched(tmp_path, "record", one, gateway=default) as gate:
        assert (await speak(gate, "hi"))["model"] == "m"
        await gate.recorded()
    async with benched(tmp_path, "replay", gateway=default) as gate:
        assert (await speak(gate, "hi"))["model"] == "m"


async def test_drift_compares_a_live_socket_with_the_recorded_one_and_writes_nothing(tmp_path: Path) -> None:
    await record(tmp_path)
    before = (tmp_path / "fx" / "talk.aigw.json").read_bytes()

    async def changed(socket: ServerConnection) -> None:
        await socket.send('{"type": "session.created", "event_id": 5}')
        await socket.recv()
        await socket.send('{"type": "echo", "event_id": "x", "heard": {"type": "item", "text": "hello 0"}}')
        await socket.wait_closed()

    async with SocketProvider(changed) as one, benched(tmp_path, "drift", one) as gate:
        async with gate.call() as caller:
            await caller.recv()
            await say(caller, type="item", text="hello 0")
        trial = gate.bench.trials["talk"]
        await eventually(lambda: trial.calls[0].has_ended)
    assert [one.kind for one in trial.found] == ["drift"]
    assert "event_id" in trial.found[0].text
    assert (tmp_path / "fx" / "talk.aigw.json").read_bytes() == before


async def test_a_secret_in_a_message_is_masked_and_still_fits(tmp_path: Path) -> None:
    async with SocketProvider(talk) as one, benched(tmp_path, "record", one) as gate:
        async with gate.call() as caller:
            await caller.recv()
            await say(caller, type="item", text=f"my key is {KEY}")
        await gate.recorded()
    assert KEY not in (tmp_path / "fx" / "talk.aigw.json").read_text("utf-8")
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await caller.recv()
        assert (await say(caller, type="item", text=f"my key is {KEY}"))["type"] == "echo"


async def test_auto_records_what_is_not_there_yet(tmp_path: Path) -> None:
    async with SocketProvider(talk) as one, benched(tmp_path, "auto", one) as gate:
        async with gate.call() as caller:
            await caller.recv()
            await say(caller, type="item", text="hello 0")
        await gate.recorded()
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await caller.recv()
        assert (await say(caller, type="item", text="hello 0"))["heard"]["text"] == "hello 0"


ROUTE = """
routes:
  talker: {models: [talker], flow: {send: one/m1, fallback: [two/m2]}}
"""


@pytest.mark.parametrize("is_reachable", [True, False])
async def test_a_fallback_replays_the_attempts_that_were_made(tmp_path: Path, is_reachable: bool) -> None:
    path = "/t/talk/openai/v1/realtime?model=talker"

    def refuse(_: ServerConnection, request: Request) -> Response:
        del request
        return Response(
            HTTPStatus.SERVICE_UNAVAILABLE, "No", websockets.Headers({"content-length": "2"}), b"{}"
        )

    async with SocketProvider() as one, SocketProvider(talk) as two:
        one.refusal = refuse
        first = one if is_reachable else None
        async with benched(tmp_path, "record", first, more=ROUTE, two=two) as gate:
            async with gate.call(path) as caller:
                heard = await caller.recv()
            held = (await gate.recorded()).interactions[0].attempts
    assert [(each.upstream, each.error) for each in held] == [("one/m1", "not_kept"), ("two/m2", "")]
    async with benched(tmp_path, "replay", more=ROUTE) as gate:
        async with gate.call(path) as caller:
            assert json.loads(await caller.recv()) == json.loads(heard)
        exchange = await gate.stage.last()
    assert [each.provider for each in exchange.attempts] == ["one", "two"]


async def test_a_caller_that_leaves_amid_the_handshake_is_remembered_as_that(tmp_path: Path) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def wait(server: ServerConnection, request: Request) -> Response | None:
        del server, request
        asked.set()
        await left.wait()
        return None

    async with SocketProvider() as one, benched(tmp_path, "record", one) as gate:
        one.refusal = wait  # pyright: ignore[reportAttributeAccessIssue]  -- the library awaits it
        calling = asyncio.ensure_future(gate.call().__aenter__())
        await asyncio.wait_for(asked.wait(), 5)
        calling.cancel()
        trial = gate.bench.trials["talk"]
        await eventually(lambda: trial.calls[0].has_ended)
        left.set()
    assert trial.calls[0].captured[0].error == "cancelled"
    assert trial.calls[0].ended_by == "client"


async def test_a_fixture_without_a_reply_says_so(tmp_path: Path) -> None:
    one = socket_of()
    one.attempts[0].response = None
    lay(tmp_path, "talk", one)
    async with benched(tmp_path, "replay") as gate:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await gate.call()
    assert b"the fixture holds no reply" in (refused.value.response.body or b"")


async def test_ignore_rules_of_the_fixture_are_in_force_for_messages(tmp_path: Path) -> None:
    held = socket_of(Frame(side="c", data={"type": "a", "at": 1}), Frame(side="s", text="fine"))
    lay(tmp_path, "talk", held, ignore=("at",))
    async with benched(tmp_path, "replay") as gate, gate.call() as caller:
        await caller.send('{"type": "a", "at": 2}')
        assert await caller.recv() == "fine"


async def test_a_credential_in_the_query_or_among_the_subprotocols_is_not_recorded(tmp_path: Path) -> None:
    async with SocketProvider(talk) as one, benched(tmp_path, "record", one) as gate:
        shown = Subprotocol(f"openai-insecure-api-key.{gate.stage.token}")
        path = f"{PATH}&api_key={gate.stage.token}"
        async with gate.call(path, headers={}, subprotocols=[Subprotocol("realtime"), shown]) as caller:
            await caller.recv()
        request = (await gate.recorded()).interactions[0].request
        assert gate.stage.token not in (tmp_path / "fx" / "talk.aigw.json").read_text("utf-8")
    assert request.headers == {"sec-websocket-protocol": "realtime"}
    async with (
        benched(tmp_path, "replay") as gate,
        gate.call(subprotocols=[Subprotocol("realtime")]) as caller,
    ):
        assert json.loads(await caller.recv())["type"] == "session.created"


async def test_a_bare_model_below_a_test_is_at_home_with_its_dialect(tmp_path: Path) -> None:
    one = socket_of(Frame(side="s", text="hello"))
    one.request.path, one.attempts[0].upstream = "?model=mystery-1", "openai/mystery-1"
    lay(tmp_path, "talk", one)
    path = "/t/talk/openai/v1/realtime?model=mystery-1"
    async with (
        benched(tmp_path, "replay", gateway=", default_provider: one") as gate,
        gate.call(path) as caller,
    ):
        assert await caller.recv() == "hello"
