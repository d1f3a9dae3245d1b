"""Anthropic's model list."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from aigw_dev.core.dialects.protocol import ModelRow

_LATEST: Final = 253_402_300_799
"""The last second of the year 9999: a provider's nonsense must not break the list."""


def encode_models(rows: Sequence[ModelRow], /) -> bytes:
    """`GET /v1/models`: one page with everything."""
    return msgspec.json.encode(
        {
            "data": [_model(row) for row in rows],
            "has_more": False,
            "first_id": rows[0].id if rows else None,
            "last_id": rows[-1].id if rows else None,
        }
    )


def encode_model(row: ModelRow, /) -> bytes:
    """`GET /v1/models/{id}`."""
    return msgspec.json.encode(_model(row))


def _model(row: ModelRow) -> dict[str, str]:
    """A date that nobody knows is the epoch's first, as the protocol says; SDKs require `lifecycle`."""
    created = datetime.fromtimestamp(min(max(row.created, 0), _LATEST), UTC)
    return {
        "type": "model",
        "id": row.id,
        "display_name": row.id,
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
    }
