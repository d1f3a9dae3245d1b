"""An OpenAI-compatible server in one function: which mock model answers what.

The same request at the same second gives the same bytes. A job of `mock/video` goes on with the clock that it is told.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from aigw_dev.core import loose_json, operations, paths, tokens
from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.protocol import ModelRow, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.mock import (
    chat,
    completions,
    embeddings,
    images,
    moderations,
    rerank,
    speech,
    transcription,
    videos,
)
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reading import MockForm, seed_of
from aigw_dev.core.mock.reply import JSON, Asked, MockReply, failed, refused
from aigw_dev.core.operations import Match
from aigw_dev.core.providers import adapter
from aigw_dev.core.providers.asked_fields import AskedFields

_PREFIX: Final = "mock/"
_FLAGS: Final = {"": False, "false": False, "0": False, "true": True, "1": True}


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
    MockModel(
        name="image",
        description="makes PNG pictures from a hash of the prompt",
        operations=(operations.IMAGES.name, operations.IMAGE_EDITS.name, operations.IMAGE_VARIATIONS.name),
    ),
    MockModel(
        name="speech",
        description="speaks a tone for each word (wav, pcm), or silence as long (mp3)",
        operations=(operations.SPEECH.name,),
    ),
    MockModel(
        name="transcribe",
        description="hears the name, size, length and hash of an uploaded recording",
        operations=(operations.TRANSCRIPTIONS.name, operations.TRANSLATIONS.name),
    ),
    MockModel(
        name="video",
        description="makes video jobs that are done after three seconds",
        operations=(operations.VIDEOS.name,),
    ),
    MockModel(
        name="rerank",
        description="ranks documents by the words that they share with the query",
        operations=(operations.RERANK.name,),
    ),
    MockModel(
        name="moderate",
        description="flags texts that hold [flag] or [flag:CATEGORY]",
        operations=(operations.MODERATIONS.name,),
    ),
)
"""Every model that answers, in the order lists show."""

_BY_NAME: Final = {model.name: model for model in MOCK_MODELS}
_TEXTS: Final[dict[str, Callable[[Asked], MockReply]]] = {
    operations.CHAT.name: chat.answer,
    operations.COMPLETIONS.name: completions.answer,
    operations.EMBEDDINGS.name: embeddings.answer,
}
_MEDIA: Final[dict[str, Callable[[AskedMedia], MockReply]]] = {
    operations.IMAGES.name: images.answer,
    operations.IMAGE_EDITS.name: images.answer,
    operations.IMAGE_VARIATIONS.name: images.answer,
    operations.SPEECH.name: speech.answer,
    operations.TRANSCRIPTIONS.name: transcription.answer,
    operations.TRANSLATIONS.name: transcription.answer,
    operations.VIDEOS.name: videos.create,
    operations.RERANK.name: rerank.answer,
    operations.MODERATIONS.name: moderations.answer,
}
_JOBS: Final[dict[str, Callable[[AskedMedia], MockReply]]] = {
    "openai.videos.list": videos.listed,
    "openai.videos.item": videos.item,
    "openai.videos.content": videos.content,
    "openai.videos.remix": videos.remix,
}
"""What names no model: it is `mock/video`'s."""


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose path is known."""

    method: str
    match: Match
    query: dict[str, str]
    body: RequestBody | None
    """None where there is none, or a form."""
    form: MockForm | None
    now_s: float
    id_seed: str


def answer(
    method: str,
    path: str,
    body: bytes | MockForm = b"",
    *,
    query: str = "",
    now_s: float,
    id_seed: str | None = None,
) -> MockReply:
    """The reply to a request; `path` is raw, a form in `body` was read by a `Reading`.

    `now_s` is UTC seconds; `id_seed` becomes part of every id, None takes it from the body. Whatever is wrong with the
    request is an error reply, as a provider would send it.
    """
    match = paths.find(method, path)
    if isinstance(match, Refusal):
        return refused(match)
    operation = match.operation
    if operation is operations.MODELS:
        rows = [ModelRow(id=model.name, owned_by="mock") for model in MOCK_MODELS]
        return MockReply(status=200, content_type=JSON, chunks=(openai_chat.encode_models(rows),))
    if not (operation.name in _TEXTS or operation.name in _MEDIA or operation.name in _JOBS):
        return _not_done(operation)
    parsed = read_body(body) if isinstance(body, bytes) and (body or method == "POST") else None
    if isinstance(parsed, Refusal):
        return refused(parsed)
    request = _Request(
        method=method,
        match=match,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        body=parsed,
        form=body if isinstance(body, MockForm) else None,
        now_s=now_s,
        id_seed=seed_of(body) if id_seed is None else id_seed,
    )
    if operation.name in _JOBS:
        return _JOBS[operation.name](_media(request, "video", is_stream=False))
    return _answered(request)


def _answered(request: _Request) -> MockReply:
    """The reply to what a model is asked."""
    facts = _facts(request)
    if isinstance(facts, Refusal):
        return refused(facts)
    operation = request.match.operation.name
    can = [known.name for known in MOCK_MODELS if operation in known.operations]
    name = facts.model.removeprefix(_PREFIX) or can[0]
    if name not in _BY_NAME:
        listed = ", ".join(_PREFIX + known.name for known in MOCK_MODELS)
        return failed(
            404,
            "model_not_found",
            f"there is no model {_PREFIX}{name[:100]}; there are {listed}",
            param="model",
        )
    if name not in can:
        others = ", ".join(_PREFIX + other for other in can)
        return failed(
            400,
            "operation_not_supported",
            f"{_PREFIX}{name} does not do {operation}; {others} {'does' if len(can) == 1 else 'do'}",
            param="model",
        )
    if operation in _MEDIA:
        return _MEDIA[operation](_media(request, name, is_stream=facts.is_stream))
    if request.body is None:
        return refused(_wants_json(operation))
    return _TEXTS[operation](
        Asked(
            model=name,
            request=loose_json.mapping(loose_json.load(request.body.raw)),
            is_stream=facts.is_stream,
            wants_usage=facts.wants_usage,
            input_tokens=tokens.estimate_request(request.body.raw),
            created=int(request.now_s),
            id_seed=request.id_seed,
        )
    )


def _facts(request: _Request) -> RequestFacts | Refusal:
    """The model, empty where none is named and none has to be, and whether a stream is wanted."""
    match = request.match
    if request.form is not None:
        fields = request.form.form.fields
        model = fields.get("model", "").strip() or match.path_model
        is_stream = _FLAGS.get(fields.get("stream", "").strip().lower())
        if is_stream is None:
            return Refusal(
                code="invalid_request", message="`stream` must be true or false in a form", param="stream"
            )
        if not model and not match.operation.has_optional_model:
            return Refusal(code="model_missing", message="the form has no field `model`", param="model")
        return RequestFacts(model=model, is_stream=is_stream and match.operation.can_stream)
    if request.body is None or operations.JSON not in match.operation.media:
        return Refusal(
            code="unsupported_media_type", message=f"{match.operation.name} takes multipart/form-data"
        )
    facts = openai_chat.read_request(request.body, path_model=match.path_model)
    if isinstance(facts, Refusal) and facts.code == "model_missing" and match.operation.has_optional_model:
        return RequestFacts(model="", is_stream=request.body.text("stream") == b"true")
    return facts


def _media(request: _Request, model: str, *, is_stream: bool) -> AskedMedia:
    asked = adapter.Asked(
        operation=request.match.operation.name,
        model=_PREFIX + model,
        body=request.body,
        fields=request.form.form.fields if request.form is not None else {},
        resource_id=request.match.resource_id,
        method=request.method,
        ledger=Ledger("openai-chat", "mock"),
        id_seed=request.id_seed,
        created=int(request.now_s),
    )
    return AskedMedia(
        asked=asked,
        fields=AskedFields(asked),
        form=request.form,
        query=request.query,
        is_stream=is_stream and request.match.operation.can_stream,
        now_s=request.now_s,
    )


def _not_done(operation: operations.Operation) -> MockReply:
    kept = f": it keeps no {operation.resource}" if operation.resource else ""
    message = f"mock does not do {operation.name}{kept}; choose another provider"
    return failed(400, "operation_not_supported", message)


def _wants_json(operation: str) -> Refusal:
    return Refusal(code="unsupported_media_type", message=f"{operation} takes application/json")
