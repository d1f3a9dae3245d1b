import subprocess
import sys

import pytest

PROGRAM = "import resource; from aigw_dev.secrets.hardening import forbid_core_dumps; forbid_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no core files")
def test_a_crash_leaves_no_core_file_full_of_keys() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "(0, 0)"
