"""One fault as the catalogue describes it, and the parameters that faults take."""

from typing import Final, Literal

import msgspec

CHAT: Final = "openai-chat"
RESPONSES: Final = "openai-responses"
ANTHROPIC: Final = "anthropic-messages"
GEMINI: Final = "gemini-generate-content"
BEDROCK: Final = "bedrock-converse"
DIALECTS: Final = (CHAT, RESPONSES, ANTHROPIC, GEMINI, BEDROCK)
"""Every dialect that faults have wire forms for."""

Family = Literal["http", "net", "slow", "stream", "body", "gateway", "chunk"]

COMMON: Final = ("times", "on_call", "rate", "seed", "test")
"""Parameters that every fault takes: when it strikes and for whom."""
PLACE: Final = ("after_events",)
CUT: Final = ("after_events", "after_bytes")


class FaultRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fault: what it is called, what it takes, what it looks like on the wire, what official SDKs make of it."""

    id: str
    family: Family
    summary: str
    """One line for people."""
    params: tuple[str, ...] = ()
    """What it takes beside `COMMON`."""
    kinds: tuple[str, ...] = ()
    """What `kind` may be; the first is the default."""
    needs_stream: bool = False
    """It can only be done to a streamed reply; for a whole one `perform` says so."""
    is_legal: bool = False
    """The wire is odd but allowed: a right client gets the whole answer."""
    edges: tuple[str, ...] = ("client", "provider")
    """Where it can be done."""
    not_for: tuple[str, ...] = ()
    """Dialects that have nothing of the kind."""
    openai: str = ""
    """The wire form in OpenAI's dialects."""
    anthropic: str = ""
    gemini: str = ""
    openai_sdk: str = ""
    """What the official openai Python SDK does (3.52, seen by tests/e2e/test_faults_sdks.py)."""
    anthropic_sdk: str = ""
    """What the official anthropic Python SDK does (2.11, seen by tests/e2e/test_faults_sdks.py)."""

    @property
    def takes(self) -> tuple[str, ...]:
        """Every parameter it takes."""
        return (*self.params, *(("kind",) if self.kinds else ()), *COMMON)
