"""The OpenAI Responses dialect: what callers such as Codex speak, and a growing number of providers.

The package is the dialect (`protocol.Dialect`), the caller's codec and the provider's codec (`codec`); its files hold one
direction of one thing each. `state` makes `previous_response_id` work over providers that keep none.
"""

from aigw_dev.core.dialects.openai_chat import encode_model, encode_models
from aigw_dev.core.dialects.openai_errors import encode_error, error_text, is_error_body, retry_delay_s
from aigw_dev.core.dialects.request_body import rename_model
from aigw_dev.core.dialects.responses.dialect import (
    REQUEST_ID_HEADER,
    ask_usage,
    framer,
    hides_usage,
    measure,
    read_request,
)
from aigw_dev.core.dialects.responses.errors import encode_stream_error
from aigw_dev.core.dialects.responses.reader import StreamReader, reply_summary, reply_usage, stream_reader
from aigw_dev.core.dialects.responses.reply_read import read_chat_reply, read_error
from aigw_dev.core.dialects.responses.reply_write import write_reply
from aigw_dev.core.dialects.responses.request_read import read_chat
from aigw_dev.core.dialects.responses.request_write import write_chat
from aigw_dev.core.dialects.responses.stream_read import StreamDecoder, stream_decoder
from aigw_dev.core.dialects.responses.stream_write import StreamEncoder, stream_encoder

__all__ = (
    "REQUEST_ID_HEADER",
    "StreamDecoder",
    "StreamEncoder",
    "StreamReader",
    "ask_usage",
    "encode_error",
    "encode_model",
    "encode_models",
    "encode_stream_error",
    "error_text",
    "framer",
    "hides_usage",
    "is_error_body",
    "measure",
    "read_chat",
    "read_chat_reply",
    "read_error",
    "read_request",
    "rename_model",
    "reply_summary",
    "reply_usage",
    "retry_delay_s",
    "stream_decoder",
    "stream_encoder",
    "stream_reader",
    "write_chat",
    "write_reply",
)
