"""Costs are exact where they can be, and say so where they cannot."""

import datetime as dt
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.exchange import Cost, Usage
from aigw_dev.core.pricing import Price, PriceBook, picousd
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.kind import Kind
from aigw_dev.core.units import Images, Units

NOW_S = 1_795_000_000.0  # 2026-11-18
TOKEN_RATES = {"input": "1", "output": "2", "cached_input": "0.5"}


@pytest.fixture(scope="module")
def shipped(repository: Path) -> bytes:
    return (repository / "aigw_dev" / "data" / "prices.json").read_bytes()


@pytest.fixture(scope="module")
def book(shipped: bytes) -> PriceBook:
    return PriceBook(shipped)


def own_book(*models: dict[str, Any], **head: Any) -> PriceBook:
    return PriceBook(
        json.dumps({"format": 1, "as_of": "2026-11-20", "sources": {}, **head, "models": models}).encode()
    )


def one(rates: dict[str, str] | None = None, **row: Any) -> PriceBook:
    """A book with one row of one model of openai."""
    return own_book({"kind": "openai", "model": "m", "rows": [{"tiers": [rates or TOKEN_RATES], **row}]})


def cost(
    book: PriceBook,
    usage: Usage | None,
    *models: str,
    kind: str = "openai",
    at_s: float = NOW_S,
    origin: str = "",
    tier: str = "",
) -> Cost:
    return book.cost(KINDS[kind], origin, models=models or ("m",), usage=usage, at_s=at_s, service_tier=tier)


def raw(usage: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(usage).encode())


def day_s(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


# worked examples with the shipped list


def test_a_cache_write_for_an_hour_has_its_own_rate(book: PriceBook) -> None:
    usage = Usage(
        input=5 + 128_955 + 1_253,
        cached_input=128_955,
        cache_write=1_253,
        output=400,
        raw=raw({"cache_creation": {"ephemeral_1h_input_tokens": 1_253}}),
    )
    spent = cost(book, usage, "claude-sonnet-4-6", kind="anthropic")
    assert spent == Cost(
        status="exact", nanousd=52_219_500, price_id="anthropic/claude-sonnet-4-6@2026-03-13"
    )


def test_the_whole_call_pays_the_tier_of_its_input(book: PriceBook) -> None:
    assert cost(book, Usage(input=40_000, output=1_000), "qwen3-max", kind="qwen").nanousd == 108_000_000
    assert (
        cost(book, Usage(input=250_000, output=1_000), "gemini-2.5-pro", kind="gemini").nanousd == 640_000_000
    )


def test_a_tier_begins_strictly_above_its_threshold(book: PriceBook) -> None:
    at, above = (
        cost(book, Usage(input=tokens, output=0), "gpt-5.4").nanousd for tokens in (272_000, 272_001)
    )
    assert at == 272_000 * 2_500
    assert above == 272_001 * 5_000


def test_a_rate_below_a_nano_dollar_stays_exact(book: PriceBook) -> None:
    before_august = day_s("2026-08-01")
    usage = Usage(input=1_000_000, cached_input=1_000_000)
    spent = cost(book, usage, "deepseek-v4-pro", kind="deepseek", at_s=before_august)
    assert spent.nanousd == 3_625_000


def test_the_row_in_force_when_the_call_began_holds(book: PriceBook) -> None:
    usage = Usage(input=1_000_000)
    old = cost(book, usage, "deepseek-v4-pro", kind="deepseek", at_s=day_s("2026-08-16T23:59:59"))
    new = cost(book, usage, "deepseek-v4-pro", kind="deepseek", at_s=day_s("2026-08-17T00:00:00"))
    assert (old.nanousd, new.nanousd) == (435_000_000, 660_000_000)
    assert new.price_id == "deepseek/deepseek-v4-pro@2026-08-17"


@pytest.mark.parametrize(
    ("clock", "nanousd"),
    [
        ("00:59:59", 660),
        ("01:00:00", 1_320),
        ("03:59:59", 1_320),
        ("04:00:00", 660),
        ("06:30:00", 1_320),
        ("10:00:00", 660),
    ],
)
def test_a_dear_hour_costs_more(book: PriceBook, clock: str, nanousd: int) -> None:
    at_s = day_s(f"2026-11-18T{clock}")
    assert cost(book, Usage(input=1), "deepseek-v4-pro", kind="deepseek", at_s=at_s).nanousd == nanousd


def test_hours_may_pass_midnight() -> None:
    night = {"hours_utc": ["22:00", "02:00"], "tiers": [{"input": "9"}]}
    book = one(variants=[night])
    rates = [
        cost(book, Usage(input=1), at_s=day_s(f"2026-11-18T{hour}")).nanousd
        for hour in ("21:59", "23:00", "01:59", "02:00")
    ]
    assert rates == [1_000, 9_000, 9_000, 1_000]


def test_a_thinking_reply_pays_the_thinking_rate(book: PriceBook) -> None:
    plain = cost(book, Usage(input=0, output=1_000), "qwen-plus-latest", kind="qwen")
    thought = cost(book, Usage(input=0, output=1_000, reasoning=1), "qwen-plus-latest", kind="qwen")
    assert (plain.nanousd, thought.nanousd) == (1_200_000, 4_000_000)


# finding a price


@pytest.mark.parametrize(
    "names",
    [
        ("gpt-4o-2024-08-06", "anything"),  # what the provider says, listed as the same model
        ("gpt-3.5-turbo-instruct:unheard-of", "gpt-4o"),  # else what it was asked for
        ("gpt-4o-20991231",),  # a date at its end
        ("gpt-4o-2099-12-31",),
        ("GPT-4o",),
        ("", "gpt-4o"),
    ],
)
def test_a_model_is_found_by_names_that_are_surely_its_own(book: PriceBook, names: tuple[str, ...]) -> None:
    assert cost(book, Usage(input=1_000), *names).nanousd == 2_500_000


@pytest.mark.parametrize(
    "name", ["gpt-4o-turbo-x", "gpt-4", "gpt-4o-audio", "openai/gpt-4o", "ft:gpt-4o:me::1"]
)
def test_a_price_is_never_guessed_from_a_name_that_looks_alike(name: str) -> None:
    book = own_book({"kind": "openai", "model": "gpt-4o", "rows": [{"tiers": [TOKEN_RATES]}]})
    spent = cost(book, Usage(input=1_000), name)
    assert spent == Cost(status="unknown", reason=f"no price for openai/{name}")


def test_another_providers_price_is_not_used(book: PriceBook) -> None:
    spent = cost(book, Usage(input=1), "claude-sonnet-4-6", kind="nvidia")
    assert (spent.status, spent.nanousd) == ("unknown", None)


def test_a_models_own_name_goes_before_an_alias_of_another() -> None:
    rows = [{"tiers": [{"input": "1"}]}]
    dear = [{"tiers": [{"input": "7"}]}]
    book = own_book(
        {"kind": "openai", "model": "a", "also": ["b"], "rows": rows},
        {"kind": "openai", "model": "b", "rows": dear},
    )
    assert cost(book, Usage(input=1), "b").nanousd == 7_000


def test_a_prefix_that_the_vendor_lists_is_taken_off(book: PriceBook) -> None:
    assert cost(book, Usage(input=1), "models/gemini-2.5-pro", kind="gemini").nanousd == 1_250
    assert cost(book, Usage(input=1), "google/gemini-2.5-pro", kind="vertex").nanousd == 1_250


def test_another_region_has_no_price_but_a_proxy_has_the_vendors(book: PriceBook) -> None:
    abroad = cost(book, Usage(input=1), "qwen3-max", kind="qwen", origin="https://dashscope.aliyuncs.com")
    assert abroad == Cost(reason="no prices for qwen at dashscope.aliyuncs.com")
    assert cost(book, Usage(input=1), "qwen3-max", kind="qwen", origin="http://127.0.0.1:9").nanousd == 1_200


def test_before_the_first_row_nothing_is_known() -> None:
    book = own_book(
        {"kind": "openai", "model": "m", "rows": [{"from": "2026-01-01", "tiers": [TOKEN_RATES]}]}
    )
    assert (
        cost(book, Usage(input=1), at_s=day_s("2025-12-31")).reason
        == "no price for openai/m before 2026-01-01"
    )


def test_no_name_is_no_price() -> None:
    assert cost(one(), Usage(input=1), "").reason == "no model named"


# how sure a cost is


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.is_free])
def test_what_people_run_themselves_is_free_by_declaration(book: PriceBook, kind: str) -> None:
    spent = cost(book, None, "llama3", kind=kind)
    assert (spent.status, spent.nanousd) == ("free", 0)


def test_a_compatible_server_is_not_taken_for_free(book: PriceBook) -> None:
    assert (
        cost(book, Usage(input=1), "llama3", kind="openai-compatible", origin="http://127.0.0.1:1").status
        == "unknown"
    )


@pytest.mark.parametrize("usage", [None, Usage()])
def test_no_usage_is_unknown_and_never_zero(usage: Usage | None) -> None:
    assert cost(one(), usage) == Cost(status="unknown", reason="the provider reported no usage")


def test_cached_input_without_a_rate_is_an_upper_bound() -> None:
    spent = cost(one({"input": "2", "output": "1"}), Usage(input=10, cached_input=4))
    assert (spent.status, spent.nanousd) == ("upper_bound", 20_000)
    assert "cached input" in spent.reason


def test_a_unit_without_a_rate_makes_the_cost_a_lower_bound_and_is_named() -> None:
    spent = cost(one({"input": "2"}), Usage(input=10, output=5, cache_write=3))
    assert (spent.status, spent.nanousd) == ("partial", 20_000)
    assert spent.reason == "no rate for cache_write; no rate for output"


def test_sound_is_priced_apart_from_text() -> None:
    usage = Usage(
        input=10,
        output=6,
        raw=raw(
            {"prompt_tokens_details": {"audio_tokens": 4}, "completion_tokens_details": {"audio_tokens": 6}}
        ),
    )
    rates = {"input": "1", "output": "2", "audio_input": "10", "audio_output": "20"}
    assert cost(one(rates), usage) == Cost(
        status="exact", nanousd=6_000 + 40_000 + 120_000, price_id="openai/m@2026-11-20"
    )
    bare = cost(one(), usage)
    assert (bare.status, bare.nanousd) == ("partial", 10_000 + 12_000)


def test_searches_and_requests_have_a_fee() -> None:
    rates = {"input": "1", "output": "1", "search_each": "10000", "request_each": "5000"}
    usage = Usage(input=1, raw=raw({"server_tool_use": {"web_search_requests": 2}}))
    assert cost(one(rates), usage).nanousd == 1_000 + 2 * 10_000_000 + 5_000_000


def test_reasoning_may_have_a_rate_and_else_is_output() -> None:
    usage = Usage(input=0, output=10, reasoning=4)
    assert cost(one({"input": "1", "output": "2"}), usage) == Cost(
        status="exact", nanousd=20_000, price_id="openai/m@2026-11-20"
    )
    assert cost(one({"input": "1", "output": "2", "reasoning": "3"}), usage).nanousd == 12_000 + 12_000


def test_estimated_usage_makes_an_estimated_cost() -> None:
    spent = cost(one(), Usage(input=10, estimated=True))
    assert (spent.status, spent.nanousd) == ("estimated", 10_000)


def test_a_doubtful_row_makes_an_estimated_cost_and_says_why() -> None:
    spent = cost(one(doubt="sources differ: input 1 or 2"), Usage(input=10))
    assert (spent.status, spent.reason) == ("estimated", "sources differ: input 1 or 2")


@pytest.mark.parametrize("tier", ["", "default", "auto", "standard", "on_demand", "Default"])
def test_an_ordinary_service_tier_is_the_row_itself(tier: str) -> None:
    assert cost(one(), Usage(input=1), tier=tier).status == "exact"


def test_a_service_tier_has_its_rates_or_is_doubtful(book: PriceBook) -> None:
    usage = Usage(input=1_000)
    assert cost(book, usage, "gpt-5", tier="flex").nanousd == 625_000
    assert cost(book, usage, "gpt-5", tier="priority").nanousd == 2_500_000
    spent = cost(one(), usage, tier="flex")
    assert (spent.status, spent.reason) == (
        "estimated",
        "no rate for service tier flex: the ordinary one is used",
    )


def test_a_service_tier_inside_the_usage_counts() -> None:
    book = one(variants=[{"service_tier": "priority", "tiers": [{"input": "6"}]}])
    assert cost(book, Usage(input=1, raw=raw({"service_tier": "priority"}))).nanousd == 6_000


def test_what_the_provider_says_it_took_goes_first_where_its_word_is_known() -> None:
    book = own_book({"kind": "openrouter", "model": "a/m", "rows": [{"tiers": [TOKEN_RATES]}]})
    usage = Usage(input=1, reported_nanousd=77)
    assert cost(book, usage, "a/m", kind="openrouter") == Cost(status="reported", nanousd=77)


def test_a_reported_amount_is_better_than_none_but_not_than_a_price() -> None:
    usage = Usage(input=1, reported_nanousd=77)
    assert cost(one(), usage, "unheard-of") == Cost(status="reported", nanousd=77)
    assert cost(one(), usage, "m").status == "exact"


def test_a_usage_whose_parts_exceed_the_whole_never_costs_less_than_nothing() -> None:
    spent = cost(one(), Usage(input=5, cached_input=9, output=1, reasoning=3))
    assert spent.nanousd == 9 * 500 + 3 * 2_000


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_cost_is_the_sum_of_its_parts(fresh: int, cached: int, said: int, thought: int) -> None:
    usage = Usage(input=fresh + cached, cached_input=cached, output=said + thought, reasoning=thought)
    rates = {"input": "0.150001", "cached_input": "0.003625", "output": "0.6", "reasoning": "1.2"}
    exact = sum(
        Decimal(rates[unit]) * count / 1_000_000
        for unit, count in (
            ("input", fresh),
            ("cached_input", cached),
            ("output", said),
            ("reasoning", thought),
        )
    )
    spent = cost(one(rates), usage)
    assert spent.nanousd == (int(exact * 10**9) if usage.input or usage.output else None)


# the file


@pytest.mark.parametrize(
    ("rate", "pico"), [("0.003625", 3_625), ("2.5", 2_500_000), ("0", 0), ("12000", 12_000_000_000)]
)
def test_a_rate_is_whole_pico_dollars(rate: str, pico: int) -> None:
    assert picousd(rate) == pico


@pytest.mark.parametrize("rate", ["", ".", ".5", "-1", "1e-6", "0.0000001", "1,5", "٣"])
def test_what_is_no_rate_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        picousd(rate)


@pytest.mark.parametrize(
    "source", [b"", b"[]", b"{}", b'{"format":2,"as_of":"2026-01-01","sources":{},"models":[]}']
)
def test_what_is_no_price_list_is_refused(source: bytes) -> None:
    with pytest.raises(ValueError):
        PriceBook(source)


def test_the_shipped_list_is_dated_and_names_its_sources(book: PriceBook) -> None:
    assert dt.date.fromisoformat(book.as_of) >= dt.date(2026, 11, 1)
    assert set(book.sources) == {"g", "l", "c"}
    assert not book.is_stale(day_s(book.as_of) + 89 * 86_400)
    assert book.is_stale(day_s(book.as_of) + 91 * 86_400)


def test_every_shipped_row_can_be_read_and_is_in_order(shipped: bytes, book: PriceBook) -> None:
    listed = json.loads(shipped)
    assert {entry["kind"] for entry in listed["models"]} <= set(KINDS)
    names = [(entry["kind"], entry["model"].lower()) for entry in listed["models"]]
    assert len(names) == len(set(names))
    for entry in listed["models"]:
        price = book.find(KINDS[entry["kind"]], "", [entry["model"]], NOW_S)
        assert isinstance(price, Price), entry
        days = [row.get("from", "") for row in entry["rows"]]
        assert days == sorted(set(days))
        assert set("".join(row["src"] for row in entry["rows"])) <= set(book.sources)
        for ladder in (price.row.tiers, *(variant.tiers for variant in price.row.variants)):
            starts = [tier.input_over for tier in ladder]
            assert starts == sorted(set(starts))
            assert starts[0] == 0
        assert any(rate > 0 for tier in price.row.tiers for rate in tier.rates.values())


UNPRICED = {"nvidia", "huggingface"}
"""No list has their prices: NVIDIA's hosted models are a trial, the router's prices depend on where it sends a call."""


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS.values() if not kind.is_free and kind.name not in UNPRICED],
    ids=lambda kind: kind.name,
)
def test_every_well_known_model_has_a_price(book: PriceBook, kind: Kind) -> None:
    assert [
        model for model in kind.default_models if isinstance(book.find(kind, "", [model], NOW_S), str)
    ] == []


def test_a_kinds_priced_models_can_be_listed(book: PriceBook) -> None:
    assert "qwen3-max" in book.models("qwen")
    assert book.models("mock") == ()


def test_loading_the_list_is_quick(shipped: bytes) -> None:
    def seconds() -> float:
        began_s = time.perf_counter()
        PriceBook(shipped)
        return time.perf_counter() - began_s

    assert min(seconds() for _ in range(5)) < 0.010


# units beside tokens


def unit_cost(book: PriceBook, units: Units, *models: str, kind: str = "openai", **more: Any) -> Cost:
    return book.cost(
        KINDS[kind],
        "",
        models=models or ("m",),
        usage=more.pop("usage", None),
        at_s=NOW_S,
        units=units,
        **more,
    )


@pytest.mark.parametrize(
    ("kind", "model", "units", "nanousd"),
    [
        ("openai", "dall-e-3", Units(images=(Images(1, "1024x1024", "standard"),)), 40_000_000),
        ("openai", "dall-e-3", Units(images=(Images(2, "1792x1024", "hd"),)), 240_000_000),
        ("openai", "dall-e-2", Units(images=(Images(1, "256x256"),)), 16_000_000),
        ("openai", "tts-1", Units(characters=1_000), 15_000_000),
        ("openai", "tts-1-hd", Units(characters=1_000, audio_out_s=60.0), 30_000_000),
        ("openai", "whisper-1", Units(audio_in_s=60.0), 6_000_000),
        ("openai", "sora-2", Units(videos=1, video_s=8, resolution="720p"), 800_000_000),
        ("openai", "sora-2-pro", Units(videos=1, video_s=4, resolution="1080p"), 2_000_000_000),
        ("gemini", "imagen-4.0-generate-001", Units(images=(Images(4, "1024x1024"),)), 160_000_000),
        ("gemini", "veo-3.1-generate-001", Units(videos=1, video_s=8, resolution="720p"), 3_200_000_000),
        ("gemini", "veo-3.1-generate-001", Units(videos=1, video_s=8, resolution="4k"), 4_800_000_000),
        ("qwen", "qwen-image-2.0", Units(images=(Images(1),)), 35_000_000),
        ("qwen", "wan2.7-t2v", Units(videos=1, video_s=5, resolution="720p"), 430_060_000),
        ("qwen", "qwen3-tts-flash", Units(characters=10_000), 100_000_000),
        ("cohere", "rerank-v3.5", Units(searches=1, documents=20), 2_000_000),
    ],
)
def test_the_shipped_list_prices_every_modality(
    book: PriceBook, kind: str, model: str, units: Units, nanousd: int
) -> None:
    found = unit_cost(book, units, model, kind=kind)
    assert (found.status, found.nanousd) == ("exact", nanousd), found.reason
    assert found.price_id.startswith(f"{kind}/{model}@")


def test_an_image_that_was_counted_in_tokens_is_priced_by_them(book: PriceBook) -> None:
    usage = Usage(
        input=50,
        output=1_056,
        raw=raw(
            {"input_tokens_details": {"image_tokens": 0}, "output_tokens_details": {"image_tokens": 1_056}}
        ),
    )
    units = Units(images=(Images(1, "1024x1024", "medium"),), image_output_tokens=1_056)
    found = unit_cost(book, units, "gpt-image-1", usage=usage)
    assert found == Cost(
        status="exact", nanousd=50 * 5_000 + 1_056 * 40_000, price_id=f"openai/gpt-image-1@{book.as_of}"
    )


def test_without_token_counts_an_image_is_priced_by_its_size_and_doubted(book: PriceBook) -> None:
    found = unit_cost(book, Units(images=(Images(1, "1024x1024", "medium"),)), "gpt-image-1")
    assert (found.status, found.nanousd) == ("estimated", 42_000_000)
    assert found.reason == "tokens were not reported: priced by images"


def test_where_nobody_told_which_tokens_are_images_all_of_the_output_is_taken_for_them(
    book: PriceBook,
) -> None:
    units = Units(images=(Images(1, "1024x1024"),))
    found = unit_cost(book, units, "gpt-image-1.5", usage=Usage(input=0, output=1_000))
    assert (found.status, found.nanousd) == ("estimated", 32_000_000)


def test_reranking_by_tokens_is_priced_by_tokens(book: PriceBook) -> None:
    found = unit_cost(
        book, Units(searches=1, documents=2), "rerank-2.5", kind="voyage", usage=Usage(input=1_000)
    )
    assert (found.status, found.nanousd) == ("exact", 50_000)


def test_units_that_nobody_told_are_unknown_and_never_zero(book: PriceBook) -> None:
    found = unit_cost(book, Units(unknown=("audio_in_s",)), "whisper-1")
    assert found == Cost(reason="nobody told how many seconds were heard")
    spoken = unit_cost(one(), Units(characters=9))
    assert spoken == Cost(reason="tokens were not reported")
    assert unit_cost(book, Units(characters=9), "unheard-of").reason == "no price for openai/unheard-of"


def test_an_uncertain_unit_makes_an_estimated_cost() -> None:
    found = unit_cost(
        one({"second_in": "100", "request_each": "1000"}), Units(audio_in_s=2.0), doubts=["a guess"]
    )
    assert found == Cost(
        status="estimated", nanousd=200_000 + 1_000_000, price_id="openai/m@2026-11-20", reason="a guess"
    )


def test_tokens_of_a_model_that_is_priced_by_units_are_no_price() -> None:
    found = cost(one({"second_in": "100"}), Usage(input=5))
    assert (found.status, found.nanousd, found.reason) == ("partial", 0, "no rate for input")


def test_an_amount_that_the_provider_reports_is_better_than_no_tokens() -> None:
    assert cost(one(), Usage(reported_nanousd=77)) == Cost(status="reported", nanousd=77)
