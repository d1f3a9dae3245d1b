"""A row of the catalogue."""

from aigw_dev.core.recording.faults.row import COMMON, FaultRow


def test_a_fault_takes_its_own_parameters_and_those_of_all() -> None:
    plain = FaultRow(id="x.y", family="http", summary="s", params=("status",))
    assert plain.takes == ("status", *COMMON)
    kinds = FaultRow(id="x.y", family="http", summary="s", kinds=("a", "b"))
    assert kinds.takes == ("kind", *COMMON)
