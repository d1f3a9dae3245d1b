"""A replaying gateway whose answers are laid out by hand, and what an app with an official SDK gets of them."""

import contextlib
import json
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import anthropic
import httpx
import msgspec
import openai

from tests.e2e.replaying import ADMIN, ReplayProcess

TEXT: Final = "Hello there, my good friend. Ünïcode wörks 🎉 as it should."
CITY: Final = "Oslo Oslo Oslo"
PATIENT_S: Final = 10.0
HASTY_S: Final = 0.4
"""What a client that is meant to lose patience has of it."""
IMPOSSIBLE: Final = "cannot be done to this call"
Mode = Literal["chat stream", "chat", "responses", "messages stream", "messages helper", "messages"]
MODES: Final[tuple[Mode, ...]] = (
    "chat stream", "chat", "responses", "messages stream", "messages helper", "messages",
)  # fmt: skip
TALKERS: Final = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}
"""Models that answer with `TEXT`."""
CALLERS: Final = {"openai": "gpt-4o", "anthropic": "claude-opus-4-5"}
"""Models that call the tool."""
_SAY: Final[Any] = [{"role": "user", "content": "hi"}]
_SCHEMA: Final = {"type": "object", "properties": {"city": {"type": "string"}}}
_OPENAI_TOOLS: Final[Any] = [{"type": "function", "function": {"name": "get_weather", "parameters": _SCHEMA}}]
_ANTHROPIC_TOOLS: Final[Any] = [{"name": "get_weather", "input_schema": _SCHEMA}]


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """What an app has at the end."""

    text: str = ""
    arguments: str = ""
    tool: str = ""
    refusal: str = ""
    finish: str = ""
    usage: bool = False
    model: str = ""


class Seats:
    """A replaying gateway and one client of each SDK, which every test's calls share."""

    def __init__(self, gateway: ReplayProcess, stack: contextlib.ExitStack) -> None:
        self.gateway = gateway
        self.admin = stack.enter_context(httpx.Client(base_url=f"{gateway.url}/admin/v1", timeout=PATIENT_S))
        self.admin.headers["authorization"] = f"Bearer {ADMIN}"
        self.openai = stack.enter_context(openai.OpenAI(base_url=gateway.url, api_key="any"))
        self.anthropic = stack.enter_context(anthropic.Anthropic(base_url=gateway.url, api_key="any"))
        self.healthy: dict[tuple[Mode, bool], Got] = {}
        """What calls give that no fault strikes."""


class FaultSeat:
    """Calls below one test."""

    def __init__(self, seats: Seats, test: str) -> None:
        self.url = f"{seats.gateway.url}/t/{quote(test, safe='')}"
        self._seats = seats
        self._path = f"/tests/{quote(test, safe='')}"
        self._admin("/tests", {"test": test})
        for model in TALKERS.values():
            self.stub(text=TEXT, model=model)
        for model in CALLERS.values():
            self.stub(tool_calls=[["get_weather", {"city": CITY}]], model=model)

    def _admin(self, path: str, body: dict[str, Any] | None = None) -> Any:
        admin = self._seats.admin
        reply = admin.get(path) if body is None else admin.post(path, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def stub(self, **fields: Any) -> None:
        """Lay out an answer that is given as often as it is asked for."""
        self._admin(f"{self._path}/stubs", {"times": None, **fields})

    def fault(self, spec: str, **fields: Any) -> str:
        """Make something break; its id."""
        return self._admin(f"{self._path}/faults", {"fault": spec, **fields})["fault_id"]

    def calls(self, count: int) -> list[dict[str, Any]]:
        """The calls of this test, once so many have ended."""
        return self._admin(f"{self._path}?calls={count}&timeout_ms=5000")["calls"]

    def openai(self, **more: Any) -> Any:
        """A client as an app makes it, but for its base URL."""
        return self._seats.openai.with_options(base_url=f"{self.url}/openai/v1", **more)

    def anthropic(self, **more: Any) -> Any:
        """The same of Anthropic."""
        return self._seats.anthropic.with_options(base_url=f"{self.url}/anthropic", **more)

    def ask(self, mode: Mode, *, has_tool: bool = False, **client: Any) -> Got:
        """One call. `client` is how the SDK's client is made."""
        return _ASKS[mode](self, has_tool, client)

    def told(self, mode: Mode, *, has_tool: bool = False, **client: Any) -> str:
        """How a call ends, in words: an exception and its status, `whole`, or what is not as it would be without a fault."""
        known = self._seats.healthy
        if (mode, has_tool) not in known:
            known[mode, has_tool] = self.ask(mode, has_tool=has_tool, max_retries=0, timeout=PATIENT_S)
        healthy = known[mode, has_tool]
        try:
            got = self.ask(mode, has_tool=has_tool, **client)
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            is_ours = "x-aigw-fault:" in str(error)
            return IMPOSSIBLE if is_ours else f"{type(error).__name__} {error.status_code}"
        except Exception as error:  # noqa: BLE001  -- which one it is, is the question
            return type(error).__name__
        changed = [name for name in Got.__struct_fields__ if getattr(got, name) != getattr(healthy, name)]
        return "no exception, other " + ", ".join(changed) if changed else "whole"


def _ask_chat_stream(seat: FaultSeat, has_tool: bool, client: dict[str, Any]) -> Got:
    stream: Any = seat.openai(**client).chat.completions.create(
        **_chat(has_tool), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    choices = [choice for chunk in chunks for choice in chunk.choices or ()]
    calls = [call for choice in choices for call in choice.delta.tool_calls or ()]
    return Got(
        text="".join(choice.delta.content or "" for choice in choices),
        arguments="".join(call.function.arguments or "" for call in calls),
        tool="".join(call.function.name or "" for call in calls),
        refusal="".join(choice.delta.refusal or "" for choice in choices),
        finish=_last(choice.finish_reason for choice in choices),
        usage=any(chunk.usage for chunk in chunks),
        model=_last(chunk.model for chunk in chunks),
    )


def _ask_chat(seat: FaultSeat, has_tool: bool, client: dict[str, Any]) -> Got:
    reply = seat.openai(**client).chat.completions.create(**_chat(has_tool))
    if _is_page(reply):
        return Got(text=str(reply))
    message: Any = reply.choices[0].message
    calls: list[Any] = message.tool_calls or []
    return Got(
        text=message.content or "",
        arguments="".join(call.function.arguments for call in calls),
        tool="".join(call.function.name for call in calls),
        refusal=message.refusal or "",
        finish=reply.choices[0].finish_reason or "",
        usage=reply.usage is not None,
        model=reply.model,
    )


def _ask_responses(seat: FaultSeat, has_tool: bool, client: dict[str, Any]) -> Got:
    model = (CALLERS if has_tool else TALKERS)["openai"]
    stream: Any = seat.openai(**client).responses.create(model=model, input="hi", stream=True)
    events = list(stream)
    ends = [
        one for one in events if one.type in {"response.completed", "response.incomplete", "response.failed"}
    ]
    heads = [one.response for one in events if getattr(one, "response", None) is not None]
    items = [one.item for one in events if one.type == "response.output_item.added"]
    return Got(
        text=_joined(events, "response.output_text.delta"),
        arguments=_joined(events, "response.function_call_arguments.delta"),
        tool="".join(getattr(item, "name", "") or "" for item in items),
        refusal=_joined(events, "response.refusal.delta"),
        finish=ends[-1].type if ends else "",
        usage=bool(ends) and ends[-1].response.usage is not None,
        model=_last(head.model for head in heads),
    )


def _ask_messages_stream(seat: FaultSeat, has_tool: bool, client: dict[str, Any]) -> Got:
    stream: Any = seat.anthropic(**client).messages.create(**_message(has_tool), stream=True)
    events = list(stream)
    deltas = [one.delta for one in events if one.type in {"content_block_delta", "message_delta"}]
    blocks = [one.content_block for one in events if one.type == "content_block_start"]
    starts = [one.message for one in events if one.type == "message_start"]
    return Got(
        text="".join(getattr(delta, "text", "") or "" for delta in deltas),
        arguments="".join(getattr(delta, "partial_json", "") or "" for delta in deltas),
        tool="".join(getattr(block, "name", "") or "" for block in blocks),
        finish=_last(getattr(delta, "stop_reason", "") for delta in deltas),
        usage=any(one.usage is not None for one in events if one.type == "message_delta"),
        model=_last(start.model for start in starts),
    )


def _ask_messages_helper(seat: FaultSeat, has_tool: bool, client: dict[str, Any]) -> Got:
    with seat.anthropic(**client).messages.stream(**_message(has_tool)) as stream:
        return _message_got(stream.get_final_message())


def _ask_messages(seat: FaultSeat, has_tool: bool, client: dict[str, Any]) -> Got:
    reply: Any = seat.anthropic(**client).messages.create(**_message(has_tool))
    return Got(text=str(reply)) if _is_page(reply) else _message_got(reply)


def _chat(has_tool: bool) -> dict[str, Any]:
    tools: dict[str, Any] = {"tools": _OPENAI_TOOLS} if has_tool else {}
    return {"model": (CALLERS if has_tool else TALKERS)["openai"], "messages": _SAY, **tools}


def _message(has_tool: bool) -> dict[str, Any]:
    tools: dict[str, Any] = {"tools": _ANTHROPIC_TOOLS} if has_tool else {}
    model = (CALLERS if has_tool else TALKERS)["anthropic"]
    return {"model": model, "max_tokens": 100, "messages": _SAY, **tools}


def _message_got(message: Any) -> Got:
    calls = [block for block in message.content if block.type == "tool_use"]
    return Got(
        text="".join(getattr(block, "text", "") for block in message.content),
        arguments="".join(json.dumps(call.input) for call in calls),
        tool="".join(call.name for call in calls),
        finish=message.stop_reason or "",
        usage=getattr(message, "usage", None) is not None,
        model=message.model,
    )


def _is_page(reply: object) -> bool:
    """The SDKs give out what is no JSON as a text."""
    return isinstance(reply, str)


def _joined(events: list[Any], kind: str) -> str:
    return "".join(one.delta for one in events if one.type == kind)


def _last(values: Iterable[str | None]) -> str:
    return next((value for value in reversed(list(values)) if value), "")


_Ask = Callable[[FaultSeat, bool, dict[str, Any]], Got]
_ASKS: Final[dict[Mode, _Ask]] = {
    "chat stream": _ask_chat_stream,
    "chat": _ask_chat,
    "responses": _ask_responses,
    "messages stream": _ask_messages_stream,
    "messages helper": _ask_messages_helper,
    "messages": _ask_messages,
}


@contextlib.contextmanager
def replaying(folder: Path) -> Generator[Seats]:
    """A gateway that replays an empty folder: everything in it is laid out."""
    fixtures = folder / "fx"
    fixtures.mkdir()
    with ReplayProcess(fixtures, cwd=folder) as gateway, contextlib.ExitStack() as stack:
        yield Seats(gateway, stack)
