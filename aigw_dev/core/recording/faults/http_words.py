"""What providers say in their error replies: statuses, types, codes and texts, by fault.

A text may name {model}, {text}, {kind}, {status} and {wait}. Sources: record-replay.md section 4 (public logs, cassettes,
vendors' pages).
"""

from collections.abc import Mapping
from typing import Final

Words = tuple[int, str, str | None, str | None, str]
"""Status, type, code, param, text."""

OPENAI_WORDS: Final[Mapping[str, Words]] = {
    "http.429.slow_down": (
        429,
        "rate_limit_error",
        "slow_down",
        None,
        "Your request rate increased too quickly. Reduce it to its earlier level, hold it for 15 minutes, then raise it.",
    ),
    "http.429.quota": (
        429,
        "insufficient_quota",
        "{kind}",
        None,
        (
            "You exceeded your current quota, please check your plan and billing details. For more information on this "
            "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
        ),
    ),
    "http.402": (402, "unknown_error", "invalid_request_error", None, "Insufficient Balance"),
    "http.400.context": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "messages",
        (
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens. "
            "Please reduce the length of the messages."
        ),
    ),
    "http.400.param": (
        400,
        "invalid_request_error",
        "unsupported_parameter",
        "{text}",
        "Unsupported parameter: '{text}' is not supported with this model.",
    ),
    "http.401": (
        401,
        "invalid_request_error",
        "invalid_api_key",
        None,
        "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
    ),
    "http.403": (
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        None,
        "Country, region, or territory not supported",
    ),
    "http.404": (
        404,
        "invalid_request_error",
        "model_not_found",
        None,
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "http.408": (408, "server_error", None, None, "Request timed out."),
    "http.409": (409, "conflict_error", None, None, "The resource was changed by another request."),
    "http.413": (
        413,
        "invalid_request_error",
        None,
        None,
        "413: Maximum content size limit (26214400) exceeded (26214489 bytes read)",
    ),
    "http.500": (
        500,
        "server_error",
        None,
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
    "http.503": (
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        None,
        "Our servers are currently overloaded. Please try again later.",
    ),
    "http.504": (504, "server_error", None, None, "The server took too long to answer."),
    "http.529": (
        529,
        "service_unavailable_error",
        "server_is_overloaded",
        None,
        "Our servers are currently overloaded. Please try again later.",
    ),
    "http.status": (500, "server_error", None, None, "The request failed with status {status}."),
}
ANTHROPIC_WORDS: Final[Mapping[str, tuple[int, str, str]]] = {
    "http.429": (
        429,
        "rate_limit_error",
        "This request would exceed the rate limit for your organization of 30,000 input {kind} per minute.",
    ),
    "http.429.slow_down": (
        429,
        "rate_limit_error",
        "Your usage rose too fast and reached the acceleration limit: raise it gradually.",
    ),
    "http.429.quota": (
        429,
        "rate_limit_error",
        "Your organization has reached its enforced spend limit.",
    ),
    "http.402": (402, "billing_error", "Your payment method was declined. Check your billing details."),
    "http.400.context": (
        400,
        "invalid_request_error",
        "prompt is too long: 208310 tokens > 200000 maximum",
    ),
    "http.400.param": (400, "invalid_request_error", "{text}: Extra inputs are not permitted"),
    "http.401": (401, "authentication_error", "invalid x-api-key"),
    "http.403": (403, "permission_error", "Your API key does not have permission to use this resource."),
    "http.404": (404, "not_found_error", "model: {model}"),
    "http.408": (408, "timeout_error", "Request timed out."),
    "http.409": (409, "conflict_error", "The resource was changed by another request."),
    "http.413": (413, "request_too_large", "Request exceeds the maximum size"),
    "http.500": (500, "api_error", "Internal server error"),
    "http.503": (503, "overloaded_error", "Overloaded"),
    "http.504": (504, "timeout_error", "Request timed out."),
    "http.529": (529, "overloaded_error", "Overloaded"),
    "http.status": (500, "api_error", "The request failed with status {status}."),
}
GEMINI_WORDS: Final[Mapping[str, tuple[int, str, str]]] = {
    "http.429": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details. Please retry in {wait}s.",
    ),
    "http.429.slow_down": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "http.429.quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "http.402": (403, "PERMISSION_DENIED", "This API method requires billing to be enabled."),
    "http.400.context": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1048580) exceeds the maximum number of tokens allowed (1048575).",
    ),
    "http.400.param": (400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "{text}".'),
    "http.401": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "http.403": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "http.404": (
        404,
        "NOT_FOUND",
        "models/{model} is not found for API version v1beta, or is not supported for generateContent.",
    ),
    "http.408": (408, "DEADLINE_EXCEEDED", "The request timed out."),
    "http.409": (409, "ABORTED", "The operation was aborted."),
    "http.413": (413, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
    "http.499": (499, "CANCELLED", "The operation was cancelled."),
    "http.500": (500, "INTERNAL", "An internal error has occurred. Please retry."),
    "http.503": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "http.504": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    "http.529": (529, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "http.status": (500, "UNKNOWN", "The request failed with status {status}."),
}
BEDROCK_WORDS: Final[Mapping[str, tuple[int, str, str]]] = {
    "http.429": (429, "ThrottlingException", "Too many {kind}, please wait before trying again."),
    "http.429.slow_down": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "http.429.quota": (400, "ServiceQuotaExceededException", "You have reached your quota for today."),
    "http.402": (403, "AccessDeniedException", "Your account has a payment problem."),
    "http.400.context": (400, "ValidationException", "Input is too long for requested model."),
    "http.400.param": (400, "ValidationException", "{text}: extraneous key is not permitted"),
    "http.401": (
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "http.403": (403, "AccessDeniedException", "You don't have access to the model with the specified ID."),
    "http.404": (
        404,
        "ResourceNotFoundException",
        "Could not resolve the foundation model from the ID {model}.",
    ),
    "http.408": (408, "ModelTimeoutException", "Model has timed out in processing the request."),
    "http.409": (409, "ConflictException", "The resource was changed by another request."),
    "http.413": (413, "RequestEntityTooLargeException", "The request is too large."),
    "http.500": (500, "InternalServerException", "The system encountered an unexpected error."),
    "http.503": (
        503,
        "ServiceUnavailableException",
        "Too many connections, please wait before trying again.",
    ),
    "http.504": (504, "ModelTimeoutException", "Model has timed out in processing the request."),
    "http.529": (529, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    "http.status": (500, "InternalServerException", "The request failed with status {status}."),
}
