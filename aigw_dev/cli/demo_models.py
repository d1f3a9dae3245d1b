"""The models that the demo's upstream imitates, and what they say. Data only.

Every model has a habit: how soon it begins, how fast it goes on, and how often it fails. None of it is a statement
about the model of that name.
"""

from typing import Final

import msgspec


class DemoModel(msgspec.Struct, frozen=True, kw_only=True):
    """One imitated model."""

    provider: str
    model: str
    ttft_s: float
    """Median time to the first word."""
    words_per_s: float
    """How fast it goes on."""
    limited: float = 0.0
    """Share of calls that are answered with 429."""
    broken: float = 0.0
    """Share of calls that are answered with 500 or 503."""
    stalled: float = 0.0
    """Share of calls that get no answer until the caller gives up."""
    is_thinking: bool = False
    """Counts reasoning tokens."""


MODELS: Final = (
    DemoModel(provider="openai", model="gpt-4o", ttft_s=0.30, words_per_s=90, limited=0.09, broken=0.01),
    DemoModel(provider="openai", model="gpt-4o-mini", ttft_s=0.16, words_per_s=140, limited=0.01),
    DemoModel(provider="anthropic", model="claude-sonnet-4-5", ttft_s=0.45, words_per_s=80, broken=0.02),
    DemoModel(provider="anthropic", model="claude-haiku-4-5", ttft_s=0.20, words_per_s=150, limited=0.02),
    DemoModel(provider="mistral", model="mistral-large-latest", ttft_s=0.38, words_per_s=70, broken=0.07, stalled=0.03),
    DemoModel(
        provider="deepseek", model="deepseek-reasoner", ttft_s=0.8, words_per_s=60, stalled=0.02, is_thinking=True
    ),
    DemoModel(provider="local", model="llama3.2:3b", ttft_s=0.08, words_per_s=110),
    DemoModel(provider="openai", model="text-embedding-3-small", ttft_s=0.05, words_per_s=1000),
)  # fmt: skip

BY_NAME: Final = {(one.provider, one.model): one for one in MODELS}

PROMPTS: Final = (
    "Summarise this ticket in two sentences: the export stops at 10,000 rows and says nothing.",
    "Write a haiku about connection pools.",
    "Which of our plans includes single sign-on?",
    "Translate into German: Your invoice is ready and will be charged on Monday.",
    "Explain a B-tree split to a new colleague.",
    "Review this function: def total(rows): return sum(r.price * r.count for r in rows)",
    "Give me three names for an internal tool that watches certificates.",
    "Why does my cron job run twice on the last Sunday in October?",
    "Classify as bug, question or praise: the new filter bar is a joy, thank you!",
    "Draft a friendly reminder for an unpaid invoice, 40 words.",
    "What does EXPLAIN QUERY PLAN tell me about a covering index?",
    "請用一句話說明什麼是反向代理。",
    "Turn these notes into a changelog entry: retries honour retry-after; two flaky tests fixed.",
    "Is 2,449 a prime number? Show the work.",
)
"""What the demo's callers ask."""

ANSWERS: Final = (
    "The export is cut off at 10,000 rows without a warning. It should either finish or say where it stopped.",
    "Sockets wait in line,\none is lent and one comes back.\nThe pool is quiet.",
    (
        "**Team** and **Enterprise** include single sign-on:\n\n- Team: Google and Microsoft\n- Enterprise: any SAML or "
        "OIDC provider, with SCIM\n\nOn *Starter* it can be added later without moving accounts."
    ),
    "Ihre Rechnung liegt bereit und wird am Montag abgebucht.",
    (
        "Think of a node as a drawer with room for a fixed number of cards, kept in order.\n\n1. A new card goes where it "
        "belongs.\n2. Is the drawer full, it is divided in the middle into two drawers.\n3. The middle card moves up to the "
        "parent, so that the parent knows where to look.\n4. A full parent is divided in the same way; when the root is, the "
        "tree grows by one level.\n\nThat is why every leaf is at the same depth and a look-up touches few drawers."
    ),
    (
        "It is clear and short. Two remarks:\n\n```python\ndef total(rows: Iterable[Row]) -> Decimal:\n    return sum((row."
        "price * row.count for row in rows), Decimal(0))\n```\n\n- money wants `Decimal`, not `float`\n- an empty list then "
        "gives `Decimal(0)` instead of `0`"
    ),
    "1. Lookout\n2. Best Before\n3. Wax Seal",
    (
        "Because 02:30 happens twice that night: clocks go back from 03:00 to 02:00. Schedule it in UTC, or away from the "
        "hour that repeats."
    ),
    "praise",
    (
        "Hello, a small note from us: invoice 2041 from last month is still open. If it has crossed with your payment, "
        "please ignore this. Otherwise we would be glad to hear from you this week. Thank you!"
    ),
    (
        "It says which index answers the query. **USING COVERING INDEX** means that every column that is needed stands in "
        "the index itself, so the table is not read at all."
    ),
    "反向代理站在伺服器前面，替它們接收請求，再把回應送回給使用者。",
    "### Fixed\n- Retries wait as long as the provider's `retry-after` says.",
    (
        "2,449 = 31 × 79, so it is not prime. It is enough to try the primes up to 49: 2, 3, 5, 7, 11, 13, 17, 19, 23, 29 "
        "leave a rest, 31 does not."
    ),
)
"""What the models say, by the prompt's place; anything else is answered by its length."""
