"""What version control should know of a folder of fixtures: readable diffs, no line ends changed, blobs left alone."""

import os
from pathlib import Path
from typing import Final

ATTRIBUTES: Final = "*.aigw.json diff=aigw text eol=lf\n_blobs/* binary\n"
"""What `.gitattributes` in a folder of fixtures says."""
TEXTCONV: Final = 'git config diff.aigw.textconv "aigw-dev fixtures show --plain"'
"""What makes `git diff` show prompts and answers; once per clone, as git takes no command from a repository."""
_LARGEST_BYTES: Final = 256 * 1024


def work_tree(folder: Path) -> Path | None:
    """The root of the git work tree that `folder` lies in; None where it lies in none."""
    real = folder.resolve()
    return next((each for each in (real, *real.parents) if os.path.lexists(each / ".git")), None)


def write_attributes(folder: Path) -> bool:
    """Write `.gitattributes` into a folder of fixtures, where it has none and git would read it; whether it did.

    One that is there is never changed, and none is written where the work tree's own speaks of fixtures already.
    """
    path = folder / ".gitattributes"
    tree = work_tree(folder)
    if os.path.lexists(path) or tree is None or _speaks_of(tree / ".gitattributes", "aigw.json"):
        return False
    try:
        with path.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(ATTRIBUTES)
    except FileExistsError:  # another process was first
        return False
    return True


def _speaks_of(path: Path, text: str) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            return False
        return text in path.read_text("utf-8", "replace")
    except OSError:
        return False
