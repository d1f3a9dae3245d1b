"""`mock/echo` in legacy completions: every prompt is answered with itself."""

from collections.abc import Iterator

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.mock.reply import (
    Asked,
    MockReply,
    Usage,
    answered,
    choices_wanted,
    failed,
    limited,
    streamed,
    words,
)


class _Answer(msgspec.Struct, frozen=True):
    """One choice."""

    text: str
    finish: str


def answer(asked: Asked) -> MockReply:
    """A completion; `echo: true` puts the prompt before it, as OpenAI does."""
    prompts = _prompts(asked.request.get("prompt"))
    if not prompts:
        return failed(
            400, "invalid_request", "`prompt` must be text, token ids, or an array of either", param="prompt"
        )
    count = choices_wanted(asked)
    if isinstance(count, MockReply):
        return count
    cut = [limited(prompt, asked) for prompt in prompts]
    written = sum(tokens.estimate(text) for text, _ in cut) * count
    usage = Usage(prompt_tokens=asked.input_tokens, completion_tokens=written)
    answers: list[_Answer] = []
    for prompt, (text, finish) in zip(prompts, cut, strict=True):
        shown = prompt + text if asked.request.get("echo") is True else text
        answers += [_Answer(shown, finish)] * count
    if asked.is_stream:
        return streamed(_chunks(asked, answers, usage))
    choices = [_choice(index, one.text, one.finish) for index, one in enumerate(answers)]
    return answered(_envelope(asked) | {"choices": choices, "usage": usage.wire()})


def _prompts(prompt: object) -> list[str]:
    """Every prompt as text; token ids are shown as numbers. Empty where it is none of the four legal shapes."""
    if isinstance(prompt, str):
        return [prompt]
    listed = loose_json.items(prompt)
    if listed and all(loose_json.count(token) is not None for token in listed):
        return [_numbers(listed)]
    texts = [one if isinstance(one, str) else _numbers(loose_json.items(one)) for one in listed]
    return (
        []
        if any(not text and not isinstance(one, str) for one, text in zip(listed, texts, strict=True))
        else texts
    )


def _numbers(ids: list[object]) -> str:
    return " ".join(str(token) for token in ids)


def _envelope(asked: Asked) -> dict[str, object]:
    return {
        "id": f"cmpl-mock-{asked.id_seed}",
        "object": "text_completion",
        "created": asked.created,
        "model": f"mock/{asked.model}",
    }


def _choice(index: int, text: str, finish: str | None) -> dict[str, object]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}


def _chunks(asked: Asked, answers: list[_Answer], usage: Usage) -> Iterator[dict[str, object]]:
    frame = _envelope(asked)
    if asked.wants_usage:
        frame["usage"] = None
    for index, one in enumerate(answers):
        for word in words(one.text):
            yield frame | {"choices": [_choice(index, word, None)]}
        yield frame | {"choices": [_choice(index, "", one.finish)]}
    if asked.wants_usage:
        yield frame | {"choices": [], "usage": usage.wire()}
