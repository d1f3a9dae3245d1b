from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.config import Config, Gateway, Limits, Logging, Provider, Route
from aigw_dev.core.config_check import Rules, check_config
from aigw_dev.core.config_fields import LATER_SECTIONS
from aigw_dev.core.problem import Problem

ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - a value to check, nothing listens
KEY: Final = "sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv"
RULES: Final = Rules(
    kinds=("openai", "qwen", "deepseek", "own"), needs_base_url={"own": "http://host.example/v1"}
)


def problems(tree: object, rules: Rules = RULES) -> list[str]:
    """`path: message` of every problem."""
    return [
        f"{'.'.join(map(str, problem.path))}: {problem.message}"
        for problem in check_config(tree, rules=rules)[1]
    ]


def test_an_empty_config_is_the_default() -> None:
    assert check_config({}, rules=RULES) == (Config(), [])


def test_a_whole_config_becomes_structs() -> None:
    tree = {
        "version": 1,
        "gateway": {"name": "my-app", "notes": None, "port": 2450, "limits": {"json_mb": 8, "drain_s": 5}},
        "providers": {
            "openai": {"kind": "openai"},
            "deepseek": None,
            "qwen": {"keys": ["a"], "headers": {"X-Title": "t"}, "forward_headers": ["X-Trace"]},
        },
        "routes": {"r": {"models": ["smart"], "metadata": "optional", "flow": {"send": "openai/gpt-4o"}}},
        "logging": {"keep": "24h", "sample": 1},
    }
    config, found = check_config(tree, rules=RULES)
    assert found == []
    assert config == Config(
        gateway=Gateway(name="my-app", port=2450, limits=Limits(json_mb=8, drain_s=5)),
        providers={
            "openai": Provider(kind="openai"),
            "deepseek": Provider(),
            "qwen": Provider(keys=("a",), headers={"x-title": "t"}, forward_headers=("x-trace",)),
        },
        routes={"r": Route(flow={"send": "openai/gpt-4o"}, models=("smart",), metadata="optional")},
        logging=Logging(keep_s=86_400),
    )
    assert config is not None
    assert list(config.providers) == ["openai", "deepseek", "qwen"]


@pytest.mark.parametrize("section", ["gateway", "providers", "routes", "logging"])
def test_a_section_left_empty_is_the_default(section: str) -> None:
    assert check_config({section: None}, rules=RULES) == (Config(), [])


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ([], ": the config is a list where a mapping is expected"),
        ("x", ": the config is a text where a mapping is expected"),
        ({"routs": {}}, 'routs: the config has no key "routs"'),
        ({"gateway": {"prot": 1}}, 'gateway.prot: `gateway` has no key "prot"'),
        ({"gateway": {"limits": {"x": 1}}}, 'gateway.limits.x: `gateway.limits` has no key "x"'),
        ({"gateway": []}, "gateway: `gateway` is a list where a mapping is expected"),
        ({"providers": []}, "providers: `providers` is a list where a mapping is expected"),
        ({"providers": {"openai": "x"}}, "providers.openai: the provider `openai` is a text where a mapping is expected"),
        ({"routes": {"r": 5}}, "routes.r: the route `r` is a number where a mapping is expected"),
        ({"logging": {"keep": 14}}, "logging.keep: `14` is not a duration"),
        ({"version": 2}, "version: `2` is not a version this aigw-dev reads"),
        ({"providers": {"a b": {"kind": "openai"}}}, 'providers.a b: "a b" is not a name for a provider'),
        ({"routes": {"x" * 65: {}}}, f'routes.{"x" * 65}: "{"x" * 60}..." is not a name for a route'),
        ({"providers": {"mock": {}}}, "providers.mock: `mock` is a reserved name"),
        ({"routes": {"dynamic": {}}}, "routes.dynamic: `dynamic` is a reserved name"),
        ({"providers": {"auto": {"kind": "openai"}}}, "providers.auto: `auto` is a reserved name"),
        ({"providers": {"foo": {}}}, "providers.foo: `foo` is not a kind of provider, and no `kind` is given"),
        ({"providers": {"foo": {"kind": "opnai"}}}, 'providers.foo.kind: "opnai" is not a kind of provider'),
        ({"providers": {"own": {}}}, "providers.own: the provider `own` needs a `base_url`: its kind `own` has none of its own"),
        ({"providers": {"openai": {"auth": "none", "keys": ["a"]}}}, "providers.openai.keys: `auth: none` sends no stored key"),
        ({"providers": {"openai": {"auth": "passthrough", "keys": ["a"]}}}, "providers.openai.keys: `auth: passthrough` sends no stored key"),
        ({"providers": {"openai": {"headers": {"X-a": "1", "x-A": "2"}}}}, 'providers.openai.headers.x-A: "x-A" is given twice, in another case'),
        ({"gateway": {"host": ANYWHERE, "identity_verification": False}}, 'gateway.identity_verification: false is possible on loopback only, and `host` is "0.0.0.0"'),
        ({"gateway": {"default_provider": "x"}}, 'gateway.default_provider: "x" is not a configured provider'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_an_error_at_its_place(tree: object, found: str) -> None:
    assert problems(tree)[0] == found
    assert check_config(tree, rules=RULES)[0] is None


def test_a_kind_without_an_address_shows_how_one_looks() -> None:
    _, found = check_config({"providers": {"own": {}}}, rules=RULES)
    assert found[0].hint == "Add base_url, such as http://host.example/v1"


@pytest.mark.parametrize("section", LATER_SECTIONS)
def test_a_section_of_a_later_release_says_so(section: str) -> None:
    assert problems({section: {}}) == [f"{section}: `{section}` belongs to a later release of aigw-dev"]


@pytest.mark.parametrize(
    ("tree", "hint"),
    [
        ({"provider": {}}, "Did you mean `providers`?"),
        ({"log": {}}, "It is called `logging` here."),
        ({"providers": {"openai": {"baseURL": "x"}}}, "Did you mean `base_url`?"),
        ({"providers": {"openai": {"api_base": "x"}}}, "It is called `base_url` here."),
        ({"providers": {"openai": {"apiKey": "x"}}}, "It is called `keys` here."),
        ({"providers": {"openai": {"zzz": 1}}}, "Known: auth, base_url, "),
    ],
)
def test_an_unknown_key_names_what_was_meant(tree: object, hint: str) -> None:
    (problem,) = check_config(tree, rules=RULES)[1]
    assert problem.hint.startswith(hint)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_identity_verification_may_be_off_on_loopback(host: str) -> None:
    assert problems({"gateway": {"host": host, "identity_verification": False}}) == []


@pytest.mark.parametrize(
    ("route", "hint"),
    [
        ({"send": "openai/x"}, "Put its `send:` under `flow:`"),
        ({"if": "x", "then": {}, "else": {}}, "Put its `if:` under `flow:`"),
        ({}, "Put its `send:` under `flow:`"),
        (None, "Put its `send:` under `flow:`"),
    ],
)
def test_a_route_without_a_flow_shows_where_it_goes(route: object, hint: str) -> None:
    (problem,) = check_config({"routes": {"r": route}}, rules=RULES)[1]
    assert problem.message == "the route `r` has no flow"
    assert problem.hint.startswith(hint)


def test_the_flow_is_checked_by_its_own_room() -> None:
    asked: list[tuple[str, object]] = []

    def check_flow(route: str, tree: object) -> list[Problem]:
        asked.append((route, tree))
        return [Problem(path=("routes", route, "flow", "if"), message="no")]

    tree: Any = {"providers": {"openai": {}}, "routes": {"r": {"flow": {"send": "openai/x"}}}}
    assert problems(tree, Rules(kinds=["openai"], check_flow=check_flow)) == ["routes.r.flow.if: no"]
    assert asked == [("r", {"send": "openai/x"})]


def test_a_provider_that_is_right_by_itself_is_shown_to_the_catalogue() -> None:
    asked: list[str] = []

    def check_provider(name: str, provider: Provider) -> Problem | None:
        asked.append(f"{name} {provider.base_url}")
        return Problem(path=("providers", name), message="not there") if name == "qwen" else None

    rules = Rules(kinds=["openai", "qwen"], check_provider=check_provider)
    tree = {"providers": {"openai": {"base_url": "https://x"}, "qwen": {}, "zzz": {}}}
    found = problems(tree, rules)
    assert asked == ["openai https://x", "qwen None"]
    assert "providers.qwen: not there" in found


@pytest.mark.parametrize(("url", "warns"), [("http://10.0.0.5:8000/v1", True), ("http://ollama:11434", True), ("http://127.0.0.1:1", False), ("https://10.0.0.5", False)])  # fmt: skip
def test_http_beyond_this_machine_is_a_warning(url: str, warns: bool) -> None:
    config, found = check_config({"providers": {"own": {"base_url": url}}}, rules=RULES)
    assert config is not None
    assert [problem.severity for problem in found] == (["warning"] if warns else [])


def test_a_literal_key_is_refused_with_the_command_and_never_echoed() -> None:
    tree = {
        "providers": {"qwen": {"keys": [KEY], "api_key": KEY, "headers": {"authorization": f"Bearer {KEY}"}}}
    }
    config, found = check_config(tree, rules=RULES)
    assert config is None
    assert {problem.path[2:] for problem in found} == {
        ("keys", 0),
        ("api_key",),
        ("headers", "authorization"),
    }
    assert all("aigw-dev keys add qwen --name qwen-api-key" in problem.hint for problem in found)
    assert KEY[3:] not in "".join(problem.text() for problem in found)


def test_another_rooms_message_that_quotes_a_key_is_masked() -> None:
    def check_flow(route: str, tree: object) -> list[Problem]:
        return [Problem(path=("routes", route), message=f"bad {tree}", hint=f"not {tree}")]

    tree = {"routes": {"r": {"flow": {"params": {"user": KEY}}}}}
    found = check_config(tree, rules=Rules(kinds=[], check_flow=check_flow))[1]
    assert KEY not in "".join(problem.text() for problem in found)


def test_a_hostile_config_costs_fifty_problems() -> None:
    tree = {f"unknown-{number}": 1 for number in range(5_000)}
    config, found = check_config(tree, rules=RULES)
    assert config is None
    assert len(found) == 50


plain: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["openai", "openai/x", "https://x", "a*"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["gateway", "providers", "routes", "logging", "openai", "r", "keys", "models", "headers", "flow", "send", "fallback", "kind", "base_url", "auth", "host", "limits", "forward_headers", "default_provider", "keep", "port"]),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["gateway", "providers", "routes", "logging"]), plain))
def test_no_tree_breaks_the_check(tree: dict[str, Any]) -> None:
    config, found = check_config(tree, rules=RULES)
    assert (config is None) == any(problem.severity == "error" for problem in found)


@given(
    st.builds(
        Provider,
        base_url=st.sampled_from([None, "https://x/v1"]),
        keys=st.sampled_from([None, (), ("a", "env:B")]),
        models=st.sampled_from([None, ("m",)]),
        timeout_ms=st.none() | st.integers(0, 1_000),
    )
)
def test_a_checked_provider_is_what_was_written(provider: Provider) -> None:
    written: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(provider))
    tree: Any = {"providers": {"openai": written}}
    config, _ = check_config(tree, rules=RULES)
    assert config is not None
    assert config.providers["openai"] == provider
