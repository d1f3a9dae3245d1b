# ruff: noqa: INP001, T201  -- a script that prints
"""Builds `aigw_dev/data/prices.json` from two installed open price lists; run when a release wants fresh prices.

Not part of the product and never run by it. In an environment of its own:

    python -m venv prices-venv
    prices-venv/bin/pip install genai-prices && prices-venv/bin/pip install --no-deps litellm
    prices-venv/bin/python tools/build_prices.py --as-of 2026-11-20

genai-prices comes first (it has dates, hours and tiers); litellm fills what it lacks and is the cross-check. Where
the two disagree, the row keeps the first and says so in `doubt`, and the gateway calls such a cost estimated. What
neither has right is in `price_units.CURATED`. Every disagreement is printed; read them before committing the file.
"""

import argparse
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import price_units

Rates = dict[str, str]

OUTPUT = Path(__file__).resolve().parent.parent / "aigw_dev" / "data" / "prices.json"

# kind -> (provider id in genai-prices or "", prefixes of litellm's keys, litellm's provider names)
KINDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "openai": ("openai", ("",), ("openai", "text-completion-openai")),
    "deepseek": ("deepseek", ("deepseek/",), ("deepseek",)),
    "qwen": ("", ("dashscope/",), ("dashscope",)),
    "mistral": ("mistral", ("mistral/",), ("mistral",)),
    "groq": ("groq", ("groq/",), ("groq",)),
    "moonshot": ("moonshotai", ("moonshot/",), ("moonshot",)),
    "zhipu": ("zhipuai", ("bigmodel/",), ("bigmodel",)),
    "zai": ("zai", ("zai/",), ("zai",)),
    "minimax": ("minimax", ("minimax/",), ("minimax",)),
    "xai": ("x-ai", ("xai/",), ("xai",)),
    "openrouter": ("openrouter", ("openrouter/",), ("openrouter",)),
    "together": ("together", ("together_ai/",), ("together_ai",)),
    "fireworks": ("fireworks", ("fireworks_ai/",), ("fireworks_ai", "fireworks_ai-embedding-models")),
    "azure-openai": ("", ("azure/",), ("azure",)),
    "anthropic": ("anthropic", ("",), ("anthropic",)),
    "gemini": ("google", ("gemini/",), ("gemini",)),
    "vertex": (
        "",
        ("vertex_ai/", ""),
        (
            *("vertex_ai", "vertex_ai-language-models", "vertex_ai-embedding-models"),
            *("vertex_ai-image-models", "vertex_ai-video-models"),
        ),
    ),
    "bedrock": ("", ("",), ("bedrock", "bedrock_converse")),
    "cohere": ("cohere", ("cohere/", ""), ("cohere", "cohere_chat")),
    "perplexity": ("perplexity", ("perplexity/",), ("perplexity",)),
    "cerebras": ("cerebras", ("cerebras/",), ("cerebras",)),
    "deepinfra": ("", ("deepinfra/",), ("deepinfra",)),
    "sambanova": ("", ("sambanova/",), ("sambanova",)),
    "jina": ("", ("jina_ai/", ""), ("jina_ai",)),
    "voyage": ("voyageai", ("voyage/",), ("voyage",)),
    "novita": ("novita", ("novita/",), ("novita",)),
    "volcengine": ("", ("volcengine/", ""), ("volcengine",)),
}
MODES = {"chat", "completion", "responses", "embedding"} | price_units.MEDIA_MODES
TIER_WORDS = ("128k", "100k", "200k", "256k", "272k", "512k")
UNITS_G = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "requests_kcount": "request_each",
    "web_searches_kcount": "search_each",
}
UNITS_L = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_request": "request_each",
    **price_units.TOKENS_L,
}
# Where the first source is known to be behind: the vendor's page as litellm has it.
PREFER_LITELLM = {("deepseek", "deepseek-chat"), ("deepseek", "deepseek-reasoner")}
# Places of a kind whose prices differ from its home's and are not in this file.
OTHER_REGIONS = {
    "qwen": ["dashscope.aliyuncs.com", "dashscope-us.aliyuncs.com", "cn-hongkong.dashscope.aliyuncs.com"],
    "moonshot": ["api.moonshot.cn"],
    "minimax": ["api.minimaxi.com", "api.minimax.chat"],
}
FAMILIES = {
    "gemini": ("gemini", "gemma", "text-embedding", "imagen", "veo", "nano-banana"),
    "vertex": ("gemini", "gemma", "text-", "multilingual", "imagen", "veo", "chirp", "semantic-ranker"),
}
ALIASES = {
    "anthropic": {
        "claude-sonnet-4-0": ["claude-sonnet-4-20250514"],
        "claude-opus-4-0": ["claude-opus-4-20250514"],
    },
}
CONVERTED = {"zhipu": "priced in CNY and converted"}


def text(value: Decimal) -> str:
    """USD per million units, at most 6 decimals: one pico-USD per unit."""
    rounded = value.quantize(Decimal("0.000001")).normalize()
    return format(rounded, "f")


def tiers_of(by_start: dict[int, Rates]) -> list[dict[str, Any]]:
    """Tiers from the lowest; each repeats what it does not change, so that one tier alone is enough."""
    tiers: list[dict[str, Any]] = []
    known: Rates = {}
    for start in sorted(by_start):
        known = {**known, **by_start[start]}
        tiers.append({"input_over": start, **known})
    return tiers


# genai-prices


def rates_g(price: Any) -> dict[int, Rates]:
    """Rates by the input tokens above which they hold."""
    by_start: dict[int, Rates] = {0: {}}
    for name, value in price.__dict__.items():
        if value is None:
            continue
        if name in price_units.UNITS_G and isinstance(value, Decimal):
            unit, share = price_units.UNITS_G[name]
            by_start[0][unit] = text(value / share)
            continue
        unit = UNITS_G.get(name)
        if unit is None:
            continue
        factor = 1000 if name.endswith("_kcount") else 1
        if isinstance(value, Decimal):
            by_start[0][unit] = text(value * factor)
            continue
        by_start[0][unit] = text(value.base * factor)
        for tier in value.tiers:
            by_start.setdefault(tier.start, {})[unit] = text(tier.price * factor)
    return by_start


def hours(constraint: Any) -> list[str]:
    """From, until: `HH:MM`, UTC."""
    return [f"{constraint.start_time:%H:%M}", f"{constraint.end_time:%H:%M}"]


def rows_g(model: Any) -> list[dict[str, Any]]:
    """Rows by start date; rows for hours of the day become variants of the row in force beside them."""
    prices = model.prices if isinstance(model.prices, list) else [model.prices]
    dated: dict[str, dict[str, Any]] = {}
    by_hour: list[dict[str, Any]] = []
    for entry in prices:
        price, constraint = (entry.prices, entry.constraint) if hasattr(entry, "prices") else (entry, None)
        found = tiers_of(rates_g(price))
        name = type(constraint).__name__
        if name == "TimeOfDateConstraint":
            by_hour.append({"hours_utc": hours(constraint), "tiers": found})
            continue
        start = constraint.start_date.isoformat() if name == "StartDateConstraint" else ""
        dated[start] = {"from": start, "tiers": found}
    rows = [dated[start] for start in sorted(dated)]
    variants = by_hour + [
        {"service_tier": variant.when["service_tier"], "tiers": tiers_of(rates_g(variant.prices))}
        for variant in model.price_variants or []
        if variant.when.get("service_tier") not in {None, "default"} and len(variant.when) == 1
    ]
    if variants and rows:
        rows[-1]["variants"] = variants
    return rows


def clauses(match: Any) -> Iterator[str]:
    """Names that a match rule lists, a prefix counting as one name; what else it would match is a guess, not used."""
    for part in getattr(match, "or_", None) or [match]:
        name = getattr(part, "equals", "") or getattr(part, "starts_with", "")
        if name and not name.endswith(("-", ":", ".", "/")):
            yield name


# litellm


def rates_l(entry: dict[str, Any]) -> dict[int, Rates]:
    """Rates by the input tokens above which they hold."""
    million = Decimal(1_000_000)
    if "tiered_pricing" in entry:
        ladder = entry["tiered_pricing"]
        return {
            int(step["range"][0]): {
                unit: text(Decimal(repr(step[name])) * million)
                for name, unit in UNITS_L.items()
                if step.get(name) is not None
            }
            for step in ladder
        }
    by_start: dict[int, Rates] = {0: {}}
    for name, unit in UNITS_L.items():
        if entry.get(name) is not None:
            by_start[0][unit] = text(Decimal(repr(entry[name])) * million)
        for word in TIER_WORDS:
            above = entry.get(f"{name}_above_{word}_tokens")
            if above is not None:
                start = int(word[:-1]) * 1000
                by_start.setdefault(start, {})[unit] = text(Decimal(repr(above)) * million)
    if entry.get("mode") in price_units.MEDIA_MODES:
        by_start = {
            start: {unit: rate for unit, rate in rates.items() if rate != "0"}
            for start, rates in by_start.items()
        }
    by_start[0] |= {unit: text(rate) for unit, rate in price_units.rates(entry).items()}
    for rates in by_start.values():
        if rates.get("cache_write") == "0" or "cache_write" not in by_start[0]:
            rates.pop("cache_write", None)
    return by_start


def litellm_rows(kind: str, data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Tiers by model, for a kind."""
    _, prefixes, names = KINDS[kind]
    sized = price_units.sized(data)
    found: dict[str, list[dict[str, Any]]] = {}
    for key, entry in data.items():
        if entry.get("litellm_provider") not in names or entry.get("mode") not in MODES:
            continue
        if kind == "bedrock" and "/" in key:
            continue
        prefix = next((each for each in prefixes if each and key.startswith(each)), "")
        if not prefix and "" not in prefixes:
            continue
        model = key.removeprefix(prefix)
        if (kind == "azure-openai" or not prefix) and "/" in model:
            continue
        by_start = rates_l(entry)
        of_sizes = sized.get((entry["litellm_provider"], model), {})
        by_start[0] |= {unit: text(rate) for unit, rate in of_sizes.items()}
        tiers = tiers_of(by_start)
        is_priced = any(
            rate not in {"0", None} for tier in tiers for unit, rate in tier.items() if unit != "input_over"
        )
        if tiers and is_priced and has_rates(tiers) and belongs(kind, model):
            found.setdefault(model, tiers)
    return found


def has_rates(tiers: list[dict[str, Any]]) -> bool:
    """Whether a ladder prices something: tokens in, or a unit of its own."""
    return any(
        unit == "input" or unit.endswith("_each") or unit.startswith(price_units.EXTRA) for unit in tiers[0]
    )


# merging


def belongs(kind: str, model: str) -> bool:
    """Whether the vendor itself serves the model under this kind; the lists mix in what resellers call alike."""
    if kind in FAMILIES:
        return model.removeprefix("models/").startswith(FAMILIES[kind])
    if kind == "openrouter":
        return "/" in model
    return not (kind == "openai" and model.startswith("gpt-oss"))


def thinking(rows: list[dict[str, Any]]) -> None:
    """Alibaba bills all output at the thinking rate once a reply thinks: the rate becomes a variant of the row."""
    for row in rows:
        if any("reasoning" in tier for tier in row["tiers"]):
            dear = [{**tier, "output": tier.get("reasoning", tier["output"])} for tier in row["tiers"]]
            row["variants"] = [{"thinking": True, "tiers": dear}]
            for tier in [*row["tiers"], *dear]:
                tier.pop("reasoning", None)


COMPARED = ("input", "output", "cached_input")


def differ(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> str:
    """How two ladders disagree about the money of an ordinary call; empty where they agree."""
    starts = [(mine["input_over"], theirs["input_over"]) for mine, theirs in zip(first, second, strict=False)]
    if len(first) != len(second) or any(abs(mine - theirs) > 1 for mine, theirs in starts):
        return f"tiers {[t['input_over'] for t in first]} or {[t['input_over'] for t in second]}"
    for mine, theirs in zip(first, second, strict=True):
        for unit in COMPARED:
            if unit in mine and unit in theirs and Decimal(mine[unit]) != Decimal(theirs[unit]):
                return f"{unit} {mine[unit]} or {theirs[unit]}"
    return ""


def merged(kind: str, providers: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
    """Every model of a kind with its rows; the first source goes before the second."""
    first = providers.get(KINDS[kind][0])
    second = litellm_rows(kind, data)
    curated = price_units.CURATED.get(kind, {})
    entries: dict[str, dict[str, Any]] = {}
    taken: set[str] = set(curated) | {name for entry in curated.values() for name in entry["also"]}
    for model in first.models if first else []:
        rows = rows_g(model)
        names = list(dict.fromkeys([*clauses(model.match), model.id]))
        main = names[0] if kind == "fireworks" else model.id
        also = sorted({name for name in names if name.lower() != main.lower()} - taken)
        if not rows or not rows[-1]["tiers"] or main in taken or (kind, main) in PREFER_LITELLM:
            continue
        if not has_rates(rows[-1]["tiers"]) or not belongs(kind, main):
            continue
        for row in rows:
            row["src"] = "g"
        entries[main] = {"also": also, "rows": rows}
        taken |= {main, *also}
        for name in names:
            if name in second:
                theirs = second.pop(name)
                price_units.add_units(rows[-1]["tiers"], theirs[0])
                ladders = [
                    rows[-1]["tiers"],
                    *(v["tiers"] for v in rows[-1].get("variants", ()) if "hours_utc" in v),
                ]
                doubt = "" if "" in [differ(mine, theirs) for mine in ladders] else differ(ladders[0], theirs)
                rows[-1]["src"] = "gl"
                if doubt:
                    rows[-1]["doubt"] = f"sources differ: {doubt}"
                    print(f"{kind}/{name}: {doubt}", file=sys.stderr)
    lowered = {name.lower() for name in taken}
    for model, tiers in second.items():
        if model.lower() in lowered:
            continue
        lowered.add(model.lower())
        entries[model] = {"also": [], "rows": [{"src": "l", "tiers": tiers}]}
    entries |= curated
    for main, more in ALIASES.get(kind, {}).items():
        entries[main]["also"] = sorted({*entries[main]["also"], *more})
    for entry in entries.values():
        rows = entry["rows"]
        if kind in CONVERTED:
            rows[-1]["doubt"] = CONVERTED[kind]
        if any("request_each" in tier for tier in rows[-1]["tiers"]):
            rows[-1]["doubt"] = "the fee per request depends on the search made; the dearest is assumed"
        if kind == "qwen":
            thinking(rows)
    return [{"kind": kind, "model": model, **entry} for model, entry in sorted(entries.items())]


def compact(entry: dict[str, Any]) -> dict[str, Any]:
    """The same without what is empty or zero anyway."""
    rows = [{key: value for key, value in row.items() if value != ""} for row in entry["rows"]]
    for row in rows:
        for holder in (row, *row.get("variants", ())):
            for tier in holder["tiers"]:
                if tier["input_over"] == 0:
                    del tier["input_over"]
    small = {key: value for key, value in entry.items() if value not in ("", [])}
    return {**small, "rows": rows}


def main() -> None:
    """Writes the file; disagreements go to stderr."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--as-of", required=True, help="the day the lists were fetched, YYYY-MM-DD")
    chosen = parser.parse_args()
    from genai_prices.data import providers

    package = importlib.metadata.distribution("litellm").locate_file("litellm")
    data = json.loads((Path(str(package)) / "model_prices_and_context_window_backup.json").read_text())
    by_id = {provider.id: provider for provider in providers}
    models = [compact(entry) for kind in KINDS for entry in merged(kind, by_id, data)]
    head = {
        "format": 1,
        "as_of": chosen.as_of,
        "sources": {
            "g": f"pydantic/genai-prices {importlib.metadata.version('genai-prices')}, MIT",
            "l": f"BerriAI/litellm {importlib.metadata.version('litellm')}, MIT",
            "c": "kept by hand in tools/build_prices.py",
        },
        "other_regions": OTHER_REGIONS,
    }
    lines = ",\n".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in models)
    opening = json.dumps(head, separators=(",", ":"))[:-1]
    OUTPUT.write_text(f'{opening},"models":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(models)} models, {OUTPUT.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
