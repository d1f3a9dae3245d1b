"""How a test is run."""

from aigw_dev.server.testbench.trial_options import MODES, OFFLINE, TrialOptions


def test_a_test_is_strict_and_quick_unless_it_says_otherwise() -> None:
    usual = TrialOptions(mode=OFFLINE)
    assert (usual.pace, usual.repeat, usual.ignore, usual.keep_failures) == (0.0, "", (), False)
    assert MODES[0] == OFFLINE
