"""Finds keys that were written where only their names belong. Nothing returned here holds a key or a part of one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from aigw_dev.core.credentials import KEY_SHAPES, TOKEN_PREFIX, clean_key, looks_like_key
from aigw_dev.core.problem import Problem

HIDDEN: Final = "•••"
"""Shown in place of a key."""

_PREFIXES: Final = tuple(
    sorted(
        {row.prefix for row in KEY_SHAPES}
        | {TOKEN_PREFIX, "r8_", "ghp_", "github_pat_", "glpat-", "AKIA", "LTAI"}
    )
)
_LONG_KEY: Final = re.compile(
    # Every part is bounded or begins where the text before cannot be part of it: time grows with the text only.
    # The digit in an unbroken run of 16 tells `sk-proj-Ab3...` from a model or package called `sk-learn-something`.
    rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, _PREFIXES))})(?:[A-Za-z0-9]{{1,12}}-){{0,3}}"
    r"(?=[A-Za-z0-9_+/=]{0,64}[0-9])[A-Za-z0-9_+/=]{16,}[A-Za-z0-9_.+/=-]*"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    r"|(?<![A-Za-z0-9])bearer[ \t]+(?=[^\s]{0,256}[0-9])[A-Za-z0-9_.+/=-]{12,}",
    re.IGNORECASE,
)
_HEX: Final = re.compile(r"[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CREDENTIAL_NAME: Final = re.compile(
    r"(?:^|[-_])(?:authorization|auth|token|secret|password|passwd|credentials?|cookie|set-cookie"
    r"|(?:api|access|subscription|secret|private|account)[-_]?key|apikey)s?$",
    re.IGNORECASE,
)
_KEY_FIELDS: Final = frozenset({"key", "keys"})
_REFERENCE: Final = re.compile(r"(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.*)", re.DOTALL)
_MANY_KEYS: Final = 20
_LONGEST_SCAN: Final = 8_192
"""Characters of one value that are looked at for the shape of one key; a key is shorter."""

_MESSAGE: Final = "a key stands here in plain text; a config names keys and never holds one"

Path = tuple[str | int, ...]


def is_key(text: str) -> bool:
    """Whether a text that stands where the name of a key is expected is a key itself, or begins like one."""
    if _REFERENCE.fullmatch(text):
        return False
    key = clean_key(text[:_LONGEST_SCAN])
    return (
        key.startswith(_PREFIXES) or looks_like_key(key) or _HEX.fullmatch(key) is not None or holds_key(text)
    )


def holds_key(text: str) -> bool:
    """Whether free text (a note, a URL, a header) holds something shaped like a vendor's key or a bearer token."""
    return _LONG_KEY.search(text) is not None


def is_credential_name(name: str) -> bool:
    """Whether a header or setting of this name carries a credential: `authorization`, `x-api-key`, `cookie` ..."""
    return _CREDENTIAL_NAME.search(name) is not None


def mask(text: str) -> str:
    """`text` with everything shaped like a key replaced by `HIDDEN`."""
    return _LONG_KEY.sub(HIDDEN, text)


def find(tree: object) -> list[Problem]:
    """One problem for each literal key anywhere in a config's tree, with the command that moves it to the keyring."""
    return [_refuse(path, tree) for path in _literal_keys(tree, ())]


def is_refusal(problem: Problem) -> bool:
    """Whether a problem is one that `find` made."""
    return problem.message == _MESSAGE


def suggested_name(provider: str, position: int) -> str:
    """The keyring name offered for the key at `position` of a provider: `qwen-api-key`, `qwen-api-key-2` ..."""
    stem = re.sub(r"[^a-z0-9]+", "-", provider.lower()).strip("-") or "provider"
    return f"{stem[:40]}-api-key" if position == 0 else f"{stem[:40]}-api-key-{position + 1}"


def _literal_keys(node: object, path: Path) -> Iterator[Path]:
    if isinstance(node, Mapping):
        for key, value in cast("Mapping[str, object]", node).items():
            yield from _literal_keys(value, (*path, key))
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for position, value in enumerate(cast("Sequence[object]", node)):
            yield from _literal_keys(value, (*path, position))
    elif isinstance(node, str) and _is_literal(node, path):
        yield path


def _is_literal(text: str, path: Path) -> bool:
    """Where a key's name, a header or a credential stands, less is needed to tell than in free text."""
    names = [step for step in path if isinstance(step, str)]
    field = names[-1] if names else ""
    if field in _KEY_FIELDS:
        return is_key(text)
    if len(names) > 1 and names[-2] == "headers":
        return is_key(text) or holds_key(text)
    if is_credential_name(field):
        return is_key(text)
    return holds_key(text)


def _refuse(path: Path, tree: object) -> Problem:
    provider, position = _owner(path, tree)
    name = suggested_name(provider or "PROVIDER", position)
    command = f"aigw-dev keys add {provider or 'PROVIDER'} --name {name}"
    hint = f"Run `{command}`, paste the key there, and write `keys: [{name}]` under the provider instead."
    return Problem(
        path=path,
        message=_MESSAGE,
        hint=f"{hint} If this file was shared or committed, make a new key at the provider.",
    )


def _owner(path: Path, tree: object) -> tuple[str, int]:
    """The provider a literal key belongs to, empty where that cannot be told, and how many keys stand before it."""
    last = path[-1] if path else ""
    position = last if isinstance(last, int) and last < _MANY_KEYS else 0
    if len(path) > 1 and path[0] == "providers" and isinstance(path[1], str):
        return (path[1] if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", path[1]) else ""), position
    sent = _at(tree, (*path[:-1], "send")) if path else None
    provider = sent.partition("/")[0] if isinstance(sent, str) else ""
    return (provider if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", provider) else ""), 0


def _at(tree: object, path: Path) -> object:
    node = tree
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = cast("Mapping[str, object]", node).get(step)
        elif isinstance(node, list) and isinstance(step, int):
            node = cast("list[object]", node)[step]
        else:
            return None
    return node
