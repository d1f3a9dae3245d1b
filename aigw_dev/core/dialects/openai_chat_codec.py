"""Translation of the openai-chat dialect: the caller's side and the provider's (`codec.CallerCodec`, `ProviderCodec`)."""

from aigw_dev.core.chat.vocabulary import ReplyContext
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.openai_chat_answer import write_reply
from aigw_dev.core.dialects.openai_chat_decode import Decoder
from aigw_dev.core.dialects.openai_chat_encode import Encoder
from aigw_dev.core.dialects.openai_chat_reply import read_chat_reply
from aigw_dev.core.dialects.openai_chat_request import read_chat
from aigw_dev.core.dialects.openai_chat_write import write_chat
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

__all__ = (
    "framer",
    "read_chat",
    "read_chat_reply",
    "read_error",
    "stream_decoder",
    "stream_encoder",
    "write_chat",
    "write_reply",
)


def read_error(status: int, body: bytes, /) -> ReplyError:
    """What an error body says, whatever its shape; `message` is never empty."""
    text = openai_errors.error_text(body) or f"the provider answered with status {status} and no text"
    found = openai_errors.reply_error(body) if openai_errors.is_error_body(body) else None
    return ReplyError(message=text, code="" if found is None else found.code, status=status)


def stream_decoder() -> Decoder:
    """A new decoder, for one stream."""
    return Decoder()


def stream_encoder(context: ReplyContext, ledger: Ledger) -> Encoder:
    """A new encoder, for one stream."""
    return Encoder(context, ledger)


def framer() -> sse.Decoder:
    """Cuts this dialect's streams into events."""
    return sse.Decoder()
