import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.providers.sigv4 import SERVICE, Credentials, parse_credentials, region_of, service_of, sign

EXAMPLE = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def signature(
    method: str, url: str, *headers: tuple[str, str], service: str = "service", body: bytes = b""
) -> str:
    added = sign(
        method,
        url,
        headers=headers,
        body=body,
        credentials=EXAMPLE,
        region="us-east-1",
        service=service,
        at=AT,
    )
    return dict(added)["authorization"].rpartition("=")[2]


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [  # AWS's own test suite (aws-sig-v4-test-suite)
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        ("GET", "/./", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
)
def test_awss_published_signatures_come_out(method: str, url: str, expected: str) -> None:
    assert signature(method, f"https://example.amazonaws.com{url}") == expected


def test_the_signature_of_awss_manual_comes_out() -> None:
    """The worked example of the AWS General Reference: IAM ListUsers."""
    kind = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    assert signature("GET", url, kind, service="iam") == (
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


WORDS = st.text(min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
MODELS = st.sampled_from(
    ["anthropic.claude-sonnet-4-5-20250929-v1:0", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x", "a%b c"]
) | WORDS  # fmt: skip


@given(
    method=st.sampled_from(["POST", "GET", "delete"]),
    model=MODELS,
    is_encoded=st.booleans(),
    query=st.lists(st.tuples(WORDS, st.text(max_size=8)), max_size=4),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "X-Amz-Thing", "my-header"]), VALUES, max_size=3
    ),
    token=st.sampled_from(["", "FwoGZXIvYXdzEBY//token=="]),
    body=st.binary(max_size=50),
    port=st.sampled_from(["", ":443", ":8443"]),
)
def test_botocore_signs_the_same(  # noqa: PLR0917 - hypothesis gives them by name
    method: str,
    model: str,
    is_encoded: bool,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    token: str,
    body: bytes,
    port: str,
) -> None:
    auth = pytest.importorskip("botocore.auth")
    requests = pytest.importorskip("botocore.awsrequest")
    keys = pytest.importorskip("botocore.credentials")
    path = f"/model/{quote(model, safe='' if is_encoded else ':/-')}/converse"
    url = f"https://bedrock-runtime.us-east-1.amazonaws.com{port}{path}"
    url += f"?{urlencode(query, quote_via=quote)}" if query else ""
    stamp = AT.strftime("%Y%m%dT%H%M%SZ")
    request = requests.AWSRequest(method=method, url=url, headers={**headers, "X-Amz-Date": stamp}, data=body)
    if token:
        request.headers["X-Amz-Security-Token"] = token
    request.context["timestamp"] = stamp
    signer = auth.SigV4Auth(keys.Credentials(ID, SECRET, token or None), SERVICE, "us-east-1")
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(to_sign, request))

    credentials = Credentials(access_key=ID, secret_key=SECRET, session_token=token)
    ours = sign(
        method, url, headers=headers.items(), body=body, credentials=credentials, region="us-east-1", service=SERVICE, at=AT
    )  # fmt: skip
    assert dict(ours)["authorization"] == request.headers["Authorization"]


def test_a_colon_of_a_model_is_signed_as_it_goes_out() -> None:
    """`%3A` on the wire is another path than `:`, and both are signed encoded once more."""
    wire = "https://bedrock-runtime.us-east-1.amazonaws.com/model/a%3A0/converse"
    assert signature("POST", wire) != signature("POST", wire.replace("%3A", ":"))


def test_what_may_change_on_the_way_is_not_signed() -> None:
    url = "https://example.amazonaws.com/"
    plain = signature("POST", url, ("content-type", "application/json"))
    assert plain == signature(
        "POST", url, ("User-Agent", "x"), ("content-type", "application/json"), ("accept-encoding", "identity"),
        ("Authorization", "old"), ("X-Amz-Date", "old"), ("traceparent", "00-1"), ("content-length", "0"),
    )  # fmt: skip
    assert plain != signature("POST", url, ("content-type", "text/plain"))


def test_repeated_headers_and_spaces_are_signed_in_one_form() -> None:
    url = "https://example.amazonaws.com/"
    assert signature("GET", url, ("My-Header", "a   b"), ("my-header", " c ")) == signature(
        "GET", url, ("my-header", "a b,c")
    )


def test_a_given_host_is_signed_and_an_ipv6_one_keeps_its_brackets() -> None:
    assert signature("GET", "https://a.example/", ("Host", "b.example")) == signature(
        "GET", "https://b.example/"
    )
    assert signature("GET", "http://[::1]:8000/") == signature("GET", "https://x/", ("host", "[::1]:8000"))


def test_the_time_is_signed_in_utc() -> None:
    def at(moment: datetime) -> list[tuple[str, str]]:
        return sign(
            "GET", "https://x/", headers=[], body=b"", credentials=EXAMPLE, region="r", service="s", at=moment
        )

    assert at(AT) == at(AT.astimezone(timezone(timedelta(hours=9))))
    assert at(AT)[0] == ("x-amz-date", "20150830T123600Z")


@pytest.mark.parametrize("query", ["a=%7e&b", "b=&a=~", "&a=~&b="])
def test_a_query_is_signed_in_one_form(query: str) -> None:
    assert signature("GET", f"https://x/?{query}") == signature("GET", "https://x/?a=~&b=")


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"{ID}:{SECRET}", ""),
        (f" {ID}:{SECRET}:tok/en== \n", "tok/en=="),
        (json.dumps({"access_key_id": ID, "secret_access_key": SECRET}), ""),
        (json.dumps({"AccessKeyId": ID, "SecretAccessKey": SECRET, "SessionToken": "t"}), "t"),
        (
            json.dumps({"aws_access_key_id": ID, "aws_secret_access_key": SECRET, "aws_session_token": "t"}),
            "t",
        ),
        (
            json.dumps({"Credentials": {"AccessKeyId": ID, "SecretAccessKey": SECRET, "SessionToken": "t"}}),
            "t",
        ),
    ],
)
def test_a_key_pair_is_read_in_the_spellings_that_awss_tools_have(text: str, token: str) -> None:
    assert parse_credentials(text) == Credentials(access_key=ID, secret_key=SECRET, session_token=token)


@pytest.mark.parametrize(
    "text",
    [
        "", "ABSKQmVkcm9ja0FQSUtleS1leGFtcGxlOmFiYw==", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3M=", f"{ID}:short", ID,
        "sk-abc:def", "{", "[]", json.dumps({"access_key_id": ID}), json.dumps({"Credentials": 1}), '{"AccessKeyId": 1}',
    ],
)  # fmt: skip
def test_anything_else_is_a_key_to_send_as_it_is(text: str) -> None:
    assert parse_credentials(text) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    parse_credentials(text)
    parse_credentials("{" + text)


def test_credentials_show_no_secret() -> None:
    shown = repr(Credentials(access_key=ID, secret_key=SECRET, session_token="tok"))
    assert shown == "Credentials(AKIA..., temporary)"
    assert repr(EXAMPLE) == "Credentials(AKID..., lasting)"
    assert SECRET not in repr(list(EXAMPLE.__rich_repr__()))


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("BEDROCK-RUNTIME.cn-north-1.amazonaws.com.cn.", "cn-north-1"),
        ("vpce-0a1b-us-east-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
        ("vpce-0a1b.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com", "ap-southeast-2"),
        ("bedrock-runtime.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        ("bedrock-runtime.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("bedrock-mantle.us-west-2.api.aws", "us-west-2"),
        ("localhost", ""),
        ("bedrock-runtime.amazonaws.com", ""),
    ],
)
def test_a_host_says_its_region(host: str, region: str) -> None:
    assert region_of(host) == region


def test_a_host_says_its_service() -> None:
    assert service_of("bedrock-mantle.us-east-1.api.aws") == "bedrock-mantle"
    assert service_of("vpce-0a1b.bedrock-mantle.eu-west-1.vpce.amazonaws.com") == "bedrock-mantle"
    assert service_of("bedrock-runtime.us-east-1.amazonaws.com") == "bedrock"
    assert service_of("localhost") == "bedrock"


@pytest.mark.vectors
def test_the_signature_that_openais_sdk_is_held_to_comes_out(vectors: Path) -> None:
    file = vectors / "openai-python/tests/fixtures/bedrock/v1/sigv4.json"
    case: Any = json.loads(file.read_bytes())
    keys, request, expected = case["credentials"], case["request"], case["expected"]
    body = request["body"].encode()
    digest = hashlib.sha256(body).hexdigest()
    added = sign(
        request["method"],
        request["url"],
        headers=[("content-type", request["contentType"]), ("x-amz-content-sha256", digest)],
        body=body,
        credentials=Credentials(
            access_key=keys["accessKeyId"],
            secret_key=keys["secretAccessKey"],
            session_token=keys["sessionToken"],
        ),
        region=case["region"],
        service=service_of(request["url"].split("/")[2]),
        at=datetime.fromisoformat(case["signingDate"]),
    )
    assert dict(added)["authorization"] == expected["authorization"]
