"""The models of the demo."""

from aigw_dev.cli.demo_models import ANSWERS, BY_NAME, MODELS, PROMPTS


def test_every_prompt_has_an_answer() -> None:
    assert len(PROMPTS) == len(ANSWERS)


def test_every_model_has_a_name_of_its_own_and_fails_now_and_then_at_most() -> None:
    assert len(BY_NAME) == len(MODELS)
    assert all(one.limited + one.broken + one.stalled < 0.2 for one in MODELS)
    assert sum(one.limited + one.broken + one.stalled for one in MODELS) > 0.1
