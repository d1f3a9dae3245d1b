"""Hand-written answers in their order."""

from aigw_dev.core.recording.fixture import Synth
from aigw_dev.server.testbench.stubs import Stub, Stubs


def stub(text: str, *, model: str = "", times: int | None = 1) -> Stub:
    return Stub(synth=Synth(text=text), model=model, times=times)


def texts(stubs: Stubs, *models: str, count: int) -> list[str | None]:
    taken = [stubs.take(*models) for _ in range(count)]
    return [one.synth.text if one is not None and one.synth is not None else None for one in taken]


def test_each_answers_as_often_as_it_says() -> None:
    stubs = Stubs()
    stubs.add(stub("a", times=2))
    stubs.add(stub("b"))
    assert stubs.left() == 2
    assert texts(stubs, "m", count=4) == ["a", "a", "b", None]
    assert stubs.left() == 0


def test_one_for_another_model_is_left() -> None:
    stubs = Stubs()
    stubs.add(stub("a", model="gpt"))
    stubs.add(stub("b", times=None))
    assert texts(stubs, "claude", count=2) == ["b", "b"]
    assert texts(stubs, "claude", "gpt", count=1) == ["a"]
