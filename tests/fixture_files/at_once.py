"""Several processes that do the same at once."""

import subprocess
import sys
from pathlib import Path


def run_at_once(code: str, root: Path, *, processes: int = 3) -> None:
    """Run `code` in as many processes, each with `root` and its own number as `sys.argv[1:]`; all must end well."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(root), str(own)], cwd=Path(__file__).parent.parent.parent
        )
        for own in range(processes)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * processes
