import os
from pathlib import Path

import pytest

from aigw_dev.secrets.home import Home
from aigw_dev.secrets.trust import Trust
from tests.secrets.keyrings import Clock


@pytest.fixture
def trust(home: Home, clock: Clock) -> Trust:
    return Trust(home, now=clock)


def test_a_config_is_trusted_with_exactly_the_settings_that_were_accepted(
    trust: Trust, tmp_path: Path
) -> None:
    config = tmp_path / "aigw-dev.yaml"
    assert not trust.is_trusted(config, "one")
    trust.record(config, "one")
    assert trust.is_trusted(config, "one")
    assert not trust.is_trusted(config, "two")
    assert not trust.is_trusted(tmp_path / "other.yaml", "one")
    assert trust.accepted_hash(config) == "one"


def test_asking_leaves_no_trace(trust: Trust, home: Home, tmp_path: Path) -> None:
    assert trust.list() == []
    assert not trust.is_trusted(tmp_path / "c.yaml", "one")
    assert not trust.revoke(tmp_path / "c.yaml")
    assert not home.path.exists()


def test_our_own_edits_keep_trust_and_only_where_there_was_some(trust: Trust, tmp_path: Path) -> None:
    config = tmp_path / "aigw-dev.yaml"
    assert not trust.renew(config, before="one", after="two")
    trust.record(config, "one")
    assert trust.renew(config, before="one", after="two")
    assert trust.is_trusted(config, "two")
    assert not trust.renew(config, before="one", after="three")
    assert trust.renew(config, before="two", after="two")


def test_trust_is_listed_and_revoked(trust: Trust, clock: Clock, tmp_path: Path) -> None:
    trust.record(tmp_path / "b.yaml", "hash-b")
    trust.record(tmp_path / "a.yaml", "hash-a")
    assert [(Path(one.path).name, one.hash, one.recorded_at) for one in trust.list()] == [
        ("a.yaml", "hash-a", clock.at),
        ("b.yaml", "hash-b", clock.at),
    ]
    assert trust.revoke(tmp_path / "a.yaml")
    assert not trust.revoke(tmp_path / "a.yaml")
    assert not trust.is_trusted(tmp_path / "a.yaml", "hash-a")


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_to_a_trusted_config_is_that_config_and_a_copy_is_not(trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("version: 1")
    (tmp_path / "copy.yaml").write_text("version: 1")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    trust.record(tmp_path / "real.yaml", "one")
    assert trust.is_trusted(tmp_path / "link.yaml", "one")
    assert not trust.is_trusted(tmp_path / "copy.yaml", "one")
