"""Small fixtures for tests of files."""

from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response

PICTURE = bytes(range(256)) * 4


def chat(text: str = "Paris.", *, question: str = "Capital of France?", test: str = "") -> Fixture:
    """One question and its whole answer."""
    request = Request(
        op="openai.chat.completions",
        body={"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]},
    )
    answer = {"id": "chatcmpl-1", "choices": [{"message": {"role": "assistant", "content": text}}]}
    response = Response(status=200, headers={"content-type": "application/json"}, dt_ms=[12], body=answer)
    attempt = Attempt(upstream="openai/gpt-4o-mini", response=response)
    return Fixture(
        interactions=[Interaction(request=request, attempts=[attempt])],
        test=test,
        recorded_at="2026-08-21T10:15:00Z",
    )


def picture() -> Fixture:
    """One whose answer holds a picture as base64, which lies in a blob."""
    import base64

    request = Request(
        op="openai.images.generations", body={"model": "gpt-image-1", "prompt": "a dot", "size": "1024x1024"}
    )
    answer = {"created": 1, "data": [{"b64_json": base64.b64encode(PICTURE).decode()}]}
    response = Response(status=200, headers={"content-type": "application/json"}, dt_ms=[12], body=answer)
    return Fixture(
        interactions=[
            Interaction(request=request, attempts=[Attempt(upstream="openai/gpt-image-1", response=response)])
        ],
        recorded_at="2026-08-21T10:15:00Z",
    )
