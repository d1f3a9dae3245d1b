"""The words for what a replay could not do: what was asked, what is recorded, where they differ, and what to type next.

Plain text for a terminal. Values are cut to one line, cannot steer the terminal, and hold nothing shaped like a key.
"""

import datetime as dt
import json
import shlex
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core.harmless import line
from aigw_dev.core.mask import redact
from aigw_dev.core.recording.fixture import Interaction, Request
from aigw_dev.core.recording.likeness import FieldDiff, counts
from aigw_dev.core.recording.matching import Miss

MOST_ROWS: Final = 12
"""Fields that are listed."""
_FIELD_CHARS: Final = 44
_VALUE_CHARS: Final = 34
_KEY_CHARS: Final = 15
_MOST_IGNORED: Final = 3
_NOT_IGNORABLE: Final = ("op", "method", "path", "files", "blob", "body")
_NOTHING_SENT: Final = "Nothing was sent to a provider."


class Mend(msgspec.Struct, frozen=True, kw_only=True):
    """What to type in the runner that ran the test."""

    record: str = ""
    """The command that records it again; empty = there is none."""
    ignore: str = ""
    """Where an ignore rule goes, with `RULES` for a JSON list of rules."""
    repeat: str = ""
    """How the last answer is given again."""
    prune: str = ""
    """The command that deletes what no test uses."""
    stale: str = ""
    """What to do with a recording that belongs to no test and is no longer asked for; empty = as `record` says."""


def pytest_mend(test: str) -> Mend:
    """For a test that pytest ran."""
    return Mend(
        record=f"pytest {shlex.quote(test)} --aigw=record",
        ignore="@pytest.mark.aigw(ignore=RULES)",
        repeat='@pytest.mark.aigw(repeat="last")',
        prune="pytest --aigw-prune",
    )


def command_mend(directory: str, command: Sequence[str] = ()) -> Mend:
    """For a test command run by `aigw-dev run`, or a gateway that replays `directory`."""
    tail = f" -- {shlex.join(command)}" if command else ""
    record = f"aigw-dev {'run' if command else 'up'} --record {shlex.quote(directory)}{tail}"
    return Mend(
        record=record,
        ignore='"ignore": RULES   in the fixture',
        repeat='"repeat": "last"   in the interaction',
        prune=f"aigw-dev fixtures prune {shlex.quote(directory)}",
        stale=f"delete it, or `aigw-dev run --record {shlex.quote(directory)} --prune{tail}`"
        if command
        else "delete it",
    )


def explain(
    miss: Miss, *, test: str, fixture_path: str, recorded_at: str = "", now_at: str = "", mend: Mend
) -> str:
    """Why nothing recorded answers a request. Times are RFC 3339; `recorded_at` is the nearest's file's."""
    rows = [f"aigw: {_HEADS[miss.kind](miss)}  {_safe(test)}".rstrip(), ""]
    call = f"call #{miss.call} of this test"
    rows.append(f"  {_request(miss.request)}   key {miss.key[:_KEY_CHARS]}…   {call}")
    if miss.kind == "no_fixture":
        rows.append(f"  fixture  {_safe(fixture_path)}   (there is no such file)")
    else:
        age = _age(recorded_at, now_at)
        rows.append(f"  fixture  {_safe(fixture_path)}   ({_count(miss.recorded_total, 'interaction')}{age})")
    rows += _BODIES[miss.kind](miss)
    rows += ["", *_mends(miss, mend), f"  {_NOTHING_SENT}"]
    return "\n".join(rows)


def as_dict(miss: Miss, *, test: str, fixture_path: str, mend: Mend) -> dict[str, Any]:
    """The same as plain JSON."""
    found: dict[str, Any] = {
        "code": "fixture_miss",
        "kind": miss.kind,
        "test": _safe(test),
        "fixture": _safe(fixture_path),
        "op": _safe(miss.request.op),
        "key": miss.key,
        "call": miss.call,
        "recorded_times": miss.recorded_times,
        "recorded_total": miss.recorded_total,
        "nearest": None,
        "fields": [_field(one) for one in miss.fields],
        "record": mend.record,
        "ignore": rules_for(miss.fields),
    }
    if miss.nearest is not None:
        found["nearest"] = {
            "file": _safe(miss.nearest_file),
            "number": miss.nearest_number,
            "likeness": round(miss.likeness, 3),
            "is_used": miss.nearest_used,
        }
    return found


def _field(one: FieldDiff) -> dict[str, str]:
    return {
        "path": _safe(one.path),
        "recorded": _safe(one.recorded),
        "sent": _safe(one.sent),
        "verdict": one.verdict,
    }


def rules_for(fields: Sequence[FieldDiff]) -> list[str]:
    """Ignore rules that would make two requests equal; empty where none can, or where it would take too many."""
    rules: list[str] = []
    for one in fields:
        root = one.path.partition(".")[0].partition("[")[0]
        if root in _NOT_IGNORABLE:
            return []
        is_plain = root in {"headers", "form", "$"} or (one.path == root and root)
        rules.append(one.path if is_plain else f"$.{one.path}".replace("$.[", "$["))
    return rules if len(rules) <= _MOST_IGNORED else []


def explain_unused(
    interaction: Interaction,
    *,
    number: int,
    total: int,
    fixture_path: str,
    nearest: Miss | None = None,
    mend: Mend,
) -> str:
    """That a recorded interaction was never asked for; `number` counts from 0, `nearest` is the miss that came nearest."""
    place = f"interaction {number + 1} of {total} never requested"
    head = f"aigw: {place}: {_request(interaction.request)}"
    if nearest is not None and nearest.fields:
        first = _safe(nearest.fields[0].path)
        head += f" - the last request that reached it differed at {first} (call #{nearest.call})"
    rows = [head, f"  fixture  {_safe(fixture_path)}"]
    if mend.record:
        rows.append(f"  The test no longer makes this call?   {mend.record}")
    return "\n".join(rows)


def explain_route(
    interaction: Interaction, *, tried: str, rule: str = "", test: str, fixture_path: str, mend: Mend
) -> str:
    """That the router now asks an upstream of which nothing is recorded here; `tried` is `provider/model`."""
    legs = [
        f"{_safe(one.upstream)} {one.response.status if one.response else _safe(one.error) or 'failed'}"
        for one in interaction.attempts
    ]
    was = interaction.route.rule if interaction.route else ""
    named = f"rule `{_safe(rule)}`" if rule else "the route"
    before = f" (recorded by rule `{_safe(was)}`)" if was and was != rule else ""
    rows = [
        f"aigw: the route changed  {_safe(test)}".rstrip(),
        "",
        f"  {_request(interaction.request)}",
        f"  fixture  {_safe(fixture_path)}",
        f"  recorded {' -> '.join(legs) or 'no attempt'}; now the router tried {_safe(tried)}: {named}{before} changed",
        "",
    ]
    if mend.record:
        rows.append(f"  This changed on purpose?   {mend.record}")
    return "\n".join([*rows, f"  {_NOTHING_SENT}"])


def explain_message(
    interaction: Interaction,
    *,
    number: int,
    total: int,
    fields: Sequence[FieldDiff] | None,
    test: str = "",
    fixture_path: str,
    mend: Mend,
) -> str:
    """That a message on a WebSocket is not the recorded one; `number` counts the caller's from 1, of `total` recorded.

    `fields` say where it differs; None = nothing more is recorded.
    """
    wrong = "is not the recorded one" if fields is not None else "is one more than was recorded"
    rows = [
        f"aigw: message {number} on the WebSocket {wrong}  {_safe(test)}".rstrip(),
        "",
        f"  {_request(interaction.request)}   {_count(total, 'message')} of the caller recorded",
        f"  fixture  {_safe(fixture_path)}",
        "",
    ]
    if fields:
        rows += [*_table(fields), ""]
    rules = rules_for(fields or ())
    if mend.record:
        rows.append(f"  {'This changed on purpose?'.ljust(26)} {line(mend.record)}")
    if rules:
        asked = mend.ignore.replace("RULES", json.dumps(rules, ensure_ascii=False))
        rows.append(f"  {'It should be ignored?'.ljust(26)} {line(asked)}")
    return "\n".join([*rows, f"  {_NOTHING_SENT}"])


def message_as_dict(*, number: int, fields: Sequence[FieldDiff] | None) -> dict[str, Any]:
    """What `explain_message` says, as plain JSON."""
    return {
        "code": "fixture_miss",
        "message": number,
        "fields": [_field(one) for one in fields or ()],
        "ignore": rules_for(fields or ()),
    }


def explain_orphan(*, fixture_path: str, test: str, mend: Mend) -> str:
    """That no test uses a file."""
    text = f"aigw: {_safe(fixture_path)} belongs to no test that ran: {_safe(test) or 'it names none'}."
    return f"{text}\n  Deleted or renamed?   {mend.prune}" if mend.prune else text


def _exhausted(miss: Miss) -> str:
    return f"recorded {miss.recorded_times}x, this is call {miss.recorded_times + 1} of the same request"


def _unknown(_miss: Miss) -> str:
    return "no recorded response for this request"


def _no_file(_miss: Miss) -> str:
    return "nothing is recorded for this test"


_HEADS: Final = {"miss": _unknown, "exhausted": _exhausted, "no_fixture": _no_file}


def _nearest(miss: Miss) -> list[str]:
    if miss.nearest is None:
        return []
    used = "already used" if miss.nearest_used else "not yet used"
    alike = f"{min(99, int(miss.likeness * 100))} % alike"
    rows = [f"  nearest  interaction {miss.nearest_number + 1} ({alike}, {used})"]
    recorded, sent = counts(miss.nearest.request), counts(miss.request)
    if recorded != sent:
        rows.append(
            f"           {_count(recorded.messages, 'message')} and {_count(recorded.tools, 'tool')} recorded, "
            f"{sent.messages} and {sent.tools} sent now"
        )
    return [*rows, "", *_table(miss.fields)]


def _slots(miss: Miss) -> list[str]:
    rows = [f"  last     interaction {miss.nearest_number + 1}"]
    if miss.recorded_times > 1:
        rows.append("  Equal requests sent at once take the recorded answers in the order they arrive.")
    return rows


def _no_rows(_miss: Miss) -> list[str]:
    return []


_BODIES: Final = {"miss": _nearest, "exhausted": _slots, "no_fixture": _no_rows}


def _table(fields: Sequence[FieldDiff]) -> list[str]:
    shown = [
        (
            _cut(one.path, _FIELD_CHARS),
            "-" if one.verdict == "+ new" else _cut(one.recorded, _VALUE_CHARS),
            "-" if one.verdict == "- gone" else _cut(one.sent, _VALUE_CHARS),
            one.verdict,
        )
        for one in fields[:MOST_ROWS]
    ]
    if not shown:
        return []
    shown.insert(0, ("field", "recorded", "sent now", ""))
    wide = [max(len(row[column]) for row in shown) for column in range(3)]
    rows = [
        "    "
        + "  ".join([*(cell.ljust(width) for cell, width in zip(row, wide, strict=False)), row[3]]).rstrip()
        for row in shown
    ]
    if len(fields) > MOST_ROWS:
        rows.append(f"    … and {len(fields) - MOST_ROWS} more")
    return rows


def _mends(miss: Miss, mend: Mend) -> list[str]:
    rules = rules_for(miss.fields)
    lines = [("This changed on purpose?", mend.record)]
    if miss.kind == "miss" and rules:
        lines.append(
            ("It should be ignored?", mend.ignore.replace("RULES", json.dumps(rules, ensure_ascii=False)))
        )
    if miss.kind == "exhausted":
        lines = [("repeat='last' if intended:", mend.repeat), ("The test changed?", mend.record)]
    if miss.kind == "no_fixture":
        lines = [("Record it:", mend.record)]
    return [f"  {question.ljust(26)} {line(answer)}" for question, answer in lines if answer]


def _request(request: Request) -> str:
    path = f" {_cut(request.path, _FIELD_CHARS)}" if request.path else ""
    return f"{_safe(request.method)} {_safe(request.op)}{path}"


def _age(recorded_at: str, now_at: str) -> str:
    try:
        then = dt.datetime.fromisoformat(recorded_at)
        now = dt.datetime.fromisoformat(now_at)
        days = (now - then).days
    except (ValueError, TypeError):
        return f", recorded {_safe(recorded_at)}" if recorded_at else ""
    when = "today" if days <= 0 else f"{_count(days, 'day')} ago"
    return f", recorded {then.date()}, {when}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _safe(text: str) -> str:
    return line(redact(text))


def _cut(text: str, most: int) -> str:
    safe = _safe(text)
    return safe if len(safe) <= most else f"{safe[: most - 1]}…"
