"""Turns the plain tree of a config file into a `Config`, or says everything that is wrong with it.

Three passes: literal keys anywhere, then every key by the tables of `config_fields`, then what names refer to
(`config_links`). Problems carry paths; who read the file adds line and column.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, cast

import msgspec

from aigw_dev.core import literal_keys, web_address
from aigw_dev.core.config import Config, Provider
from aigw_dev.core.config_fields import (
    GATEWAY,
    LATER_SECTIONS,
    LIMITS,
    LOGGING,
    MISNOMERS,
    NAME_PATTERN,
    PROVIDER,
    RESERVED_NAMES,
    ROUTE,
    VERSION,
    kind_rule,
)
from aigw_dev.core.config_links import check_links
from aigw_dev.core.config_values import Path, Report, Rule, TooManyProblemsError, did_you_mean, entries, shown
from aigw_dev.core.problem import Problem

CheckFlow = Callable[[str, object], list[Problem]]
"""Checks the flow of the named route; its problems carry the whole path (`routes`, name, `flow`, ...)."""

CheckProvider = Callable[[str, Provider], Problem | None]
"""What keeps the named provider from being used, with its whole path."""

Fields = dict[str, object]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the check has to be told about the rest of the gateway."""

    kinds: Collection[str]
    """Names of the catalogue's rows."""
    needs_base_url: Mapping[str, str] = {}
    """Those of them that have no base URL of their own, each with one as an example."""
    check_flow: CheckFlow | None = None
    """None = flows are taken as they are."""
    check_provider: CheckProvider | None = None
    """Asked about each provider that is right by itself; None = nothing more is wrong with any."""


def check_config(tree: object, *, rules: Rules) -> tuple[Config | None, list[Problem]]:
    """The config of a tree and what is to be said about it; None where any problem is an error.

    `tree` holds only dicts with text keys, lists, and scalars. At most 50 problems are returned; a place that
    holds a literal key has that problem alone, so that no other message can quote it.
    """
    report = Report()
    plain: Fields = {}
    try:
        for problem in literal_keys.find(tree):
            report.add(problem)
        plain = _check_root(tree, report, rules)
        check_links(plain, report)
    except TooManyProblemsError:
        pass
    keys_at = {problem.path for problem in report.problems if literal_keys.is_refusal(problem)}
    kept = [
        _harmless(found)
        for found in report.problems
        if literal_keys.is_refusal(found) or found.path not in keys_at
    ]
    if any(problem.severity == "error" for problem in kept):
        return None, kept
    return msgspec.convert(plain, Config), kept


def _harmless(problem: Problem) -> Problem:
    """The problem without anything shaped like a key: other rooms' checks may quote what they found."""
    return msgspec.structs.replace(
        problem, message=literal_keys.mask(problem.message), hint=literal_keys.mask(problem.hint)
    )


def _check_root(tree: object, report: Report, rules: Rules) -> Fields:
    checked: Fields = {}
    sections: Mapping[str, Callable[[object, Path, Report], object]] = {
        "version": VERSION.check,
        "gateway": _check_gateway,
        "providers": lambda value, path, into: _check_providers(value, path, into, rules=rules),
        "routes": lambda value, path, into: _check_routes(value, path, into, rules=rules),
        "logging": _check_logging,
    }
    for key, value in entries(tree, (), report, what="the config"):
        if key in LATER_SECTIONS:
            report.error(
                (key,),
                f"`{key}` belongs to a later release of aigw-dev",
                "Take the section out, or install a newer aigw-dev.",
            )
        elif key not in sections:
            _refuse_key(key, (), report, known=tuple(sections))
        elif value is not None:
            checked[key] = sections[key](value, (key,), report)
    return checked


def _check_gateway(value: object, path: Path, report: Report) -> Fields:
    fields = _check_fields(
        value, path, report, what="`gateway`", rules={**GATEWAY, "limits": Rule(_check_limits, {})}
    )
    host, is_verified = fields.get("host"), fields.get("identity_verification", True)
    if isinstance(host, str) and is_verified is False and not web_address.is_loopback(host):
        report.error(
            (*path, "identity_verification"),
            f"false is possible on loopback only, and `host` is {shown(host)}",
            "Set identity_verification: true, or host: 127.0.0.1.",
        )
    return fields


def _check_limits(value: object, path: Path, report: Report) -> Fields:
    return _check_fields(value, path, report, what="`limits`", rules=LIMITS)


def _check_logging(value: object, path: Path, report: Report) -> Fields:
    fields = _check_fields(value, path, report, what="`logging`", rules=LOGGING)
    if "keep" in fields:
        fields["keep_s"] = fields.pop("keep")
    return fields


def _check_providers(value: object, path: Path, report: Report, *, rules: Rules) -> Fields:
    table = {"kind": kind_rule(rules.kinds), **PROVIDER}
    checked: Fields = {}
    for name, entry in entries(value, path, report, what="`providers`"):
        at = (*path, name)
        if not _check_name(name, at, report, what="provider"):
            continue
        before = len(report.problems)
        fields = _check_fields(entry, at, report, what=f"the provider `{name}`", rules=table)
        _check_provider(name, fields, at, report, rules=rules)
        is_right = all(problem.severity == "warning" for problem in report.problems[before:])
        problem = (
            rules.check_provider(name, msgspec.convert(fields, Provider))
            if rules.check_provider and is_right
            else None
        )
        if problem is not None:
            report.add(problem)
        checked[name] = fields
    return checked


def _check_provider(name: str, fields: Fields, path: Path, report: Report, *, rules: Rules) -> None:
    """What the fields of one provider say together."""
    kind, base_url, auth = fields.get("kind", name), fields.get("base_url"), fields.get("auth")
    if "kind" not in fields and name not in rules.kinds:
        hint = f"{did_you_mean(name, sorted(rules.kinds), what='kind')} Or add `kind: openai-compatible` and its `base_url`."
        report.error(path, f"`{name}` is not a kind of provider, and no `kind` is given", hint)
    if isinstance(kind, str) and kind in rules.needs_base_url and base_url is None:
        message = f"the provider `{name}` needs a `base_url`: its kind `{kind}` has none of its own"
        report.error(path, message, f"Add base_url, such as {rules.needs_base_url[kind]}")
    if isinstance(auth, str) and auth in _KEYLESS and fields.get("keys"):
        report.error(
            (*path, "keys"), f"`auth: {auth}` sends no stored key", "Take out `keys`, or write auth: key."
        )
    _lower_headers(fields, path, report)
    is_url = isinstance(base_url, str) and web_address.problem_with(base_url) is None
    if (
        is_url
        and str(base_url).lower().startswith("http://")
        and not web_address.is_loopback(host := web_address.host_of(str(base_url)))
    ):
        report.warn(
            (*path, "base_url"),
            f"http:// to {host}: prompts travel unencrypted",
            "Use https:// if the server has it.",
        )


_KEYLESS: Final = ("passthrough", "none")
"""Values of `auth` with which no stored key is sent."""


def _lower_headers(fields: Fields, path: Path, report: Report) -> None:
    """Header names in lower case, as everything behind this compares them."""
    headers, lower = fields.get("headers"), dict[str, object]()
    for name, value in entries(headers, (*path, "headers"), report, what="`headers`"):
        if name.lower() in lower:
            report.error((*path, "headers", name), f"{shown(name)} is given twice, in another case")
        lower[name.lower()] = value
    if lower:
        fields["headers"] = lower
    forwarded = fields.get("forward_headers")
    if isinstance(forwarded, list):
        fields["forward_headers"] = [str(name).lower() for name in cast("list[object]", forwarded)]


def _check_routes(value: object, path: Path, report: Report, *, rules: Rules) -> Fields:
    checked: Fields = {}
    for name, entry in entries(value, path, report, what="`routes`"):
        at = (*path, name)
        if not _check_name(name, at, report, what="route"):
            continue
        table = {**ROUTE, "flow": _flow_rule(name, rules)}
        fields = _check_fields(
            entry, at, report, what=f"the route `{name}`", rules=table, is_quiet_about=_FLOW_KEYS
        )
        if "flow" not in fields:
            stray = next(
                (key for key, _ in entries(entry, at, Report(), what="") if key in _FLOW_KEYS), "send"
            )
            report.error(
                at,
                f"the route `{name}` has no flow",
                f"Put its `{stray}:` under `flow:`, like flow: {{send: openai/gpt-4o}}.",
            )
        checked[name] = fields
    return checked


_FLOW_KEYS: Final = frozenset({"if", "then", "else", "send", "split", "fallback", "retry", "key", "params"})
"""Keys that a person who forgot `flow:` writes into the route."""


def _flow_rule(route: str, rules: Rules) -> Rule:
    def check(tree: object, _path: Path, report: Report) -> object:
        for problem in rules.check_flow(route, tree) if rules.check_flow else ():
            report.add(problem)
        return tree

    return Rule(check, {})


def _check_fields(
    value: object,
    path: Path,
    report: Report,
    *,
    what: str,
    rules: Mapping[str, Rule],
    is_quiet_about: Collection[str] = (),
) -> Fields:
    """The checked fields of a mapping. A field left empty (`notes:`) counts as not given."""
    checked: Fields = {}
    for key, entry in entries(value, path, report, what=what):
        if key not in rules:
            if key not in is_quiet_about:
                _refuse_key(key, path, report, known=tuple(rules))
        elif entry is not None:
            checked[key] = rules[key].check(entry, (*path, key), report)
    return checked


def _refuse_key(key: str, path: Path, report: Report, *, known: tuple[str, ...]) -> None:
    meant = MISNOMERS.get(re.sub(r"[^a-z0-9]", "", key.lower()[:64]))
    hint = f"It is called `{meant}` here." if meant in known else did_you_mean(key, known, what="key")
    where = f"`{'.'.join(str(step) for step in path)}`" if path else "the config"
    report.error((*path, key), f"{where} has no key {shown(key)}", hint)


def _check_name(name: str, path: Path, report: Report, *, what: str) -> bool:
    """Whether a provider or route can be called so; says why not."""
    if not re.fullmatch(NAME_PATTERN, name):
        report.error(
            path, f"{shown(name)} is not a name for a {what}", "Use 1 to 64 of A-Z, a-z, 0-9, '_' and '-'."
        )
        return False
    if name in RESERVED_NAMES:
        hint = (
            "It is built in and needs no settings: take it out." if name == "mock" else "Choose another name."
        )
        report.error(path, f"`{name}` is a reserved name", hint)
        return False
    return True
