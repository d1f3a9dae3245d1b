"""Bedrock's own service model, as botocore ships it: judges what the codec writes and reads what providers answer."""

import base64
import functools
import json
import re
from typing import Any, cast

import pytest

OPERATIONS = {"converse": "Converse", "converse-stream": "ConverseStream", "count-tokens": "CountTokens"}


@functools.cache
def service() -> Any:
    session = pytest.importorskip("botocore.session")
    return session.Session().get_service_model("bedrock-runtime")


def operation(path: str) -> Any:
    """The operation that a path of the codec names."""
    assert path.startswith("/model/{model}/")
    return service().operation_model(OPERATIONS[path.removeprefix("/model/{model}/")])


def check_request(path: str, body: bytes) -> dict[str, Any]:
    """The body, found to keep to every bound of the model and to come out of botocore's serializer the same."""
    model = operation(path)
    wire = json.loads(body)
    shape = model.input_shape
    given = {"modelId": "anthropic.claude-3-haiku-20240307-v1:0", **to_params(shape, wire)}
    validate = pytest.importorskip("botocore.validate")
    report = validate.ParamValidator().validate(given, shape)
    assert not report.has_errors(), report.generate_report()
    check_bounds(shape, given, "body")
    serialize = pytest.importorskip("botocore.serialize")
    written = serialize.create_serializer("rest-json", False).serialize_to_request(given, model)
    assert json.loads(written["body"]) == wire
    return wire


def parse_reply(body: bytes, name: str = "Converse") -> dict[str, Any]:
    """A whole reply as botocore reads it."""
    parsers = pytest.importorskip("botocore.parsers")
    response: dict[str, Any] = {"body": body, "headers": {}, "status_code": 200}
    return parsers.create_parser("rest-json").parse(response, service().operation_model(name).output_shape)


def to_params(shape: Any, value: Any) -> Any:
    """JSON as botocore's users give it: base64 becomes bytes."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        assert isinstance(value, dict), shape.name
        given = cast("dict[str, Any]", value)
        unknown = set(given) - set(shape.members)
        assert not unknown, f"{shape.name} has no {unknown}"
        return {name: to_params(shape.members[name], one) for name, one in given.items()}
    if shape.type_name == "list":
        return [to_params(shape.member, one) for one in value]
    if shape.type_name == "map":
        return {name: to_params(shape.value, one) for name, one in value.items()}
    return base64.b64decode(value, validate=True) if shape.type_name == "blob" else value


def check_bounds(shape: Any, value: Any, where: str) -> None:
    """What botocore leaves to the service: words of an enumeration, patterns, lengths, one member of a union."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        assert not getattr(shape, "is_tagged_union", False) or len(value) == 1, where
        if shape.name == "ContentBlock":
            assert len(value) == 1, where
        for name, one in value.items():
            check_bounds(shape.members[name], one, f"{where}.{name}")
    elif shape.type_name == "list":
        check_size(shape, len(value), where)
        for index, one in enumerate(value):
            check_bounds(shape.member, one, f"{where}[{index}]")
    elif shape.type_name == "map":
        check_size(shape, len(value), where)
        for name, one in value.items():
            check_bounds(shape.key, name, f"{where} key")
            check_bounds(shape.value, one, f"{where}.{name}")
    elif shape.type_name == "string":
        check_size(shape, len(value), where)
        assert not shape.enum or value in shape.enum, f"{where}: {value}"
        pattern = shape.metadata.get("pattern")
        assert not pattern or re.fullmatch(pattern, value), f"{where}: {value!r} is not {pattern}"
    elif shape.type_name in {"integer", "float", "long", "double"}:
        check_size(shape, value, where)


def check_size(shape: Any, size: float, where: str) -> None:
    assert size >= shape.metadata.get("min", size), where
    assert size <= shape.metadata.get("max", size), where
