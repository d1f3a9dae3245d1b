"""Which keys a provider gets: config before keyring before environment, and none that may not go to its origin.

A key of the vault goes only to origins it was added or allowed for. `env:` and `file:` count where the config that
names them is trusted. A usual variable (OPENAI_API_KEY) goes only to its kind's own origin. Never on the request
path: the gateway resolves at start, on a new config and on a key's change, in a thread, and keeps the result.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from aigw_dev.core.credentials import fingerprint, is_own_token, origin_of, parse_reference
from aigw_dev.core.errors import Refusal, SecretError
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.sources import read_key_file, read_variable
from aigw_dev.secrets.trust_db import KeyRecord
from aigw_dev.secrets.vault import KeyValues, Vault

ChosenFrom = Literal["config", "keyring", "environment", "none"]
"""Which of the three places is in force; `keyring` means every key that `keys add` recorded."""


class ProviderKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What the resolver must know about one provider; the caller knows catalogue and config."""

    provider: str
    """The configured name."""
    kind: str
    origin: str
    """Where its keys would be sent: the base URL in force, or its origin."""
    default_origin: str = ""
    """The kind's own base URL or origin; empty where the kind has none (then a trusted config decides)."""
    keys: tuple[str, ...] | None = None
    """References from the config, in order; None = not said."""
    key_name: str = ""
    """The kind's usual key name, which comes first."""
    env: tuple[str, ...] = ()
    """The kind's usual variables, in order."""
    is_trusted: bool = True
    """Whether the config that says this is trusted; True where there is no file."""
    needs_key: bool = True
    """False for local servers: no key is no refusal."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of one provider."""

    provider: str
    source: ChosenFrom = "none"
    secrets: tuple[Secret, ...] = ()
    """In order of preference; each one's `name` is the reference that routes use (`qwen-spare`, `env:X`)."""
    refusals: tuple[Refusal, ...] = ()
    """Keys that were asked for and cannot be had; where `secrets` is empty, why a call is refused."""
    notes: tuple[str, ...] = ()
    """For `up`, `keys list` and `doctor`: other keys that differ from the one in force."""
    previous: tuple[Secret, ...] = ()
    """Replaced keys in their grace: still good to recognise a caller by, never sent."""


class _Plan(msgspec.Struct, kw_only=True):
    """One provider's lookups before the keyring was asked."""

    wanted: ProviderKeys
    source: ChosenFrom = "none"
    steps: list[Secret | Refusal | KeyRecord] = []
    """In order: found already, refused already, or to be read from the vault."""


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What trust.db says, read once for all providers."""

    records: dict[str, KeyRecord] = {}
    salt: bytes = b""
    """For fingerprints; empty where no key was ever recorded."""
    trouble: SecretError | None = None
    """Why it could not be read."""


class Resolver:
    """Answers which key goes where. Blocking (see `Keyring`); every method asks the keyring at most once."""

    def __init__(self, vault: Vault, *, base: Path | None = None) -> None:
        """`base` is the folder that `file:` paths are relative to: the config's; None = the working directory."""
        self._vault: Final = vault
        self._base: Final = base or Path()

    def get(
        self,
        ref: str,
        *,
        origin: str,
        is_trusted_config: bool = True,
        is_person_asked: bool = False,
        timeout_s: float | None = None,
    ) -> Secret | Refusal:
        """The key behind one reference, for one origin; codes are those of `for_providers`."""
        wanted = ProviderKeys(provider="", kind="", origin=origin, keys=(ref,), is_trusted=is_trusted_config)
        chosen = self.for_providers([wanted], is_person_asked=is_person_asked, timeout_s=timeout_s)[0]
        return chosen.secrets[0] if chosen.secrets else chosen.refusals[0]

    def for_providers(
        self, wanted: Sequence[ProviderKeys], *, is_person_asked: bool = False, timeout_s: float | None = None
    ) -> list[Chosen]:
        """The keys of each provider, in the order given, with one keyring call for all.

        Refusal codes: `key_missing`, `key_invalid` (no reference), `key_unreadable` (file or variable),
        `key_origin_not_allowed`, `not_trusted`, `keyring_locked`, `keyring_unavailable`, `passphrase_wrong`,
        `trust_unavailable`. Nothing is raised for them.
        """
        known = self._known()
        plans = [self._plan(one, known) for one in wanted]
        pending = {step.name: step for plan in plans for step in plan.steps if isinstance(step, KeyRecord)}
        values = self._read(pending.values(), is_person_asked=is_person_asked, timeout_s=timeout_s)
        return [self._choose(plan, known, values) for plan in plans]

    def _known(self) -> _Known:
        try:
            records = {record.name: record for record in self._vault.records()}
            return _Known(records=records, salt=self._vault.db.find_salt() or b"")
        except SecretError as error:
            return _Known(trouble=error)

    def _read(
        self, records: Iterable[KeyRecord], *, is_person_asked: bool, timeout_s: float | None
    ) -> KeyValues:
        asked = list(records)
        now = self._vault.now()
        slots = [one.previous for one in asked if one.previous is not None and one.previous.until > now]
        return self._vault.read(asked, slots=slots, is_person_asked=is_person_asked, timeout_s=timeout_s)

    # what to look up

    def _plan(self, wanted: ProviderKeys, known: _Known) -> _Plan:
        origin = origin_of(wanted.origin)
        if origin is None:
            text = "its base_url has no origin that a key could be bound to; write it as https://host/path"
            return _Plan(wanted=wanted, steps=[_refuse(wanted, "key_origin_not_allowed", text)])
        if wanted.keys is not None:
            steps = [self._step(wanted, ref, origin, known) for ref in wanted.keys]
            return _Plan(wanted=wanted, source="config", steps=steps)
        return self._plan_usual(wanted, origin, known)

    def _step(
        self, wanted: ProviderKeys, ref: str, origin: str, known: _Known
    ) -> Secret | Refusal | KeyRecord:
        """One reference of the config."""
        reference = parse_reference(ref)
        if isinstance(reference, str):
            return _refuse(wanted, "key_invalid", reference)
        if not wanted.is_trusted:
            text = f"the key {ref} is named by a config that is not trusted yet; read it and run `aigw-dev trust`"
            return _refuse(wanted, "not_trusted", text)
        if reference.source == "name":
            return _recorded(wanted, ref, origin, known)
        try:
            if reference.source == "env":
                found = read_variable(reference.target, self._vault.env)
                return found or _refuse(wanted, "key_missing", f"the variable {reference.target} is not set")
            found = read_key_file(reference.target, base=self._base)
            return found or _refuse(wanted, "key_missing", f"the file {reference.target} does not exist")
        except SecretError as error:
            return _refuse_error(wanted, error)

    def _plan_usual(self, wanted: ProviderKeys, origin: str, known: _Known) -> _Plan:
        """No key is named: recorded ones of this provider or kind that may go there, else the usual variable."""
        default = origin_of(wanted.default_origin)
        if not wanted.is_trusted and origin != default:
            text = "its base_url is set by a config that is not trusted yet; read it and run `aigw-dev trust`"
            return _Plan(
                wanted=wanted, steps=[_refuse(wanted, "not_trusted", text)] if wanted.needs_key else []
            )
        mine = _usual_records(wanted, known)
        allowed = [record for record in mine if origin in record.origins]
        if allowed:
            return _Plan(wanted=wanted, source="keyring", steps=list(allowed))
        may_use_variable = origin == default or default is None
        from_variable = self._usual_variable(wanted) if may_use_variable else None
        if from_variable is not None:
            return _Plan(wanted=wanted, source="environment", steps=[from_variable])
        if not wanted.needs_key:
            return _Plan(wanted=wanted)
        if known.trouble is not None:
            return _Plan(wanted=wanted, steps=[_refuse_error(wanted, known.trouble)])
        if mine:
            return _Plan(wanted=wanted, steps=[_refuse_origin(wanted, mine[0], origin)])
        return _Plan(wanted=wanted, steps=[self._nothing_found(wanted, may_use_variable=may_use_variable)])

    def _usual_variable(self, wanted: ProviderKeys) -> Secret | Refusal | None:
        """The first usual variable that is set; one that holds a gateway's own token counts as unset."""
        for variable in wanted.env:
            if is_own_token(self._vault.env.get(variable, "")):
                continue
            try:
                found = read_variable(variable, self._vault.env)
            except SecretError as error:
                return _refuse_error(wanted, error)
            if found is not None:
                return found
        return None

    def _nothing_found(self, wanted: ProviderKeys, *, may_use_variable: bool) -> Refusal:
        is_set = [variable for variable in wanted.env if self._vault.env.get(variable)]
        text = f"no key is stored; run `aigw-dev keys add {wanted.provider}`"
        if is_set and not may_use_variable:
            text += f" ({is_set[0]} is set and not used, because base_url is not the provider's own)"
        return _refuse(wanted, "key_missing", text)

    # what was found

    def _choose(self, plan: _Plan, known: _Known, values: KeyValues) -> Chosen:
        secrets: list[Secret] = []
        refusals: list[Refusal] = []
        for step in plan.steps:
            got = self._value_of(plan.wanted, step, values) if isinstance(step, KeyRecord) else step
            if isinstance(got, Secret):
                secrets.append(got)
            else:
                refusals.append(got)
        names = {step.name for step in plan.steps if isinstance(step, KeyRecord)}
        return Chosen(
            provider=plan.wanted.provider,
            source=plan.source,
            secrets=tuple(secrets),
            refusals=tuple(refusals),
            notes=self._notes(plan, secrets, known),
            previous=tuple(one for one in values.previous if one.name.partition("@")[0] in names),
        )

    def _value_of(self, wanted: ProviderKeys, record: KeyRecord, values: KeyValues) -> Secret | Refusal:
        if secret := values.found.get(record.name):
            return secret
        if error := values.errors.get(record.name):
            return _refuse_error(wanted, error)
        place = {"env": f"the variable {record.place}", "file": record.place}.get(
            record.source, f"the {record.source} store"
        )
        return _refuse(
            wanted,
            "key_missing",
            f"the key {record.name} is recorded, but {place} has no value for it; add it again or `aigw-dev keys remove {record.name}`",
        )

    def _notes(self, plan: _Plan, secrets: list[Secret], known: _Known) -> tuple[str, ...]:
        """Other places that hold a different key for this provider; the keyring is not asked for it."""
        if not secrets:
            return ()
        others: list[str] = []
        if plan.source != "keyring":
            marks = {fingerprint(known.salt, secret.value) for secret in secrets}
            mine = _usual_records(plan.wanted, known)
            others += [
                f"the stored key {one.name}"
                for one in mine
                if one.fingerprint and one.fingerprint not in marks
            ]
        if plan.source != "environment":
            others += [name for name in plan.wanted.env if self._differs(name, secrets)]
        first = secrets[0]
        place = {"config": "the config", "keyring": f"the {first.source}"}.get(plan.source, "the environment")
        lead = f"{plan.wanted.provider}: key {first.name} from {place} is in force"
        return tuple(f"{lead}; {other} differs" for other in others)

    def _differs(self, variable: str, secrets: list[Secret]) -> bool:
        """Whether a variable holds a usable key that is none of these."""
        try:
            found = read_variable(variable, self._vault.env)
        except SecretError:  # a token of ours, or a placeholder
            return False
        return found is not None and found not in secrets


def _recorded(wanted: ProviderKeys, name: str, origin: str, known: _Known) -> Refusal | KeyRecord:
    """A key that the config refers to by name, if it is recorded and may go to this origin."""
    record = known.records.get(name)
    if record is not None:
        return record if origin in record.origins else _refuse_origin(wanted, record, origin)
    if known.trouble is not None:
        return _refuse_error(wanted, known.trouble)
    add = f"aigw-dev keys add {wanted.provider or 'PROVIDER'} --name {name}"
    return _refuse(wanted, "key_missing", f"there is no key named {name}; add it with `{add}`")


def _usual_records(wanted: ProviderKeys, known: _Known) -> list[KeyRecord]:
    """Keys added for this provider, else for its kind; the usual name first, then by age."""
    records = known.records.values()
    mine = [one for one in records if wanted.provider and one.provider == wanted.provider]
    mine = mine or [one for one in records if wanted.kind and one.provider == wanted.kind]
    return sorted(mine, key=lambda one: (one.name != wanted.key_name, one.added_at, one.name))


def _refuse(wanted: ProviderKeys, code: str, text: str) -> Refusal:
    return Refusal(code=code, message=f"{wanted.provider}: {text}" if wanted.provider else text)


def _refuse_error(wanted: ProviderKeys, error: SecretError) -> Refusal:
    return _refuse(wanted, error.code, f"{error.message}; {error.hint}" if error.hint else error.message)


def _refuse_origin(wanted: ProviderKeys, record: KeyRecord, origin: str) -> Refusal:
    bound = ", ".join(record.origins) or "no origin"
    text = f"the key {record.name} is bound to {bound} and is not sent to {origin}; `aigw-dev keys allow {record.name} {origin}` if you mean it"
    return _refuse(wanted, "key_origin_not_allowed", text)
