"""Amazon Bedrock's Converse API, the provider's side: nobody calls the gateway in it.

Source: botocore 1.44.5's service model of bedrock-runtime (2023-09-30), and recorded traffic. A whole
reply is JSON, a stream is AWS's binary event stream; the class of an error stands in a header (`x-amzn-errortype`) and
its HTTP status says as much.
"""

from aigw_dev.core.dialects.bedrock.counting import read_count_reply, write_count
from aigw_dev.core.dialects.bedrock.errors import read_error
from aigw_dev.core.dialects.bedrock.reply import read_chat_reply
from aigw_dev.core.dialects.bedrock.request import write_chat
from aigw_dev.core.dialects.bedrock.stream import stream_decoder
from aigw_dev.core.streams.event_stream import Framer as framer  # noqa: N813 - the codec's name for it

__all__ = (
    "framer",
    "read_chat_reply",
    "read_count_reply",
    "read_error",
    "stream_decoder",
    "write_chat",
    "write_count",
)
