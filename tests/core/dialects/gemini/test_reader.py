"""What the log hears of a stream and of whole replies."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.exchange import ToolCall
from aigw_dev.core.streams.sse import Event


def test_the_reader_puts_a_stream_together() -> None:
    reader = gemini.stream_reader()
    for data in (
        b"",
        b'{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a"}]}}],"modelVersion":"g","usageMetadata":{"promptTokenCount":1}}',
        b'{"candidates":[{"content":{"parts":[{"text":"b"},{"functionCall":{"name":"f","willContinue":true}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.x","stringValue":"1"}]}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{}},{"functionCall":{"id":"i","name":"g","args":{"y":1.10}}},{"executableCode":{}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}',
        b"not json",
        b"also not",
    ):
        reader.feed(Event(data=data))
    reader.feed(Event(data=b"x", is_comment=True))
    said = reader.assembled()
    assert (said.text, said.reasoning, said.finish, reader.response_model) == ("ab", "hm", "STOP", "g")
    assert said.tool_calls == [
        ToolCall(name="f", arguments='{"x":"1"}'),
        ToolCall(id="i", name="g", arguments='{"y":1.10}'),
    ]
    assert reader.usage is not None
    assert (reader.usage.input, reader.usage.output) == (1, 2)
    assert (reader.has_data, reader.is_done, reader.bad_events) == (True, False, 2)
    assert reader.note == "an event holds no JSON object: not json"
    assert reader.output_text() == 'hmabf{"x":"1"}g{"y":1.10}'


def test_the_reader_hears_errors_and_blocked_prompts() -> None:
    for data in (b'{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}', b'[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]'):  # fmt: skip
        reader = gemini.stream_reader()
        reader.feed(Event(data=data))
        reader.feed(Event(data=b'{"error":{"message":"later"}}'))
        assert reader.error == ReplyError(message="m", code="UNAVAILABLE", status=503)
        assert reader.bad_events == 0
    reader = gemini.stream_reader()
    reader.feed(Event(data=b'{"promptFeedback":{"blockReason":"SAFETY"}}'))
    assert reader.finish == "SAFETY"


def test_whole_replies_of_every_operation() -> None:
    chat = b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"content":{"parts":[{"text":"b"}]}}],"modelVersion":"g","usageMetadata":{"promptTokenCount":3}}'
    said = gemini.reply_summary(chat)
    assert (said.assembled.text, said.finish, said.response_model) == ("a\n\nb", "STOP", "g")
    found = gemini.reply_usage(chat)
    assert found is not None
    assert found.input == 3
    array = b'[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},\n{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}]'
    assert gemini.reply_summary(array).assembled.text == "ab"
    count = gemini.reply_usage(b'{"totalTokens":13,"totalBillableCharacters":47}')
    assert count is not None
    assert count.input == 13
    vertex = gemini.reply_usage(
        b'{"predictions":[{"embeddings":{"statistics":{"token_count":5},"values":[1]}},{"embeddings":{"statistics":{"token_count":6.0}}}]}'
    )
    assert vertex is not None
    assert vertex.input == 11
    assert gemini.reply_usage(b'{"predictions":[{}]}') is None
    assert gemini.reply_usage(b'{"embeddings":[{"values":[1]}]}') is None
    assert gemini.reply_usage(b"<html>") is None
    assert gemini.reply_summary(b"<html>").finish == ""


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_heard(first: bytes, second: bytes) -> None:
    reader = gemini.stream_reader()
    for data in (first, b'{"candidates":' + second + b"}"):
        reader.feed(Event(data=data))
    reader.assembled()
    assert reader.usage is None or reader.usage.input >= 0
