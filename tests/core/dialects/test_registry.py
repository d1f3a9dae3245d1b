"""Every dialect of the table is there, whole, and only the usual one is imported before it is asked for."""

import subprocess
import sys

import pytest

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import Dialect


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_dialect_offers_every_function(name: str) -> None:
    dialect = DIALECTS[name]
    wanted = {each for each in vars(Dialect) if not each.startswith("_")}
    assert {each for each in wanted if not hasattr(dialect, each)} == set()


def test_an_unknown_dialect_is_no_dialect() -> None:
    assert "bedrock-converse" not in DIALECTS, "callers do not speak it"
    with pytest.raises(KeyError):
        DIALECTS["klingon"]
    assert len(DIALECTS) == 4


def test_a_dialect_nobody_spoke_is_not_imported() -> None:
    script = "import sys; from aigw_dev.core.dialects import DIALECTS; print([m for m in sys.modules if 'dialects.gemini' in m])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
