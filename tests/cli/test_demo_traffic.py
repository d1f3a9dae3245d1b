"""The demo's callers."""

from collections.abc import Callable

from aigw_dev.cli.demo_models import BY_NAME
from aigw_dev.cli.demo_traffic import CALLERS, ERRANDS, FIRST, RATE_PER_S, DemoTraffic


def test_it_is_bounded() -> None:
    assert FIRST <= 300
    assert 3 <= RATE_PER_S <= 8


def test_callers_and_kinds_of_call_are_many() -> None:
    assert {errand.caller for errand in ERRANDS} == set(CALLERS)
    assert len({errand.model for errand in ERRANDS}) >= 10
    direct = [
        tuple(errand.model.split("/", 1))
        for errand in ERRANDS
        if errand.model.startswith(("openai", "mistral"))
    ]
    assert sum(name in BY_NAME for name in direct) == len(direct) - 1, "one is nobody's, on purpose"


def test_without_a_gateway_it_goes_on_and_can_be_stopped(until: Callable[..., None]) -> None:
    traffic = DemoTraffic("http://127.0.0.1:9", {"ide": "t"}, first=20).start()
    until(lambda: traffic.done >= 5)
    traffic.stop()
    sent = traffic.sent
    traffic.stop()
    assert traffic.sent == sent
