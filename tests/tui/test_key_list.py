"""The list of all keys."""

from collections import Counter

from aigw_dev.tui.key_list import all_actions
from aigw_dev.tui.keymap import problems

ACTIONS = all_actions()


def test_every_action_has_a_label_and_an_id_of_its_own() -> None:
    assert len(ACTIONS) > 40
    assert [one.id for one in ACTIONS if not one.label] == []
    assert [name for name, count in Counter(one.id for one in ACTIONS).items() if count > 1] == []


def test_our_own_keys_do_not_meet() -> None:
    taken: dict[tuple[str, str], str] = {}
    meetings: list[str] = []
    for one in ACTIONS:
        for key in one.keys.split(","):
            other = taken.setdefault((one.place, key), one.id)
            if other != one.id:
                meetings.append(f"{key}: {other} and {one.id}")
    assert meetings == []


def test_every_action_can_be_moved_to_a_free_key() -> None:
    assert (
        problems({one.id: f"f{13 + at % 10},ctrl+f{at}" for at, one in enumerate(ACTIONS[:1])}, ACTIONS) == []
    )
