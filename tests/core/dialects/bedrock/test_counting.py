import json

from aigw_dev.core.chat.vocabulary import Image, Media, Tool
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import CLAUDE, request, system, user
from tests.core.dialects.bedrock.service_model import check_request


def test_the_conversation_is_counted_without_what_only_an_answer_needs() -> None:
    asked = request(system("s"), user("hi"), tools=(Tool(name="f"),), max_tokens=5, temperature=0.1, top_k=3)
    outgoing = bedrock.write_count(asked, model=CLAUDE, traits=Traits(), ledger=Ledger())
    assert isinstance(outgoing, Outgoing)
    assert outgoing.path == "/model/{model}/count-tokens"
    body = check_request(outgoing.path, outgoing.body)
    assert set(body["input"]["converse"]) == {
        "messages",
        "system",
        "toolConfig",
        "additionalModelRequestFields",
    }


def test_what_cannot_be_said_cannot_be_counted() -> None:
    asked = request(user(Image(source=Media(url="https://x.example/a.png"))))
    assert isinstance(bedrock.write_count(asked, model=CLAUDE, traits=Traits(), ledger=Ledger()), Refusal)


def test_a_count_is_read_or_is_none() -> None:
    assert bedrock.read_count_reply(b'{"inputTokens":18}') == 18
    for body in (b"", b"[]", b"{}", b'{"inputTokens":"18"}', json.dumps({"message": "no"}).encode()):
        assert bedrock.read_count_reply(body) is None
