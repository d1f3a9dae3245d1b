"""The config where there is no file: `mock`, and every provider whose key is already there (CONTRACT 1).

Also the rules by which any config is checked, because both need the same catalogue.
"""

from collections.abc import Iterable, Mapping

from aigw_dev.core.config import Config, Gateway, Provider
from aigw_dev.core.config_check import Rules
from aigw_dev.core.credentials import is_own_token
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers import KINDS, resolve_provider
from aigw_dev.core.routing.flow import compile_flow


def rules() -> Rules:
    """What `config_check` has to know of the rest of the gateway."""
    return Rules(
        kinds=tuple(KINDS),
        needs_base_url={name: kind.base_url_example for name, kind in KINDS.items() if kind.needs_base_url},
        check_flow=_check_flow,
        check_provider=_check_provider,
    )


def default_config(recorded: Iterable[str], env: Mapping[str, str]) -> Config:
    """The built-in config for a machine: `recorded` are the providers that `keys add` knows, `env` its environment.

    A kind without an address of its own, and one that wants no key, is never added by itself.
    """
    known = set(recorded)
    providers: dict[str, Provider] = {}
    for name, kind in KINDS.items():
        if kind.is_embedded or kind.needs_base_url or kind.is_local:
            continue
        has_variable = any(env.get(variable) and not is_own_token(env[variable]) for variable in kind.env)
        if name in known or has_variable:
            providers[name] = Provider()
    return Config(gateway=Gateway(name="default"), providers=providers)


def _check_provider(name: str, provider: Provider) -> Problem | None:
    resolved = resolve_provider(name, provider)
    return resolved if isinstance(resolved, Problem) else None


def _check_flow(route: str, tree: object) -> list[Problem]:
    return compile_flow(tree, path=("routes", route, "flow"))[1]
