"""The Gemini API in its own form, below `/v1beta`: images, video and speech.

Its OpenAI-compatible endpoint serves chat and embeddings; these go through that one.
"""

from typing import Final

from aigw_dev.core.providers import gemini_images, gemini_speech, gemini_video
from aigw_dev.core.providers.adapter import Start

ADAPTERS: Final[dict[str, Start]] = {
    "openai.images.generations": gemini_images.generations,
    "openai.images.edits": gemini_images.edits,
    "openai.videos.create": gemini_video.create,
    "openai.videos.item": gemini_video.item,
    "openai.videos.content": gemini_video.content,
    "openai.audio.speech": gemini_speech.speech,
}
"""By operation."""
