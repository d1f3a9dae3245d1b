"""Answers to show: one of every kind of fact."""

from typing import Any

from aigw_dev.calling import Heard, Opened
from aigw_dev.core.reply_pieces import ToolPiece
from aigw_dev.tui.chat.answer import Answer
from aigw_dev.tui.widgets.lines import plain

HEAD = Opened(
    at_ms=5, status=200, headers={"a": "\x1b"}, exchange="e1", upstream="up/m", route="r", attempts=1
)
RECORD: dict[str, Any] = {
    "usage": {"input": 41, "output": 268},
    "cost": {"status": "estimated", "nanousd": 900_000},
    "finish": "length",
    "attempts": [
        {
            "number": 1,
            "provider": "up",
            "request_model": "m",
            "status": 429,
            "error": "upstream_status",
            "error_text": "slow\x1b",
        },
        {"number": 2, "provider": "up", "request_model": "n", "status": 200, "reason": "fallback"},
    ],
    "decision": {
        "route": "r",
        "trace": [
            {
                "type": "if",
                "condition": "metadata.tier == 'pro'",
                "result": False,
                "observations": [{"name": "metadata.tier", "actual": None}],
            },
            {"type": "send", "node": "flow.else"},
        ],
    },
    "ledger": {"entries": [{"side": "request", "fate": "dropped", "field": "seed", "how": "has no place"}]},
}


def an_answer() -> Answer:
    answer = Answer("dynamic/r", {"stream": True}, None, began_s=0.0)
    answer.take(HEAD)
    answer.take(Heard(at_ms=200, data=b"x" * 10, reasoning="hm"))
    answer.take(
        Heard(
            at_ms=500,
            data=b"y",
            text="Hello",
            tools=(ToolPiece(index=0, id="c", name="look", arguments="{"),),
        )
    )
    answer.take(Heard(at_ms=900, data=b"z", text=" you", tools=(ToolPiece(index=0, arguments="}"),)))
    return answer


def text_of(rows: list[Any]) -> str:
    return "\n".join(plain(row) for row in rows)
