import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.bedrock.errors import STATUSES, body_error, exception, read_error
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.streams.sse import Event
from tests.core.dialects.bedrock.service_model import service


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            b'{"message":"The provided model identifier is invalid."}',
            "",
            "The provided model identifier is invalid.",
        ),
        (b'{"Message":"no"}', "", "no"),
        (
            b'{"__type":"com.amazon.coral#ThrottlingException","message":"slow"}',
            "ThrottlingException",
            "slow",
        ),
        (b"<html>Bad gateway</html>", "", "<html>Bad gateway</html>"),
        (b"", "", "the provider answered status 502 without a word"),
        (b'{"other":1}', "", '{"other":1}'),
    ],
)
def test_an_error_body_says_what_it_says(body: bytes, code: str, message: str) -> None:
    assert read_error(502, body) == ReplyError(message=message, code=code, status=502)


def test_the_services_front_names_an_unknown_operation() -> None:
    body = b'{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'
    assert read_error(404, body).code == "UnknownOperationException"


def test_an_error_with_status_200_has_the_status_of_its_name() -> None:
    assert body_error(b'{"__type":"ThrottlingException"}') == ReplyError(
        message="ThrottlingException", code="ThrottlingException", status=429
    )
    assert body_error(b'{"message":"x"}') == ReplyError(message="x")
    assert body_error(b"{}") is None


def test_an_exception_of_a_stream_has_its_name_and_status() -> None:
    event = Event(data=b'{"message":"too fast"}', event="exception:throttlingException")
    assert exception(event) == ReplyError(message="too fast", code="throttlingException", status=429)
    assert exception(Event(data=b"{}", event="metadata")) is None


def test_the_models_own_status_goes_first() -> None:
    data = b'{"message":"m","originalStatusCode":529,"originalMessage":"o"}'
    said = exception(Event(data=data, event="exception:modelStreamErrorException"))
    assert said == ReplyError(message="m", code="modelStreamErrorException", status=529)
    said = exception(Event(data=b'{"originalStatusCode":200}', event="exception:modelStreamErrorException"))
    assert said is not None
    assert said.status == 424


def test_an_exception_without_words_still_says_something() -> None:
    said = exception(Event(data=b"", event="exception:"))
    assert said == ReplyError(message="the provider ended its stream with an error")


def test_the_statuses_are_those_of_the_service() -> None:
    shapes = {
        *service().operation_model("Converse").error_shapes,
        *service().operation_model("CountTokens").error_shapes,
    }
    stream = service().operation_model("ConverseStream").output_shape.members["stream"]
    shapes |= {one for one in stream.members.values() if one.metadata.get("exception")}
    for shape in shapes:
        assert STATUSES[shape.name.lower()] == shape.metadata["error"]["httpStatusCode"]


@given(st.integers(100, 599), st.binary(max_size=80))
def test_the_message_is_never_empty(status: int, body: bytes) -> None:
    assert read_error(status, body).message
