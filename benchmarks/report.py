"""Figures as a table for people: the same text goes into README.md."""

import msgspec
from machine import Machine


class Figure(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that was promised, as measured."""

    name: str
    unit: str
    ours: float
    goal: str
    nginx: float | None = None
    litellm: float | None = None
    ratio: float | None = None
    """Ours by nginx's."""
    litellm_ratio: float | None = None
    """LiteLLM's by ours."""
    is_met: bool | None = None
    is_steady: bool | None = None
    """nginx's readings agree, so that the ratio counts."""
    note: str = ""


def shown(figures: list[Figure], machine: Machine, *, pace_ms: tuple[float, float], programs: str) -> str:
    """A Markdown table of the figures with the machine above it."""
    build = "" if machine.is_optimised else ", built without PGO"
    where = (
        f"{machine.at} · {machine.system}, {machine.cpus} CPUs, {machine.cpu}, {machine.memory_gb} GB · "
        f"Python {machine.python}{build} · load {machine.load_1m} · fixed loop {pace_ms[0]} / {pace_ms[1]} ms · "
        f"upstream and client: {programs}"
    )
    lines = [
        where,
        "",
        ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        "",
        "| figure | aigw-dev | nginx | ratio | LiteLLM | it by ours | goal | met |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(figure) for figure in figures]
    return "\n".join(lines)


def _row(figure: Figure) -> str:
    met = {True: "yes", False: "**no**", None: "-"}[figure.is_met]
    if figure.is_steady is False:
        met += " (unsteady)"
    note = f" ({figure.note})" if figure.note else ""
    cells = [
        figure.name + note,
        f"{figure.ours:g} {figure.unit}".strip(),
        _cell(figure.nginx),
        _cell(figure.ratio, "x"),
        _cell(figure.litellm),
        _cell(figure.litellm_ratio, "x"),
        figure.goal,
        met,
    ]
    return "| " + " | ".join(cells) + " |"


def _cell(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:g}{unit}"
