"""Parts of foreign recordings, for the tests of their importers."""

import hashlib
from typing import Any, Final

from aigw_dev.core.recording.fixture import Attempt, Blob, Interaction, Response
from aigw_dev.core.recording.importing import Imported

CHAT_URL: Final = "https://api.openai.com/v1/chat/completions"
ASKED: Final[dict[str, Any]] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Capital of France?"}],
}
ANSWER: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
}
STREAM: Final = (
    'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Pa"}}]}\n\n'
    'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"ris."},"finish_reason":"stop"}]}\n\n'
    "data: [DONE]\n\n"
)


class Shelf:
    """Keeps blobs in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def store(self, content: bytes, media_type: str) -> Blob:
        """Keep `content`."""
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return Blob(sha256=digest, type=media_type, bytes=len(content))

    def read(self, blob: Blob | None) -> bytes:
        """What was kept as `blob`."""
        assert blob is not None
        return self.kept[blob.sha256]


def only(found: Imported) -> Interaction:
    """The one interaction that was imported, nothing being left out."""
    assert found.skipped == []
    [fixture] = found.fixtures
    [interaction] = fixture.interactions
    return interaction


def attempt_of(interaction: Interaction) -> tuple[Attempt, Response]:
    """The one attempt of an imported interaction, and its reply."""
    [attempt] = interaction.attempts
    assert attempt.response is not None
    return attempt, attempt.response
