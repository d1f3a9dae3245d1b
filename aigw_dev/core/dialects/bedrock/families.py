"""What Converse has no field for and each family of models has under a name of its own; data, by the model's name.

Such fields go into `additionalModelRequestFields`. Where each row is from:

* Anthropic, Nova's `topK`, gpt-oss, Qwen: recorded calls that the provider answered (pydantic-ai's cassettes).
* Nova 2: `reasoningConfig` and its bare `high` as vercel/ai#10839 and UKGovernmentBEIS/inspect_ai#3767 found them; no
  recording of ours.
* Cohere: the Bedrock user guide's page on Command R (`k`, as InvokeModel takes it); no recording of ours.
"""

import fnmatch
import functools
from typing import Final, Literal

import msgspec

from aigw_dev.core import loose_json


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What one family of models takes beside Converse's own fields."""

    top_k: tuple[str, ...] = ()
    """Where `top_k` goes; empty = the name is not known or there is none."""
    thinking: Literal["", "budget", "effort"] = ""
    """How thinking is asked for: Anthropic's budget (or adaptive), or an effort in words; empty = not at all."""
    effort: tuple[str, ...] = ()
    """Where the effort in words goes."""
    efforts: tuple[str, ...] = ("low", "medium", "high")
    """Words that it takes, rising."""
    effort_beside: tuple[tuple[str, str], ...] = ()
    """What must stand beside the effort."""
    bare_effort: str = ""
    """With this effort the model refuses limits and sampling parameters."""
    always_thinks: bool = False
    """Thinking cannot be turned off; the least effort stands for it."""
    takes_one_of_sampling: bool = False
    """It refuses `temperature` beside `top_p` (Claude Opus 4.1 and later); callers of other protocols often send both."""
    has_stop_paths: bool = False
    """It says which stop sequence ended the reply, where it is asked to."""


_CLAUDE: Final = Family(
    top_k=("top_k",),
    thinking="budget",
    effort=("output_config", "effort"),
    efforts=("low", "medium", "high", "xhigh", "max"),
    takes_one_of_sampling=True,
    has_stop_paths=True,
)
_ROWS: Final[tuple[tuple[str, Family], ...]] = (
    ("*claude*", _CLAUDE),
    (
        "*nova-2*",
        Family(
            top_k=("inferenceConfig", "topK"),
            thinking="effort",
            effort=("reasoningConfig", "maxReasoningEffort"),
            effort_beside=(("type", "enabled"),),
            bare_effort="high",
        ),
    ),
    ("*nova-*", Family(top_k=("inferenceConfig", "topK"))),
    ("*gpt-oss*", Family(thinking="effort", effort=("reasoning_effort",), always_thinks=True)),
    ("*qwen.*", Family(thinking="effort", effort=("reasoning_config",))),
    ("*cohere.command*", Family(top_k=("k",))),
)
"""Patterns over lower-case model names; the first that fits decides."""
_UNKNOWN: Final = Family()


@functools.lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """The family of a model; one without any field of its own where the name (an ARN, say) tells nothing."""
    name = model.lower()
    return next((family for pattern, family in _ROWS if fnmatch.fnmatchcase(name, pattern)), _UNKNOWN)


def put(fields: dict[str, object], path: tuple[str, ...], value: object) -> None:
    """Set `value` at a path of nested objects."""
    for step in path[:-1]:
        inner = loose_json.mapping(fields.get(step))
        fields[step] = inner
        fields = inner
    fields[path[-1]] = value
