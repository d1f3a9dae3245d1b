"""What a provider's answer says about a key."""

from pathlib import Path

from aigw_dev.cli.key_owner import owner_of
from aigw_dev.cli.key_trial import try_key
from tests.cli.machine import BAD, GOOD, Machine, config_for, vendor
from tests.scripted import ScriptedUpstream, json_reply


def test_good_and_refused_are_told_apart_and_no_key_is_repeated(tmp_path: Path) -> None:
    with vendor() as upstream:
        place = Machine(tmp_path, config_for(upstream)).place()
        owner = owner_of(place, "local")
        assert try_key(place, owner, GOOD).state == "good"
        refused = try_key(place, owner, BAD)
    assert (refused.state, refused.status) == ("refused", 401)
    assert BAD not in refused.text


def test_a_provider_in_trouble_says_nothing_about_a_key(tmp_path: Path) -> None:
    with ScriptedUpstream([json_reply({"error": {"message": "overloaded"}}, status=503)]) as upstream:
        place = Machine(tmp_path, config_for(upstream)).place()
        verdict = try_key(place, owner_of(place, "local"), GOOD)
    assert (verdict.state, verdict.status) == ("unknown", 503)
    assert verdict.as_json()["state"] == "unknown"
