"""Where a model's name leads, what routes decide by, and what `GET /v1/models` shows to whom."""

import itertools
import json
import shlex
import subprocess
from collections.abc import Generator, Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import openai
import pytest

from tests.e2e.stage import KEYS, REPLY, Stage
from tests.scripted import json_reply

MORE: Final = """  deepseek: {base_url: "{one}/v1", keys: ["env:FIRST_KEY"], models: [deepseek-chat, shared/name]}
  qwen: {base_url: "{two}/v1", keys: ["env:FIRST_KEY"], models: [qwen3-max, twice]}
  groq: {base_url: "{two}/v1", keys: ["env:FIRST_KEY"], models: [twice]}
  local: {kind: openai-compatible, base_url: "{one}/v1", auth: none, models: [tiny]}
routes:
  claimed:
    models: [smart, "claude-haiku-*", "gpt-?"]
    flow: {send: one/m1}
  exact: {models: [claude-haiku-9], flow: {send: two/m2}}
  seed:
    flow:
      if: metadata.test-key == "ok"
      then: {send: one/yes}
      else: {send: one/no}
  nested:
    flow:
      if: metadata.tier == "pro"
      then:
        if: metadata.region in ["eu", "uk"] and not (header.x-canary == "1")
        then: {send: one/pro-eu}
        else:
          if: metadata.seats >= 10
          then: {send: one/pro-many}
          else: {send: one/pro-few}
      else:
        if: stream or has_tools or input_chars > 1000
        then: {send: two/heavy}
        else: {send: two/light}
  lenient:
    metadata: optional
    flow: {if: metadata.tier == "pro", then: {send: one/yes}, else: {send: one/no}}
  looking:
    flow:
      if: body.service.tier == "flex" or query.lab exists
      then: {send: one/yes}
      else: {send: one/no}
  drawn:
    flow: {split: [{weight: 50, send: one/left}, {weight: 50, send: one/right}]}
  redrawn:
    flow: {split: [{weight: 50, send: one/left}, {weight: 50, send: one/right}], sticky: request}
  lonely: {flow: {send: local/tiny, fallback: [mock/echo]}}
"""
HEADER: Final = "x-ai-route-metadata"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("routes"), names=("one", "two"), more=MORE) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> Generator[None]:
    for upstream in stage.upstreams.values():
        upstream.enqueue(*[[json_reply(REPLY)]] * 100)
    yield
    stage.forget()


def sent(stage: Stage, model: str, **more: Any) -> str:
    """Where a chat goes, as `upstream/model`."""
    seen = stage.calls
    got = stage.chat(model, **more)
    assert got.status_code == 200, got.text
    name = next(name for name, count in stage.calls.items() if count > seen[name])
    return f"{name}/{stage[name].requests[-1].json()['model']}"


def metadata(value: str | dict[str, Any]) -> dict[str, str]:
    return {HEADER: value if isinstance(value, str) else json.dumps(value)}


# addressing


@pytest.mark.parametrize(
    ("model", "place"),
    [
        ("one/m", "one/m"),
        ("one/a/b:c", "one/a/b:c"),
        ("one/never-heard-of", "one/never-heard-of"),
        ("deepseek/deepseek-chat", "one/deepseek-chat"),
        ("deepseek-chat", "one/deepseek-chat"),
        ("qwen3-max", "two/qwen3-max"),
        ("shared/name", "one/shared/name"),
        ("dynamic/claimed", "one/m1"),
        ("smart", "one/m1"),
        ("claude-haiku-4-5", "one/m1"),
        ("gpt-5", "one/m1"),
        ("claude-haiku-9", "two/m2"),
    ],
)
def test_a_name_leads_where_the_contract_says(stage: Stage, model: str, place: str) -> None:
    assert sent(stage, model) == place


def test_the_reply_says_which_route_and_which_model(stage: Stage) -> None:
    got = stage.chat("smart")
    assert (got.headers["x-aigw-route"], got.headers["x-aigw-upstream"]) == ("claimed", "one/m1")
    assert got.json()["model"] == REPLY["model"]
    logged = stage.logged(got)
    models = (logged["original_model"], logged["request_model"], logged["response_model"])
    assert models == ("smart", "m1", REPLY["model"])
    assert "x-aigw-route" not in stage.chat("one/m").headers


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("gpt-55", "GET /v1/models"),
        ("smrt", "smart"),
        ("qwen3-mx", "qwen/qwen3-max"),
        ("qwenn/qwen3-max", "qwen/qwen3-max"),
        ("dynamic/claimd", "dynamic/claimed"),
        ("dynamic/", "dynamic/"),
        ("one/", "GET /v1/models"),
        ("twice", "qwen/twice"),
        ("auto", "reserved"),
        ("auto/x", "reserved"),
        ("meta-llama/Llama-4", "no provider"),
    ],
)
def test_a_name_that_leads_nowhere_is_a_404_with_near_ones(stage: Stage, model: str, hint: str) -> None:
    got = stage.chat(model)
    error = got.json()["error"]
    assert (got.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert hint in error["message"]
    assert stage.calls == {"one": 0, "two": 0}
    assert stage.logged(got)["error"] == "model_not_found"


def test_the_sdk_sees_a_not_found_error(stage: Stage) -> None:
    with (
        openai.OpenAI(base_url=f"{stage.url}/v1", api_key=stage.token, max_retries=0) as client,
        pytest.raises(openai.NotFoundError, match="nowhere") as caught,
    ):
        client.chat.completions.create(model="nowhere", messages=[])
    assert caught.value.code == "model_not_found"


def test_azure_s_deployment_in_the_path_names_the_model(stage: Stage) -> None:
    path = f"/openai/deployments/{quote('one/m', safe='')}/chat/completions?api-version=2024-10-21"
    headers = {"api-key": stage.token}
    got = stage.client.post(stage.url + path, json={"messages": []}, headers=headers)
    assert got.status_code == 200
    assert stage["one"].requests[0].json()["model"] == "m"


# conditions


@pytest.mark.parametrize("value", ['{"test-key":"ok"}', "test-key=ok", "other=1; test-key = ok", 'x=1,test-key="ok"', '{"test-key": "ok", "n": 1.5, "b": true, "z": null}'])  # fmt: skip
def test_the_seed_s_condition_holds_however_metadata_is_written(stage: Stage, value: str) -> None:
    assert sent(stage, "dynamic/seed", headers=metadata(value)) == "one/yes"


@pytest.mark.parametrize(
    "value", ['{"test-key":"OK"}', '{"test-key":"okay"}', "test_key=ok", '{"a":"ok"}', "{}"]
)
def test_and_does_not_hold_otherwise(stage: Stage, value: str) -> None:
    assert sent(stage, "dynamic/seed", headers=metadata(value)) == "one/no"


def test_a_missing_key_is_said_in_the_trace(stage: Stage) -> None:
    got = stage.chat("dynamic/seed", headers=metadata("a=b"))
    asked = stage.logged(got)["decision"]["trace"][0]
    assert not asked.get("result")
    assert "missing" in json.dumps(asked["observations"])


@pytest.mark.parametrize(
    "value",
    ['{"test-key":', '{"test-key":{"a":1}}', '{"test-key":["ok"]}', '["test-key"]', '"ok"', "test-key", "a=1,a=2",
     '{"a":1,"a":2}', "k\u00e9y=1", "a b=1", "x" * 9000],
)  # fmt: skip
def test_malformed_metadata_is_a_400_that_shows_a_right_call(stage: Stage, value: str) -> None:
    body = b'{"model":"dynamic/seed","messages":[]}'
    got = stage.send(stage.request(body, f"{HEADER}: {value}"))
    error = got.error()
    assert (got.status, error["code"], error["param"]) == (400, "route_metadata_invalid", HEADER)
    for part in (HEADER, "test-key", "curl "):
        assert part in error["message"]
    assert stage.calls == {"one": 0, "two": 0}


def test_missing_metadata_is_a_400_whose_curl_works_as_it_stands(stage: Stage) -> None:
    got = stage.chat("dynamic/seed")
    error = got.json()["error"]
    assert (got.status_code, error["code"], error["param"]) == (400, "route_metadata_missing", HEADER)
    assert "metadata: optional" in error["message"]
    assert stage.calls == {"one": 0, "two": 0}
    curl = next(line for line in error["message"].splitlines() if line.startswith("curl "))
    words = shlex.split(curl.partition(" see: ")[0].replace("$AIGW_DEV_TOKEN", stage.token))
    assert words[1] == f"{stage.url}/v1/chat/completions"
    try:
        done = subprocess.run([*words, "-s"], capture_output=True, check=False, timeout=10)
    except FileNotFoundError:
        headers = dict(word.split(": ", 1) for flag, word in itertools.pairwise(words) if flag == "-H")
        body = words[words.index("-d") + 1]
        answered = httpx.post(words[1], headers=headers, content=body).json()
    else:
        answered = json.loads(done.stdout)
    assert answered == REPLY
    assert stage["one"].requests[0].json()["model"] == "yes"


def test_optional_metadata_may_be_missing(stage: Stage) -> None:
    assert sent(stage, "dynamic/lenient") == "one/no"
    assert sent(stage, "dynamic/lenient", headers=metadata("tier=pro")) == "one/yes"


def test_a_route_that_reads_no_metadata_asks_for_none(stage: Stage) -> None:
    assert sent(stage, "dynamic/claimed") == "one/m1"


@pytest.mark.parametrize(
    ("said", "headers", "more", "place"),
    [
        ({"tier": "pro", "region": "eu"}, {}, {}, "one/pro-eu"),
        ({"tier": "pro", "region": "uk"}, {"x-canary": "0"}, {}, "one/pro-eu"),
        ({"tier": "pro", "region": "eu", "seats": 9}, {"x-canary": "1"}, {}, "one/pro-few"),
        ({"tier": "pro", "region": "us", "seats": 10}, {}, {}, "one/pro-many"),
        ({"tier": "pro", "seats": "9.5"}, {}, {}, "one/pro-few"),
        ({"tier": "pro"}, {}, {}, "one/pro-few"),
        ({"tier": "free"}, {}, {}, "two/light"),
        ({}, {}, {"stream": True}, "two/heavy"),
        ({}, {}, {"tools": [{"type": "function", "function": {"name": "f"}}]}, "two/heavy"),
        ({}, {}, {"messages": [{"role": "user", "content": "x" * 1001}]}, "two/heavy"),
        ({}, {}, {"messages": [{"role": "user", "content": "x" * 1000}]}, "two/light"),
    ],
)
def test_nested_conditions(
    stage: Stage, said: dict[str, Any], headers: dict[str, str], more: dict[str, Any], place: str
) -> None:
    assert sent(stage, "dynamic/nested", headers=metadata(said) | headers, **more) == place


def test_conditions_read_the_body_and_the_query(stage: Stage) -> None:
    assert sent(stage, "dynamic/looking") == "one/no"
    assert sent(stage, "dynamic/looking", service={"tier": "flex"}) == "one/yes"
    body: dict[str, Any] = {"model": "dynamic/looking", "messages": []}
    headers = {"authorization": f"Bearer {stage.token}"}
    stage.client.post(f"{stage.url}/v1/chat/completions?lab=", json=body, headers=headers)
    assert stage["one"].requests[-1].json()["model"] == "yes"


def test_metadata_stays_here(stage: Stage) -> None:
    stage.chat("dynamic/seed", headers=metadata("test-key=ok"))
    assert b"test-key" not in stage["one"].requests[0].raw


# split


def shares(stage: Stage, model: str, *, count: int = 24, **more: Any) -> set[str]:
    return {sent(stage, model, **more) for _ in range(count)}


def test_a_conversation_keeps_its_side_of_a_split(stage: Stage) -> None:
    """24 draws of two equal halves are all the same once in eight million times."""
    assert shares(stage, "dynamic/drawn") == {"one/left", "one/right"}
    sides = [
        shares(stage, "dynamic/drawn", count=4, prompt_cache_key=f"user-{number}") for number in range(12)
    ]
    assert all(len(side) == 1 for side in sides)
    assert set().union(*sides) == {"one/left", "one/right"}
    by_header = shares(stage, "dynamic/drawn", count=8, headers={"x-session-id": "s1"})
    assert len(by_header) == 1


def test_sticky_request_draws_each_time(stage: Stage) -> None:
    assert shares(stage, "dynamic/redrawn", prompt_cache_key="user-1") == {"one/left", "one/right"}


def test_the_trace_says_how_it_was_drawn(stage: Stage) -> None:
    kept = stage.logged(stage.chat("dynamic/drawn", prompt_cache_key="u"))["decision"]
    assert (kept["sticky"], kept["trace"][0]["sticky"]) == ("conversation", "conversation")
    drawn = stage.logged(stage.chat("dynamic/drawn"))["decision"]["trace"][0]
    assert (drawn["sticky"], drawn["reason"]) == ("request", "the request names no conversation")


# lists


def listed(stage: Stage, *, token: str) -> list[str]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    got = stage.client.get(f"{stage.url}/v1/models", headers=headers)
    assert got.json()["object"] == "list"
    return [row["id"] for row in got.json()["data"]]


def test_an_identified_caller_sees_everything(stage: Stage) -> None:
    names = listed(stage, token=stage.token)
    assert {"dynamic/claimed", "smart", "dynamic/exact", "claude-haiku-9", "dynamic/lonely"} <= set(names)
    assert {
        "deepseek/deepseek-chat",
        "deepseek/shared/name",
        "qwen/twice",
        "groq/twice",
        "local/tiny",
    } <= set(names)
    assert {"mock/echo", "mock/tools", "mock/think", "mock/embed"} <= set(names)
    assert not [name for name in names if "*" in name or "?" in name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("token", ["", "dummy"])
def test_an_unidentified_caller_sees_what_spends_no_key(stage: Stage, token: str) -> None:
    names = set(listed(stage, token=token))
    assert {name for name in names if not name.startswith("mock/")} == {"dynamic/lonely", "local/tiny"}
    assert {"mock/echo", "mock/tools", "mock/think", "mock/embed", "mock/image"} <= names


def test_and_can_call_it(stage: Stage) -> None:
    assert stage.chat("local/tiny", token="").status_code == 200
    assert stage.chat("dynamic/lonely", token="").status_code == 200
    assert stage.chat("mock/echo", token="").status_code == 200
    assert stage.chat("deepseek/deepseek-chat", token="").status_code == 401


def test_a_provider_s_key_identifies_its_owner(stage: Stage) -> None:
    assert "qwen/qwen3-max" in listed(stage, token=KEYS["FIRST_KEY"])


@pytest.mark.parametrize("path", ["deepseek/shared/name", "deepseek%2Fshared%2Fname", "deepseek/shared%2fname", "smart", "dynamic%2Fclaimed"])  # fmt: skip
def test_one_model_is_found_with_raw_and_encoded_slashes(stage: Stage, path: str) -> None:
    for base in ("/v1/models/", "/models/"):
        got = stage.client.get(stage.url + base + path, headers={"authorization": f"Bearer {stage.token}"})
        assert got.status_code == 200, got.text
        row = got.json()
        assert (row["id"], row["object"]) == (path.replace("%2F", "/").replace("%2f", "/"), "model")


def test_a_model_that_is_not_listed_to_this_caller_is_a_404(stage: Stage) -> None:
    for path, token in (("nope", stage.token), ("deepseek%2Fdeepseek-chat", "")):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        got = stage.client.get(f"{stage.url}/v1/models/{path}", headers=headers)
        assert (got.status_code, got.json()["error"]["code"]) == (404, "model_not_found")
