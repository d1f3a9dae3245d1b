"""Converse's usage: `inputTokens` counts neither what was read from the cache nor what was written to it."""

import msgspec

from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.exchange import Usage


def read_usage(raw: msgspec.Raw | None) -> Usage | None:
    """The provider's count in canonical words; None where it counted nothing."""
    counts = wire.fields(raw)
    given, output = wire.count(counts.get("inputTokens")), wire.count(counts.get("outputTokens"))
    if raw is None or (given is None and output is None):
        return None
    cached = wire.count(counts.get("cacheReadInputTokens")) or 0
    written = wire.count(counts.get("cacheWriteInputTokens")) or 0
    return Usage(
        input=(given or 0) + cached + written,
        output=output or 0,
        cached_input=cached,
        cache_write=written,
        raw=wire.own(raw),
    )
