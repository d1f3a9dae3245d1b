"""Neutral requests become what Gemini takes: paths, counting, and its own fields."""

import json

from aigw_dev.core.chat.vocabulary import (
    Message,
    Opaque,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal as Refused
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.neutral_requests import ANSWER, WEATHER, fates, raw, request


def test_the_path_holds_the_model_and_the_method() -> None:
    out = gemini.write_chat(request(), model="m", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert (out.path, out.query) == ("/models/{model}:generateContent", "")
    out = gemini.write_chat(request(is_stream=True), model="m", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert (out.path, out.query) == ("/models/{model}:streamGenerateContent", "alt=sse")


def test_counting_sends_the_contents_or_the_whole_request() -> None:
    out = gemini.write_count(request(temperature=1.0), model="g", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert out.path == "/models/{model}:countTokens"
    assert json.loads(out.body) == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    out = gemini.write_count(request(tools=(WEATHER,)), model="g", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    inner = json.loads(out.body)["generateContentRequest"]
    assert inner["model"] == "models/g"
    assert inner["tools"]
    bad = request(Message(role="tool", parts=(ANSWER,)))
    assert isinstance(gemini.write_count(bad, model="g", traits=Traits(), ledger=Ledger()), Refused)
    assert gemini.read_count_reply(b'{"totalTokens": 7}') == 7
    assert gemini.read_count_reply(b"[]") is None
    assert json.loads(gemini.write_count_reply(7)) == {"totalTokens": 7}


def test_its_own_fields_come_back_to_their_places() -> None:
    ledger = Ledger()
    out = gemini.write_chat(
        request(
            dialect="gemini-generate-content",
            extras={
                "safetySettings": raw([]),
                "generationConfig.speechConfig": raw({}),
                "contents[0].odd": raw(1),
            },
            metadata=raw({"team": "x"}),
            store=False,
            service_tier="batch",
            hosted_tools=(
                Opaque(dialect="gemini-generate-content", type="googleSearch", raw=raw({"googleSearch": {}})),
            ),
        ),
        model="m",
        traits=Traits(),
        ledger=ledger,
    )
    assert isinstance(out, Outgoing)
    body = json.loads(out.body)
    assert body["generationConfig"] == {"speechConfig": {}}
    assert (body["safetySettings"], body["labels"], body["store"]) == ([], {"team": "x"}, False)
    assert body["serviceTier"] == "batch"
    assert body["tools"] == [{"googleSearch": {}}]
    assert fates(ledger) == {("dropped", "contents[0].odd")}
