"""Forms of providers and what they change in the config."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aigw_dev.tui.providers import edits
from tests.tui.providers.known import line

KIND = {"name": "openai", "base_url": "https://api.openai.com/v1", "needs_key": True}


def filled(fields: list[Any], **values: str) -> dict[str, Any]:
    return {field.name: values.get(field.name, field.value) for field in fields}


def test_adding_a_kind_under_its_own_name_writes_nothing_more() -> None:
    values = filled(edits.add_fields(KIND, ["mock"]))
    assert edits.add_changes(KIND, values) == [{"path": ["providers", "openai"], "value": {}}]


def test_a_second_one_of_a_kind_gets_a_free_name_and_says_its_kind() -> None:
    fields = edits.add_fields(KIND, ["openai", "openai-2"])
    values = filled(fields, base_url="https://a.test/v1", keys="a-key, env:B")
    assert edits.add_changes(KIND, values) == [
        {
            "path": ["providers", "openai-3"],
            "value": {"kind": "openai", "base_url": "https://a.test/v1", "keys": ["a-key", "env:B"]},
        }
    ]


def test_a_kind_without_an_address_asks_for_one() -> None:
    for base in ("", "https://RESOURCE.openai.azure.com"):
        field = edits.add_fields({"name": "azure", "base_url": base}, [])[1]
        assert field.check is not None
        assert "write one" in field.check("")
        assert field.check("https://a.test") == ""


def test_only_what_differs_is_written() -> None:
    qwen = line("qwen")
    fields = edits.edit_fields(qwen)
    assert edits.edit_changes(qwen, filled(fields)) == []
    values = filled(
        fields,
        base_url="https://b.test/v1",
        keys="",
        headers="X-Title: my app",
        idle_timeout_ms="0",
        auth="none",
    )
    assert edits.edit_changes(qwen, values) == [
        {"path": ["providers", "qwen", "base_url"], "value": "https://b.test/v1"},
        {"path": ["providers", "qwen", "auth"], "value": "none"},
        {"path": ["providers", "qwen", "keys"], "delete": True},
        {"path": ["providers", "qwen", "idle_timeout_ms"], "value": 0},
        {"path": ["providers", "qwen", "headers"], "value": {"x-title": "my app"}},
    ]


def test_a_form_that_nobody_touched_changes_nothing_whatever_is_written() -> None:
    own = {
        "kind": "qwen", "base_url": "https://b.test", "headers": {"a": "b: c"}, "models": ["m1", "m2"], "timeout_ms": 0,
        "usage": "as-sent", "forward_headers": ["x-a"], "proxy": "http://p.test:1", "auth": "key",
    }  # fmt: skip
    written = replace(line("qwen"), written=own)
    assert edits.edit_changes(written, filled(edits.edit_fields(written))) == []


def test_renaming_writes_down_what_came_from_the_old_name() -> None:
    assert edits.rename_changes(line("openai"), "oai", is_default=True) == [
        {"path": ["providers", "openai", "kind"], "value": "openai"},
        {"path": ["providers", "openai"], "rename": "oai"},
        {"path": ["gateway", "default_provider"], "value": "oai"},
    ]
    qwen = replace(line("qwen"), written={"kind": "qwen"})
    assert edits.rename_changes(qwen, "q") == [
        {"path": ["providers", "qwen", "keys"], "value": ["qwen-api-key"]},
        {"path": ["providers", "qwen"], "rename": "q"},
    ]


def test_the_inverse_brings_back_values_absences_and_names() -> None:
    before = {"providers": {"a": {"keys": ["k"]}}, "list": [1]}
    changes: list[edits.Change] = [
        {"path": ["providers", "a", "keys"], "delete": True},
        {"path": ["providers", "a", "proxy"], "value": "http://p.test"},
        {"path": ["list", 3], "value": 4},
        {"path": ["providers", "a"], "rename": "b"},
    ]
    assert edits.inverse(changes, before) == [
        {"path": ["providers", "b"], "rename": "a"},
        {"path": ["list", 3], "delete": True},
        {"path": ["providers", "a", "proxy"], "delete": True},
        {"path": ["providers", "a", "keys"], "value": ["k"]},
    ]
    assert edits.remove_changes(line("qwen")) == [{"path": ["providers", "qwen"], "delete": True}]


@pytest.mark.parametrize(
    ("value", "said"),
    [("", "letters"), ("mock", "already"), ("a/b", "letters"), ("taken", "one of that name"), ("fine-1", "")],
)
def test_names(value: str, said: str) -> None:
    problem = edits.name_problem(value, ["taken"])
    assert said in problem
    assert bool(problem) == bool(said)


def test_a_key_in_the_place_of_its_name_is_refused_and_not_repeated() -> None:
    secret = "sk-proj-0123456789abcdefghijklmnop"
    said = edits.keys_problem(f"a-key, {secret}")
    assert "looks like a key" in said
    assert secret not in said
    assert edits.keys_problem("a-key env:B file:/c") == ""
    assert edits.keys_problem("env:") != ""


def test_headers_addresses_and_times_say_what_is_wrong() -> None:
    assert "per line" in edits.headers_problem("x-title")
    assert "authorization" in edits.headers_problem("authorization: x")
    assert edits.headers_problem("x-title: a\n\nx-b: c: d") == ""
    assert edits.url_problem("ftp://a") != ""
    assert edits.url_problem("") == ""
    assert edits.time_problem("1.5") != ""
    assert edits.time_problem("90000000") != ""
    assert edits.time_problem("0") == ""
    proxy = next(field for field in edits.edit_fields(line("qwen")) if field.name == "proxy")
    forwards = next(field for field in edits.edit_fields(line("qwen")) if field.name == "forward_headers")
    assert proxy.check is not None
    assert forwards.check is not None
    assert proxy.check("socks://a") != ""
    assert proxy.check("") == ""
    assert forwards.check("x-ok, cookie") != ""


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True),
        st.from_regex(r"[!-~]([ -~]{0,8}[!-~])?", fullmatch=True),
    )
)
def test_headers_survive_their_field(headers: dict[str, str]) -> None:
    assert edits.read_headers("\n".join(f"{name}: {value}" for name, value in headers.items())) == headers
