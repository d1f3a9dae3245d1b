"""Gemini's token counts, both ways.

`usageMetadata` (ai.google.dev/api/generate-content#UsageMetadata, read 2026-11-20): `promptTokenCount` includes cached
tokens; `candidatesTokenCount` excludes thoughts, unless `totalTokenCount` says that they are inside (some versions);
`toolUsePromptTokenCount` (results of hosted tools) is input beside the prompt. Recordings: 79 of 79 streams repeat it in
every chunk, cumulative; the last one counts.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.exchange import Usage

_COUNTS: Final = (
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "cachedContentTokenCount",
    "totalTokenCount",
)


def read_usage(raw: bytes | msgspec.Raw) -> Usage | None:
    """The canonical usage of a `usageMetadata` object; None where it counts nothing (Vertex's early chunks)."""
    wire = loose_json.mapping(loose_json.load(bytes(raw)))
    found = [loose_json.count(wire.get(name)) for name in _COUNTS]
    if all(one is None for one in found):
        return None
    prompt, candidates, thoughts, tools, cached, total = (one or 0 for one in found)
    if found[0] is None and found[1] is None and total:
        prompt = max(0, total - thoughts - tools)  # embeddings of some versions count a total only
    given = prompt + tools
    if tools and total == prompt + candidates + thoughts:
        given = prompt
    output = candidates + thoughts
    if thoughts and thoughts <= candidates and total in {prompt + candidates, given + candidates}:
        output = candidates
    return Usage(
        input=max(given, cached),
        output=output,
        cached_input=cached,
        reasoning=thoughts,
        raw=msgspec.Raw(bytes(raw)),
    )


def write_usage(usage: Usage) -> dict[str, int]:
    """`usageMetadata` for a caller; `cache_write` has no place of its own and stays inside the prompt."""
    made = {"promptTokenCount": usage.input}
    if usage.cached_input:
        made["cachedContentTokenCount"] = usage.cached_input
    made["candidatesTokenCount"] = max(0, usage.output - usage.reasoning)
    if usage.reasoning:
        made["thoughtsTokenCount"] = usage.reasoning
    made["totalTokenCount"] = usage.input + usage.output
    return made
