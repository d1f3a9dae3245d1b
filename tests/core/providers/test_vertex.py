import json
import re
from pathlib import Path

import pytest

from aigw_dev.core.providers.vertex import Call, call, native_body, read_place, split_model

HOST = "https://us-central1-aiplatform.googleapis.com"
BASE = f"{HOST}/v1/projects/p/locations/us-central1"


@pytest.mark.parametrize(
    "written",
    [
        BASE,
        BASE + "/",
        BASE + "/endpoints/openapi",
        BASE + "/publishers/google",
        BASE + "/publishers/anthropic/models",
    ],
)
def test_every_way_to_write_the_address_means_the_same(written: str) -> None:
    assert read_place(written).api_base == BASE


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (HOST, BASE),
        (HOST + "/v1", BASE),
        (HOST + "/v1beta1", BASE.replace("/v1/", "/v1beta1/")),
        (
            "https://aiplatform.googleapis.com",
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global",
        ),
        (
            "https://aiplatform.eu.rep.googleapis.com",
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu",
        ),
        ("https://proxy.example:8443/v1", "https://proxy.example:8443/v1/projects/p/locations/europe-west4"),
        (HOST + "/v1/projects/other", BASE.replace("/p/", "/other/")),
    ],
)
def test_what_the_address_does_not_say_is_filled_in(written: str, expected: str) -> None:
    assert read_place(written, project="p", location="europe-west4").api_base == expected


def test_the_address_goes_before_what_is_filled_in() -> None:
    place = read_place(BASE, project="other", location="eu")
    assert (place.project, place.location) == ("p", "us-central1")


def test_without_a_project_it_is_express_mode() -> None:
    assert read_place("https://aiplatform.googleapis.com").api_base == "https://aiplatform.googleapis.com/v1"
    assert read_place("https://x.example").location == "global"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("google/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("publishers/google/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("google/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("claude-opus-4-8@20260101", ("anthropic", "claude-opus-4-8@20260101")),
        ("anthropic/claude-opus-4-8", ("anthropic", "claude-opus-4-8")),
        ("meta/llama-4-maverick-17b-128e-instruct-maas", ("meta", "llama-4-maverick-17b-128e-instruct-maas")),
        ("my-endpoint", ("", "my-endpoint")),
    ],
)
def test_a_models_name_says_its_publisher(name: str, expected: tuple[str, str]) -> None:
    assert split_model(name) == expected


def test_googles_models_are_called_in_their_own_dialect() -> None:
    assert call("google") == Call(path="/publishers/google/models/{model}:generateContent")
    assert call("google", is_stream=True) == Call(
        path="/publishers/google/models/{model}:streamGenerateContent", query="alt=sse"
    )
    assert call("google", is_count=True) == Call(path="/publishers/google/models/{model}:countTokens")


def test_anthropics_models_are_called_by_raw_predict() -> None:
    assert call("anthropic") == Call(path="/publishers/anthropic/models/{model}:rawPredict")
    assert call("anthropic", is_stream=True) == Call(
        path="/publishers/anthropic/models/{model}:streamRawPredict"
    )
    assert call("anthropic", is_count=True) == Call(
        path="/publishers/anthropic/models/count-tokens:rawPredict"
    )


def test_other_publishers_have_no_dialect_of_their_own() -> None:
    assert call("meta") is None
    assert native_body("meta", b"{}", model="m") == b"{}"


def test_anthropics_body_names_its_version_and_no_model() -> None:
    body = b'{"model":"claude","max_tokens":1.0,"messages":[],"stream":true}'
    written = native_body("anthropic", body, model="claude")
    assert json.loads(written) == {
        "max_tokens": 1.0, "messages": [], "stream": True, "anthropic_version": "vertex-2023-10-16",
    }  # fmt: skip
    assert b"1.0" in written


def test_a_version_that_the_caller_names_stays() -> None:
    assert native_body("anthropic", b'{"anthropic_version":"x"}', model="m") == b'{"anthropic_version":"x"}'


def test_a_count_keeps_the_model_in_its_body() -> None:
    written = native_body("anthropic", b'{"messages":[]}', model="claude", is_count=True)
    assert json.loads(written) == {
        "messages": [],
        "model": "claude",
        "anthropic_version": "vertex-2023-10-16",
    }


def test_googles_body_is_not_touched() -> None:
    assert native_body("google", b'{ "contents":[]}', model="m") == b'{ "contents":[]}'


@pytest.mark.vectors
def test_recorded_addresses_are_those_written_here(vectors: Path) -> None:
    said = re.compile(r"uri: (https://\S*aiplatform\.googleapis\.com\S*)")
    folder = vectors / "pydantic-ai/models/cassettes/test_google"
    addresses = {
        uri for file in folder.glob("*vertex*.yaml") for uri in said.findall(file.read_text("utf-8"))
    }
    assert len(addresses) >= 4
    for address in addresses:
        model = address.partition("/models/")[2].partition(":")[0]
        there = call("google", is_stream=":stream" in address, is_count=":countTokens" in address)
        assert there is not None
        path = there.path.replace("{model}", model)
        query = f"?{there.query}" if there.query else ""
        assert read_place(address).api_base + path + query == address


def test_googles_counting_fields_stand_at_the_top_level_on_vertex() -> None:
    body = b'{"generateContentRequest":{"model":"models/g","contents":[1],"tools":[2]}}'
    assert native_body("google", body, model="g", is_count=True) == b'{"contents":[1],"tools":[2]}'
    plain = b'{"contents":[1]}'
    assert native_body("google", plain, model="g", is_count=True) == plain
