"""The embedded provider: replies made from the request alone, without key, network, clock or chance."""

from aigw_dev.core.mock.reply import MockReply
from aigw_dev.core.mock.serve import MOCK_MODELS, MockModel, answer

__all__ = ("MOCK_MODELS", "MockModel", "MockReply", "answer")
