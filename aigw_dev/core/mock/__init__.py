"""The embedded provider: replies made from the request alone, without key, network or chance."""

from aigw_dev.core.mock.reading import MockForm, Reading
from aigw_dev.core.mock.reply import MockReply, refused
from aigw_dev.core.mock.serve import MOCK_MODELS, MockModel, answer

__all__ = ("MOCK_MODELS", "MockForm", "MockModel", "MockReply", "Reading", "answer", "refused")
