"""Whose key it is: the provider of the config, or the kind, that a key is added for, and where it may be sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.key_words import key_on_command_line
from aigw_dev.core import harmless, literal_keys
from aigw_dev.core.config import Provider
from aigw_dev.core.credentials import check_name
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers import KINDS, ResolvedProvider, near_kinds, resolve_provider

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place

_SHOWN_CHARS: Final = 60


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that a key is for."""

    name: str
    """The configured provider, or the kind."""
    provider: Provider
    """As configured, without what is not trusted."""
    resolved: ResolvedProvider
    wanted: tuple[str, ...] = ()
    """Names of keys that the config refers to for it, in order."""

    def default_name(self, taken: Mapping[str, object]) -> str:
        """What its next key is called: the first name that the config waits for, else `NAME-api-key`."""
        waited_for = (ref for ref in self.wanted if ":" not in ref and ref not in taken)
        return next(waited_for, f"{self.name.lower().replace('_', '-')}-api-key")


def owner_of(place: "Place", word: str) -> Owner:
    """The provider or kind that a person named; unknown, embedded or without an address is exit 2."""
    config = place.reading.config
    if config is not None and word in config.providers:
        return _configured(place, word, config.providers[word])
    if config is None and (written := _written(place.reading.tree, word)) is not None:
        return _of_broken(place, word, written)
    if word in KINDS:
        return _resolved(word, Provider(kind=word))
    if literal_keys.is_key(word):
        raise key_on_command_line(place.env)
    known = list(config.providers) if config is not None else []
    near = near_kinds(word)
    hint = (
        f"Did you mean {' or '.join(near)}?" if near else "`aigw-dev providers list --kinds` shows the kinds."
    )
    raise CommandError(
        f"There is no provider or kind {harmless.line(word[:_SHOWN_CHARS])}.",
        hint=f"{hint} Configured: {', '.join(known)}." if known else hint,
    )


def check_new_name(name: str) -> str:
    """The name, if a key can be called so; else exit 2."""
    problem = check_name(name)
    if problem is not None:
        raise CommandError(f"{problem}.", code="key_invalid", hint="Choose another --name.")
    return name


def _configured(place: "Place", name: str, provider: Provider) -> Owner:
    refusal = place.reading.untrusted.get(name)
    if refusal is None:
        return _resolved(name, provider)
    owner = _resolved(name, provider)
    if owner.resolved.is_overridden or owner.resolved.kind.needs_base_url:
        raise CommandError(
            f"{name} has a base_url in a config that is not trusted yet, and a key would be bound to it.",
            hint="Read it and run `aigw-dev trust` first.",
            code="not_trusted",
        )
    plain = _resolved(name, Provider(kind=owner.resolved.kind.name))
    return msgspec.structs.replace(plain, wanted=provider.keys or ())


def _of_broken(place: "Place", name: str, written: Mapping[str, Any]) -> Owner:
    """A provider of a config that has an error: only its kind counts, because `keys add` may be what mends it."""
    if written.get("base_url"):
        raise CommandError(
            f"{name} has a base_url in a config that cannot be read: "
            + "\n".join(problem.text() for problem in place.reading.problems),
            code="config_invalid",
            hint="Mend the config first: a key is bound to the address it is added for.",
        )
    kind = written.get("kind") or name
    if kind not in KINDS:
        raise CommandError(
            "\n".join(problem.text() for problem in place.reading.problems), code="config_invalid"
        )
    return _resolved(name, Provider(kind=str(kind)))


def _written(tree: object, name: str) -> Mapping[str, Any] | None:
    if not isinstance(tree, dict):
        return None
    providers = cast("dict[str, Any]", tree).get("providers")
    found: object = (
        cast("dict[str, Any]", providers).get(name, False) if isinstance(providers, dict) else False
    )
    if found is None:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _resolved(name: str, provider: Provider) -> Owner:
    kind = KINDS.get(provider.kind or name)
    if kind is not None and kind.needs_base_url and provider.base_url is None:
        example = kind.base_url_example or "https://HOST/v1"
        raise CommandError(
            f"A key is bound to an address, and {kind.name} has none of its own.",
            hint=f"Add a provider first (`aigw-dev edit`): `{name}-1: {{kind: {kind.name}, base_url: {example}}}`.",
        )
    resolved = resolve_provider(name, provider)
    if isinstance(resolved, Problem):
        raise CommandError(resolved.message, hint=resolved.hint, code="config_invalid")
    if resolved.kind.is_embedded or resolved.auth == "none":
        raise CommandError(f"{name} takes no key.", hint="Nothing has to be added for it.")
    return Owner(name=name, provider=provider, resolved=resolved, wanted=provider.keys or ())
