"""What the screen knows: providers with their keys and the routes that use them, put together from four answers."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from aigw_dev.core.credentials import parse_reference
from aigw_dev.core.mask import redact
from aigw_dev.tui.providers.uses import Use, routes_of, uses_in

Row = Mapping[str, Any]
_WHERE: Final[Mapping[str, str]] = {
    "keyring": "OS keyring",
    "encrypted": "encrypted file",
    "env": "variable",
    "file": "file",
}


class KeyLine(Struct, frozen=True, kw_only=True):
    """One key, as far as anybody may know it: never its value."""

    name: str
    where: str = ""
    """In words: `OS keyring`."""
    fingerprint: str = ""
    added_at: float | None = None
    """None also for keys without a record (variables, files)."""
    last_used_at: float | None = None
    origins: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    """Routes that name it."""
    is_stored: bool = False
    """It can be replaced and removed here: the keyring or the encrypted file has it."""
    is_missing: bool = False
    """It is referred to and nowhere to be found."""
    is_in_force: bool = False
    """Calls are made with it now."""
    is_configured: bool = False
    """The provider's `keys:` names it."""

    @property
    def is_recorded(self) -> bool:
        """`keys add` or an import made it."""
        return self.added_at is not None


class ProviderLine(Struct, frozen=True, kw_only=True):
    """One provider."""

    name: str
    kind: str = ""
    base_url: str = ""
    dialect: str = ""
    key: str = ""
    """The key in force."""
    key_source: str = ""
    is_usable: bool = False
    why: str = ""
    """Why not."""
    models: tuple[str, ...] = ()
    is_local: bool = False
    routes: tuple[str, ...] = ()
    keys: tuple[KeyLine, ...] = ()
    written: Row = {}
    """As the config has it; empty for `mock`."""
    is_written: bool = False
    """The config names it, so that it can be edited."""

    @property
    def wants_key(self) -> bool:
        """Calls need a stored key."""
        return self.key_source not in {"none needed", "the caller's own"}

    @property
    def is_held_back(self) -> bool:
        """Off until the config's folder is trusted."""
        return not self.is_usable and "aigw-dev trust" in self.why


class Health(Struct, frozen=True, kw_only=True):
    """What a provider answered when it was last asked."""

    is_well: bool
    reason: str = ""
    """Why not, or a doubt; without anything that looks like a key."""
    status: int = 0
    """HTTP; 0 = nothing came."""
    duration_s: float = 0.0
    at: float = 0.0
    """Wall clock."""


class Board(Struct, frozen=True, kw_only=True):
    """Everything that the list and the panes show."""

    providers: tuple[ProviderLine, ...] = ()
    uses: tuple[Use, ...] = ()
    held_back: tuple[str, ...] = ()
    """Settings of a config that is not trusted yet."""
    default_provider: str = ""
    """Gets the model names that nobody claims; empty = none."""
    config_path: str = ""
    """Empty = the built-in default."""

    def find(self, name: str) -> ProviderLine | None:
        """The provider of that name."""
        return next((line for line in self.providers if line.name == name), None)

    def missing(self) -> tuple[tuple[str, str], ...]:
        """Provider and name of every key that is referred to and not there."""
        return tuple((line.name, key.name) for line in self.providers for key in line.keys if key.is_missing)


def read_board(*, providers: Iterable[Row], keys: Iterable[Row], routes: Iterable[Row], config: Row) -> Board:
    """From `AdminClient.providers()`, `.keys()`, `.routes()` and `.config()`."""
    uses = tuple(uses_in(routes))
    effective: Row = config.get("effective") or {}
    written: Row = effective.get("providers") or {}
    rows = list(keys)
    return Board(
        providers=tuple(_line(row, rows, uses, written) for row in providers),
        uses=uses,
        held_back=tuple(str(one) for one in config.get("held_back") or ()),
        default_provider=str((effective.get("gateway") or {}).get("default_provider") or ""),
        config_path=str(config.get("path") or ""),
    )


def read_health(row: Row, *, at: float) -> Health:
    """From a row of `AdminClient.check()`."""
    return Health(
        is_well=bool(row.get("healthy")),
        reason=redact(str(row.get("reason") or "")),
        status=int(row.get("status") or 0),
        duration_s=float(row.get("duration_s") or 0.0),
        at=at,
    )


def _line(row: Row, keys: list[Row], uses: tuple[Use, ...], written: Row) -> ProviderLine:
    name = str(row.get("name") or "")
    own: Row = written.get(name) or {}
    return ProviderLine(
        name=name,
        kind=str(row.get("kind") or ""),
        base_url=str(row.get("base_url") or ""),
        dialect=str(row.get("dialect") or ""),
        key=str(row.get("key") or ""),
        key_source=str(row.get("key_source") or ""),
        is_usable=bool(row.get("usable")),
        why=redact(str(row.get("why") or "")),
        models=tuple(str(model) for model in row.get("models") or ()),
        is_local=bool(row.get("is_local")),
        routes=routes_of(uses, name),
        keys=_keys(name, own, keys, uses, in_force=str(row.get("key") or "")),
        written=own,
        is_written=name in written,
    )


def _keys(
    provider: str, own: Row, keys: list[Row], uses: tuple[Use, ...], *, in_force: str
) -> tuple[KeyLine, ...]:
    configured = [str(ref) for ref in own.get("keys") or ()]
    named = list(dict.fromkeys(use.key for use in uses if use.provider == provider and use.key))
    theirs: dict[str, Row] = {
        str(row.get("name")): row
        for row in keys
        if row.get("provider") == provider or provider in (row.get("used_by") or ())
    }
    everywhere = {str(row.get("name")): row for row in keys}
    for ref in (*configured, *named):
        if ref in everywhere:
            theirs.setdefault(ref, everywhere[ref])
    found = [
        KeyLine(
            name=name,
            where=_WHERE.get(str(row.get("source")), str(row.get("source") or "")),
            fingerprint=str(row.get("fingerprint") or ""),
            added_at=row.get("added_at"),
            last_used_at=row.get("last_used_at"),
            origins=tuple(str(origin) for origin in row.get("origins") or ()),
            routes=routes_of(uses, provider, key=name),
            is_stored=row.get("source") in {"keyring", "encrypted"} and row.get("added_at") is not None,
            is_in_force=name == in_force,
            is_configured=name in configured,
        )
        for name, row in theirs.items()
    ]
    gone = [ref for ref in dict.fromkeys((*configured, *named)) if ref not in theirs]
    found += [_missing(ref, provider, uses, is_configured=ref in configured) for ref in gone]
    return tuple(sorted(found, key=lambda line: (not line.is_in_force, line.is_missing)))


def _missing(ref: str, provider: str, uses: tuple[Use, ...], *, is_configured: bool) -> KeyLine:
    reference = parse_reference(ref)
    source = "name" if isinstance(reference, str) else reference.source
    return KeyLine(
        name=redact(ref),
        where=_WHERE.get(source, ""),
        routes=routes_of(uses, provider, key=ref),
        is_missing=True,
        is_configured=is_configured,
    )
