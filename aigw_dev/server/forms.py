"""What the gateway reads of a multipart form."""

from collections.abc import Mapping
from typing import Final

from aigw_dev.core.dialects.protocol import RequestFacts
from aigw_dev.core.errors import Refusal
from aigw_dev.core.operations import Operation

_BOOLEANS: Final = {"": False, "false": False, "true": True, "0": False, "1": True}


def read_form(fields: Mapping[str, str], operation: Operation) -> RequestFacts | Refusal:
    """The model and whether a stream is wanted; a missing model is refused where the operation needs one."""
    model = fields.get("model", "").strip()
    if not model and not operation.has_optional_model:
        return Refusal(
            code="model_missing",
            message="the form names no model; add a field `model` with provider/model or a name listed by GET /v1/models",
            param="model",
        )
    is_stream = _BOOLEANS.get(fields.get("stream", "").strip().lower())
    if is_stream is None:
        return Refusal(
            code="invalid_request", message="`stream` must be true or false in a form", param="stream"
        )
    return RequestFacts(model=model, is_stream=is_stream and operation.can_stream)
