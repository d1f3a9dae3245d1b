"""The dialect `gemini-generate-content`: generateContent, its stream, countTokens, embedContent and the model list.

This package is the dialect (`protocol.Dialect`) and both its codecs (`codec.CallerCodec`, `codec.ProviderCodec`,
`codec.CountCodec`); each part stands in its own file and is named here.
"""

from aigw_dev.core.dialects.gemini.array_framer import ArrayFramer
from aigw_dev.core.dialects.gemini.caller import read_chat, read_count
from aigw_dev.core.dialects.gemini.dialect import (
    REQUEST_ID_HEADER,
    ask_usage,
    encode_model,
    encode_models,
    hides_usage,
    measure,
    read_request,
    rename_model,
    stream_reader,
)
from aigw_dev.core.dialects.gemini.errors import (
    encode_error,
    encode_stream_error,
    error_text,
    is_error_body,
    read_error,
    reply_error,
    retry_delay_s,
)
from aigw_dev.core.dialects.gemini.provider import (
    read_count_reply,
    write_chat,
    write_count,
    write_count_reply,
)
from aigw_dev.core.dialects.gemini.reader import StreamReader, output_text, reply_summary, reply_usage
from aigw_dev.core.dialects.gemini.reply_read import read_chat_reply
from aigw_dev.core.dialects.gemini.reply_write import write_reply
from aigw_dev.core.dialects.gemini.stream_read import StreamDecoder, framer, stream_decoder
from aigw_dev.core.dialects.gemini.stream_write import StreamEncoder, stream_encoder
from aigw_dev.core.dialects.gemini.usage import read_usage

__all__ = (
    "REQUEST_ID_HEADER",
    "ArrayFramer",
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
    "output_text",
    "read_chat",
    "read_chat_reply",
    "read_count",
    "read_count_reply",
    "read_error",
    "read_request",
    "read_usage",
    "rename_model",
    "reply_error",
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
