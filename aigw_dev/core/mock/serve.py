"""An OpenAI-compatible server in one function: which mock model answers what.

The same request, `created` and `id_seed` give the same bytes.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core import operations, tokens
from aigw_dev.core.dialects import loose_json, openai_chat
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.mock import chat, completions, embeddings
from aigw_dev.core.mock.reply import Asked, MockReply, failed

_PREFIX: Final = "mock/"


class MockModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model of the embedded provider."""

    name: str
    """Behind `mock/`."""
    description: str
    operations: tuple[str, ...]
    """What it answers, by operation name."""


MOCK_MODELS: Final = (
    MockModel(
        name="echo",
        description="answers with the last user message, streamed word by word",
        operations=(operations.CHAT.name, operations.COMPLETIONS.name),
    ),
    MockModel(
        name="tools",
        description="calls the first offered tool, or the one tool_choice names, with arguments valid for its schema",
        operations=(operations.CHAT.name,),
    ),
    MockModel(
        name="think",
        description="sends reasoning first, then answers like mock/echo",
        operations=(operations.CHAT.name,),
    ),
    MockModel(
        name="embed",
        description="embeds text or token ids as unit vectors made from a hash",
        operations=(operations.EMBEDDINGS.name,),
    ),
)
"""Every model that answers, in the order lists show."""

_BY_NAME: Final = {model.name: model for model in MOCK_MODELS}
_ANSWERS: Final[dict[str, Callable[[Asked], MockReply]]] = {
    operations.CHAT.name: chat.answer,
    operations.COMPLETIONS.name: completions.answer,
    operations.EMBEDDINGS.name: embeddings.answer,
}


def answer(path: str, body: bytes, *, created: int, id_seed: str) -> MockReply:
    """The reply to a POST of `body` at `path`; `created` is UTC seconds, `id_seed` becomes part of every id.

    Whatever is wrong with the request is an error reply, as a provider would send it.
    """
    match = operations.find("POST", path)
    if isinstance(match, Refusal):
        return _refused(match)
    parsed = read_body(body)
    if isinstance(parsed, Refusal):
        return _refused(parsed)
    facts = openai_chat.read_request(parsed, path_model=match.path_model)
    if isinstance(facts, Refusal):
        return _refused(facts)
    name = facts.model.removeprefix(_PREFIX)
    model = _BY_NAME.get(name)
    operation = match.operation.name
    if model is None:
        listed = ", ".join(_PREFIX + known.name for known in MOCK_MODELS)
        return failed(
            404,
            "model_not_found",
            f"there is no model {_PREFIX}{name[:100]}; there are {listed}",
            param="model",
        )
    if operation not in model.operations:
        others = ", ".join(_PREFIX + known.name for known in MOCK_MODELS if operation in known.operations)
        return failed(
            400,
            "operation_not_supported",
            f"{_PREFIX}{name} does not do {operation}; {others} does",
            param="model",
        )
    request = loose_json.mapping(loose_json.load(body))
    return _ANSWERS[operation](
        Asked(
            model=name,
            request=request,
            is_stream=facts.is_stream,
            wants_usage=facts.wants_usage,
            input_tokens=tokens.estimate_request(body),
            created=created,
            id_seed=id_seed,
        )
    )


def _refused(refusal: Refusal) -> MockReply:
    status = refusal.status or CODES[refusal.code].status
    return failed(status, refusal.code, refusal.message, param=refusal.param)
