"""Requests that grow out of earlier ones, and how little of them must be written.

An agent sends its whole history each turn. In the file such a body is `{"~extends": N, ..}`: the body of interaction N
(`"N.A"`: what its attempt A sent) with these top-level fields changed or added, `"~drop"` naming those that are gone,
and lists continued by `{"~append": [..]}`, behind the first `"~keep"` entries where not all of them stayed.
All of it works on bodies as the file has them, and refers to earlier ones only: there can be no cycle.

An attempt's request is written as `{"~patch": ..}`, a merge patch (RFC 7396) of the client's body, on recorded values.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.merge_patch import patched
from aigw_dev.core.recording.document import one_line
from aigw_dev.core.recording.literals import Wrong, text_of

_ENOUGH: Final = 32
"""So many of the latest bodies are looked at for one to extend."""


class Body:
    """A body as the file has it, ready to be compared."""

    __slots__ = ("fields", "items", "reference", "texts")

    def __init__(self, reference: int | str, fields: dict[str, Any]) -> None:
        self.reference = reference
        self.fields = fields
        self.texts = {key: one_line(value) for key, value in fields.items()}
        self.items = {
            key: [one_line(one) for one in cast("list[Any]", value)]
            for key, value in fields.items()
            if isinstance(value, list) and value
        }


class Bodies:
    """The bodies written so far."""

    def __init__(self) -> None:
        self._seen: list[Body] = []

    def shortest(self, body: Body) -> dict[str, Any]:
        """The body's fields as they are, or as an extension of the earlier body that makes them shortest."""
        best = body.fields
        least = sum(map(len, body.texts.values()))
        is_attempt = isinstance(body.reference, str)
        for base in reversed(
            [one for one in self._seen if isinstance(one.reference, str) == is_attempt][-_ENOUGH:]
        ):
            found = _extension(base, body)
            if found is not None and found[1] < least:
                best, least = found
        return best

    def remember(self, body: Body) -> None:
        """Later ones may extend this one."""
        self._seen.append(body)


def comparable(reference: int | str, fields: Any) -> Body | None:
    """A body as the file has it, where it is one that can extend or be extended."""
    if not isinstance(fields, dict) or any(key.startswith("~") for key in cast("dict[str, Any]", fields)):
        return None
    return Body(reference, cast("dict[str, Any]", fields))


def extended(fields: dict[str, Any], earlier: Mapping[int | str, Any]) -> dict[str, Any]:
    """The body that an extension means, as the file has it. Raises Wrong; `earlier` are the resolved ones before it."""
    reference = fields["~extends"]
    base = (
        None
        if isinstance(reference, bool) or not isinstance(reference, int | str)
        else earlier.get(reference)
    )
    if base is None:
        raise Wrong(
            f"`~extends` names {one_line(reference)[:40]}, which is no earlier request with a JSON body",
            'it is the number of an earlier interaction, counted from 0, or "I.A" for its attempt A',
        )
    if not isinstance(base, dict):
        raise Wrong("`~extends` names a request whose body is no object")
    result = dict(cast("dict[str, Any]", base))
    gone: Any = fields.get("~drop", [])
    if not isinstance(gone, list):
        raise Wrong("`~drop` is a list of field names")
    for key in cast("list[Any]", gone):
        if not isinstance(key, str) or key not in result:
            raise Wrong(f"`~drop` names {one_line(key)[:80]}, which the extended body does not have")
        del result[key]
    for key, value in fields.items():
        if key in {"~extends", "~drop"}:
            continue
        if key.startswith("~"):
            raise Wrong(
                f"an extended body has no field `{key}`", "known beside `~extends`: `~drop` and body fields"
            )
        try:
            result[key] = (
                _continued(result.get(key), cast("dict[str, Any]", value)) if _is_append(value) else value
            )
        except Wrong as error:
            error.steps.append(key)
            raise
    return result


def patch_between(client: Any, sent: Any) -> dict[str, Any] | None:
    """The merge patch that makes `sent` of the client's body exactly, order of keys included; None where none does."""
    if not isinstance(client, dict) or not isinstance(sent, dict):
        return None
    patch = _patch(cast("dict[str, Any]", client), cast("dict[str, Any]", sent))
    return patch if text_of(patched(client, patch)) == text_of(sent) else None


def _patch(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key, msgspec.UNSET)
        if before is not msgspec.UNSET and text_of(before) == text_of(value):
            continue
        is_nested = isinstance(before, dict) and isinstance(value, dict)
        patch[key] = (
            _patch(cast("dict[str, Any]", before), cast("dict[str, Any]", value)) if is_nested else value
        )
    return patch


def _extension(base: Body, body: Body) -> tuple[dict[str, Any], int] | None:
    """How `body` is written on top of `base`, and how many characters that takes; None where the order would differ."""
    gone = [key for key in base.fields if key not in body.fields]
    kept = [key for key in base.fields if key in body.fields]
    if list(body.fields)[: len(kept)] != kept:
        return None
    written: dict[str, Any] = {"~extends": base.reference}
    size = len(one_line(written))
    if gone:
        written["~drop"] = gone
        size += len(one_line(gone))
    for key, value in body.fields.items():
        if base.texts.get(key) == body.texts[key]:
            continue
        change, length = _continuation(base.items.get(key), body.items.get(key), value)
        if change is None:
            change, length = value, len(body.texts[key])
        written[key] = change
        size += length
    return written, size


def _continuation(
    old: list[str] | None, new: list[str] | None, value: Any
) -> tuple[dict[str, Any] | None, int]:
    if old is None or new is None:
        return None, 0
    same = next(
        (at for at, (left, right) in enumerate(zip(old, new, strict=False)) if left != right),
        min(len(old), len(new)),
    )
    if not same:
        return None, 0
    change: dict[str, Any] = {} if same == len(old) else {"~keep": same}
    change["~append"] = value[same:]
    return change, sum(map(len, new[same:])) + 2 * len(change) + 20


def _is_append(value: Any) -> bool:
    return isinstance(value, dict) and "~append" in value


def _continued(before: Any, change: dict[str, Any]) -> list[Any]:
    more, keep = change["~append"], change.get("~keep")
    if set(change) - {"~append", "~keep"}:
        raise Wrong("an object with `~append` has no other fields but `~keep`")
    if not isinstance(before, list) or not isinstance(more, list):
        raise Wrong(
            "`~append` continues a list with a list", "the extended body has no list there, or this is none"
        )
    entries = cast("list[Any]", before)
    if keep is None:
        return entries + cast("list[Any]", more)
    if isinstance(keep, bool) or not isinstance(keep, int) or not 0 <= keep <= len(entries):
        raise Wrong(f"`~keep` is how many entries stay: 0 to {len(entries)}")
    return entries[:keep] + cast("list[Any]", more)
