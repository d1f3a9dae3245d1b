"""The door: what is refused before anything is read of it, how it is said, and what never crosses the gateway."""

import json
from collections.abc import Generator, Iterator
from typing import Any, Final

import httpx
import pytest

from tests.e2e.stage import KEYS, REPLY, Raw, Stage
from tests.scripted import Request, chunk, event, json_reply, reply, stream_head

MORE: Final = """  loose:
    kind: openai-compatible
    base_url: "{one}/v1"
    keys: ["env:FIRST_KEY"]
    forward_headers: [x-title]
    headers: {x-app: ours}
routes:
  deep: {flow: {if: 'body.a.b == "1" or input_chars > 3', then: {send: one/m}, else: {send: one/m}}}
"""
SETTINGS: Final = ', limits: {json_mb: 1}, allowed_hosts: [box.test], allowed_origins: ["https://app.test"]'
CHAT: Final = b'{"model":"one/m","messages":[]}'


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("door"), more=MORE, gateway=SETTINGS) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> Generator[None]:
    yield
    stage.forget()


def refused(stage: Stage, got: Raw, status: int, code: str) -> dict[str, Any]:
    """The error of a refusal in OpenAI's shape, with nothing sent upstream."""
    assert got.is_whole
    assert got.status == status, got.body
    assert got.header("content-type") == "application/json"
    error = got.error()
    assert error["code"] == code
    assert stage.calls == {"one": 0}
    return error


def head_of(stage: Stage, *lines: str, body: bytes = CHAT, start: str = "POST /v1/chat/completions") -> bytes:
    """A request with exactly these headers besides token, media type and length."""
    usual = [
        "Content-Type: application/json",
        f"Authorization: Bearer {stage.token}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([f"{start} HTTP/1.1", *lines, *usual]).encode() + b"\r\n\r\n" + body


def own(stage: Stage) -> str:
    return f"Host: 127.0.0.1:{stage.port}"


# Host, Origin, the request's form


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "app.localhost"])
def test_loopback_names_with_the_port_are_served(stage: Stage, name: str) -> None:
    stage.script("one", [json_reply(REPLY)])
    assert stage.send(head_of(stage, f"Host: {name}:{stage.port}")).status == 200


@pytest.mark.parametrize("name", ["box.test", "box.test:{port}"])
def test_an_allowed_host_is_served(stage: Stage, name: str) -> None:
    stage.script("one", [json_reply(REPLY)])
    assert stage.send(head_of(stage, "Host: " + name.format(port=stage.port))).status == 200


@pytest.mark.parametrize(
    "name",
    ["evil.test", "evil.test:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.test:{port}", "evil-localhost:{port}",
     "127.0.0.1:{port}.evil.test", "127.0.0.1@evil.test:{port}", "0.0.0.0:{port}", "127.1:{port}", "sub.box.test"],
)  # fmt: skip
def test_other_hosts_are_not(stage: Stage, name: str) -> None:
    shown = name.format(port=stage.port)
    error = refused(stage, stage.send(head_of(stage, f"Host: {shown}")), 403, "host_not_allowed")
    assert shown in error["message"]
    assert "allowed_hosts" in error["message"]


def test_a_container_s_name_for_this_machine_wants_the_token(stage: Stage) -> None:
    host = f"Host: host.docker.internal:{stage.port}"
    body = b'{"model":"mock/echo","messages":[{"role":"user","content":"x"}]}'
    anonymous = head_of(stage, host, body=body).replace(stage.token.encode(), b"dummy")
    refused(stage, stage.send(anonymous), 401, "gateway_token_required")
    assert stage.send(head_of(stage, host, body=body)).status == 200


FORMS: Final[dict[str, bytes]] = {
    "no host": b"POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "two hosts": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\n%(host)b\r\nContent-Length: 2\r\n\r\n{}",
    "absolute form": b"POST http://127.0.0.1:%(port)b/v1/chat/completions HTTP/1.1\r\n%(host)b\r\n"
    b"Content-Length: 2\r\n\r\n{}",
    "a foreign absolute form": b"GET http://evil.test/v1/models HTTP/1.1\r\n%(host)b\r\n\r\n",
    "authority form": b"CONNECT evil.test:443 HTTP/1.1\r\n%(host)b\r\n\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\n%(host)b\r\n\r\n",
    "both framings": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\nContent-Length: -2\r\n\r\n{}",
    "an odd coding": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a bad chunk": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a folded line": b"POST /v1/chat/completions HTTP/1.1\r\n%(host)b\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_plain_http_is_a_400(stage: Stage, form: str) -> None:
    values = {b"host": own(stage).encode(), b"port": b"%d" % stage.port}
    refused(stage, stage.send(FORMS[form] % values), 400, "invalid_http")


@pytest.mark.parametrize(
    "lines",
    [["Origin: https://evil.test"], ["Origin: null"], ["Origin: http://127.0.0.1:1"], ["Sec-Fetch-Site: cross-site"],
     ["Sec-Fetch-Site: same-site"], ["Origin: http://app.test"], ["Origin: https://app.test.evil.test"],
     ["Origin: https://127.0.0.1:{port}"]],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/", "/admin/v1/status", "/healthz"])
def test_pages_of_other_origins_get_nothing(stage: Stage, lines: list[str], path: str) -> None:
    lines = [line.format(port=stage.port) for line in lines]
    method = "POST" if "chat" in path else "GET"
    got = stage.send(head_of(stage, own(stage), *lines, start=f"{method} {path}"))
    error = refused(stage, got, 403, "origin_not_allowed")
    assert lines[0].partition(": ")[2] in error["message"]
    assert "allowed_origins" in error["message"]
    assert not got.header("access-control-allow-origin")


def test_an_own_origin_is_served_and_gets_no_cors_header(stage: Stage) -> None:
    stage.script("one", [json_reply(REPLY)])
    lines = (own(stage), f"Origin: http://127.0.0.1:{stage.port}", "Sec-Fetch-Site: same-origin")
    got = stage.send(head_of(stage, *lines))
    assert got.status == 200
    assert not got.header("access-control-allow-origin")


def test_an_allowed_origin_is_served_with_cors(stage: Stage) -> None:
    stage.script("one", [json_reply(REPLY)])
    page = (own(stage), "Origin: https://app.test", "Sec-Fetch-Site: cross-site")
    got = stage.send(head_of(stage, *page))
    assert got.status == 200
    assert got.header("access-control-allow-origin") == "https://app.test"
    asked = (
        *page,
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization,x-stainless-os",
    )
    preflight = stage.send(head_of(stage, *asked, body=b"", start="OPTIONS /v1/chat/completions"))
    assert preflight.status == 204
    assert "x-stainless-os" in preflight.header("access-control-allow-headers")
    wrong = stage.send(head_of(stage, *page, start="POST /v1/chat/completions", body=b"[]"))
    assert (wrong.status, wrong.header("access-control-allow-origin")) == (400, "https://app.test")


# what is sent


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                  "application/jsonp", "text/json"])  # fmt: skip
def test_a_body_of_another_kind_is_a_415(stage: Stage, kind: str) -> None:
    data = head_of(stage, own(stage))
    data = data.replace(
        b"Content-Type: application/json\r\n", f"Content-Type: {kind}\r\n".encode() if kind else b""
    )
    error = refused(stage, stage.send(data), 415, "unsupported_media_type")
    assert "application/json" in error["message"]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"]
)
def test_json_in_any_spelling_is_taken(stage: Stage, kind: str) -> None:
    stage.script("one", [json_reply(REPLY)])
    data = head_of(stage, own(stage)).replace(
        b"Content-Type: application/json", f"Content-Type: {kind}".encode()
    )
    assert stage.send(data).status == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "aws-chunked"])
def test_an_encoded_body_is_a_415(stage: Stage, coding: str) -> None:
    got = stage.send(head_of(stage, own(stage), f"Content-Encoding: {coding}"))
    assert coding in refused(stage, got, 415, "unsupported_media_type")["message"]


def test_a_body_over_the_limit_is_a_413(stage: Stage) -> None:
    body = b'{"model":"one/m","x":"' + b"a" * 1024 * 1024 + b'"}'
    error = refused(stage, stage.send(head_of(stage, own(stage), body=body)), 413, "body_too_large")
    assert "json_mb" in error["message"]


def test_a_chunked_body_over_the_limit_is_a_413_before_it_ends(stage: Stage) -> None:
    head = head_of(stage, own(stage), body=b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    refused(stage, stage.send(head + chunk(b"a" * 65536) * 17), 413, "body_too_large")


def test_a_head_over_the_limit_is_a_431(stage: Stage) -> None:
    got = stage.send(head_of(stage, own(stage), f"X-Big: {'a' * 70_000}"))
    refused(stage, got, 431, "headers_too_large")


BODIES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "no JSON": b"{",
    "trailing text": b'{"model":"one/m"} x',
    "two values": b'{"model":"one/m"}{}',
    "an array": b'[{"model":"one/m"}]',
    "a string": b'"one/m"',
    "null": b"null",
    "NaN": b'{"model":"one/m","x":NaN}',
    "a comment": b'{"model":"one/m"/**/}',
    "single quotes": b"{'model':'one/m'}",
    "a control character": b'{"model":"one/m","x":"\x01"}',
    "bad UTF-8": b'{"model":"one/m","x":"\xff\xfe"}',
    "bad UTF-8 in a key": b'{"model":"one/m","\xc3":1}',
    "UTF-16": '{"model":"one/m"}'.encode("utf-16"),
    "a lone surrogate": b'{"model":"one/m","x":"\\ud800"}',
    "a lone surrogate in the model": b'{"model":"one/\\udc00"}',
    "a depth bomb of arrays": b'{"model":"one/m","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a depth bomb of objects": b'{"model":"one/m","x":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    "an unclosed depth bomb": b"[" * 500_000,
    "5,000 digits": b'{"model":"one/m","x":' + b"1" * 5000 + b"}",
    "5,000 digits of a model": b'{"model":' + b"1" * 5000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"model":',
}
WRONG: Final[dict[str, bytes]] = {
    "a model that is a number": b'{"model":1}',
    "a model that is an object": b'{"model":{"a":1}}',
    "a model that is true": b'{"model":true}',
    "a stream that is a string": b'{"model":"one/m","stream":"true"}',
    "a stream that is a number": b'{"model":"one/m","stream":1}',
}


@pytest.mark.parametrize("model", [b"one/m", b"dynamic/deep"])
@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_json_object_is_a_400(stage: Stage, name: str, model: bytes) -> None:
    body = BODIES[name].replace(b"one/m", model)
    refused(stage, stage.send(head_of(stage, own(stage), body=body)), 400, "invalid_json")


@pytest.mark.parametrize("name", WRONG)
def test_what_the_gateway_reads_has_its_type(stage: Stage, name: str) -> None:
    error = refused(stage, stage.send(head_of(stage, own(stage), body=WRONG[name])), 400, "invalid_request")
    assert error["param"] in {"model", "stream"}


@pytest.mark.parametrize("body", [b"{}", b'{"model":""}', b'{"model":null}'])
def test_a_request_without_a_model_says_so(stage: Stage, body: bytes) -> None:
    refused(stage, stage.send(head_of(stage, own(stage), body=body)), 400, "model_missing")


@pytest.mark.parametrize(
    "body",
    [b'{"model":"dynamic/deep","a":{"b":' + b"[" * 900 + b"]" * 900 + b"}}",
     b'{"model":"dynamic/deep","messages":' + b"[" * 900 + b"]" * 900 + b"}",
     b'{"model":"dynamic/deep","messages":[{"role":"user","content":12345678901234567890123}],"a":7}',
     b'{"model":"dynamic/deep","messages":{"a":1},"tools":"x","prompt_cache_key":{"x":1}}',
     b'{"model":"one/m","x":"' + b"1" * 6000 + b'","messages":7}',
     b' \n{"model" : "one/m" , "model":"one/m"}\n'],
    ids=["deep in a condition's path", "deep messages", "big numbers", "odd types", "long digits in a text", "twice"],
)  # fmt: skip
def test_what_is_odd_but_valid_reaches_the_provider(stage: Stage, body: bytes) -> None:
    stage.script("one", [json_reply(REPLY)])
    got = stage.send(head_of(stage, own(stage), body=body))
    assert got.status in {200, 400}, got.body
    assert stage.calls["one"] == (got.status == 200)
    stage.logged(got)


# paths and methods


@pytest.mark.parametrize(
    ("path", "section"),
    [("/v1/mcp/x", "mcp"), ("/v1/mcp", "mcp"), ("/mcp", "mcp"), ("/v1/agent/x", "agents"), ("/v1/sandboxes/x", "sandboxes"),
     ("/v1/vector_stores", ""), ("/v1/fine_tuning/jobs", ""), ("/v1/assistants", ""), ("/v1/complete", "")],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_paths_of_later_capabilities_say_so(stage: Stage, path: str, section: str, method: str) -> None:
    got = stage.send(head_of(stage, own(stage), start=f"{method} {path}"))
    error = refused(stage, got, 404, "not_configured")
    assert f"`{section}:`" in error["message"] or not section


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/", "/v1/v1/chat/completions", "//v1/chat/completions", "/v1//chat/completions",
             "/v1/../v1/chat/completions", "/V1/chat/completions", "/v1/chat/completions%2f", "/admin"],
)  # fmt: skip
def test_unknown_paths_are_404(stage: Stage, path: str) -> None:
    got = stage.send(head_of(stage, own(stage), start=f"POST {path}"))
    if path == "/admin":
        refused(stage, got, 401, "admin_token_required")
        return
    refused(stage, got, 404, "path_not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_another_method_is_a_405_that_names_the_right_one(stage: Stage, method: str) -> None:
    with httpx.Client() as client:
        got = client.request(method, f"{stage.url}/v1/chat/completions")
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        assert got.json()["error"]["code"] == "method_not_allowed"


def test_a_base_url_without_v1_works(stage: Stage) -> None:
    stage.script("one", [json_reply(REPLY)])
    assert stage.send(head_of(stage, own(stage), start="POST /chat/completions")).status == 200
    assert stage["one"].requests[0].target == "/v1/chat/completions"


def test_every_reply_has_a_request_id(stage: Stage) -> None:
    for start in ("POST /v1/chat/completions", "GET /v1/models", "GET /nothing", "POST /v1/mcp/x"):
        got = stage.send(head_of(stage, own(stage), start=start, body=b"[]"))
        assert got.header("x-request-id"), start


# credentials


CREDENTIALS: Final = (
    "Authorization: Bearer planted-secret-1",
    "x-api-key: planted-secret-2",
    "api-key: planted-secret-3",
    "x-goog-api-key: planted-secret-4",
    "Cookie: session=planted-secret-5",
    "Proxy-Authorization: Basic planted-secret-6",
    "x-aigw-secret: planted-secret-7",
    "x-ai-route-metadata: k=planted-secret-8",
    "X-Unknown: planted-secret-9",
)


@pytest.mark.parametrize("model", ["one/m", "loose/m"])
def test_no_credential_of_the_caller_goes_up(stage: Stage, model: str) -> None:
    stage.script("one", [json_reply(REPLY)])
    lines = [own(stage), "Content-Type: application/json", f"esa_aigw_auth: Bearer {stage.token}", *CREDENTIALS,
             "X-Title: kept", "X-Stainless-Lang: python", "OpenAI-Organization: org", "Idempotency-Key: k1",
             "Accept: */*", "User-Agent: t/1"]  # fmt: skip
    body = json.dumps({"model": model, "messages": []}).encode()
    path = "/v1/chat/completions?api_key=planted-secret-10&key=planted-secret-11&kept=1"
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}"])
    assert stage.send(head.encode() + b"\r\n\r\n" + body).status == 200
    sent = stage["one"].requests[0]
    assert b"planted-secret" not in sent.raw
    assert stage.token.encode() not in sent.raw
    assert b"esa_aigw" not in sent.raw.lower()
    assert b"x-aigw" not in sent.raw.lower()
    assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST_KEY']}".encode()
    expected = {b"x-stainless-lang": b"python", b"openai-organization": b"org", b"idempotency-key": b"k1"}
    for name, value in expected.items():
        assert sent.header(name) == value
    assert sent.header(b"accept-encoding") == b"identity"
    assert "kept=1" in sent.target
    is_loose = model.startswith("loose")
    assert (sent.header(b"x-title"), sent.header(b"x-app")) == (
        (b"kept", b"ours") if is_loose else (b"", b"")
    )


@pytest.mark.parametrize(
    "header", ["authorization", "x-api-key", "api-key", "x-goog-api-key", "esa_aigw_auth"]
)
def test_the_token_counts_in_every_dialect_s_header(stage: Stage, header: str) -> None:
    stage.script("one", [json_reply(REPLY)])
    value = stage.token if header in {"x-api-key", "api-key", "x-goog-api-key"} else f"Bearer {stage.token}"
    assert stage.chat("one/m", token="", headers={header: value}).status_code == 200


def test_the_token_does_not_count_in_the_query(stage: Stage) -> None:
    body: dict[str, Any] = {"model": "one/m", "messages": []}
    got = stage.client.post(f"{stage.url}/v1/chat/completions", params={"key": stage.token}, json=body)
    assert (got.status_code, got.json()["error"]["code"]) == (401, "gateway_token_required")


def test_a_valid_credential_beside_a_dummy_one_decides(stage: Stage) -> None:
    stage.script("one", [json_reply(REPLY)])
    got = stage.chat("one/m", token="dummy", headers={"esa_aigw_auth": f"Bearer {stage.token}"})
    assert got.status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_no_credential_of_the_provider_comes_down(stage: Stage, stream: bool) -> None:
    key = KEYS["FIRST_KEY"]
    theirs = [("Set-Cookie", "cf=planted-cookie"), ("X-Request-Id", "req_7"), ("X-RateLimit-Remaining", "3"),
              ("Authorization", f"Bearer {key}"), ("X-Echo", key), ("Server", "nginx"), ("Access-Control-Allow-Origin", "*"),
              ("X-Aigw-Cost", "0"), ("Connection", "X-RateLimit-Remaining")]  # fmt: skip
    whole = [json_reply(REPLY, headers=theirs)]
    streamed = [
        stream_head(headers=[("Content-Type", "text/event-stream"), *theirs]),
        chunk(event({"choices": []})),
        b"0\r\n\r\n",
    ]
    stage.script("one", streamed if stream else whole)
    got = stage.chat("one/m", stream=stream)
    text = repr(got.headers.raw)
    assert key not in text
    assert "planted-cookie" not in text
    assert not {"server", "x-echo", "access-control-allow-origin"} & set(got.headers)
    assert got.headers["x-request-id"] == "req_7"
    assert got.headers["x-ratelimit-remaining"] == "3"
    assert len(got.headers.get_list("x-aigw-cost")) == (0 if stream else 1)
    assert got.headers.get("x-aigw-cost") != "0"
    assert ("cache-control" in got.headers) == stream


def test_a_provider_that_echoes_its_key_in_an_error_is_not_stored_with_it(stage: Stage) -> None:
    key = KEYS["FIRST_KEY"]
    stage.script(
        "one", [json_reply({"error": {"message": f"Incorrect API key provided: {key}"}}, status=401)]
    )
    logged = stage.logged(stage.chat("one/m"))
    assert key not in json.dumps(logged)


def test_a_revoked_credential_is_401_everywhere(stage: Stage) -> None:
    issued = stage.gateway.admin("/credentials", "POST", json={"name": "run1"})
    stage.script("one", [json_reply(REPLY)])
    assert stage.chat("one/m", token=issued["token"]).status_code == 200
    stage.gateway.admin(f"/credentials/{issued['id']}", "DELETE")
    for model in ("one/m", "mock/echo"):
        got = stage.chat(model, token=issued["token"])
        assert (got.status_code, got.json()["error"]["code"]) == (401, "credential_revoked")
    assert stage.calls["one"] == 1


# the admin API


ADMIN_PATHS: Final = ("/admin/v1/status", "/admin/v1/keys", "/admin/v1/exchanges", "/admin/v1/config")


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_the_admin_api_wants_the_admin_token(stage: Stage, path: str) -> None:
    run = stage.gateway.admin("/credentials", "POST", json={"name": "r"})["token"]
    for token in (stage.token, run, "dummy", KEYS["FIRST_KEY"], ""):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        got = stage.client.get(f"{stage.url}{path}", headers=headers)
        assert (got.status_code, got.json()["error"]["code"]) == (401, "admin_token_required"), token
    own_token = {"authorization": f"Bearer {stage.gateway.admin_token}"}
    assert stage.client.get(f"{stage.url}{path}", headers=own_token).status_code == 200


@pytest.mark.parametrize(
    "path", ["/admin//v1/status", "/admin/%2Fv1/status", "/admin%2Fv1/status", "/admin/./v1/status", "/admin/x/../v1/status",
             "/admin/v1//status", "//admin/v1/status", "/metrics/../admin/v1/status", "/admin/%76%31/status", "/Admin/v1/status"],
)  # fmt: skip
def test_no_spelling_of_its_path_opens_the_admin_api_to_the_gateway_s_token(stage: Stage, path: str) -> None:
    got = stage.send(head_of(stage, own(stage), start=f"GET {path}", body=b""))
    assert got.status in {401, 404}, got.body
    assert b"uptime_s" not in got.body
    got.error()


@pytest.mark.parametrize("path", ["/metrics", "/admin/openapi.json", "/admin/docs"])
def test_metrics_and_the_api_s_description_want_a_token(stage: Stage, path: str) -> None:
    assert stage.client.get(f"{stage.url}{path}").status_code == 401
    for token in (stage.token, stage.gateway.admin_token):
        got = stage.client.get(f"{stage.url}{path}", headers={"authorization": f"Bearer {token}"})
        assert got.status_code == 200


def test_the_admin_token_opens_the_data_plane_too(stage: Stage) -> None:
    stage.script("one", [json_reply(REPLY)])
    assert stage.chat("one/m", token=stage.gateway.admin_token).status_code == 200


def test_health_and_the_welcome_are_open(stage: Stage) -> None:
    assert stage.client.get(f"{stage.url}/healthz").status_code == 200
    assert "mock/echo" in stage.client.get(f"{stage.url}/").text


# names


NAMES: Final = [
    "m\r\nset-cookie: a=b",
    "m\nx: y",
    "m\x00",
    "m\x1b[31m",
    "модель",
    "模型",
    "m m",
    "m%0d%0aset-cookie: a=b",
    "m" * 900,
    "🦊",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stream", [False, True])
def test_a_model_s_name_never_breaks_a_header(stage: Stage, name: str, stream: bool) -> None:
    stage.script(
        "one", [stream_head(), chunk(event({"choices": []})), b"0\r\n\r\n"] if stream else [json_reply(REPLY)]
    )
    body = json.dumps({"model": f"one/{name}", "messages": [], "stream": stream}).encode()
    got = stage.send(head_of(stage, own(stage), body=body))
    assert got.status == 200, got.body
    assert not got.header("set-cookie")
    shown = got.header("x-aigw-upstream")
    assert shown.startswith("one/")
    assert shown.isascii()
    assert shown.isprintable()
    assert stage["one"].requests[0].json()["model"] == name
    assert stage.logged(got)["request_model"] == name


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_model_s_name_never_breaks_an_error(stage: Stage, name: str) -> None:
    body = json.dumps({"model": f"dynamic/{name}"}).encode()
    refused(stage, stage.send(head_of(stage, own(stage), body=body)), 404, "model_not_found")


def test_a_header_of_the_provider_with_a_line_break_breaks_nothing(stage: Stage) -> None:
    def odd(request: Request) -> list[bytes]:
        return [
            reply(
                b"{}", headers=[("X-Request-Id", "a\rset-cookie: b=c"), ("Content-Type", "application/json")]
            )
        ]

    stage.script("one", odd(Request(0, 0, "", "", [], b"", b"", 0.0)))
    got = stage.chat("one/m")
    assert got.status_code in {200, 502}
    assert "set-cookie" not in got.headers
