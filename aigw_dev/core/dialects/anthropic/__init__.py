"""Anthropic's Messages protocol: the dialect, both sides of its translation, and token counting.

This package is a `protocol.Dialect`, a `codec.CallerCodec`, a `codec.ProviderCodec` and a `codec.CountCodec`; the parts
stand in files of their own and are named here.
"""

from aigw_dev.core.dialects.anthropic.errors import (
    encode_error,
    encode_stream_error,
    error_text,
    is_error_body,
    read_error,
    retry_delay_s,
)
from aigw_dev.core.dialects.anthropic.facts import (
    REQUEST_ID_HEADER,
    ask_usage,
    hides_usage,
    measure,
    read_request,
)
from aigw_dev.core.dialects.anthropic.models import encode_model, encode_models
from aigw_dev.core.dialects.anthropic.reader import StreamReader, reply_summary, reply_usage, stream_reader
from aigw_dev.core.dialects.anthropic.reply import read_chat_reply, write_reply
from aigw_dev.core.dialects.anthropic.request_read import read_chat, read_count
from aigw_dev.core.dialects.anthropic.request_write import (
    read_count_reply,
    write_chat,
    write_count,
    write_count_reply,
)
from aigw_dev.core.dialects.anthropic.stream_decode import framer, stream_decoder
from aigw_dev.core.dialects.anthropic.stream_encode import stream_encoder
from aigw_dev.core.dialects.request_body import rename_model

__all__ = (
    "REQUEST_ID_HEADER",
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
    "read_count",
    "read_count_reply",
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
    "write_count",
    "write_count_reply",
    "write_reply",
)
