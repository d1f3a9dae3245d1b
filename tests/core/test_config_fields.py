from collections.abc import Mapping

import msgspec
import pytest

from aigw_dev.core import config, config_fields
from aigw_dev.core.config_values import Report, Rule


def said(rule: Rule, value: object) -> list[str]:
    report = Report()
    rule.check(value, (), report)
    return [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("struct", "table", "elsewhere"),
    [
        (config.Limits, config_fields.LIMITS, set[str]()),
        (config.Gateway, config_fields.GATEWAY, {"limits"}),
        (config.Provider, config_fields.PROVIDER, {"kind"}),
        (config.Route, config_fields.ROUTE, {"flow"}),
        (config.Logging, config_fields.LOGGING, set[str]()),
    ],
)
def test_every_field_has_a_rule_and_every_rule_a_field(
    struct: type[msgspec.Struct], table: Mapping[str, Rule], elsewhere: set[str]
) -> None:
    fields = {"keep" if field == "keep_s" else field for field in struct.__struct_fields__}
    assert {*table, *elsewhere} == fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "my app ü"),
        ("name", ""),
        ("host", "::1"),
        ("host", "0.0.0.0"),  # noqa: S104 - a value to check, nothing listens
        ("port", 0),
        ("allowed_hosts", ["my-laptop.lan", "my-laptop.lan:2449", "[::1]:80"]),
        ("allowed_origins", ["http://localhost:3000", "https://app.example.com"]),
    ],
)
def test_a_gateway_field_takes(field: str, value: object) -> None:
    assert said(config_fields.GATEWAY[field], value) == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "x" * 65, "has more than 64 characters"),
        ("name", "a\nb", "holds a control character"),
        ("host", "http://x", "is a URL; write the host alone"),
        ("host", "127.0.0.1:80", "is not a host name or address"),
        ("port", 65_536, "out of range: 0 to 65535"),
        ("allowed_hosts", ["*.example.com"], "only exact values are compared"),
        ("allowed_hosts", ["http://x"], "write the host alone, or host:port"),
        ("allowed_hosts", ["x/y"], "write the host alone, or host:port"),
        ("allowed_hosts", ["a b"], "is not a host or host:port"),
        ("allowed_origins", ["*"], "is not an exact origin"),
        ("allowed_origins", ["null"], "is not an exact origin"),
        ("allowed_origins", ["localhost:3000"], "must begin with"),
        ("allowed_origins", ["http://LocalHost:3000"], "browsers send it: http://localhost:3000"),
        ("allowed_origins", ["https://x.y:443"], "browsers send it: https://x.y"),
        ("allowed_origins", ["https://x.y/"], "browsers send it: https://x.y"),
        ("deploy", "yes", "is none of auto, manual"),
    ],
)
def test_a_gateway_field_refuses(field: str, value: object, message: str) -> None:
    (found,) = said(config_fields.GATEWAY[field], value)
    assert message in found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "https://api.openai.com/v1"),
        ("keys", ["qwen-api-key", "env:DASHSCOPE_API_KEY", "file:~/key", "file:C:\\keys\\x"]),
        ("keys", []),
        ("models", ["gpt-4o", "meta-llama/Llama-3", "a:b@c"]),
        ("headers", {"X-Title": "my app", "http-referer": "http://localhost"}),
        ("forward_headers", ["x-title", "idempotency-key"]),
        ("proxy", "http://proxy.corp:3128"),
        ("auth", "none"),
        ("usage", "inject"),
        ("timeout_ms", 0),
    ],
)
def test_a_provider_field_takes(field: str, value: object) -> None:
    assert said(config_fields.PROVIDER[field], value) == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("base_url", "https://x/v1?api-version=1", "the URL must not hold a query"),
        ("base_url", "https://u:p@x/v1", "the URL must not hold a user name or password"),
        ("base_url", 5, "`5` is not text"),
        ("keys", ["Not A Name"], "a key's name has 1 to 64 of"),
        ("keys", ["env:"], "env: wants the name of a variable"),
        ("keys", ["vault:x"], "a key is referred to by its name, env:VARIABLE or file:PATH"),
        ("keys", [5], "`5` is not text"),
        ("keys", "qwen-api-key", '"qwen-api-key" is not a list'),
        ("models", [""], "must have 1 to 256 characters"),
        ("models", [" x"], "holds a control character or outer spaces"),
        ("models", [4.1], "`4.1` is not text"),
        ("headers", {"authorization": "x"}, "carries a credential"),
        ("headers", {"X-Api-Key": "x"}, "carries a credential"),
        ("headers", {"Host": "x"}, "belongs to the connection"),
        ("headers", {"a b": "x"}, "is not a header name"),
        ("headers", {"x-a": "ü"}, "cannot be sent in a header"),
        ("headers", {"x-a": "a\nb"}, "cannot be sent in a header"),
        ("forward_headers", ["cookie"], "carries a credential"),
        ("forward_headers", ["esa_aigw_auth"], "carries a credential"),
        ("forward_headers", ["X-AIGW-Route"], "is the gateway's own"),
        ("forward_headers", ["x-ai-route-metadata"], "is the gateway's own"),
        ("proxy", "socks5://x:1", "must begin with"),
        ("proxy", "http://u:p@x:1", "must not hold a user name or password"),
        ("proxy", "http://x:1/path", "must end after the host and port"),
        ("auth", "basic", "is none of key, passthrough, none"),
        ("timeout_ms", -1, "is out of range"),
        ("timeout_ms", 86_400_001, "is out of range"),
    ],
)
def test_a_provider_field_refuses(field: str, value: object, message: str) -> None:
    (found,) = said(config_fields.PROVIDER[field], value)
    assert message in found


@pytest.mark.parametrize("variable", ["$OPENAI_API_KEY", "${OPENAI_API_KEY}", "os.environ/OPENAI_API_KEY", "env.OPENAI_API_KEY", "%OPENAI_API_KEY%", "{env:OPENAI_API_KEY}"])  # fmt: skip
def test_another_tools_way_to_name_a_variable_is_recognised(variable: str) -> None:
    report = Report()
    config_fields.PROVIDER["keys"].check([variable], (), report)
    assert [problem.hint for problem in report.problems] == ["Write env:OPENAI_API_KEY to use that variable."]


@pytest.mark.parametrize(
    ("value", "message"),
    [(2, "`2` is not a version this aigw-dev reads"), ("1", '"1" is not a version'), (True, "`true` is not a version"), (1.0, "`1.0` is not a version")],
)  # fmt: skip
def test_only_version_1_is_read(value: object, message: str) -> None:
    assert said(config_fields.VERSION, 1) == []
    assert said(config_fields.VERSION, value) == [message]


def test_an_unknown_kind_names_the_nearest_and_the_way_out() -> None:
    rule = config_fields.kind_rule(["qwen", "groq"])
    report = Report()
    rule.check("qwn", (), report)
    rule.check(5, (), report)
    assert report.problems[0].hint.startswith("Did you mean `qwen`? Any compatible server is")
    assert report.problems[1].message == "`5` is not a kind of provider"
    assert said(rule, "groq") == []
