"""The ids that tests are parametrized with are the catalogue's."""

import pytest

from aigw_dev.core.recording.faults import catalogue
from aigw_dev.pytest_plugin import aigw_faults
from aigw_dev.pytest_plugin.faults_list import FAULTS, LEGAL


def test_the_list_is_the_catalogue() -> None:
    assert set(FAULTS) == {row.id for row in catalogue.CATALOGUE.values() if not row.is_legal}
    assert set(LEGAL) == {row.id for row in catalogue.CATALOGUE.values() if row.is_legal}
    assert len({*FAULTS, *LEGAL}) == len(FAULTS) + len(LEGAL)


@pytest.mark.parametrize("family", ["", "stream", "stream.cut", "http", "net", "slow", "body", "gateway"])
@pytest.mark.parametrize("is_legal", [None, False])
def test_families_and_branches_are_the_catalogues(family: str, is_legal: bool | None) -> None:
    theirs = catalogue.aigw_faults(family, is_legal=is_legal)
    if theirs:
        assert set(aigw_faults(family, is_legal=is_legal)) == set(theirs)


def test_a_family_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no faults of the family 'streams'; there are http,"):
        aigw_faults("streams")
